"""Printed lists of runs below a limit, beside the runs that are below it here."""

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from nnrepro.claims.claim import ClaimSet
from nnrepro.claims.conditions import Untestable
from nnrepro.claims.evidence import RunEvidence
from nnrepro.claims.measured_run import Unmeasured
from nnrepro.claims.own_numbers import listed, rows_of
from nnrepro.measures.expressions import Reading, parse_measure
from nnrepro.measures.runs import RunData
from nnrepro.study.decisions import Decisions
from nnrepro.study.study import Study

LIST_COLUMNS = ("protocol", "question", "measure", "below", "variants", "listed", "here", "both")


def printed_lists(
    claims: ClaimSet, runs: Sequence[RunData], study: Study, decisions: Decisions
) -> pd.DataFrame:
    """How many variants each printed list has, how many are below its limit here, and both.

    Returns:
        A row per list, question and measure (`LIST_COLUMNS`): `question` as the study names it,
        the `measure` that is `below` a limit, how many of the `variants` that the question has
        numbers of were `listed`, are below it `here` by the mean over seeds, and are `both`. Lists
        of which a variant has no run, or no value, are left out.
    """
    published = claims.published
    rows: list[dict[str, object]] = []
    if published is None:
        return pd.DataFrame(columns=list(LIST_COLUMNS))
    for protocol in study.protocols:
        evidence = RunEvidence.of(runs, study, decisions, protocol)
        for item, place, told in listed(rows_of(published, study, protocol), published):
            for reading in item.listed.readings:
                try:
                    here = set(_below(evidence, reading, told, item.below))
                except (Untestable, Unmeasured):
                    continue
                there = {variant for variant, kept in told.items() if kept}
                rows.append(
                    {
                        "protocol": protocol,
                        "question": "".join(place),
                        "measure": str(reading),
                        "below": item.below,
                        "variants": len(told),
                        "listed": len(there),
                        "here": len(here),
                        "both": len(here & there),
                    }
                )
    return pd.DataFrame(rows, columns=list(LIST_COLUMNS))


def _below(
    evidence: RunEvidence, reading: Reading, variants: Iterable[str], limit: float
) -> Iterator[str]:
    measure = parse_measure(str(reading))
    for variant in variants:
        if evidence.over_seeds(measure, variant).high < limit:
            yield variant
