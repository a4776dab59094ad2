"""Where a data set comes from: one section of the config as a typed value."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnrepro.data.errors import DataError

KINDS = ("folder", "archive", "download", "generated")
_COMMON = ("source", "path", "sha256", "note")
_KEYS = {
    "folder": _COMMON,
    "archive": _COMMON,
    "download": (*_COMMON, "url"),
    "generated": ("source", "path", "note", "generate"),
}


@dataclass(frozen=True)
class Generation:
    """What to generate: numbers of examples, and the seed that decides them."""

    train: int
    test: int
    seed: int


@dataclass(frozen=True)
class Source:
    """Where a data set comes from.

    Attributes:
        kind: `folder`, `archive`, `download` or `generated`.
        path: the folder with the files; for `archive`, the archive file.
        sha256: the user's own checksums by file name; they replace the published ones.
        url: for `download`, another address of the same archive.
        generation: for `generated`, what to generate first; None reads what is there.
    """

    kind: str
    path: Path
    sha256: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    generation: Generation | None = None

    @classmethod
    def from_config(cls, section: Mapping[str, Any], name: str) -> "Source":
        """Read the config section of data set `name`.

        Raises:
            DataError: naming the key, its value, what is allowed and the nearest spelling.
        """
        kind = section.get("source")
        if kind not in KINDS:
            raise DataError(
                f"{name}: source is {kind!r}; allowed are {', '.join(KINDS)}.{_near(kind, KINDS)}"
            )
        for key in section:
            if key not in _KEYS[kind]:
                raise DataError(
                    f"{name}: unknown key {key!r} for source {kind}; allowed are "
                    f"{', '.join(_KEYS[kind])}.{_near(key, _KEYS[kind])}"
                )
        path = section.get("path")
        if not isinstance(path, str | Path) or not str(path):
            raise DataError(f"{name}: path is {path!r}; it must name a file or folder.")
        sums = section.get("sha256") or {}
        if not isinstance(sums, Mapping):
            raise DataError(f"{name}: sha256 is {sums!r}; it must map file names to checksums.")
        url = section.get("url")
        if url is not None and not isinstance(url, str):
            raise DataError(f"{name}: url is {url!r}; it must be an http or https address.")
        return cls(
            kind=kind,
            path=Path(path).expanduser(),
            sha256=dict(sums),
            url=url,
            generation=_generation(section, name),
        )


def _generation(section: Mapping[str, Any], name: str) -> Generation | None:
    if "generate" not in section:
        return None
    asked = section["generate"]
    keys = ("train", "test", "seed")
    if not isinstance(asked, Mapping) or not set(asked) <= set(keys):
        raise DataError(f"{name}: generate is {asked!r}; it must give {', '.join(keys)}.")
    values = {"seed": 0, **asked}
    for key, least in (("train", 1), ("test", 1), ("seed", 0)):
        if type(values.get(key)) is not int or values[key] < least:
            raise DataError(
                f"{name}: generate.{key} is {values.get(key)!r}; "
                f"it must be a whole number of at least {least}."
            )
    return Generation(**values)


def _near(word: object, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(word), allowed, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
