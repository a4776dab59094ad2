"""What undecided claims need, by the table of verdicts."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nnrepro.claims.needed import needs

NOISY: dict[str, Any] = {
    "id": "a",
    "verdict": "undecided",
    "cause": "noise",
    "reason": "inside the noise",
    "interval": "seeds",
    "seeds": 5,
    "effect": 0.5,
    "ci95_low": 0.5 - 2.776445 / 5**0.5,  # a standard deviation of 1
}


def needed(tmp_path: Path, **changed: Any) -> list[tuple[int | None, str]]:
    table = tmp_path / "claims.csv"
    pd.DataFrame([{**NOISY, **changed}]).to_csv(table, index=False)
    return [(need.seeds, need.why) for need in needs(table)]


def test_seeds_follow_from_effect_and_interval(tmp_path: Path) -> None:
    assert needed(tmp_path) == [(34, "34 seeds, with 80% power; now 5")]
    assert needed(tmp_path, verdict="holds") == []
    assert needs(tmp_path / "none.csv") == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cause": "times", "reason": "times differ"}, "not by seeds alone: times differ"),
        ({"reason": "a tie: the margin is less than 0.5"}, "not by seeds alone: a tie"),
        ({"effect": 0.001}, "not by seeds: 1000 would be too few"),
        ({"interval": "test set", "seeds": 1}, "a second seed first"),
        ({"cause": "one seed", "interval": None, "ci95_low": None, "seeds": 1}, "a second seed"),
        ({"ci95_low": float("-inf")}, "not by seeds alone"),
    ],
)
def test_what_seeds_do_not_decide_is_said(tmp_path: Path, changed: dict, why: str) -> None:
    if "effect" in changed:
        changed = {**changed, "ci95_low": changed["effect"] - 2.776445 / 5**0.5}
    ((seeds, told),) = needed(tmp_path, **changed)
    assert seeds is None and told.startswith(why)
