"""A disk that fills up while an output is written: the old file stays, nothing else does."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nnrepro.data.prepare import write_prepared
from nnrepro.errors import explained
from nnrepro.files import write_json, write_text
from nnrepro.plots.output import save_figure
from nnrepro.tables.csvfile import write_csv
from nnrepro.training.checkpoint import CheckpointPolicy, Checkpoints, Origin, Progress
from nnrepro.training.history import History
from nnrepro.training.outputs import write_outputs

SIZE = 512 * 1024
ORIGIN = Origin("computation", {"device": {"kind": "cpu"}, "packages": {}})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte; needs root."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def noise(amount: int) -> np.ndarray:
    """Bytes that do not compress."""
    return np.random.default_rng(amount).integers(0, 256, amount, dtype=np.uint8)


def prepared(folder: Path, amount: int) -> None:
    x, y = noise(amount).reshape(amount, -1), np.arange(amount) % 2
    meta = {"name": "data", "input": "table", "kind": "floats", "num_classes": 2}
    origin = {"vocabulary_size": 0, "generated": True, "source": "noise", "sha256": {}}
    arrays = {"train_x": x, "train_y": y, "test_x": x, "test_y": y}
    write_prepared(folder / "data.npz", folder / "data.json", arrays, {**meta, **origin})


def checkpoint(folder: Path, amount: int) -> None:
    Checkpoints(folder, ORIGIN, CheckpointPolicy(), print).save(Progress(), [noise(amount)])


def outputs(folder: Path, amount: int) -> None:
    """Weights, predictions, history and record of a run."""
    import keras

    keras.utils.set_random_seed(amount)
    layers = [keras.layers.Input((8,)), keras.layers.Dense(amount // 200 + 1, name="dense")]
    model = keras.Sequential(layers, name="network")
    write_outputs(
        folder,
        model=model,
        task="classification",
        answers=noise(amount).reshape(-1, 1).astype(np.float32),
        labels=np.zeros(amount, np.int32),
        names=(),
        history=History(),
        primary=amount,
        description={"amount": amount},
    )


def history(folder: Path, amount: int) -> None:
    write_json(folder / "history.json", {"loss": noise(amount).tolist()})


def table(folder: Path, amount: int) -> None:
    write_csv(pd.DataFrame({"x": noise(amount)}), folder / "table.csv")


def figure(folder: Path, amount: int) -> None:
    made = Figure(figsize=(2, 2))
    made.add_subplot().imshow(noise(max(amount, 100) // 100 * 100).reshape(100, -1), aspect="auto")
    save_figure(made, folder / "figure")


def report(folder: Path, amount: int) -> None:
    write_text(folder / "index.html", noise(amount).tobytes().decode("latin1"))


@pytest.mark.parametrize(
    "write",
    [prepared, checkpoint, outputs, history, table, figure, report],
    ids=lambda f: f.__name__,
)
def test_what_was_there_stays_and_the_message_says_what_to_do(
    small_disk: Path, write: Callable[[Path, int], None]
) -> None:
    folder = small_disk / write.__name__
    write(folder, 100)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    opened = h5py.h5f.get_obj_count(types=h5py.h5f.OBJ_FILE)
    ballast = small_disk / "ballast"
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
    ballast.write_bytes(b"\0" * (free - 12 * 1024))
    with pytest.raises(OSError) as caught:
        write(folder, 300_000)
    ballast.unlink()
    message = explained(caught.value)
    assert message is not None
    assert "the disk is full; free some space, and run the same command again" in message
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    # A run's folder says first that it is not finished: without run.json nothing in it counts.
    assert after == before or (write is outputs and "run.json" not in after)
    assert set(after) <= set(before)
    # A file that HDF5 could not close crashes the process later.
    assert h5py.h5f.get_obj_count(types=h5py.h5f.OBJ_FILE) <= opened
    write(folder, 100)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_disk_without_room_for_a_further_file_is_told_as_such(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    options = ["-o", "size=1m,nr_inodes=8", "tmpfs", place]
    mounted = subprocess.run(["mount", "-t", "tmpfs", *options], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(OSError) as caught:
            for count in range(9):
                write_text(place / f"{count}.txt", "a")
        message = explained(caught.value)
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
    assert message is not None
    assert "no inodes are left" in message and "remove some files, and run the same" in message
