"""What every program for a command line has in common: its messages, and an output that may end."""

import errno
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from nnrepro.errors import NnreproError, explained

OUTPUT_CLOSED = 141
"""Exit status of a program whose reader has gone, as a shell tells it: 128 and SIGPIPE."""
INTERRUPTED = 130
"""Exit status of a program that Ctrl-C ends: 128 and SIGINT."""

_GONE = (errno.EPIPE, errno.EIO)


def carried_out(main: Callable[[], int]) -> int:
    """Carry out a program, which gives its exit status, and give that.

    What a user can mend is told as a message, with status 1. Ctrl-C ends it without a word, and so
    does it when the reader of the output has gone, as `head` does; where there never was one, the
    program runs without.
    """
    open_outputs()
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except NnreproError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if error.errno in _GONE:
            _lead_nowhere(sys.stdout.fileno())
            return OUTPUT_CLOSED
        print(f"error: {explained(error) or error}", file=sys.stderr)
        _lead_nowhere(sys.stdout.fileno())  # what is left to write would fail once more, at the end
        return 1


def open_outputs() -> None:
    """Let output and error output lead to nowhere where they were closed before the start."""
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            _lead_nowhere(descriptor)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w", closefd=False))


class Outliving:
    """A text stream whose writers go on when its reader has gone, or when its disk is full."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, if that can be."""
        try:
            return self._stream.write(text)
        except OSError as error:
            self._failed(error)
            return len(text)

    def flush(self) -> None:
        """Flush, if that can be."""
        try:
            self._stream.flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        if error.errno in _GONE:
            _lead_nowhere(self._stream.fileno())


def _lead_nowhere(descriptor: int) -> None:
    """Let whatever writes there write to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    if nowhere != descriptor:
        os.close(nowhere)
    os.set_inheritable(descriptor, True)
