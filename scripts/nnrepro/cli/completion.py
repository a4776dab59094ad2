"""Print a script by which a shell completes the commands of nnrepro, their options and files.

  nnrepro completion bash > ~/.local/share/bash-completion/completions/nnrepro
  nnrepro completion zsh > ~/.zsh/completions/_nnrepro    # a folder of $fpath

The script is made by the package shtab: pip install shtab.
"""

import argparse
import importlib
from pathlib import Path

from nnrepro.cli import commands, loaded
from nnrepro.errors import NnreproError

SUMMARY = "a script by which bash, zsh or tcsh completes all this"
SHELLS = ("bash", "zsh", "tcsh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that is to read it")


def run(asked: argparse.Namespace) -> int:
    """Print the script."""
    try:
        shtab = importlib.import_module("shtab")
    except ImportError:
        raise NnreproError(
            "completion needs the package shtab in this environment: pip install shtab"
        ) from None
    print(shtab.complete(_all_commands(shtab.FILE), shell=asked.shell))
    return 0


def _all_commands(files: object) -> argparse.ArgumentParser:
    """Every command in one parser; `files` marks what is completed by files and folders."""
    parser = argparse.ArgumentParser(prog="nnrepro")
    parser.add_argument("--version", action="store_true", help="the version of nnrepro")
    below = parser.add_subparsers()
    for name in commands():
        command = loaded(name)
        own = below.add_parser(name, help=command.SUMMARY, description=command.SUMMARY)
        command.add_arguments(own)
        for action in own._actions:
            if action.type is Path or action.dest == "configfile":
                action.complete = files  # type: ignore[attr-defined]
    return parser
