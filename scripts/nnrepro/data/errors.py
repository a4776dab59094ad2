"""The errors of the data room."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnrepro.errors import NnreproError
from nnrepro.files import FileError


class DataError(NnreproError):
    """A data file is missing, damaged, unofficial or holds something it must not hold."""


class DownloadError(DataError):
    """A file could not be fetched; the message says where to put it by hand."""


@contextmanager
def told_as_data_errors(path: Path) -> Iterator[None]:
    """Tell what goes wrong on reading a file that a data set names as a DataError."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist. Check `path` of the data set.") from error
    except FileError as error:
        raise DataError(f"{error}.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
