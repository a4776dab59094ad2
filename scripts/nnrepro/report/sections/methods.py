"""How the numbers came about: what was measured, how sure it is, and what it was judged by."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nnrepro.document import wording
from nnrepro.document.elements import Paragraph, Section, Works
from nnrepro.document.text import Text, joined, linked, spaced, text
from nnrepro.measures.convergence import ACCURACY_TOLERANCE, LOSS_TOLERANCE
from nnrepro.report.source import Source
from nnrepro.study.evaluation import CHOICES, EVERY_EPOCH, tested
from nnrepro.tables.content import LEVEL, metric_phrase
from nnrepro.tables.metrics import metric


@dataclass(frozen=True)
class Work:
    """A work that the report refers to.

    Attributes:
        key: short name by which the text refers to it.
        text: authors, title, where and when it appeared.
    """

    key: str
    text: str


WILSON = Work(
    "Wilson 1927",
    "E. B. Wilson: Probable inference, the law of succession, and statistical inference. "
    "Journal of the American Statistical Association 22, 1927, 209-212.",
)
ZOU_DONNER = Work(
    "Zou and Donner 2008",
    "G. Y. Zou and A. Donner: Construction of confidence limits about effect measures: a general "
    "approach. Statistics in Medicine 27, 2008, 1693-1702.",
)
HSU = Work(
    "Hsu 1984",
    "J. C. Hsu: Constrained simultaneous confidence intervals for multiple comparisons with the "
    "best. Annals of Statistics 12, 1984, 1136-1144.",
)
HOLM = Work(
    "Holm 1979",
    "S. Holm: A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
    "Statistics 6, 1979, 65-70.",
)
MCNEMAR = Work(
    "McNemar 1947",
    "Q. McNemar: Note on the sampling error of the difference between correlated proportions or "
    "percentages. Psychometrika 12, 1947, 153-157.",
)
HAHN_MEEKER = Work(
    "Hahn and Meeker 1991",
    "G. J. Hahn and W. Q. Meeker: Statistical Intervals: A Guide for Practitioners. Wiley, 1991, "
    "section 4.7.",
)
SNAKEMAKE = Work(
    "Mölder et al. 2021",
    "F. Mölder, K. P. Jablonski, B. Letcher and others: Sustainable data analysis with Snakemake. "
    "F1000Research 10, 2021, 33.",
)
KERAS = Work("Chollet et al. 2015", "F. Chollet and others: Keras. https://keras.io, 2015.")
CIFAR10 = Work(
    "Krizhevsky 2009",
    "A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images. Technical report, "
    "University of Toronto, 2009.",
)
DBPEDIA = Work(
    "Zhang, Zhao and LeCun 2015",
    "X. Zhang, J. Zhao and Y. LeCun: Character-level Convolutional Networks for Text "
    "Classification. Advances in Neural Information Processing Systems 28, 2015, 649-657.",
)

OF_DATA = {"cifar10": CIFAR10, "dbpedia": DBPEDIA}
"""The work that describes a data set."""


def methods(source: Source) -> Section:
    """The methods that the tables and figures of a study and of its supplements use."""
    used = [
        method
        for method in METHODS
        if any(method.applies(each) for each in (source, *source.supplements))
    ]
    works = {
        method: (*method.works, *(_followed(source) if method.follows else ())) for method in used
    }
    described = (
        Section(
            method.title,
            (Paragraph(spaced(method.says(source), _cited(works[method]))),),
        )
        for method in used
    )
    of_data = (OF_DATA[name] for name in source.study.data if name in OF_DATA)
    every = {work for found in works.values() for work in found} | {*of_data, SNAKEMAKE, KERAS}
    listed = Works(
        tuple((_anchor(work), work.text) for work in sorted(every, key=lambda work: work.key))
    )
    references = Section("References", (listed,), "references")
    title = "Methods"
    contents = (*described, references)
    return Section(title, contents, "methods", "back", listed=True, fresh=True)


def _anchor(work: Work) -> str:
    return wording.anchor(work.key, "work")


def _cited(works: Sequence[Work]) -> Text:
    """Works by their short names, in brackets."""
    names = joined("; ", (linked(_anchor(work), work.key) for work in works))
    return text("(", names, ".)") if names else ()


def _followed(source: Source) -> Iterator[Work]:
    """The works that the protocols follow, by the configuration."""
    for protocol in source.study.protocols.values():
        if protocol.reference:
            yield Work(protocol.title, f"{protocol.title}: {protocol.reference}")


def _tested(source: Source) -> str:
    """When the test set is evaluated."""
    found = {tested(run.settings) for run in source.study.runs}
    if found <= {EVERY_EPOCH}:
        return "Test metrics are measured after every epoch."
    words = [_WHEN[when] for when in CHOICES if when in found]
    return (
        f"The test set is evaluated {' or '.join(words)}, as a run\u2019s settings say; a dash in "
        "a table stands for what was not evaluated."
    )


_WHEN = dict(
    zip(CHOICES, ("after every epoch", "once, with the final weights,", "never"), strict=True)
)


def _runs(source: Source) -> str:
    if not source.study.several_ways:
        return (
            "Every run is one training job, decided by its settings and seed alone: the seed gives "
            "the initial weights and the dropout, and with the epoch\u2019s number the order of "
            f"the examples. {_tested(source)} A run whose loss is no longer finite goes on or ends "
            "as its settings say, and its history tells which."
        )
    settings = (
        "Each protocol\u2019s settings are those of the work that it follows; where that leaves "
        "one unstated, the configuration says what was chosen."
        if any(_followed(source))
        else "Each protocol\u2019s settings stand in the configuration."
    )
    return (
        "Every run is one training job, decided by its protocol, variant and seed alone: the seed "
        "gives the initial weights and the dropout, and with the epoch\u2019s number the order of "
        f"the examples. {settings} {_tested(source)} A run whose loss "
        "is no longer finite goes on or ends as its protocol says, and its history tells which."
    )


def _measures(source: Source) -> str:
    closing = (
        "; a closing mean over its window at the end" if source.windows(source.study.runs) else ""
    )
    printed = (
        "; it stands here because that is what was published" if source.study.published else ""
    )
    return (
        f"Highest and mean are taken over all epochs of a run{closing}. The highest test accuracy "
        f"of a run picks an epoch by the test set and is therefore optimistic{printed}. Accuracies "
        "are shares of right answers, in percent; differences of accuracies are in percentage "
        "points. Times are of one training with its evaluations, without starting up."
    )


def _uncertainty(source: Source) -> str:
    return (
        f"All intervals are for {LEVEL}. With several seeds an interval is Student\u2019s t "
        "interval of their mean: what training anew on the same data would change. With one seed "
        "nothing is known of that; an accuracy then has the sampling error of the test set "
        "(Wilson\u2019s score interval), and a mean over epochs also the noise between them, which "
        "are correlated, so that an effective number of epochs counts. An interval of seeds does "
        "not cover another test set, and one of the test set does not cover another seed."
    )


def _best(source: Source) -> str:
    return (
        "Which variants cannot be told apart from the best is decided by multiple comparisons with "
        "the best: a variant is left out when another is better by more than a critical multiple "
        "of the standard error of their difference, chosen so that the truly best one is left out "
        "in at most one study of twenty, however many variants there are. Where single runs count "
        "their right answers by folds of the test set, the error is that of the folds without what "
        "all variants share. The probability of being "
        "the best integrates over where each variant\u2019s level may lie."
    )


def _convergence(source: Source) -> str:
    points = wording.plain(100 * ACCURACY_TOLERANCE)
    return (
        "A curve has converged at the first epoch from which its moving mean stays near its "
        f"closing mean until the end: within {points} percentage "
        f"point{'' if points == '1' else 's'} for accuracies, within "
        f"{wording.plain(LOSS_TOLERANCE)} for losses. A curve that gets there only near its end, "
        "or still drifts there, has not converged."
    )


def _tests(source: Source) -> str:
    return (
        "Differences between variants are tested seed by seed (paired t test) where they have "
        "several seeds in common. With one seed, the answers of the last epoch are compared "
        "example by example (exact McNemar test) where they are kept; otherwise both sampling "
        "errors are taken as independent, which is cautious. The p-values of a table are corrected "
        "for their number by Holm\u2019s method."
    )


def _selection(source: Source) -> str:
    flattered = (
        "; a metric of the test set makes the selected variant look better than it is"
        if source.study.selects_by_test
        else ""
    )
    measured = (
        " By how much is measured: one part of the test set selects, the other scores, in every "
        "way to halve it."
        if source.has_tables("optimism")
        else ""
    )
    by = "each protocol selects that by its own metric"
    if not source.study.several_ways:
        (protocol,) = source.study.protocols
        windows = source.windows(source.study.runs)
        asked = source.study.selecting_experiments or source.study.experiments
        used = dict.fromkeys(source.study.selection_metric(protocol, [name]) for name in asked)
        phrases = [metric_phrase(metric(name), windows) for name in used]
        first = "what it records first: " if len(phrases) > 1 else ""
        by = f"that is selected by {first}{wording.joined(phrases, 'or')}"
    return (
        f"Where an experiment takes parameters from another\u2019s best variant, {by}{flattered}."
        f"{measured}"
    )


def _claims(source: Source) -> str:
    return (
        "Each claim is a condition on runs, written as data and decided by a program. It holds or "
        "fails where the interval of its margin lies on one side of what is asked; it is undecided "
        "where the interval covers it, where one seed tells nothing of the spread, where runs were "
        "shorter than their protocol asks for, or where their times were taken on a busy machine. "
        "The same condition is decided a second time from the published numbers alone."
    )


def _published(source: Source) -> str:
    return (
        "A published number is what one run gave. It is judged by the interval in which one "
        "further run would lie, the prediction interval, which is wider than that of a mean. With "
        "one seed, accuracies alone are judged, by the sampling error of two runs on a test set of "
        "that size."
    )


@dataclass(frozen=True)
class Method:
    """How something was done.

    Attributes:
        title: heading.
        says: describes it for a study.
        applies: whether a study uses it.
        works: what it rests on.
        follows: whether it rests on the works that the protocols follow, too.
    """

    title: str
    says: Callable[[Source], str]
    applies: Callable[[Source], bool] = lambda source: True
    works: tuple[Work, ...] = ()
    follows: bool = False


METHODS = (
    Method("Runs", _runs, works=(SNAKEMAKE, KERAS), follows=True),
    Method("Measures", _measures),
    Method("Uncertainty", _uncertainty, works=(WILSON, ZOU_DONNER)),
    Method("The best and its equals", _best, works=(HSU,)),
    Method(
        "Convergence",
        _convergence,
        lambda source: bool(source.study.claims) or source.has_tables("convergence"),
    ),
    Method("Tests", _tests, lambda source: source.has_tables("tests"), (HOLM, MCNEMAR)),
    Method("Selection", _selection, lambda source: bool(source.study.selecting_experiments)),
    Method("Claims", _claims, lambda source: bool(source.study.claims), (HOLM,)),
    Method(
        "Published numbers",
        _published,
        lambda source: bool(source.study.published),
        (HAHN_MEEKER,),
        follows=True,
    ),
)
