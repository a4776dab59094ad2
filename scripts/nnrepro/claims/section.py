"""Reading one section of a claims file: a mapping whose keys are all known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnrepro.claims.conditions import BOUNDS, Bounds, number, parse_bounds
from nnrepro.measures.expressions import Measure, Mistake, parse_measure
from nnrepro.study.settings import nearest, one_of


@dataclass(frozen=True)
class Section:
    """A mapping of a claims file; every reader raises `Mistake` with the key it is about."""

    content: Mapping[str, Any]

    @classmethod
    def of(cls, value: Any, allowed: Sequence[str], needed: Sequence[str] = ()) -> "Section":
        """A section whose keys have been checked.

        Raises:
            Mistake: no mapping, an unknown key, or a needed one is missing.
        """
        if not isinstance(value, Mapping):
            raise Mistake(f"{value!r} must be a section with keys: {one_of(allowed)}")
        for key in value:
            if key not in allowed:
                raise Mistake(
                    f"'{key}': unknown key{nearest(key, allowed)}; allowed: {one_of(allowed)}"
                )
        missing = [key for key in needed if key not in value]
        if missing:
            raise Mistake(f"the key {one_of(missing)} is missing")
        return cls(value)

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def text(self, key: str, default: str | None = None) -> str:
        """Text; a number is read as its digits, for a question named 2."""
        value = self.content.get(key, default)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Mistake(f"{key}: {value!r} must be text")
        return str(value)

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value not in allowed:
            raise Mistake(
                f"{key}: '{value}' is not allowed{nearest(value, allowed)}; "
                f"allowed: {one_of(allowed)}"
            )
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A number."""
        return number(self.content.get(key, default), key)

    def measures(self, key: str = "measure") -> list[Measure]:
        """One measure or a list of them."""
        value = self.content[key]
        return [_keyed(key, item) for item in (value if isinstance(value, list) else [value])]

    def selectors(self, key: str) -> tuple[str, ...]:
        """One selector or a list of them."""
        return selectors(self.content[key], key)

    def groups(self, key: str) -> list[tuple[str, ...]]:
        """A list whose items are selectors, or lists of them that are averaged."""
        value = self.content[key]
        if not isinstance(value, list) or not value:
            raise Mistake(f"{key}: {value!r} must be a list of selectors")
        return [selectors(item, key) for item in value]

    def pairs(self, key: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """A list of pairs, each member a selector or a list of selectors that are averaged."""
        value = self.content[key]
        if not isinstance(value, list) or not value:
            raise Mistake(f"{key}: {value!r} must be a list of pairs")
        found = []
        for item in value:
            if not isinstance(item, list) or len(item) != 2:
                raise Mistake(f"{key}: {item!r} must be a pair of selectors, as in [a/b, a/c]")
            found.append((selectors(item[0], key), selectors(item[1], key)))
        return found

    def bounds(self) -> Bounds:
        """The bounds that stand among the keys."""
        return parse_bounds({key: self.content[key] for key in self.content if key in BOUNDS})

    def bounds_in(self, key: str) -> Bounds:
        """The bounds in a section below a key."""
        value = self.content[key]
        if not isinstance(value, Mapping):
            raise Mistake(f"{key}: {value!r} must be bounds, as in {{above: 0}}")
        try:
            return parse_bounds(value)
        except Mistake as error:
            raise Mistake(f"{key}: {error}") from error


def selectors(value: Any, key: str) -> tuple[str, ...]:
    """One selector or a list of them.

    Raises:
        Mistake: anything else.
    """
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, str) for item in items):
        raise Mistake(f"{key}: {value!r} must be a selector, such as experiment/variant")
    return tuple(items)


def _keyed(key: str, text: Any) -> Measure:
    try:
        return parse_measure(text)
    except Mistake as error:
        raise Mistake(f"{key}: {error}") from error
