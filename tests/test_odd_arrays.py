"""Odd bytes in a file of arrays: it is read as it was, or named as damaged; never anything else."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError
from nnrepro.data.prepare import write_prepared
from nnrepro.figures.sources import read_feature_maps
from nnrepro.files import FileError
from nnrepro.measures.predictions import PredictionsError
from nnrepro.measures.predictions import read_predictions as read_stored
from nnrepro.training.checkpoint import CheckpointPolicy, Checkpoints, Origin, Progress
from nnrepro.training.history import History

ORIGIN = Origin("computation", {"device": {"kind": "cpu", "name": "c"}, "packages": {}})
HISTORY = History(
    {"loss": [0.5, 0.4], "accuracy": [0.1, 0.2]},
    {"loss": [0.6, 0.5], "accuracy": [0.1, 0.2]},
    folds=[[1, 2], [2, 2]],
)


class Damaged(Exception):
    """What each reader's own way of saying so is turned into."""


def write_checkpoint(path: Path) -> None:
    variables = [np.arange(6.0, dtype=np.float32).reshape(2, 3), np.array([7], np.uint32)]
    progress = Progress(2, [0.5], [[3.0]], HISTORY)
    Checkpoints(path.parent, ORIGIN, CheckpointPolicy(), print).save(progress, variables)


def read_checkpoint(path: Path) -> Any:
    lines: list[str] = []
    found = Checkpoints(path.parent, ORIGIN, CheckpointPolicy(), lines.append).load()
    if found is None:
        assert len(lines) == 1 and "training starts anew" in lines[0]
        raise Damaged
    return asdict(found[0]), [value.tolist() for value in found[1]]


def write_predictions(path: Path) -> None:
    probabilities = np.random.default_rng(1).random((40, 4)).astype(np.float16)
    labels = np.arange(40, dtype=np.int32) % 4
    np.savez_compressed(path, probabilities=probabilities, labels=labels)


def read_predictions(path: Path) -> Any:
    try:
        answers = read_stored(path)
    except PredictionsError as error:
        assert str(path) in str(error)
        raise Damaged from error
    return answers and (answers.labels.tolist(), answers.right.tolist())


def write_data(path: Path) -> None:
    rng = np.random.default_rng(2)
    arrays = {
        f"{split}_{what}": rng.integers(0, 3, (8, 5) if what == "x" else 8, dtype=np.int32)
        for split in ("train", "test")
        for what in "xy"
    }
    meta = {"input": "words", "kind": "ids", "num_classes": 3, "vocabulary_size": 3}
    meta |= {"name": "data", "generated": True, "source": "generated", "sha256": {}}
    write_prepared(path, path.with_suffix(".json"), arrays, meta)


def read_data(path: Path) -> Any:
    try:
        data = load_dataset(path, {"train_examples": 8, "test_examples": 8})
    except DataError as error:
        assert str(path) in str(error) and "Remove it and run the workflow again" in str(error)
        raise Damaged from error
    return [value.tolist() for value in (data.train_x, data.train_y, data.test_x, data.test_y)]


def write_maps(path: Path) -> None:
    image = np.random.default_rng(3).random((2, 4, 4, 3)).astype(np.float32)
    words = {"classes": np.array(["cat", "dog"]), "words": np.array(["it"])}
    np.savez_compressed(path, run=np.array(["p/e/v/seed0"]), images=image, c1=image, **words)


def read_maps(path: Path) -> Any:
    try:
        maps = read_feature_maps(path)
        arrays = {"images": maps.images, **maps.layers}
        told = maps.run, maps.classes, dict(maps.words)
        return {name: value.tolist() for name, value in arrays.items()}, told
    except FileError as error:
        assert str(path) in str(error)
        raise Damaged from error


KINDS: dict[str, tuple[Callable[[Path], None], Callable[[Path], Any]]] = {
    "checkpoint.npz": (write_checkpoint, read_checkpoint),
    "predictions.npz": (write_predictions, read_predictions),
    "data.npz": (write_data, read_data),
    "maps.npz": (write_maps, read_maps),
}


