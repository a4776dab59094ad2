"""What a job drew: `figures/<protocol>/<kind>/index.json`, for those who show it.

Nothing here draws, so that reading an index loads no drawing library.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from nnrepro.files import FileError, read_json, write_json

INDEX = "index.json"
NARROW = "narrow"
"""Folder beside the index with each figure once more, drawn for a narrow page."""

NO_RUNS = "There is no history of any run that this figure shows."


@dataclass(frozen=True)
class Shown:
    """A file of a figure, or why there is none.

    Attributes:
        figure: name of the figure.
        stem: path of the file below the index's folder, without a suffix.
        runs: ids of the runs that it shows.
        strip: title of the strip that it belongs to; empty for a figure of one file.
        part: what tells it from the figure's other files, for its caption.
        alt: what it shows, for readers who cannot see it.
        compared: whether it shows its runs as far as they are compared with one another.
        why: why nothing was drawn; empty where a file was, or should have been.
        said: what it shows in sentences, for readers who ask what to see in it.
    """

    figure: str
    stem: str
    runs: tuple[str, ...]
    strip: str = ""
    part: str = ""
    alt: str = ""
    compared: bool = False
    why: str = ""
    said: str = ""


@dataclass(frozen=True)
class Index:
    """The files of a protocol's figures of one kind, and how to read such a figure."""

    reading: str
    files: tuple[Shown, ...]

    def of(self, figure: str) -> list[Shown]:
        """Those of one figure."""
        return [shown for shown in self.files if shown.figure == figure]


def write_index(folder: Path, reading: str, files: Iterable[Shown]) -> None:
    """Write what was drawn into a folder of figures."""
    write_json(folder / INDEX, {"reading": reading, "files": [asdict(shown) for shown in files]})


def read_index(folder: Path) -> Index | None:
    """What was drawn into a folder of figures; None where nothing says so.

    Raises:
        FileError: the file is damaged.
    """
    path = folder / INDEX
    if not path.is_file():
        return None
    content = read_json(path)
    try:
        files = tuple(Shown(**{**item, "runs": tuple(item["runs"])}) for item in content["files"])
        return Index(content["reading"], files)
    except (KeyError, TypeError) as error:
        raise FileError(path, f"is no index of figures ({error}); remove its folder") from error
