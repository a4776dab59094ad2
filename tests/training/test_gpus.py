"""GPUs are found without a backend, and CUDA_VISIBLE_DEVICES is read as CUDA reads it."""

from pathlib import Path

import pytest

from nnrepro.training.errors import TrainingError
from nnrepro.training.gpus import Gpu, find_gpus, visible_gpus

LISTED = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aa11)
  MIG 1g.5gb      Device  0: (UUID: MIG-m1)
  MIG 2g.10gb     Device  1: (UUID: MIG-m2)
GPU 1: NVIDIA GeForce RTX 3090 (Ti) (UUID: GPU-aa22)
GPU 2: NVIDIA A100-SXM4-40GB (UUID: GPU-bb33)
"""
GPUS = [
    Gpu(0, "MIG-m1", "MIG 1g.5gb", "GPU-aa11"),
    Gpu(0, "MIG-m2", "MIG 2g.10gb", "GPU-aa11"),
    Gpu(1, "GPU-aa22", "NVIDIA GeForce RTX 3090 (Ti)"),
    Gpu(2, "GPU-bb33", "NVIDIA A100-SXM4-40GB"),
]
UNKNOWN_UUIDS = [Gpu(0, "0", "GPU"), Gpu(1, "1", "GPU")]


def ids(gpus: list[Gpu]) -> list[str]:
    return [gpu.id for gpu in gpus]


def found(tmp_path: Path, script: str) -> tuple[list[Gpu], list[str]]:
    """What is found with `script` in place of nvidia-smi, and what is logged."""
    lines: list[str] = []
    driver = tmp_path / "gpus"
    return find_gpus(lines.append, ("sh", "-c", script), driver), lines


def test_devices_are_those_that_nvidia_smi_lists(tmp_path: Path) -> None:
    """A divided GPU is its instances."""
    (tmp_path / "listed").write_text(LISTED)
    assert found(tmp_path, f"cat {tmp_path}/listed") == (GPUS, [])


def test_failing_nvidia_smi_is_told_and_the_driver_asked(tmp_path: Path) -> None:
    for address in ("0000:81:00.0", "0000:21:00.0"):
        (tmp_path / "gpus" / address).mkdir(parents=True)
    gpus, lines = found(tmp_path, "echo Driver/library version mismatch; exit 18")
    assert ids(gpus) == ["0", "1"]
    assert len(lines) == 1 and lines[0].endswith("failed: Driver/library version mismatch")


def test_machine_without_gpus_has_none(tmp_path: Path) -> None:
    assert found(tmp_path, "echo No devices found.") == ([], [])
    lines: list[str] = []
    assert find_gpus(lines.append, ("no-such-command",), tmp_path / "gpus") == [] and not lines


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, ["MIG-m1", "MIG-m2", "GPU-aa22", "GPU-bb33"]),
        ("2,1", ["GPU-bb33", "GPU-aa22"]),
        (" 1 , 1", ["GPU-aa22"]),
        ("GPU-bb33,1", ["GPU-bb33", "GPU-aa22"]),
        ("GPU-b", ["GPU-bb33"]),
        ("MIG-m2", ["MIG-m2"]),
        ("0", ["MIG-m1", "MIG-m2"]),
        ("GPU-aa11", ["MIG-m1", "MIG-m2"]),
        ("1,-1,2", ["GPU-aa22"]),
        ("1,7,2", ["GPU-aa22"]),
        ("2,GPU-aa,1", ["GPU-bb33"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
    ],
)
def test_variable_is_read_as_cuda_reads_it(visible: str | None, expected: list[str]) -> None:
    """In its order, abbreviated or not, up to the first name that fits no device."""
    assert ids(visible_gpus(GPUS, visible)) == expected


@pytest.mark.parametrize("visible", ["7", "GPU-cc", "GPU-aa", "all", "MIG-"])
def test_variable_that_fits_no_device_is_an_error(visible: str) -> None:
    """A mistyped name does not quietly make a study train on the CPU."""
    with pytest.raises(TrainingError, match=f"CUDA_VISIBLE_DEVICES={visible} fits no GPU"):
        visible_gpus(GPUS, visible)


def test_uuid_is_taken_as_given_where_none_is_known() -> None:
    assert ids(visible_gpus(UNKNOWN_UUIDS, "MIG-m2,GPU-aa22")) == ["MIG-m2", "GPU-aa22"]
    assert ids(visible_gpus(UNKNOWN_UUIDS, "1")) == ["1"]
