"""Whatever bytes a file holds, whoever reads it gives a message that names the file."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.claims.loading import load_claims
from nnrepro.data.dbpedia import parse
from nnrepro.errors import NnreproError
from nnrepro.files import read_json, read_stored
from nnrepro.measures.predictions import read_predictions
from nnrepro.measures.runs import read_runs
from nnrepro.models.registry import catalogue
from nnrepro.published.inconsistencies import load_inconsistencies
from nnrepro.published.numbers import load_published
from nnrepro.study.config import load_study
from nnrepro.study.folders import epochs_in, manifest_sums
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.tables.csvfile import read_csv
from nnrepro.training.checkpoint import CheckpointPolicy, Checkpoints, Origin

ROOT = Path(__file__).resolve().parents[1]
ORIGIN = Origin("computation", {"device": {"kind": "cpu"}, "packages": {}})
HISTORY = {name: [0.5, 0.6] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}

NASTY = {
    "nothing": b"",
    "a zero": b"\0",
    "no text": b"\xff\xfe\xfa",
    "byte order mark": b"\xef\xbb\xbf{}",
    "deep JSON": b"[" * 200_000,
    "deep YAML": b"- " * 5_000,
    "endless number": b"9" * 5_000,
    "number beyond any": b'{"loss": [1e999], "a": -1e999}',
    "no date": b"a: 2020-13-99\n",
    "no float": b"a: !!float x\n",
    "no integer": b"a: !!int x\n",
    "unhashable key": b"? [a]\n: b\n",
    "itself": b"&a [*a]\n",
    "an object": b"!!python/object/apply:os.mkdir [MARK]\n",
    "a number": b"3",
    "a list": b"[1]",
    "quotes": b'"',
    "pickle": b"cos\nmkdir\n(S'MARK'\ntR.",
    "zip": b"PK\x03\x04" + b"\0" * 40,
    "gzip": gzip.compress(b"[1]")[:-4],
    "lone surrogate": b'{"loss": "\\ud800"}',
}


@pytest.fixture(scope="module")
def study() -> Study:
    """The shipped study."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return load_study(config, catalogue())


@pytest.fixture(scope="module")
def run(study: Study) -> Run:
    """One of its runs."""
    return study.runs[0]


def history_reader(path: Path, study: Study) -> Any:
    """Runs whose history, or whose record, the file is."""
    run = study.runs[0]
    folder = path.parent / "runs" / run.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "history.json").write_bytes(path.read_bytes())
    epochs_in(folder)
    read_runs([run], path.parent / "runs")
    (folder / "run.json").write_bytes(path.read_bytes())
    (folder / "history.json").write_text(json.dumps(HISTORY))
    return read_runs([run], path.parent / "runs")


def compressed_reader(path: Path, study: Study) -> Any:
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(path.read_bytes())
    path.unlink()
    return read_stored(path)


def manifest_reader(path: Path, study: Study) -> Any:
    (path.parent / "manifest.json").write_bytes(path.read_bytes())
    return manifest_sums(path.parent)


def checkpoint_reader(path: Path, study: Study) -> Any:
    (path.parent / "checkpoint.npz").write_bytes(path.read_bytes())
    return Checkpoints(path.parent, ORIGIN, CheckpointPolicy(), lambda line: None).load()


def inconsistencies_reader(path: Path, study: Study) -> Any:
    return load_inconsistencies(path, [])


def text_reader(path: Path, study: Study) -> Any:
    with open(path, "rb") as file:
        return parse(file, str(path), official=False)


READERS: dict[str, Callable[[Path, Study], Any]] = {
    "history and record": history_reader,
    "compressed file": compressed_reader,
    "manifest": manifest_reader,
    "checkpoint": checkpoint_reader,
    "claims": load_claims,
    "inconsistencies": inconsistencies_reader,
    "published numbers": load_published,
    "predictions": lambda path, study: read_predictions(path),
    "decision": lambda path, study: read_json(path),
    "table": lambda path, study: read_csv(path),
    "paragraphs": text_reader,
}
VALID = {
    "claims": (ROOT / "published" / "claims.yaml").read_bytes()[:3000],
    "inconsistencies": (ROOT / "published" / "inconsistencies.yaml").read_bytes()[:2000],
    "published numbers": (ROOT / "published" / "results.csv").read_bytes()[:2000],
    "history and record": json.dumps(HISTORY).encode(),
}


def attempt(reader: str, folder: Path, content: bytes, study: Study) -> str:
    """Read a file with this content; the message, empty where it was read."""
    path = folder / "the_file"
    path.write_bytes(content)
    try:
        READERS[reader](path, study)
    except NnreproError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("reader", READERS)
def test_nasty_files_are_named_and_run_nothing(reader: str, tmp_path: Path, study: Study) -> None:
    mark = tmp_path / "mark"
    for name, content in NASTY.items():
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        message = attempt(reader, folder, content.replace(b"MARK", os.fsencode(mark)), study)
        assert not message or str(folder) in message or "archive" in message, (name, message)
        assert len(message) < 2000, name
    assert not mark.exists()


@pytest.mark.parametrize("reader", VALID)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(change=st.tuples(st.integers(0, 3000), st.binary(max_size=4), st.integers(0, 3)))
def test_any_change_of_a_valid_file_is_read_or_named(
    reader: str, tmp_path: Path, study: Study, change: tuple[int, bytes, int]
) -> None:
    content = VALID[reader]
    at, new, cut = change
    at %= len(content)
    attempt(reader, tmp_path, content[:at] + new + content[at + cut :], study)


def test_a_compressed_file_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    with gzip.open(f"{path}.gz", "wb") as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
    with pytest.raises(NnreproError, match=r"history\.json\.gz holds more than 256 MiB"):
        read_stored(path)


def test_predictions_with_objects_are_refused_and_run_nothing(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "mark"),)

    path = tmp_path / "predictions.npz"
    objects = np.empty((2, 2), dtype=object)
    objects[:] = Payload()
    np.savez(path, probabilities=objects, labels=np.zeros(2, np.int32))
    with pytest.raises(NnreproError, match=r"predictions\.npz: no predictions can be read"):
        read_predictions(path)
    assert not (tmp_path / "mark").exists()
