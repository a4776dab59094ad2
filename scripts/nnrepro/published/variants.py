"""Variants that selectors name, whether or not the study at hand runs them."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from nnrepro.study.settings import nearest, one_of
from nnrepro.study.study import SELECTED, Study

Decisions = Mapping[tuple[str, str], Mapping[str, Any]]

Variant = tuple[str, str]
"""Experiment and variant."""


class NotSelected(Exception):
    """`<experiment>/selected` is named and nothing has been selected; its argument is the name."""


def selected_by(protocol: str, decisions: Decisions) -> dict[str, str]:
    """The variant that a protocol selected, by experiment."""
    return {
        experiment: str(decision["variant"])
        for (owner, experiment), decision in decisions.items()
        if owner == protocol and "variant" in decision
    }


def declared_variants(
    study: Study, selectors: Iterable[str], selected: Mapping[str, str]
) -> list[Variant]:
    """Every variant that the configuration declares and selectors name, without repeats.

    Unlike `Study.select` it does not leave out what the study does not run, so that a mean over
    runs is never taken over a part of them.

    Args:
        study: the study that declares them.
        selectors: as in the configuration.
        selected: the selected variant by experiment.

    Returns:
        Experiments and variants in the order of the selectors.

    Raises:
        NotSelected: a selection is asked for that has not been made.
    """
    found: dict[Variant, None] = {}
    for selector in selectors:
        experiment, _, pattern = selector.partition("/")
        if pattern == SELECTED:
            if experiment not in selected:
                raise NotSelected(experiment)
            found[experiment, selected[experiment]] = None
            continue
        for name in study.declared_variants.get(experiment, ()):
            if not pattern or fnmatchcase(name, pattern):
                found[experiment, name] = None
    return list(found)


def selector_problem(selector: str, study: Study) -> str | None:
    """What is wrong with a selector, as a message; None when nothing is.

    Names that the configuration declares are right even where the study leaves their runs out.
    """
    experiment, _, pattern = selector.partition("/")
    if experiment not in study.declared_variants:
        allowed = list(study.declared_variants)
        hint = nearest(experiment, allowed)
        return f"'{selector}': no experiment '{experiment}'{hint}; declared: {one_of(allowed)}"
    variants = study.declared_variants[experiment]
    if pattern in ("", SELECTED) or any(fnmatchcase(name, pattern) for name in variants):
        return None
    return (
        f"'{selector}' matches no variant of '{experiment}'{nearest(pattern, variants)}; "
        f"variants: {one_of(variants)}"
    )
