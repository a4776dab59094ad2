"""Programs tell mistakes as messages, and an output that ends or never was breaks none of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnrepro.commands import OUTPUT_CLOSED, Outliving

PROGRAM = """
import sys
from nnrepro.commands import carried_out
from nnrepro.errors import NnreproError

def main():
    if "mistake" in sys.argv:
        raise NnreproError("write it otherwise")
    for number in range(int(sys.argv[1])):
        print(number)
    print("done", file=sys.stderr)
    return 3

sys.exit(carried_out(main))
"""


def shell(line: str, folder: Path, repository: Path) -> tuple[int, str]:
    """Exit status of the program in a line of the shell, as `$program`, and its error output."""
    (folder / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        cwd=folder,
        env={
            **os.environ,
            "program": f"{sys.executable} program.py",
            "PYTHONPATH": str(repository / "scripts"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("rows", [0, 1, 100_000], ids=lambda rows: f"{rows} lines")
def test_a_reader_that_leaves_ends_the_program_without_a_word(
    tmp_path: Path, repository: Path, rows: int
) -> None:
    """Whether the pipe breaks in the middle or when the last of the output is written."""
    status, said = shell(f"(sleep 0.5; $program {rows}) | true", tmp_path, repository)
    assert status == (OUTPUT_CLOSED if rows else 3)
    assert said in ("", "done\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_program_runs_where_there_is_no_output(
    tmp_path: Path, repository: Path, closed: str
) -> None:
    status, said = shell(f"$program 10 {closed}", tmp_path, repository)
    assert status == 3
    assert said == ("" if "2>&-" in closed else "done\n")


def test_an_output_that_is_full_is_told(tmp_path: Path, repository: Path) -> None:
    status, said = shell("$program 10 >/dev/full", tmp_path, repository)
    assert status == 1
    assert "error: the disk is full; free some space" in said and "Traceback" not in said


def test_a_mistake_is_told_as_a_message(tmp_path: Path, repository: Path) -> None:
    assert shell("$program mistake", tmp_path, repository) == (1, "error: write it otherwise\n")


def test_a_stream_outlives_its_reader() -> None:
    ours, theirs = os.pipe()
    stream = Outliving(os.fdopen(theirs, "w", buffering=1))
    os.close(ours)
    for _ in range(3):
        stream.write("a line\n")
        stream.flush()
    stream.close()


@pytest.mark.parametrize("script", ["nnrepro/cli/__init__.py", "gpu_runs.py", "licences.py"])
def test_every_program_for_the_command_line_is_carried_out_that_way(
    repository: Path, script: str
) -> None:
    assert "carried_out(" in (repository / "scripts" / script).read_text(encoding="utf-8")
