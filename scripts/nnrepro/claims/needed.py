"""What would decide the claims that are undecided: more seeds, how many, or something else."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scipy.special import stdtrit

from nnrepro.claims.conditions import UNDECIDED
from nnrepro.claims.judge import NOISE, ONE_SEED, TIE
from nnrepro.files import read_text
from nnrepro.statistics.intervals import CONFIDENCE, SEEDS
from nnrepro.statistics.power import MOST_SEEDS, POWER, seeds_needed


@dataclass(frozen=True)
class Need:
    """What an undecided claim needs.

    Attributes:
        claim: its id.
        seeds: with so many it would be decided with a probability of 80 % if today's effect is the
            true one; None where seeds alone would not do, or nobody can tell.
        why: the same in words.
    """

    claim: str
    seeds: int | None
    why: str


def needs(table: Path) -> list[Need]:
    """What each undecided claim in a table of verdicts needs; none without the table."""
    if not table.is_file():
        return []
    rows = csv.DictReader(io.StringIO(read_text(table)))
    return [_need(row) for row in rows if row["verdict"] == UNDECIDED]


def _need(row: Mapping[str, str]) -> Need:
    """By the effect and the interval over seeds, of which the lower end tells the deviation."""
    effect, low = (float(row[name] or "nan") for name in ("effect", "ci95_low"))
    seeds = int(float(row["seeds"] or 0))
    by_seeds = row["cause"] in (NOISE, ONE_SEED) and TIE not in row["reason"]
    if by_seeds and (row["interval"] != SEEDS or seeds < 2):
        return Need(row["id"], None, "a second seed first, to tell the spread over seeds")
    if not by_seeds or not (math.isfinite(effect) and math.isfinite(low)):
        return Need(row["id"], None, f"not by seeds alone: {row['reason']}")
    half = float(stdtrit(seeds - 1, (1 + CONFIDENCE) / 2)) / math.sqrt(seeds)
    deviation = (effect - low) / half
    if not effect or not deviation:
        return Need(row["id"], None, f"not by seeds alone: {row['reason']}")
    enough = seeds_needed(effect, deviation)
    if enough is None:
        return Need(row["id"], None, f"not by seeds: {MOST_SEEDS} would be too few")
    needed = max(enough, seeds + 1)
    return Need(row["id"], needed, f"{needed} seeds, with {POWER:.0%} power; now {seeds}")
