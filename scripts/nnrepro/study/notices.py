"""A command of the user's, called when a study has ended."""

import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from string import Formatter

from nnrepro.study.messages import choice

FIELDS = ("status", "study", "report")
"""What a command is told: `success` or `failure`, the study's name, the report's path."""
_LONGEST = 60
"""Seconds that a command may take."""


def command_problems(command: object) -> Iterable[str]:
    """What is wrong with a command, after the key's name; nothing where it can be called."""
    try:
        words = shlex.split(command) if isinstance(command, str) else []
        named = [
            name for word in words for _, name, _, _ in Formatter().parse(word) if name is not None
        ]
    except ValueError as error:
        return [f"notify: {command!r} is no command: {error}"]
    if not words:
        return [f"notify: {command!r} is no command; give a program and its arguments as text"]
    unknown = [name for name in named if name not in FIELDS]
    if unknown:
        return [f"notify: it names {{{unknown[0]}}}{choice(unknown[0], FIELDS)}"]
    if shutil.which(words[0]) is None:
        return [f"notify: there is no program {words[0]!r} here"]
    return []


def notify(command: str, told: Mapping[str, str]) -> str:
    """Call a command, each of its words with the fields put in, without a shell.

    `told` has the text of each of `FIELDS`. Gives why the command failed, or nothing; one that
    takes longer than a minute is ended.
    """
    words = [word.format_map(told) for word in shlex.split(command)]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=_LONGEST, check=False)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return f"the command of notify failed: {error}"
    if done.returncode:
        return f"the command of notify, {words[0]}, ended with status {done.returncode}"
    return ""
