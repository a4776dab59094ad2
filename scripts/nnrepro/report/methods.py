"""How the numbers came about: what was measured, how sure it is, and what it was judged by."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nnrepro.document import wording
from nnrepro.measures.convergence import ACCURACY_TOLERANCE, LOSS_TOLERANCE
from nnrepro.report.page import Method, Statement
from nnrepro.report.references import (
    HAHN_MEEKER,
    HOLM,
    HSU,
    KERAS,
    MCNEMAR,
    OF_DATA,
    SNAKEMAKE,
    WILSON,
    ZOU_DONNER,
    Reference,
)
from nnrepro.report.source import Source
from nnrepro.tables.content import CONFIDENCE_LEVEL


@dataclass(frozen=True)
class MethodFacts:
    """What the sentences on methods depend on.

    Attributes:
        level: confidence level of intervals, in percent.
        seeds: how many seeds the study has.
        windows: whether runs have a closing window.
        accuracy_tolerance: how near to its final level an accuracy has to stay to have converged,
            in percentage points.
        loss_tolerance: the same of a loss.
        optimism: whether a table tells what selecting on the test set adds.
        follows: whether a protocol follows a work that the configuration names.
        published: whether there are published numbers.
        selects_on_test: whether a protocol selects by a metric of the test set.
    """

    level: str
    seeds: int
    windows: bool
    accuracy_tolerance: str
    loss_tolerance: str
    optimism: bool
    follows: bool
    published: bool
    selects_on_test: bool


def methods(source: Source, supplements: Sequence[Source] = ()) -> tuple[Method, ...]:
    """The methods that the tables and figures of a study and of its supplements use."""
    study = source.study
    facts = MethodFacts(
        CONFIDENCE_LEVEL,
        len({run.seed for run in study.runs}),
        bool(source.windows(study.runs)),
        wording.plain(100 * ACCURACY_TOLERANCE),
        wording.plain(LOSS_TOLERANCE),
        _has_tables("optimism")(source),
        bool(_followed(source)),
        _has_published(source),
        any("_test_" in item.selection_metric for item in study.protocols.values()),
    )
    return tuple(
        Method(item.title, Statement(item.macro, facts), (*item.references, *item.follows(source)))
        for item in _METHODS
        if any(item.applies(each) for each in (source, *supplements))
    )


def references(source: Source, used: Iterable[Method]) -> tuple[Reference, ...]:
    """The works that methods, tools and data rest on, by name, each once.

    Args:
        source: tells the data sets.
        used: the methods that the report describes.
    """
    of_data = (OF_DATA[name] for name in source.study.data if name in OF_DATA)
    found = {item for method in used for item in method.references} | {*of_data, SNAKEMAKE, KERAS}
    return tuple(sorted(found, key=lambda item: item.key))


def _followed(source: Source) -> tuple[Reference, ...]:
    """The works that the protocols follow, by the configuration."""
    protocols = source.study.protocols.values()
    return tuple(
        Reference(item.title, f"{item.title}: {item.reference}")
        for item in protocols
        if item.reference
    )


def _nobody(source: Source) -> tuple[Reference, ...]:
    return ()


def _always(source: Source) -> bool:
    return True


def _has_tables(*kinds: str) -> Callable[[Source], bool]:
    """Whether the study has a table of one of these kinds."""
    return lambda source: any(spec.kind in kinds for spec in source.study.tables.values())


def _has_claims(source: Source) -> bool:
    return bool(source.study.claims)


def _has_published(source: Source) -> bool:
    return bool(source.study.published)


def _selects(source: Source) -> bool:
    return bool(source.study.selecting_experiments)


def _judges_convergence(source: Source) -> bool:
    return _has_claims(source) or _has_tables("convergence")(source)


@dataclass(frozen=True)
class _Described:
    """A method: heading, sentences, whether a study uses it, what it rests on, whom it follows."""

    title: str
    macro: str
    applies: Callable[[Source], bool] = _always
    references: tuple[Reference, ...] = ()
    follows: Callable[[Source], tuple[Reference, ...]] = _nobody


_METHODS = (
    _Described("Runs", "runs_method", references=(SNAKEMAKE, KERAS), follows=_followed),
    _Described("Measures", "measures_method"),
    _Described("Uncertainty", "uncertainty_method", references=(WILSON, ZOU_DONNER)),
    _Described("The best and its equals", "best_method", references=(HSU,)),
    _Described("Convergence", "convergence_method", _judges_convergence),
    _Described("Tests", "tests_method", _has_tables("tests"), (HOLM, MCNEMAR)),
    _Described("Selection", "selection_method", _selects),
    _Described("Claims", "claims_method", _has_claims, (HOLM,)),
    _Described("Published numbers", "published_method", _has_published, (HAHN_MEEKER,), _followed),
)
