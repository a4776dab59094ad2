"""Variants that selectors name, whether or not the study at hand runs them."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from nnrepro.study.study import SELECTED, Study

Decisions = Mapping[tuple[str, str], Mapping[str, Any]]

Variant = tuple[str, str]
"""Experiment and variant."""


def declared_variants(
    study: Study, protocol: str, selectors: Iterable[str], decisions: Decisions
) -> list[Variant] | str:
    """Every variant that the configuration declares and selectors name, without repeats.

    Unlike `Study.select` it does not leave out what the study does not run, so that a mean over
    runs is never taken over a part of them.

    Returns:
        Experiments and variants in the order of the selectors; or, as a text, why they cannot be
        told: the variant that a selection would give is not known.
    """
    found: dict[Variant, None] = {}
    for selector in selectors:
        experiment, _, pattern = selector.partition("/")
        if pattern == SELECTED:
            decision = decisions.get((protocol, experiment))
            if not decision or "variant" not in decision:
                return f"nothing was selected from {experiment}"
            found[experiment, str(decision["variant"])] = None
            continue
        for name in study.declared_variants.get(experiment, ()):
            if not pattern or fnmatchcase(name, pattern):
                found[experiment, name] = None
    return list(found)
