"""Who leads among some runs, and whether that can be told: a sentence per protocol."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nnrepro.document import wording
from nnrepro.document.text import OWNER, Text, bold, plain, spaced, text
from nnrepro.report.sections.highlights import lengths, standing
from nnrepro.report.source import Source
from nnrepro.study.run import Run
from nnrepro.tables.content import labels
from nnrepro.tables.ranking import Leaders, interval_words


@dataclass(frozen=True)
class Led:
    """Who leads among the runs of one protocol on one test set.

    Attributes:
        owner: whose runs they are, and on which test set, where that must be said.
        ranking: how their variants stand.
        count: how many variants there are.
        budget: how far the runs went, in brackets, where that must be said.
    """

    owner: str
    ranking: Leaders
    count: int
    budget: str

    @property
    def clear(self) -> bool:
        """Whether one variant is known to be the best of several."""
        found = self.ranking
        return found.count > 1 and found.tied == () and len(found.leaders) == 1

    @property
    def said(self) -> Text:
        """The sentence."""
        return spaced(plain(self.owner, OWNER), text(_said(self), f"{self.budget}."))


def leading(source: Source, runs: Sequence[Run]) -> Iterator[Led]:
    """Who leads under each protocol, those on each test set apart.

    Args:
        source: what the report is made from.
        runs: the runs of all protocols.

    Raises:
        ReportError: the variants table lacks a metric.
    """
    variants = source.variants
    if variants is None:
        return
    alike: dict[tuple[str, tuple[str, int]], list[Run]] = {}
    for run in runs:
        alike.setdefault((run.protocol, run.test_set), []).append(run)
    order = list(source.study.protocols)
    for (protocol, (data, examples)), own in sorted(
        alike.items(), key=lambda item: order.index(item[0][0])
    ):
        there = {f"{run.experiment}/{run.variant}" for run in own}
        named = variants["experiment"] + "/" + variants["variant"]
        rows = variants[variants["protocol"].eq(protocol) & named.isin(there)]
        if rows.empty:
            continue
        ranking = standing(source, rows.reset_index(drop=True), protocol, own)
        if not ranking.leaders:
            continue
        sets = {test_set for name, test_set in alike if name == protocol}
        where = [] if len({name for name, _ in sets}) < 2 else [data]
        if len({count for name, count in sets if name == data}) > 1:
            where.append(wording.counted(examples, "test example"))
        owner = ", ".join(filter(None, [source.protocol_title(protocol), *where]))
        budget = ""
        if uneven := lengths(source, own):
            budget = f" (runs of {uneven[0]} to {uneven[1]} epochs)"
        elif source.short_runs(own):
            budget = f" (cut short: {source.stamp(own, compared=True)})"
        yield Led(owner, ranking, len(there), budget)


def _said(led: Led) -> Text:
    """What the leaders reach, and whether they can be told apart from the others."""
    found, value = led.ranking, f"{led.ranking.value}{interval_words(led.ranking)}"
    if led.count == 1:
        return text(labels(found.leaders), f" reaches {value} in {found.metric}")
    best = (
        found.metric if found.metric.startswith(("highest ", "lowest ")) else f"best {found.metric}"
    )
    among = wording.counted(led.count, "variant")
    if found.count < led.count:
        among = f"the {wording.grouped(found.count)} of {among} that have a value"
    if found.last is None:
        return text(bold("No difference"), f": {among} with the same {found.metric}, {value}")
    has = wording.agree(found.leaders, "has", "share")
    highest = text(labels(found.leaders), f" {has} the {best} of {among}, {value}")
    others = found.count - len(found.leaders)
    if found.tied is None:
        return text(highest, "; with what is known, chance cannot be ruled out")
    if not found.tied:
        rest = "the other one lies" if others == 1 else "all others lie"
        return text(highest, f", and {rest} clearly behind")
    if len(found.tied) == others:
        return text(
            bold("No clear best"),
            f": by {found.metric}, none of {among} can be told apart from the one in front, ",
            labels(found.leaders),
            f" with {value}",
        )
    tied = wording.counted(len(found.tied), "other")
    return text(bold("No clear best"), ": ", highest, f", but {tied} cannot be told apart from it")
