"""Whether the files of a data set are where the configuration says, looked at without reading them.

What is looked at is what a slip of the hand gets wrong: names, kinds of files, permissions. Whether
a file holds what it should is for its checksum to tell, when it is read.
"""

import difflib
import os
from pathlib import Path

from nnrepro.files import kind_of


def folder_problem(path: Path) -> str | None:
    """What is wrong with a folder of files, as the end of a sentence; None when nothing is."""
    if problem := _missing(path):
        return problem
    if not path.is_dir():
        what = "a file" if path.is_file() else kind_of(path.stat().st_mode)
        return f"is {what}, where a folder is wanted; name the folder that holds the files"
    if not os.access(path, os.R_OK | os.X_OK):
        return "is a folder that may not be read; ask for access"
    return None


def file_problem(path: Path) -> str | None:
    """What is wrong with a file, as the end of a sentence; None when nothing is."""
    if problem := _missing(path):
        return problem
    if not path.is_file():
        return f"is {kind_of(path.stat().st_mode)}, where a file is wanted"
    if not os.access(path, os.R_OK):
        return "is a file that may not be read; ask for access"
    if not path.stat().st_size:
        return "is empty"
    return None


def _missing(path: Path) -> str | None:
    """Why nothing can be found at a path, with the nearest name where there is one like it."""
    try:
        path.stat()
    except FileNotFoundError:
        return f"does not exist{_nearest(path)}"
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    return None


def _nearest(path: Path) -> str:
    there = path.absolute()
    while not there.parent.is_dir():
        there = there.parent
    try:
        names = [entry.name for entry in there.parent.iterdir()]
    except OSError:
        names = []
    near = difflib.get_close_matches(there.name, names, n=1)
    if near:
        return f"; did you mean {str(there.parent / near[0])!r}?"
    return f": {str(there.parent)!r} holds no {there.name!r}"
