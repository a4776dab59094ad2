"""What no value of a configuration may be, whatever its key.

That is a number without bounds, a key that is no text, a character that neither a page nor a figure
can hold, a path that no folder can have, and a label that does more than name parameters.
"""

import math
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LARGEST = 10**15
"""Numbers beyond it are slips of the hand; up to it, every whole number is a float, too."""
LONGEST_NAME = 100
_LONGEST_PATH = 1000
_WIDEST_FIELD = 99


# What XML 1.0 leaves out, and with it SVG: most control characters, lone surrogates, two more.
_UNSHOWABLE = re.compile("[^\\t\\n\\r -\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def value_errors(value: Any, key: str = "") -> Iterator[str]:
    """Every number that is not finite or too large, key that is no text or blank, odd character.

    `key` is where the value, a part of a configuration, stands, with dots between keys.
    """
    where = key or "the configuration"
    if isinstance(value, Mapping):
        for name, item in value.items():
            if not isinstance(name, str):
                yield f"{where}: the key {name!r} is no text; put it into quotation marks"
            elif not name.strip():
                yield f"{where}: the key {name!r} is blank; give it a name, or remove it"
                continue
            elif odd := _UNSHOWABLE.search(name):
                yield f"{where}: the key {name[:40]!r} {_unshowable(odd[0])}"
            yield from value_errors(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from value_errors(item, f"{key}.{at}")
    elif isinstance(value, str) and (odd := _UNSHOWABLE.search(value)):
        yield f"{where}: {value[:40]!r} {_unshowable(odd[0])}"
    elif isinstance(value, float) and math.isnan(value):
        yield f"{where}: nan is no number; write one"
    elif isinstance(value, int | float) and abs(value) > LARGEST:
        yield f"{where}: the number is too large; write one up to {LARGEST:.0e}"


def _unshowable(character: str) -> str:
    return f"holds U+{ord(character):04X}, which no page or figure can show; remove it"


def name_errors(section: Mapping[str, Any], key: str = "") -> Iterator[str]:
    """Titles and labels that a figure or a row of a table cannot show as a name."""
    for name, item in section.items():
        where = f"{key}.{name}" if key else name
        if isinstance(item, Mapping):
            yield from name_errors(item, where)
        elif name in ("title", "label") and isinstance(item, str):
            if not any(character.isprintable() and not character.isspace() for character in item):
                yield f"{where}: {item!r} is blank; write some words"
            elif len(item.strip().splitlines()) > 1:
                yield f"{where}: {item[:80]!r} has a line break; write one line"
        elif name == "label" and isinstance(item, bool | float):
            yield f"{where}: {str(item).lower()} is no text; put it into quotation marks"


def path_errors(config: Mapping[str, Any]) -> Iterator[str]:
    """Paths in a configuration that cannot be, and a results folder that is not one of its own."""
    for key in ("archive", "results"):
        path = config.get(key)
        if path is not None:
            problem = _path_problem(path)
            if problem is None and key == "results":
                problem = _place_problem(path)
            if problem:
                yield f"{key}: {path[:80]!r} {problem}"
    published = config.get("published") or {}
    read = {
        "claims": config.get("claims"),
        **{f"published.{key}": published.get(key) for key in ("results", "inconsistencies")},
        **{f"supplements.{key}": own for key, own in (config.get("supplements") or {}).items()},
    }
    for key, path in read.items():
        if isinstance(path, str) and (problem := _mark_problem(path)):
            yield f"{key}: {path[:80]!r} {problem}"


def _mark_problem(path: str) -> str | None:
    mark = next((mark for mark in "{}<>" if mark in path), None)
    told = f"holds {mark!r}, which Snakemake reads as a mark of its own; choose a name without"
    return told if mark else None


def _path_problem(path: str) -> str | None:
    if not path.strip():
        return "is empty; name a folder, or leave the key out"
    odd = sorted({character for character in path if not character.isprintable()})
    if odd:
        return f"holds {', '.join(map(repr, odd[:3]))}, which no folder's name should; rename it"
    if problem := _mark_problem(path):
        return problem
    if path.startswith("~"):
        return f"begins with '~', which nothing here replaces; write {Path.home()}/..."
    if len(path) > _LONGEST_PATH or any(len(part.encode()) > 255 for part in Path(path).parts):
        return "is too long for a path; choose a shorter one"
    return None


def _place_problem(path: str) -> str | None:
    """Results are made, replaced and removed by the workflow: they need a folder of their own."""
    here, place = Path.cwd().resolve(), Path(path).resolve()
    if here.is_relative_to(place):
        return "holds the project itself; name a folder of its own, for example results/mine"
    return None


def label_problem(template: str) -> str | None:
    """What in a label's template goes beyond `{parameter}`; None when nothing does."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        return str(error)
    for _, name, form, conversion in parts:
        if name is not None and ("." in name or "[" in name or conversion):
            return "only parameters can stand in braces, nothing that belongs to them"
        width = "".join(c if c.isdigit() else " " for c in form or "").split()
        if "{" in (form or "") or any(int(digits) > _WIDEST_FIELD for digits in width):
            return f"a format may be {_WIDEST_FIELD} characters wide at most"
    return None
