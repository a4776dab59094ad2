"""Words that messages about a configuration share."""

import difflib
from collections.abc import Iterable
from datetime import date
from typing import Any

from nnrepro.yamlfile import YamlError, plain_value

_LONGEST_SHOWN = 200
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
    hint = nearest(name, declared)
    return [f"{key}: '{name}' is not declared{hint}; declared: {one_of(declared)}"]


def shown(value: Any) -> str:
    """A value for a message, as YAML spells it, and no longer than a line or two."""
    if value is None:
        return "null"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def quotation_hint(value: Any, wanted: Iterable[str]) -> str:
    """A hint "; without quotation marks ..." where text spells what is wanted, or nothing.

    Args:
        value: the value that is not of a wanted type.
        wanted: the types as JSON names them.
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
