"""Selectors: how a configuration, a claim or a published number names runs.

`experiment` names all its variants, `experiment/pattern` those whose names the pattern matches
(with `*` and `?`), and `experiment/selected` the one that the selection picks.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple, Self

from nnrepro.study.messages import choice

SELECTED = "selected"
_WILDCARDS = frozenset("*?[")


class Selector(NamedTuple):
    """A selector in its parts; the pattern of a whole experiment is empty."""

    experiment: str
    pattern: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split a selector."""
        experiment, _, pattern = text.partition("/")
        return cls(experiment, pattern)

    def __str__(self) -> str:
        return f"{self.experiment}/{self.pattern}" if self.pattern else self.experiment

    @property
    def selected(self) -> bool:
        """Whether it stands for the variant that the selection picks."""
        return self.pattern == SELECTED

    @property
    def single(self) -> bool:
        """Whether it is of one variant, by its name or by the selection."""
        return bool(self.pattern) and not _WILDCARDS & set(str(self))

    def may_name(self, experiment: str, variant: str) -> bool:
        """Whether it names a variant, or would if the selection picked it."""
        return fnmatchcase(experiment, self.experiment) and (
            self.pattern in ("", SELECTED) or fnmatchcase(variant, self.pattern)
        )

    def named(self, variants: Iterable[str]) -> list[str]:
        """Of an experiment's variants those that it may name."""
        return [name for name in variants if self.may_name(self.experiment, name)]

    def names_any(self, variants: Iterable[str]) -> bool:
        """Whether it may name any of some variants, each as `experiment/variant`."""
        return any(self.may_name(*Selector.parse(variant)) for variant in variants)

    def problem(self, declared: Mapping[str, Iterable[str]]) -> str | None:
        """What is wrong with it, as a message; None when it names something that is declared."""
        if self.experiment not in declared:
            return (
                f"'{self}': there is no experiment '{self.experiment}'"
                f"{choice(self.experiment, declared, 'declared')}"
            )
        names = list(declared[self.experiment])
        if self.pattern in ("", SELECTED) or self.named(names):
            return None
        return (
            f"'{self}' matches no variant of '{self.experiment}'"
            f"{choice(self.pattern, names, 'variants')}"
        )


def covered(name: str, selectors: Iterable[str], *, surely: bool = False) -> bool:
    """Whether selectors name the variant `experiment/variant`, or may come to name it.

    `experiment/selected` may be any of its experiment; `surely` leaves out what a selection still
    has to decide.
    """
    experiment, variant = Selector.parse(name)
    return any(
        (own.may_name(experiment, variant) and not (surely and own.selected))
        or (not surely and variant == SELECTED and own.experiment == experiment)
        for own in map(Selector.parse, selectors)
    )
