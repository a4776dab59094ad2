"""The command `nnrepro`: one module here for each of its commands, found by its name.

A command's module has `SUMMARY`, a line about it; `add_arguments(parser)`, which says what it
takes; and `run(arguments)`, which does it and gives the exit status. Its docstring is what `--help`
says first. A command is imported when it is called, or when all are listed.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from nnrepro import __version__
from nnrepro.commands import carried_out
from nnrepro.errors import NnreproError
from nnrepro.study.messages import nearest

_DESCRIPTION = """\
nnrepro turns a declared study of neural-network experiments into its final report.

  nnrepro new digits          a folder with a study that runs at once
  cd digits
  snakemake --cores all       trains it, and makes its tables, figures and report
"""
_EPILOG = "nnrepro COMMAND --help says what a command takes, with an example."


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command; its exit status, 1 with a message where a user can mend what is wrong.

    `arguments` are the words of the command line, by default this process's own.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    return carried_out(lambda: _carry_out(words))


def commands() -> tuple[str, ...]:
    """The names of all commands."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def _carry_out(words: Sequence[str]) -> int:
    name = words[0] if words else "--help"
    if name.startswith("-"):
        _overview().parse_args(words or ["--help"])
        return 0
    if name not in commands():
        raise NnreproError(
            f"there is no command {name!r}{nearest(name, commands())}; there are "
            f"{', '.join(commands())}: nnrepro --help"
        )
    command = loaded(name)
    parser = argparse.ArgumentParser(
        prog=f"nnrepro {name}",
        description=command.__doc__ or command.SUMMARY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    return int(command.run(parser.parse_args(words[1:])))


def _overview() -> argparse.ArgumentParser:
    """What says which commands there are."""
    width = max(map(len, commands()))
    lines = (f"  {name:<{width}}  {loaded(name).SUMMARY}" for name in commands())
    parser = argparse.ArgumentParser(
        prog="nnrepro",
        usage="nnrepro COMMAND ...",
        description="\n".join([_DESCRIPTION, "commands:", *lines]),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"nnrepro {__version__}")
    return parser


def loaded(name: str) -> ModuleType:
    """The module of a command."""
    return importlib.import_module(f"{__name__}.{name}")
