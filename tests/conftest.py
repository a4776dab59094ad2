"""Fixtures that every room's tests share."""

import copy
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the program that rooms share

from forked import forked_python

from nnrepro.measures.history import History
from nnrepro.measures.runs import RunData
from nnrepro.registry import REGISTRIES
from nnrepro.study.plugins import put_in_force
from nnrepro.study.run import Run

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "data"

# Programs that tests start find the library of this checkout, whatever is installed.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(REPOSITORY / "scripts"), os.environ.get("PYTHONPATH")))
)

# What the `make` that started the tests was told is not meant for one that a test starts.
for _variable in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS"):
    os.environ.pop(_variable, None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a room come one after the other, in whatever order, the longest room first.

    Where several processes share the tests, few rooms' fixtures are then made by more than one.
    """

    def room(item: pytest.Item) -> tuple[bool, str]:
        name = item.nodeid.partition("tests/")[2].partition("/")[0]
        return name != "workflow", name

    items.sort(key=room)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout under test."""
    return REPOSITORY


@pytest.fixture(scope="session")
def printed(repository: Path) -> Callable[[str], str]:
    """Runs code in a fresh interpreter that finds the library; gives what it prints."""

    def run(code: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=repository / "scripts", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real CIFAR-10 batches and DBpedia CSV files; the test skips without it."""
    if not REAL_DATA.is_dir():
        pytest.skip("real data is not beside this checkout")
    return REAL_DATA


@pytest.fixture
def own_definitions() -> Iterator[None]:
    """What a test defines beside the library, or in modules of it, is forgotten with its end."""
    put_in_force(())
    before = [(registry, copy.copy(registry._own)) for registry in REGISTRIES]
    loaded = {*sys.modules}
    yield
    put_in_force(())
    added = {name for name in {*sys.modules} - loaded if not _is_shipped(sys.modules[name])}
    for name in added:
        del sys.modules[name]
    for registry, own in before:
        registry._own = own
        shipped = registry._shipped.items()
        registry._shipped = {name: each for name, each in shipped if each[0] not in added}


def _is_shipped(module: ModuleType) -> bool:
    """Whether a module is one of the checkout's library, or of no library of this name."""
    ours = module.__name__.startswith("nnrepro.")
    return not ours or Path(module.__file__ or "").is_relative_to(REPOSITORY / "scripts")


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pythons that the library starts are forked ones."""
    monkeypatch.setattr(sys, "executable", forked_python())


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT as in the foreground: a shell starts its background jobs with it ignored."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)


SETTINGS = {
    "train_examples": 100,
    "test_examples": 2000,
    "comparison_test_examples": 0,
    "epochs": 10,
    "learning_rate": 0.001,
    "window": 5,
    "smoothing": 3,
}


def _make_run(
    variant: str = "a",
    seed: int = 0,
    *,
    experiment: str = "grid",
    protocol: str = "tan",
    protocol_settings: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    return Run(
        protocol=protocol,
        experiment=experiment,
        variant=variant,
        seed=seed,
        label=f"label of {variant}",
        model="image_cnn",
        input="image",
        settings=SETTINGS | settings,
        protocol_settings=protocol_settings or {},
    )


def _make_history(test_accuracy: Any, **series: Any) -> History:
    accuracy = [float(value) for value in test_accuracy]
    given = {
        "loss": [1.0] * len(accuracy),
        "accuracy": accuracy,
        "val_loss": [2.0] * len(accuracy),
        "val_accuracy": accuracy,
    }
    return History.of(**(given | series))


def _make_data(
    test_accuracy: Any,
    variant: str = "a",
    seed: int = 0,
    *,
    seconds: float | None = None,
    comparison: Any = None,
    status: str = "completed",
    **settings: Any,
) -> RunData:
    record = None
    if seconds is not None or status != "completed":
        record = {
            "status": status,
            "seconds": {"training": seconds, "evaluation": 0.0},
            "device": {"name": "a processor"},
        }
    larger = None
    if comparison is not None:
        curves = _make_history(comparison)
        larger = History.of(val_loss=curves.series["val_loss"], val_accuracy=curves.val_accuracy)
        settings = {"comparison_test_examples": 10000} | settings
    run = _make_run(variant, seed, **settings)
    return RunData(run, _make_history(test_accuracy), larger, record)


def _write_run(folder: Path, run: Run, files: dict[str, Any]) -> None:
    place = folder / run.id
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (place / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Run]:
    """Build a run: variant, seed, then any setting by name."""
    return _make_run


@pytest.fixture(scope="session")
def make_history() -> Callable[..., History]:
    """Build a history from its test accuracies; other curves are constant unless given."""
    return _make_history


@pytest.fixture(scope="session")
def make_data() -> Callable[..., RunData]:
    """Build a run with the history of given test accuracies."""
    return _make_data


@pytest.fixture(scope="session")
def write_run() -> Callable[..., None]:
    """Write a run's files into a folder: text as it is, anything else as JSON."""
    return _write_run
