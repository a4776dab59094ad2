"""What can go wrong in the report room."""

from nnrepro.errors import NnreproError


class ReportError(NnreproError):
    """A table or figure that is there but cannot be shown; the message names the file."""
