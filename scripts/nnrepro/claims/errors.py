"""Errors of claims files."""

from collections.abc import Sequence

from nnrepro.errors import NnreproError


class ClaimsError(NnreproError):
    """A claims file is wrong; `problems` lists every mistake, each naming claim and key."""

    def __init__(self, path: object, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"{path} has {count}:\n{lines}")
