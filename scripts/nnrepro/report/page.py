"""Sentences that are made when they are printed."""

from dataclasses import dataclass
from typing import Any

from nnrepro.document.text import Text


@dataclass(frozen=True)
class Statement:
    """A sentence to be made: the macro of `sentences.html.j2` that makes it, and its facts."""

    macro: str
    facts: Any


Said = Statement | Text
"""A sentence, whether still to be made or made."""
