"""Variants that give the same numbers as others though they were trained apart."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from nnrepro.document import wording
from nnrepro.document.text import OWNER, Text, plain, spaced, text
from nnrepro.report.source import Source
from nnrepro.study.run import Run
from nnrepro.tables.content import labels

_LEVELS = ("max_", "min_", "mean_", "final_")
"""How metrics of whole curves begin: where they all are the same, so are the curves."""


def same_numbers(source: Source, runs: Sequence[Run]) -> Iterator[Text]:
    """Which two variants of other settings give the same numbers from the same seed, and how often.

    Args:
        source: what the report is made from.
        runs: the runs among which to look.
    """
    if source.runs is None:
        return
    by_id = {run.id: run for run in runs}
    rows = source.runs[source.runs["run_id"].isin(by_id) & source.runs["final_test_loss"].notna()]
    levels = rows[[name for name in rows.columns if name.startswith(_LEVELS)]].fillna(-1)
    found: Counter[tuple[str, str, str]] = Counter()
    for _, own in levels.groupby([rows["protocol"], rows["seed"], *map(levels.get, levels)]):
        members = [by_id[name] for name in rows.loc[own.index, "run_id"]]
        for one, other in combinations(members, 2):
            if one.for_training().settings != other.for_training().settings:
                found[one.protocol, one.label, other.label] += 1
    for (protocol, *both), count in found.items():
        seeds = {run.seed for run in runs if run.protocol == protocol and run.label == both[1]}
        yield spaced(
            plain(source.protocol_title(protocol), OWNER),
            text(
                labels(both),
                f" give the same numbers to the last digit in {count} of "
                f"{wording.counted(len(seeds), 'seed')}: what tells them apart did nothing there.",
            ),
        )
