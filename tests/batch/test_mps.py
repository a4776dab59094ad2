"""The Multi-Process Service is there while runs train, and gone afterwards."""

import os
from pathlib import Path

import pytest

from nnrepro.batch.mps import CONTROL, multi_process_service
from nnrepro.errors import NnreproError

PIPES = "CUDA_MPS_PIPE_DIRECTORY"


@pytest.fixture
def control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a stand-in for NVIDIA's control program keeps of its calls."""
    calls = tmp_path / "calls"
    program = tmp_path / "bin" / CONTROL
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$* $(cat) $CUDA_MPS_PIPE_DIRECTORY" >> {calls}\n'
        'if [ "$1" = "-d" ] && [ -n "$REFUSED" ]; then echo no such device >&2; exit 1; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.delenv(PIPES, raising=False)
    return calls


def test_processes_started_meanwhile_find_the_daemon(control: Path) -> None:
    """It is one of this call's own, is told to quit, and leaves no trace."""
    with multi_process_service():
        folder = Path(os.environ[PIPES])
        assert folder.is_dir()
        assert control.read_text().split() == ["-d", str(folder)]
    assert control.read_text().split()[2:] == ["quit", str(folder)]
    assert PIPES not in os.environ and not folder.exists()


def test_the_daemon_quits_after_an_error_too(
    control: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PIPES, "/somebody/else's")
    with pytest.raises(ZeroDivisionError), multi_process_service():
        1 / 0  # noqa: B018
    assert "quit" in control.read_text()
    assert os.environ[PIPES] == "/somebody/else's"


def test_a_daemon_that_does_not_start_is_an_error_in_its_own_words(
    control: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSED", "1")
    with (
        pytest.raises(NnreproError, match="no such device; without --mps"),
        multi_process_service(),
    ):
        pytest.fail("nothing may start")
    assert PIPES not in os.environ


def test_without_the_control_program_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NnreproError, match="comes with NVIDIA's driver"), multi_process_service():
        pytest.fail("nothing may start")
