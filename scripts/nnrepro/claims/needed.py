"""What would decide the claims that are undecided: more seeds, how many, or something else."""

import csv
import io
import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scipy.special import nctdtr, stdtrit

from nnrepro.claims.conditions import UNDECIDED
from nnrepro.claims.judge import NOISE, ONE_SEED, TIE
from nnrepro.files import read_text
from nnrepro.statistics.intervals import CONFIDENCE, SEEDS

POWER = 0.8
MOST_SEEDS = 1000


def power(effect: float, deviation: float, seeds: int) -> float:
    """Probability that the 95 % interval over seeds lies on the effect's side of 0.

    Differences of single seeds are taken as normal about the `effect`, with a standard deviation;
    their mean over its standard error then has a noncentral t distribution (J. Cohen, Statistical
    Power Analysis for the Behavioral Sciences, 1988, chapter 2). At least two seeds.
    """
    critical = stdtrit(seeds - 1, (1 + CONFIDENCE) / 2)
    return 1 - float(nctdtr(seeds - 1, abs(effect) / deviation * math.sqrt(seeds), critical))


def seeds_needed(effect: float, deviation: float) -> int | None:
    """Fewest seeds with a power of 80 %; None where `MOST_SEEDS` are too few.

    The effect and the positive deviation are those of `power`.
    """
    some = range(2, MOST_SEEDS + 1)
    place = bisect_left(some, POWER, key=lambda seeds: power(effect, deviation, seeds))
    return some[place] if place < len(some) else None


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
