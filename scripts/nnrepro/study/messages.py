"""Words that messages about a configuration share."""

import difflib
from collections.abc import Iterable
from datetime import date
from typing import Any

from nnrepro.yamlfile import YamlError, plain_value

_LONGEST_SHOWN = 200
_MOST_LISTED, _MOST_NEAREST = 24, 6
_JSON_TYPES = {
    int: {"integer", "number"},
    float: {"number"},
    bool: {"boolean"},
    type(None): {"null"},
}


def nearest(word: object, allowed: Iterable[str]) -> str:
    """A hint "; did you mean 'x'?" for the most similar allowed word, or an empty string."""
    close = difflib.get_close_matches(str(word), [str(item) for item in allowed], n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def one_of(allowed: Iterable[object]) -> str:
    """Allowed words as a list for a message."""
    return ", ".join(f"'{item}'" for item in allowed)


def choice(word: object, known: Iterable[object], heading: str = "allowed", where: str = "") -> str:
    """What could stand in place of a word, for the end of a message: the nearest, then all.

    Of many the nearest ones alone are listed.

    They are called by `heading`, and `where` is the page that lists all.
    """
    words = [str(item) for item in known]
    if not words:
        return f"; {heading}: none, as there are none"
    if len(words) <= _MOST_LISTED:
        return f"{nearest(word, words)}; {heading}: {one_of(words)}"
    close = difflib.get_close_matches(str(word), words, n=_MOST_NEAREST, cutoff=0.3)
    told = f"{heading} are {len(words)}" + (f", all of them in {where}" if where else "")
    return f"{nearest(word, words)}; {told}" + (f"; like it: {one_of(close)}" if close else "")


def some_of(names: Iterable[str], most: int = 3) -> str:
    """Names without repeats, of many only the first and how many more there are."""
    listed = list(dict.fromkeys(names))
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")


def undeclared(key: str, name: str, declared: Iterable[str]) -> list[str]:
    """That a key names what is not declared; nothing where it is."""
    declared = list(declared)
    if name in declared:
        return []
    return [f"{key}: '{name}' is not declared{choice(name, declared, 'declared')}"]


def as_written(value: Any) -> str:
    """A number, truth value or text as a configuration has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(value: Any) -> str:
    """A value for a message, as YAML spells it, and no longer than a line or two."""
    if value is None:
        return "null"
    text = as_written(value) if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def quotation_hint(value: Any, wanted: Iterable[str]) -> str:
    """A hint "; without quotation marks ..." where text spells what is wanted, or nothing.

    The types that are `wanted` are called as in JSON.
    """
    if isinstance(value, str):
        try:
            meant = plain_value(value)
        except YamlError as error:
            return f"; {error}" if {"integer", "number"} & set(wanted) else ""
        if _JSON_TYPES.get(type(meant), set()) & set(wanted):
            return f"; it is text: write {shown(meant)}, without quotation marks"
    elif "string" in wanted and isinstance(value, bool | int | float | date):
        return "; put it into quotation marks"
    return ""
