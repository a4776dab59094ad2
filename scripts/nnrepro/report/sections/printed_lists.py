"""Printed lists of variants below a limit: how many of them are below it here."""

from collections.abc import Iterator

from nnrepro.claims.lists import LIST_COLUMNS
from nnrepro.document import wording
from nnrepro.document.text import OWNER, Text, plain, spaced
from nnrepro.measures.names import in_words, unit_named
from nnrepro.metrics.registry import FRACTION
from nnrepro.report.source import Source

_LISTS = "printed_lists"


def lists_on(source: Source, question: str) -> Iterator[Text]:
    """A sentence on each printed list of a question."""
    frame = source.table(_LISTS, LIST_COLUMNS, ("question",)) if source.study.claims else None
    if frame is None:
        return
    for _, row in frame[frame["question"] == question].iterrows():
        of, there, here, both = (int(row[name]) for name in ("variants", "listed", "here", "both"))
        measure, limit = str(row["measure"]), float(row["below"])
        below = wording.plain(limit)
        if unit_named(measure) == FRACTION:
            below = f"{100 * limit:.6g} percentage points"
        said = (
            f"In print, {there} of {of} variants have a {in_words(measure)} below {below}. Here "
            f"{here} do, {both} of those {there} among them; by chance, {there * here / of:.1f} "
            "would be."
        )
        yield spaced(plain(source.protocol_title(str(row["protocol"])), OWNER), said)
