"""What would change numbers from outside is set by the job, or recorded and part of identity."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from forked import forked_python
from small_runs import small_data, small_run, train

from nnrepro.environment import keras_environment, outside_influences, set_keras_defaults
from nnrepro.training.checkpoint import CheckpointPolicy
from nnrepro.training.errors import TrainingError
from nnrepro.training.finished import is_finished

PROGRAM = Path(__file__).with_name("small_runs.py")
RUN = small_run("word_cnn", epochs=1)
IDENTITY: dict[str, Any] = {
    "data_provenance": {"name": "characters", "sha256": {"a.csv": "1"}},
    "code_sha256": "c0de",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine that runs the tests counts."""
    for name in outside_influences():
        monkeypatch.delenv(name)


def start(folder: Path, python: str = sys.executable, **variables: str) -> subprocess.Popen[str]:
    """A run of `image_cnn` in a process with these variables."""
    environment = {**os.environ, **variables}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parents[2] / "scripts"), *sys.path]
    )
    command = [python, str(PROGRAM), str(folder), "image_cnn"]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )


FOREIGN = {"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first"}


@pytest.mark.slow
def test_a_keras_json_of_another_project_changes_nothing(tmp_path: Path) -> None:
    """Neither where the job starts the process, nor where Keras has read it before."""
    for home in ("foreign", "broken"):
        (tmp_path / home / ".keras").mkdir(parents=True)
    (tmp_path / "foreign/.keras/keras.json").write_text(json.dumps(FOREIGN))
    (tmp_path / "broken/.keras/keras.json").write_text('{"floatx": "float12"}')
    runs = {
        tmp_path / "a": start(tmp_path / "a", forked_python()),
        tmp_path / "b": start(tmp_path / "b", HOME=str(tmp_path / "foreign")),
        tmp_path / "c": start(
            tmp_path / "c", HOME=str(tmp_path / "broken"), **keras_environment("tensorflow")
        ),
    }
    for process in runs.values():
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    for name in ("history.json", "final.weights.h5", "predictions.npz"):
        assert len({(folder / "out" / name).read_bytes() for folder in runs}) == 1, name


def test_a_job_neither_reads_nor_writes_a_keras_json(tmp_path: Path) -> None:
    """Be it a folder, or in a home that cannot be written to."""
    (tmp_path / ".keras/keras.json").mkdir(parents=True)
    code = "import keras; print(keras.backend.backend(), keras.config.floatx())"
    environment = {**os.environ, "HOME": str(tmp_path), **keras_environment("tensorflow")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.split() == ["tensorflow", "float32"]
    assert [path.name for path in (tmp_path / ".keras").rglob("*")] == ["keras.json"]


def test_settings_that_a_model_left_behind_do_not_reach_the_next(tmp_path: Path) -> None:
    """As in a process that trains one run after the other."""
    import keras

    expected = train(RUN, small_data("words", train=64), tmp_path / "a")
    try:
        keras.config.set_floatx("float16")
        keras.config.set_epsilon(0.1)
        keras.config.set_image_data_format("channels_first")
        keras.config.set_dtype_policy("mixed_float16")
        found = train(RUN, small_data("words", train=64), tmp_path / "b")
    finally:
        set_keras_defaults()
    for name in ("history.json", "predictions.npz", "final.weights.h5"):
        assert (found / name).read_bytes() == (expected / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("XLA_FLAGS", "--xla_cpu_enable_fast_math=true"),
        ("TF_ENABLE_ONEDNN_OPTS", "0"),
        ("TF_XLA_FLAGS", "--tf_xla_auto_jit=2"),
        ("JAX_ENABLE_X64", "1"),
        ("JAX_DEFAULT_MATMUL_PRECISION", "bfloat16"),
        ("NVIDIA_TF32_OVERRIDE", "0"),
        ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
        ("ONEDNN_DEFAULT_FPMATH_MODE", "BF16"),
        ("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1"),
        ("KERAS_NNX_ENABLED", "1"),
    ],
)
def test_what_may_change_a_number_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert outside_influences() == {}
    monkeypatch.setenv(name, value)
    assert outside_influences() == {name: value}


@pytest.mark.parametrize(
    "name",
    [
        *("TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_PREALLOCATE"),
        *("XLA_PYTHON_CLIENT_MEM_FRACTION", "JAX_COMPILATION_CACHE_DIR", "JAX_PLATFORMS"),
        *("KERAS_BACKEND", "KERAS_HOME", "TORCH_HOME", "PYTORCH_CUDA_ALLOC_CONF"),
        *("CUDA_VISIBLE_DEVICES", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "HOME", "PATH"),
        *("JAX_API_TOKEN", "TF_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_what_changes_no_number_is_not(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    assert outside_influences() == {}


def test_paths_and_what_could_be_secret_are_told_by_a_checksum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {}
    for value in ("/home/me/flags", "0123456789abcdef0123456789abcdef", "/home/you/flags"):
        monkeypatch.setenv("TF_CONFIG", value)
        (told[value],) = outside_influences().values()
        assert value not in told[value] and told[value].startswith("sha256:")
    assert len(set(told.values())) == 3


def test_flags_that_only_write_files_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = "--xla_dump_to=/tmp/me --xla_gpu_deterministic_ops=true"
    monkeypatch.setenv("XLA_FLAGS", flags)
    assert outside_influences() == {}
    monkeypatch.setenv("XLA_FLAGS", f"{flags} --xla_a=1 --xla_b=2 --xla_a=1")
    assert outside_influences() == {"XLA_FLAGS": "--xla_a=1 --xla_b=2"}


def test_a_run_of_another_environment_is_not_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the record tells it; one that does not is believed as before."""
    import keras

    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    folder = train(RUN, small_data("words", train=64), tmp_path, **IDENTITY)
    record = json.loads((folder / "run.json").read_text())
    assert record["environment"] == {"TF_ENABLE_ONEDNN_OPTS": "0"}
    finished = {"backend": keras.backend.backend(), **IDENTITY}
    assert is_finished(folder, RUN, **finished)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    assert not is_finished(folder, RUN, **finished)
    del record["environment"]
    (folder / "run.json").write_text(json.dumps(record))
    assert is_finished(folder, RUN, **finished)


def test_a_checkpoint_of_another_environment_was_made_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is neither gone on from in silence nor lost."""
    from nnrepro.training.checkpoint import Checkpoints, Origin, Progress

    def checkpoints(**options: Any) -> Checkpoints:
        device = {"kind": "cpu", "name": "a processor"}
        machine = {"device": device, "packages": {}, "environment": outside_influences()}
        return Checkpoints(
            tmp_path, Origin("computation", machine), CheckpointPolicy(**options), print
        )

    checkpoints().save(Progress(), [])
    assert checkpoints().load() is not None
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    with pytest.raises(TrainingError, match="environment variables differ"):
        checkpoints().load()
    found = checkpoints(resume_elsewhere=True).load()
    assert found is not None and found[0].earlier[0]["environment"] == {}


def test_a_checkpoint_made_before_the_environment_counted_stays_valid() -> None:
    from nnrepro.training.checkpoint import Origin

    machine = {"device": {"kind": "cpu"}, "packages": {"keras": "3"}}
    before, now = Origin("c", machine), Origin("c", {**machine, "environment": {}})
    assert before.key == now.key
    assert before.key != Origin("c", {**machine, "environment": {"XLA_FLAGS": "--a"}}).key
