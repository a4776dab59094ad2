"""Variants that selectors name, whether or not the study at hand runs them."""

from collections.abc import Iterable, Mapping

from nnrepro.study.decisions import Decisions
from nnrepro.study.messages import some_of
from nnrepro.study.selectors import Selector
from nnrepro.study.study import Study

Variant = tuple[str, str]
"""Experiment and variant."""


class NotSelected(Exception):
    """`<experiment>/selected` is named and nothing has been selected; the message says so."""


class LeftOut(NotSelected):
    """The same, as the study at hand leaves the experiment out."""


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

    `selected` is the selected variant by experiment.

    Returns:
        Experiments and variants in the order of the selectors.

    Raises:
        NotSelected: a selection is asked for that has not been made.
        LeftOut: this is so because the study leaves the experiment out.
    """
    found: dict[Variant, None] = {}
    for selector in map(Selector.parse, selectors):
        experiment = selector.experiment
        if not selector.selected:
            names = selector.named(study.declared_variants.get(experiment, ()))
            found |= dict.fromkeys((experiment, name) for name in names)
        elif experiment in selected:
            found[experiment, selected[experiment]] = None
        elif experiment in study.experiments:
            raise NotSelected(
                f"no variant of {experiment} has been selected, by a later experiment or a table; "
                "name the variant"
            )
        else:
            raise LeftOut(left_out([experiment]))
    return list(found)


def left_out(names: Iterable[str]) -> str:
    """That the study at hand does not run experiments or variants."""
    return f"this study leaves out {some_of(names)}"
