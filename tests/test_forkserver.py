"""Forked programs do what they do in a Python that starts by itself."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from forked import forked_python

from nnrepro.environment import with_library
from nnrepro.forkserver import start_server
from nnrepro.study.sources import read_configuration

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


WORKFLOW = """
import os, subprocess, sys
from pathlib import Path
from nnrepro.forkserver import job_python

python = job_python(Path(sys.argv[1]), "tensorflow", sys.argv[3])
threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")}
environments = {"its": {**os.environ, **threads}, "another": {**os.environ, **threads, "TZ": "UTC"}}
print(python, flush=True)
for line in sys.stdin:
    script, environment, code = line.split(maxsplit=2)
    path = Path(sys.argv[2], f"tmp1.{script}.py")
    path.write_text(code)
    subprocess.run([python, str(path)], env=environments[environment], check=True)
"""
THERE = "import sys; print('nnrepro' in sys.modules, 'keras' in sys.modules)"
COMPILES = (
    "import os, sys, tensorflow as tf; tf.function(tf.square, jit_compile=True)(tf.ones(9)); "
    "print('TF_XLA_FLAGS' in os.environ, end=' '); "
    "print(*{each.stat().st_mtime_ns for each in os.scandir(sys.executable[:-6] + 'compiled')})"
)


def configuration(repository: Path) -> str:
    """That of a study, as JSON."""
    study = repository / "examples/table/config.yaml"
    return json.dumps(read_configuration([], study=[study]).values)


def said_by_jobs(repository: Path, folder: Path, *jobs: str) -> tuple[Path, list[str]]:
    """The folder of the server of a workflow with such jobs, and what they print."""
    scripts = repository / "scripts"
    done = subprocess.run(
        [sys.executable, "-c", WORKFLOW, str(scripts), str(folder), configuration(repository)],
        env={**with_library(scripts), "TZ": "CET"},
        input="\n".join(jobs),
        capture_output=True,
        text=True,
        check=True,
    )
    program, *lines = done.stdout.splitlines()
    return Path(program).parent, lines


def test_jobs_begin_with_what_their_scripts_import(repository: Path, tmp_path: Path) -> None:
    """The server ends with the workflow, and leaves nothing."""
    place, lines = said_by_jobs(
        repository,
        tmp_path,
        f"list_inconsistencies its {THERE}",
        f"train_run its {THERE}",
        f"train_run another {THERE}",
        f"someone_elses its {THERE}",
    )
    assert lines == ["True False", "True True", "False False", "False False"]
    assert not place.exists()


def test_what_one_training_compiles_others_take(repository: Path, tmp_path: Path) -> None:
    """A record tells what is set in a run's environment: this is not."""
    _, lines = said_by_jobs(repository, tmp_path, *[f"train_run its {COMPILES}"] * 2)
    assert lines[0].startswith("False ") and len(lines[0].split()) == 2
    assert lines[1] == lines[0]


def test_jobs_after_an_edit_of_the_library_start_by_themselves(
    repository: Path, tmp_path: Path
) -> None:
    """Code of before and of after the edit would meet in them."""
    copied = tmp_path / "project"
    shutil.copytree(repository / "scripts", copied / "scripts")
    shutil.copytree(repository / "examples/table", copied / "examples/table")
    shutil.copytree(repository / "schemas", copied / "schemas")
    edit = f"import os; os.utime('{copied}/scripts/nnrepro/errors.py', (1, 1))"
    jobs = [f"list_inconsistencies its {code}" for code in (THERE, edit, THERE)]
    assert said_by_jobs(copied, tmp_path, *jobs)[1] == ["True False", "False False"]


def test_where_the_server_is_gone_a_program_starts_by_itself(tmp_path: Path) -> None:
    nobody = [sys.executable, "-c", "pass"]
    program, server = start_server(nobody, tmp_path, os.environ)
    server.wait()
    words = ["-c", "import sys; print(sys.executable)"]
    assert said(str(program), tmp_path, words)[1].strip() == sys.executable


@pytest.mark.parametrize(
    ("environment", "temporary", "forked"),
    [("a folder", "t", True), ("e", "a folder", False), ("e", "t" * 100, False)],
)
def test_jobs_start_wherever_python_and_the_temporary_folder_are(
    environment: str, temporary: str, forked: bool, repository: Path, tmp_path: Path
) -> None:
    """A space ends the name of an interpreter for the kernel; a socket's name may not be long."""
    for name in (environment, temporary):
        (tmp_path / name).mkdir()
    (tmp_path / environment / "venv").symlink_to(sys.prefix)
    code = """
import subprocess, sys
from pathlib import Path
from nnrepro.forkserver import job_python

python = job_python(Path(sys.argv[1]), "tensorflow", sys.argv[2])
words = [python, "-c", "print(6 * 7)"]
print(python != sys.executable, subprocess.run(words, capture_output=True, check=True).stdout)
"""
    python = str(tmp_path / environment / "venv/bin/python")
    done = subprocess.run(
        [python, "-c", code, str(repository / "scripts"), configuration(repository)],
        env={**with_library(repository / "scripts"), "TMPDIR": str(tmp_path / temporary)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{forked} b'42\\n'\n"
    assert not [*(tmp_path / temporary).iterdir()]
