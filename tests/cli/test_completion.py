"""A shell completes what `nnrepro` takes; the package that writes its script is nobody's duty."""

import subprocess
import sys

import pytest

from nnrepro.cli import commands, main

COMPLETED = """\
{script}
COMP_WORDS=({words}) COMP_CWORD={last} COMP_LINE="{line}" COMP_POINT={point}
$(complete -p nnrepro | grep -oE -- '-F [^ ]+' | cut -c4-) nnrepro "{word}" "{before}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def test_without_the_package_it_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "pip install shtab" in capsys.readouterr().err


def offered(script: str, line: str) -> set[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    program = COMPLETED.format(
        script=script,
        words=" ".join(f'"{word}"' for word in words),
        last=len(words) - 1,
        line=line,
        point=len(line),
        word=words[-1],
        before=words[-2],
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_bash_offers_commands_options_and_their_values(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    assert offered(script, "nnrepro ") >= set(commands())
    assert offered(script, "nnrepro pl") == {"plan"}
    assert offered(script, "nnrepro plan --wa") == {"--watch"}
    assert offered(script, "nnrepro diff --format ") == {"text", "csv", "json"}
    assert "Makefile" in offered(script, "nnrepro archive --to Make")


def test_zsh_gets_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", "zsh"]) == 0
    script = capsys.readouterr().out
    assert script.startswith("#compdef nnrepro")
    assert all(f"\n    {name}:'" in script for name in commands())
