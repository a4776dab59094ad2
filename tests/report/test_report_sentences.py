"""Sentences: grammar for one and many, and for nothing; templates hold no number."""

import re
from pathlib import Path
from typing import Any

import pytest

import nnrepro.report.rendering
from nnrepro.report.provenance import EnergyFacts
from nnrepro.report.rendering import environment

TEMPLATES = Path(nnrepro.report.__file__).parent / "templates"


def say(macro: str, facts: Any) -> str:
    """A sentence as a reader sees it: without tags, spaces collapsed."""
    module = environment().get_template("sentences.html.j2").module
    text = re.sub(r"<[^>]+>", "", str(getattr(module, macro)(facts)))
    return " ".join(text.replace("&nbsp;", " ").split())


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.glob("*.j2")))
def test_templates_hold_no_number_of_their_own(template: str) -> None:
    """Every number of the prose comes with the facts; only markup may hold digits."""
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    prose = re.sub(r"<[^<>]*>", "", text)
    assert not re.search(r"\d", prose)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            EnergyFacts("", 0, 0, "10", ""),
            "No energy is estimated: no run on a processor recorded how long it had one.",
        ),
        (
            EnergyFacts("2 h 5 min", 3, 0, "", ""),
            "3 runs had a processor for 2 h 5 min. No energy is estimated: the configuration does "
            "not say what a core at work draws (energy.watts_per_core).",
        ),
        (
            EnergyFacts("2 h 5 min", 1, 1, "10", "21 Wh"),
            "1 run had a processor for 2 h 5 min. At 10 W for a core at work, which the "
            "configuration assumes and nobody measured, that is 21 Wh. 1 further run recorded no "
            "such time or ran on another device, and is not in it.",
        ),
    ],
)
def test_energy_sentence(facts: EnergyFacts, sentence: str) -> None:
    """An estimate names its assumption; without one or the other it says what is lacking."""
    assert say("energy", facts) == sentence
