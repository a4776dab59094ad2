"""A study that is killed, stopped and starved again and again ends as one that nobody disturbed."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from disturbed_study import LONG_RUN, Place, wait_for
from same_results import products, take_times, trained

pytestmark = pytest.mark.faults


def test_kills_signals_and_damage_during_training_lose_nothing(
    place: Place, undisturbed: Place
) -> None:
    """SIGKILL of a training, of Snakemake and of everything; Ctrl-C; SIGTERM; damage; two at once.

    Each time the same command goes on; at the end every file is that of the undisturbed study.
    """
    # A training is killed, as the kernel does when memory runs out.
    snakemake = place.start("training")
    os.kill(place.until_training(), signal.SIGKILL)
    said, _ = snakemake.communicate()
    assert snakemake.returncode != 0
    assert LONG_RUN in said and "SIGKILL" in said

    # Snakemake alone is killed: the training goes on, and the next call waits for it.
    snakemake = place.start("training")
    orphan = place.until_training()
    assert "going on from" in place.log()
    os.kill(orphan, signal.SIGSTOP)
    os.kill(snakemake.pid, signal.SIGKILL)
    snakemake.wait()
    snakemake = place.start("training")
    wait_for(lambda: f"waiting: process {orphan} on" in place.log(), "nobody waited")

    # A second Snakemake is sent away while the first one works.
    said = place.run("training", succeeds=False)
    assert f"process {snakemake.pid} on" in said
    assert "is at work on the study 'faults'; wait until it is done, or end it" in said
    assert "Traceback" not in said

    # The whole tree is killed: a power cut.
    os.kill(orphan, signal.SIGKILL)
    place.until_training()
    os.killpg(snakemake.pid, signal.SIGKILL)
    snakemake.communicate()

    # Ctrl-C, which reaches every process.
    snakemake = place.start("training")
    place.until_training()
    os.killpg(snakemake.pid, signal.SIGINT)
    said, _ = snakemake.communicate()
    assert snakemake.returncode != 0
    assert "SIGINT in epoch" in place.log()

    # SIGTERM to everything, as at a machine's shutdown.
    snakemake = place.start("training")
    place.until_training()
    os.killpg(snakemake.pid, signal.SIGTERM)
    snakemake.communicate()
    assert "SIGTERM in epoch" in place.log()

    # A bit of the checkpoint flips; the clock had been wrong when it was written.
    content = bytearray(place.checkpoint.read_bytes())
    content[len(content) // 2] ^= 1
    place.checkpoint.write_bytes(content)
    os.utime(place.checkpoint, (4e9, 4e9))
    place.run("training")
    assert "checkpoint.npz is damaged" in place.log() and "training starts anew" in place.log()
    assert trained(place.results) == trained(undisturbed.results)

    # Tables, figures and report are made through another kill.
    take_times(place.results, undisturbed.results)
    snakemake = place.start()
    wait_for((place.results / "tables" / "runs.csv").exists, "no table came")
    os.killpg(snakemake.pid, signal.SIGKILL)
    snakemake.communicate()
    place.run()
    assert products(place.results) == products(undisturbed.results)
    left = [path for path in place.results.rglob(".*") if path.name != ".snakemake_timestamp"]
    assert not left, left


@pytest.fixture
def finished_place(undisturbed: Place, tmp_path: Path) -> Iterator[Place]:
    """A copy of the undisturbed study that a test may damage."""
    shutil.copytree(undisturbed.folder, tmp_path / "project", symlinks=True)
    made = Place(tmp_path / "project")
    yield made
    made.end_all()


def damage(path: Path, kind: str) -> None:
    """Cut a file or flip a bit of it, and leave its time as it was: a worn disk tells nobody."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    if kind == "cut":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_damaged_data_and_histories_are_named_and_made_again_as_they_were(
    finished_place: Place, undisturbed: Place
) -> None:
    """With clocks gone wrong: what was made before is as if of the future, or of long ago."""
    place = finished_place
    data = place.results / "data" / "dbpedia_characters.npz"
    damage(data, "flip")
    shutil.rmtree(place.results / "runs" / LONG_RUN)
    said = place.run("training", succeeds=False)
    assert "dbpedia_characters.npz" in said and "Traceback" not in said
    assert "damaged" in said
    data.unlink()

    raw = next(
        path for path in (place.results / "generated/dbpedia").iterdir() if "train" in path.name
    )
    damage(raw, "cut")
    said = place.run("training", succeeds=False)
    assert raw.name in said and "is not the expected file" in said
    shutil.rmtree(raw.parent)
    place.run("training")
    take_times(place.results, undisturbed.results)
    assert trained(place.results) == trained(undisturbed.results)

    history = place.results / "runs" / LONG_RUN / "history.json"
    damage(history, "cut")
    said = place.run(succeeds=False)
    assert LONG_RUN in said and "history.json" in said
    assert "1 run is damaged" in (place.results / "report/details/index.html").read_text()
    history.unlink()
    for path in (place.results / "data").iterdir():
        os.utime(path, (1e6, 1e6))
    os.utime(place.results / "tables" / "runs.csv", (4e9, 4e9))
    place.run("training")
    take_times(place.results, undisturbed.results)
    place.run()
    assert products(place.results) == products(undisturbed.results)


