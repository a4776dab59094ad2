"""The environment is whole at every moment, whoever sets it up and whatever befalls the set-up."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

# Called as Python is by the set-up. What it makes holds a Python that installs by taking a copy of
# the lock file, after as many seconds as the file `slow` says; with a file `broken`, not at all.
PYTHON = f"""\
#!/bin/bash
here=$(dirname "$0")
case "$*" in
"-m venv "*)
    folder="${{*: -1}}"
    echo made >>"$here/made"
    rm -rf "$folder"
    mkdir -p "$folder/bin"
    cat >"$folder/bin/python" <<END
#!/bin/bash
sleep \\$(cat "$here/slow" 2>/dev/null || echo 0)
[ ! -e "$here/broken" ] || exit 1
[[ " \\$* " == *" --require-hashes "* ]] || exit 2
cp "\\${{!#}}" "$folder/installed"
END
    chmod +x "$folder/bin/python"
    ;;
*) exec "{sys.executable}" "$@" ;;
esac
"""


@dataclass
class Project:
    """A folder with a lock file, and set-ups of its environment."""

    folder: Path
    script: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def venv(self) -> Path:
        """The environment."""
        return self.folder / ".venv"

    @property
    def installed(self) -> str:
        """What is installed in it."""
        return (self.venv / "installed").read_text()

    @property
    def made(self) -> int:
        """How many environments have been made."""
        log = self.folder / "python/made"
        return len(log.read_text().split()) if log.exists() else 0

    def lock(self, text: str) -> None:
        """Change the lock file."""
        (self.folder / "requirements.lock").write_text(text)

    def say(self, name: str, text: str = "") -> None:
        """Tell the Python of this project how it is to behave."""
        (self.folder / "python" / name).write_text(text)

    def start(self) -> subprocess.Popen[str]:
        """Start a set-up, in a process group of its own."""
        process = subprocess.Popen(
            ["bash", str(self.script), "python/python3", ".venv", "requirements.lock"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def set_up(self, succeeds: bool = True) -> str:
        """Set the environment up; what is said."""
        process = self.start()
        said, _ = process.communicate(timeout=60)
        assert (process.returncode == 0) == succeeds, said
        return said


@pytest.fixture
def project(tmp_path: Path, repository: Path) -> Iterator[Project]:
    """A project whose environment has not been set up."""
    folder = tmp_path / "project"
    (folder / "python").mkdir(parents=True)
    program = folder / "python/python3"
    program.write_text(PYTHON)
    program.chmod(0o755)
    made = Project(folder, repository / "scripts/setup.sh")
    made.lock("one==1\n")
    yield made
    for process in made.started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_second_call_makes_nothing(project: Project) -> None:
    project.set_up()
    assert project.installed == "one==1\n"
    os.utime(project.venv / ".requirements.lock", (0, 0))
    assert project.set_up() == ""
    assert (project.venv / ".requirements.lock").stat().st_mtime > 0  # make compares times
    assert project.made == 1


def test_a_changed_lock_file_leaves_what_runs_its_environment(project: Project) -> None:
    project.set_up()
    former = project.venv.resolve()
    project.lock("one==2\n")
    said = project.set_up()
    assert project.installed == "one==2\n"
    assert (former / "installed").read_text() == "one==1\n"
    assert f"rm -r ./{former.name}" in said


def test_there_is_a_whole_environment_at_every_moment_of_a_change(project: Project) -> None:
    project.set_up()
    project.say("slow", "0.3")
    project.lock("one==2\n")
    process = project.start()
    seen = set()
    while process.poll() is None:
        seen.add(project.installed)
    assert project.installed == "one==2\n"
    assert "one==1\n" in seen <= {"one==1\n", "one==2\n"}


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.2, 0.4])
def test_a_killed_set_up_leaves_what_there_was_and_the_next_one_makes_the_new(
    project: Project, seconds: float
) -> None:
    project.set_up()
    project.say("slow", "5")
    project.lock("one==2\n")
    process = project.start()
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert project.installed == "one==1\n"
    project.say("slow", "0")
    project.lock("one==3\n")
    project.set_up()
    assert project.installed == "one==3\n"
    left = [path.name for path in project.folder.glob(".venv-*")]
    assert len(left) == 2, left  # the former and the present one, nothing half-made


def test_two_at_once_make_one(project: Project) -> None:
    project.say("slow", "1")
    first = project.start()
    wait_for(lambda: project.made == 1)
    second = project.start()
    said = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert first.returncode == second.returncode == 0
    assert "waiting: another process is setting up .venv" in said[1]
    assert project.made == 1
    assert project.installed == "one==1\n"


def test_a_set_up_that_fails_leaves_what_there_was(project: Project) -> None:
    project.set_up()
    project.lock("one==2\n")
    project.say("broken")
    project.set_up(succeeds=False)
    assert project.installed == "one==1\n"


def test_a_former_lock_file_brings_its_environment_back(project: Project) -> None:
    for text in ("one==1\n", "one==2\n", "one==1\n"):
        project.lock(text)
        project.set_up()
        assert project.installed == text
    assert project.made == 2


def test_a_folder_of_before_is_put_aside(project: Project) -> None:
    (project.venv / "bin").mkdir(parents=True)
    (project.venv / "installed").write_text("of before")
    project.set_up()
    assert project.installed == "one==1\n"
    (former,) = project.folder.glob(".venv-former-*")
    assert (former / "installed").read_text() == "of before"


def test_a_link_to_an_environment_elsewhere_is_turned_and_that_one_not_touched(
    project: Project, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "installed").write_text("elsewhere")
    project.venv.symlink_to(elsewhere)
    assert "rm -r" not in project.set_up()
    assert project.installed == "one==1\n"
    assert (elsewhere / "installed").read_text() == "elsewhere"


def test_every_environment_of_the_makefile_is_set_up_that_way(
    repository: Path, tmp_path: Path
) -> None:
    for name in ("Makefile", "requirements.lock", "benchmarks", "envs", "scripts"):
        (tmp_path / name).symlink_to(repository / name)
    done = subprocess.run(
        ["make", "--dry-run", "report", "bench", "docs", "audit"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("bash scripts/setup.sh") == 4
    assert "pip install" not in done.stdout
    assert shutil.which("flock"), "scripts/setup.sh locks with flock"
