"""Reading YAML from elsewhere: plain values only, and nothing so deep that a parser breaks."""

from pathlib import Path
from typing import Any

import yaml

from nnrepro.errors import NnreproError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader that is written in C, where there is one: it is ten times as fast."""
_DEEPEST = 100


class YamlError(NnreproError):
    """A file that is no YAML that can be used; the message says why, without the file's name."""


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        YamlError: it is no YAML, is nested without end, or a value in it is none of its kind.
        OSError: it cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        # First, because libyaml's binding crashes on deep nesting instead of raising.
        _check_depth(text)
        return yaml.load(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(f"not valid YAML: {' '.join(str(error).split())[:500]}") from error


def _check_depth(text: str) -> None:
    open_anchors: list[str | None] = []
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            open_anchors.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            open_anchors.pop()
        elif isinstance(event, yaml.AliasEvent) and event.anchor in open_anchors:
            raise YamlError(f"{_line(event)}: '{event.anchor}' contains itself")
        if len(open_anchors) > _DEEPEST:
            raise YamlError(f"{_line(event)}: nested more than {_DEEPEST} sections deep")


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else "somewhere"
