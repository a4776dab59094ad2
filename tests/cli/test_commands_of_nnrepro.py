"""The command `nnrepro` finds its commands by itself, and says what they are."""

import re

import pytest

from nnrepro import __version__
from nnrepro.cli import commands, main


def test_every_command_is_listed_and_says_what_it_takes_with_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    overview = capsys.readouterr().out
    for name in commands():
        assert f"\n  {name} " in overview
        with pytest.raises(SystemExit, match="0"):
            main([name, "--help"])
        told = capsys.readouterr().out
        assert len(re.findall(rf"nnrepro {name}\b", told)) > 1  # how it is called, and an example


def test_without_a_command_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([])
    assert "commands:" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"nnrepro {__version__}\n"


def test_a_command_that_there_is_not_is_told_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["pln"]) == 1
    assert "no command 'pln'; did you mean 'plan'?" in capsys.readouterr().err
