"""The errors of the data room."""

from nnrepro.errors import NnreproError


class DataError(NnreproError):
    """A data file is missing, damaged, unofficial or holds something it must not hold."""


class DownloadError(DataError):
    """A file could not be fetched; the message says where to put it by hand."""
