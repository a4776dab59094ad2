"""Programs of the forked Python do what they do in one that starts by itself."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from forked import forked_python

PROGRAMS = {
    "code": ["-c", "import sys; print(sys.argv, __name__, sys.path[0], input())", "a word"],
    "module": ["-m", "json.tool", "--compact"],
    "file": ["program.py", "--option"],
    "error": ["-c", "print('begun'); 1 / 0"],
    "status": ["-c", "raise SystemExit(3)"],
    "message": ["-c", "raise SystemExit('what was wrong')"],
    "signal": ["-c", "import os; os.kill(os.getpid(), 15)"],
    "optimised": ["-O", "-c", "assert False"],
    "at its end": ["-c", "import atexit; atexit.register(print, 'ended', end='')"],
    "environment": ["-c", "import os; print(sorted(os.environ.items()), os.getcwd())"],
}
FILE = """
import sys

print(sys.argv, __file__, __name__, sys.path[:2], [*sys.modules["__main__"].__dict__][-1])
"""


def said(python: str, folder: Path, words: list[str], **variables: str) -> tuple[int, str, str]:
    """The status of a program, its output, and the last line of what it says of errors."""
    done = subprocess.run(
        [python, *words],
        cwd=folder,
        env={**os.environ, **variables},
        input="[1]",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, "".join(done.stderr.splitlines()[-1:])


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_what_it_is_in_a_python_of_its_own(program: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(FILE)
    words = PROGRAMS[program]
    assert said(forked_python(), tmp_path, words) == said(sys.executable, tmp_path, words)


def test_libraries_are_there_unless_the_environment_is_another(tmp_path: Path) -> None:
    words = ["-c", "import sys; print('keras' in sys.modules, 'nnrepro' in sys.modules)"]
    assert said(forked_python(), tmp_path, words)[1] == "True False\n"
    for name in ("PYTHONOPTIMIZE", "KERAS_HOME", "MPLBACKEND", "TZ", "LC_ALL"):
        assert said(forked_python(), tmp_path, words, **{name: "1"})[1] == "False False\n"


def test_a_call_that_is_killed_takes_its_program_along(tmp_path: Path) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    call = subprocess.Popen([forked_python(), "-c", code], stdout=subprocess.PIPE, text=True)
    assert call.stdout
    with call.stdout:
        process = Path("/proc", call.stdout.readline().strip())
    assert process.exists()
    call.kill()
    call.wait()
    end = time.monotonic() + 10
    while process.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not process.exists()