def changes(content: bytes) -> Iterator[bytes]:
    """Every byte flipped once, and cuts and insertions all over the file."""
    chosen = random.Random(0)
    for at in range(len(content)):
        flipped = content[at] ^ chosen.randrange(1, 256)
        yield content[:at] + bytes([flipped]) + content[at + 1 :]
    for _ in range(100):
        begin, length = chosen.randrange(len(content)), chosen.randrange(40)
        yield content[:begin]
        yield content[:begin] + content[begin + length :]
        yield content[:begin] + chosen.randbytes(length) + content[begin:]


@pytest.mark.filterwarnings("ignore")  # of NumPy, about odd headers
@pytest.mark.parametrize("name", KINDS)
def test_changed_bytes_change_nothing_or_are_damage(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    write, read = KINDS[name]
    write(path)
    sound, expected = path.read_bytes(), read(path)
    damaged = 0
    for content in changes(sound):
        path.write_bytes(content)
        try:
            assert read(path) == expected
        except Damaged:
            damaged += 1
    assert damaged > 300
    path.write_bytes(sound)
    assert read(path) == expected


def saved(path: Path) -> dict[str, Any]:
    """What a sound checkpoint says of itself."""
    write_checkpoint(path)
    with np.load(path) as content:
        return json.loads(str(content["meta"]))


def with_meta(path: Path, meta: Any) -> None:
    """A checkpoint that says something else of itself."""
    variables = {"variable_0000": np.zeros((2, 3), np.float32), "variable_0001": np.zeros(1)}
    np.savez(path, meta=np.array(json.dumps(meta)), **variables)  # type: ignore[arg-type]


PLACES = [
    ("key",),
    ("computation",),
    ("machine",),
    ("machine", "device"),
    ("machine", "packages"),
    ("progress",),
    *(("progress", name) for name in ("epoch", "losses", "scores", "seconds", "earlier")),
    ("progress", "seconds", "training"),
    ("progress", "losses", 0),
    ("history",),
    *(("history", name) for name in ("train", "test", "further", "folds")),
    ("history", "test", "loss"),
    ("history", "train", "loss", 0),
    ("history", "folds", 0),
    ("history", "folds", 0, 1),
]
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.one_of(st.integers(), st.floats(), st.text(max_size=2)), max_size=3),
    st.dictionaries(st.sampled_from(["loss", "validation", "a"]), st.integers(), max_size=2),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(PLACES), odd=ODD)
def test_odd_values_in_a_checkpoint_are_damage_or_can_be_gone_on_from(
    place: tuple[str | int, ...], odd: Any, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.npz"
    meta = saved(path)
    *way, last = place
    inside: Any = meta
    for step in way:
        inside = inside[step]
    inside[last] = odd
    with_meta(path, meta)
    found = Checkpoints(tmp_path, ORIGIN, CheckpointPolicy(), lambda line: None)
    try:
        loaded = found.load()
    except Exception as error:
        assert type(error).__name__ == "TrainingError", error
        return
    if loaded is None:
        return
    progress = loaded[0]
    assert progress.epoch == 2 and len(progress.losses) == len(progress.scores)
    assert all(seconds >= 0 for seconds in progress.seconds.values())
    found.save(progress, loaded[1])
    assert found.load() is not None


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": -1},
        {"epoch": 3},
        {"epoch": True},
        {"losses": [0.5, 0.5]},
        {"seconds": {"setup": -1.0}},
        {"earlier": [1]},
        {"unknown": 1},
    ],
)
def test_progress_that_does_not_hold_together_is_damage(
    change: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.npz"
    meta = saved(path)
    with_meta(path, {**meta, "progress": {**meta["progress"], **change}})
    with pytest.raises(Damaged):
        read_checkpoint(path)


@pytest.mark.parametrize("further", [{"validation": {"loss": [0.1], "accuracy": [0.1]}}, [], None])
def test_a_history_of_other_lengths_is_damage(further: Any, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    meta = saved(path)
    with_meta(path, {**meta, "history": {**meta["history"], "further": further}})
    with pytest.raises(Damaged):
        read_checkpoint(path)


def test_curves_beside_the_history_come_back(tmp_path: Path) -> None:
    curves = {"validation": {"loss": [0.1, 0.2], "accuracy": [0.5, 0.6]}}
    history = History.from_dict({**asdict(HISTORY), "further": curves})
    assert history.further == curves