@contextmanager
def mounted(*arguments: str) -> Iterator[None]:
    """Something mounted; the test is skipped where that is not allowed."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {done.stderr}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", arguments[-1]], check=True)


@contextmanager
def full(folder: Path, leave: int) -> Iterator[None]:
    """A disk of which only so many bytes are free."""
    ballast = folder / "ballast"
    state = os.statvfs(folder)
    with open(ballast, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - leave)
    try:
        yield
    finally:
        ballast.unlink()


RESULTS = "results/faults"
PREPARED = tuple(f"{RESULTS}/data/{name}.npz" for name in ("dbpedia_characters", "cifar10"))
SUPPLEMENT = f"{RESULTS}/supplements/tan_pair"
# By rule: what comes before it, what it makes, and the bytes that are free.
STAGES: dict[str, tuple[tuple[str, ...], str, int]] = {
    "prepare_data": (
        (f"{RESULTS}/generated/dbpedia", f"{RESULTS}/generated/cifar10"),
        PREPARED[0],
        8 << 10,
    ),
    "train_run": (PREPARED, "training", 96 << 10),
    "tabulate_runs": (("training",), f"{RESULTS}/tables/runs.csv", 0),
    "draw_figures": ((f"{RESULTS}/tables/runs.csv",), f"{RESULTS}/figures/tan/curves", 16 << 10),
    "tan_pair_draw_figures": (
        (f"{SUPPLEMENT}/selection/tan/channel_grid.json",),
        f"{SUPPLEMENT}/figures/tan/curves",
        16 << 10,
    ),
    "build_report": (("--omit-from", "build_report"), f"{RESULTS}/report/index.html", 16 << 10),
}


def test_a_disk_that_fills_up_at_every_stage_loses_nothing(
    place: Place, undisturbed: Place
) -> None:
    """Each stage fails with reason and remedy; with space again, the same command goes on."""
    place.results.mkdir(parents=True)
    with mounted("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place.results)):
        for rule, (before, target, leave) in STAGES.items():
            place.run(*before)
            if rule == "tabulate_runs":
                take_times(place.results, undisturbed.results)
            with full(place.results, leave):
                said = place.run(target, succeeds=False)
            assert f"{rule}: " in said, said
            assert "the disk is full; free some space, and run the same command again" in said, said
        place.run()
        assert products(place.results) == products(undisturbed.results)


def test_a_results_folder_that_cannot_be_written_is_named_before_any_job(
    finished_place: Place,
) -> None:
    results = finished_place.results
    table = results / "tables" / "runs.csv"
    content, history = table.read_bytes(), results / "runs" / LONG_RUN / "history.json"
    with read_only(results):
        # Asked for this table alone: of several jobs Snakemake names one, in no order.
        said = finished_place.run(
            f"{RESULTS}/tables/runs.csv", "--forcerun", "tabulate_runs", succeeds=False
        )
    assert "Write-protected output files for rule tabulate_runs" in said
    assert "results/faults/tables/runs.csv" in said and "Traceback" not in said
    assert table.read_bytes() == content

    trained_before = history.read_bytes()
    shutil.rmtree(history.parent)
    with read_only(results):
        said = finished_place.run("training", succeeds=False)
    assert "the file system is read-only; make it writable, or name another folder" in said
    assert "Traceback" not in said
    finished_place.run("training")
    assert history.read_bytes() == trained_before


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder on a file system that is mounted for reading."""
    with mounted("--bind", str(folder), str(folder)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield
