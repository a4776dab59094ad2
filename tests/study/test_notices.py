"""What can stand in `notify`, and how the command is called."""

import sys
from pathlib import Path

import pytest

from nnrepro.study.notices import command_problems, notify
from nnrepro.study.sources import read_configuration

TOLD = {"status": "failure", "study": "digits", "report": "a folder/index.html"}


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("", "is no command; give a program"),
        (["sh"], "is no command; give a program"),
        ("sh -c 'one", "No closing quotation"),
        ("sh {0}", "it names {0}; allowed: 'status', 'study', 'report'"),
        ("sh {report", "is no command"),
        ("no-such-program {status}", "there is no program 'no-such-program' here"),
    ],
)
def test_what_cannot_be_called_is_told(command: object, problem: str) -> None:
    (told,) = command_problems(command)
    assert told.startswith("notify: ") and problem in told


def test_words_stay_words_whatever_is_put_into_them(tmp_path: Path) -> None:
    """No shell sees them, and a path with a space is one word."""
    out = tmp_path / "out"
    code = "import sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:]))"
    command = f'{sys.executable} -c "{code}" {out} {{status}} {{report}} "; {{{{x}}}}"'
    assert not list(command_problems(command))
    assert notify(command, TOLD) == ""
    assert out.read_text() == repr(["failure", "a folder/index.html", "; {x}"])


def test_a_failure_is_told_and_raises_nothing() -> None:
    assert "ended with status 7" in notify("sh -c 'exit 7'", TOLD)
    assert "failed" in notify("no-such-program", TOLD)


def test_a_command_of_an_archive_is_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("name: theirs\nnotify: rm -r /\n")
    read = read_configuration([], [f"archive={tmp_path}"])
    assert read.values["name"] == "theirs" and "notify" not in read.values
