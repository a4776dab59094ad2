"""The base of every error that nnrepro raises on purpose."""


class NnreproError(Exception):
    """Something a user can understand and mend: the message says what, where and how."""
