"""Whatever a record holds, it costs that record alone: nothing raises, other runs stay the same."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.archive.collect import CollectError, collect
from nnrepro.archive.provenance import provenance
from nnrepro.measures.runs import compared, read_runs
from nnrepro.planning.machines import read_records
from nnrepro.planning.status import Asked, retrained
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import select, selection_table
from nnrepro.tables.variants import variants_table

HISTORY = {
    "loss": [2.0, 1.0],
    "accuracy": [0.2, 0.4],
    "val_loss": [2.0, 1.5],
    "val_accuracy": [0.2, 0.3],
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 2**63, -(2**70), 10**400, 1e308, -1e308, float("nan"), float("inf")]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", " ", "\0", "\ud800", "{x}", "<b>", "x" * 5000, "../..", "=1+1", "💥"]),
    st.lists(st.integers(), max_size=3),
    st.recursive(st.none(), lambda inner: st.lists(inner, max_size=2), max_leaves=5),
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.none(), st.integers(), st.text()), max_size=3
    ),
)


def _record(run: Run) -> dict[str, Any]:
    return {
        "run": run.for_training().to_dict(),
        "status": "completed",
        "diverged_at_epoch": None,
        "epochs_completed": 2,
        "parameters": 10,
        "seconds": {"setup": 1.0, "training": 2.0, "evaluation": 1.0, "cpu": 3.0, "total": 4.0},
        "setup_stages": {"start": 0.5},
        "data": {"name": "x", "source": "folder", "generated": False, "sha256": {"a": "0a"}},
        "code": {"sha256": "c0de"},
        "packages": {"keras": "3.15.0"},
        "device": {"kind": "cpu", "name": "A", "backend": "jax", "cpus": 2, "slots": ["0"]},
        "earlier": [{"epochs": 1, "packages": {"keras": "3"}, "device": {"name": "B"}}],
        "threads": 1,
        "python": "3.11.7",
        "platform": "Linux",
        "files": {},
    }


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, the whole among them."""
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    inner = [found for name, item in parts for found in _places(item, (*place, name))]
    return [place, *inner]


def _replaced(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    if not place:
        return odd
    changed = copy.deepcopy(value)
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = odd
    return changed


@pytest.fixture(scope="module")
def runs(make_run: Callable[..., Run]) -> list[Run]:
    return [make_run("a", seed, epochs=2, c1=10) for seed in (0, 1)] + [
        make_run("b", epochs=2, c1=20)
    ]


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_an_odd_record_costs_that_record_alone(
    data: st.DataObject,
    runs: list[Run],
    write_run: Callable[..., None],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = data.draw(st.sampled_from(_places(_record(runs[0]))))
    odd = _replaced(_record(runs[0]), place, data.draw(ODD))
    root = tmp_path_factory.mktemp("results") / "study"
    for run in runs:
        content = json.dumps(odd) if run is runs[0] else _record(run)
        write_run(root / "runs", run, {"history.json": HISTORY, "run.json": content})
    read, problems = read_runs(runs, root / "runs")
    assert {problem.run_id for problem in problems} <= {runs[0].id}
    table = runs_table(read, problems, runs, [0.25])
    assert list(table["run_id"]) == [run.id for run in runs]
    assert list(table["status"])[1:] == ["completed", "completed"]
    assert list(table["train_seconds"])[1:] == [3.0, 3.0]
    variants = variants_table(runs_table(compared(read, {}), problems, runs))
    selection_table(variants, "final_test_accuracy", ["c1"])
    select(variants, "final_test_accuracy", ["c1"])
    json.dumps(provenance(read, problems, {}, {}), allow_nan=False).encode()
    assert len(read_records(root.parent)) >= 2
    codes = {run.model: "c0de" for run in runs}
    retrained(runs, StudyPaths(root), Asked(codes, "jax", {}, {}))
    try:
        collect([root / "runs"], notes={})
    except CollectError as error:
        assert runs[0].id in str(error) and runs[1].id not in str(error)
