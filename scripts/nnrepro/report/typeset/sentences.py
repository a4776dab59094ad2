"""The sentences of the HTML templates, as styled text."""

from typing import Any

from jinja2 import Environment

from nnrepro.document.text import Text, spaced
from nnrepro.report.page import Panel, Said
from nnrepro.report.rendering import environment
from nnrepro.report.typeset.fragments import segments

_SENTENCES = "sentences.html.j2"


class Sentences:
    """Says what the macros of the templates say."""

    def __init__(self) -> None:
        """Load no template yet."""
        self._environment: Environment = environment()

    def say(self, macro: str, *facts: Any, template: str = _SENTENCES) -> Text:
        """What a macro says of its facts."""
        module = self._environment.get_template(template).module
        return segments(str(getattr(module, macro)(*facts)))

    def stated(self, statement: Said) -> Text:
        """A statement of the page."""
        if isinstance(statement, tuple):
            return statement
        return self.say(statement.macro, statement.facts)

    def together(self, statements: tuple[Said, ...]) -> Text:
        """Statements one after the other."""
        return spaced(*(self.stated(statement) for statement in statements))

    def caption(self, panel: Panel) -> Text:
        """A figure's or a table's caption."""
        return self.say("caption", panel, template="parts.html.j2")
