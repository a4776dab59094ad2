"""A study's files kept in a storage as well, so that the machine may go and its work stays.

What is in the storage is fetched before a call plans anything; what changes is put there while it
works, checkpoints and logs among it. An index, written last, says what belongs there and from when
each file is, so that a fetched study looks to Snakemake as it did where it was made.
"""

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from nnrepro.errors import NnreproError
from nnrepro.files import read_bytes
from nnrepro.temporaries import is_temporary, temporary_beside

INDEX = "stored.json"
SECONDS = 30.0
"""Between two looks at what has changed."""

Stamp = tuple[int, int]
"""A file's size in bytes, and when it was changed, in nanoseconds."""


class Storage(Protocol):
    """Where files are kept under names; whatever goes wrong is raised."""

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""

    def fetch(self, name: str, path: Path) -> None:
        """Copy a file from the storage to `path`."""

    def keep(self, name: str, path: Path) -> None:
        """Copy the file `path` to the storage, in place of what has its name there."""

    def remove(self, name: str) -> None:
        """Remove a file from the storage."""


@dataclass
class Mirror:
    """The files below folders, and the storage that has them as well.

    Attributes:
        storage: where they are kept.
        folders: the folders by their names in the storage.
        apart: names of folders that are this machine's alone, such as locks.
        say: takes a line for whoever watches.
    """

    storage: Storage
    folders: Mapping[str, Path]
    apart: frozenset[str]
    say: Callable[[str], None]
    _kept: dict[str, Stamp] = field(default_factory=dict, init=False)
    _writer: str = field(default="", init=False)
    _own: str = field(default_factory=lambda: secrets.token_hex(8), init=False)
    _problem: str = field(default="", init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def fetch(self) -> int:
        """Fetch what is missing here, or older than in the storage; returns how many files.

        Raises:
            NnreproError: the storage cannot be read, or what it holds is no study's.
        """
        with _told("read"):
            self._writer, self._kept = self._index()
            here = dict(self._found())
            lacking = [
                name
                for name, stamp in self._kept.items()
                if name not in here or here[name][1] < stamp[1]
            ]
            for name in lacking:
                self._fetch(name, self._path(name), self._kept[name])
        return len(lacking)

    def start(self) -> None:
        """Put there what changes, from now on until `finish`."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Put there what is left, and stop.

        Raises:
            NnreproError: not everything could be put there.
        """
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self.put()

    def put(self) -> None:
        """Make the storage hold what is here, and say so in its index, if anything has changed.

        Raises:
            NnreproError: the storage cannot be written, or another call has written there since
                this one read it.
        """
        with _told("written"):
            here = dict(self._found())
            if here == self._kept:
                return
            writer, _ = self._index()
            if writer != self._writer:
                raise NnreproError("another call keeps its files there; let one of them end first")
            for name, stamp in here.items():
                if self._kept.get(name) != stamp:
                    self._keep(name)
            gone = self._kept.keys() - here.keys()
            self._write_index(here)
            for name in gone:  # which from now on nobody looks for
                self.storage.remove(name)

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS):
            try:
                self.put()
            except NnreproError as error:
                if str(error) != self._problem:
                    self.say(f"warning: {error}; it is tried again")
                self._problem = str(error)

    def _keep(self, name: str) -> None:
        try:
            self.storage.keep(name, self._path(name))
        except Exception:
            if self._path(name).exists():
                raise

    def _fetch(self, name: str, path: Path, stamp: Stamp | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(path)
        try:
            self.storage.fetch(name, temporary)
            if stamp is not None and temporary.stat().st_size == stamp[0]:
                os.utime(temporary, ns=(stamp[1], stamp[1]))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def _index(self) -> tuple[str, dict[str, Stamp]]:
        if not self.storage.has(INDEX):
            return "", {}
        path = next(iter(self.folders.values())) / INDEX
        self._fetch(INDEX, path)
        try:
            read = json.loads(read_bytes(path))
            files = {str(name): (int(size), int(at)) for name, (size, at) in read["files"].items()}
            writer = str(read["writer"])
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise NnreproError(f"{INDEX} there is damaged, or not one of ours") from error
        finally:
            path.unlink()
        for name in files:
            self._path(name)
        return writer, files

    def _write_index(self, files: Mapping[str, Stamp]) -> None:
        path = temporary_beside(next(iter(self.folders.values())) / INDEX)
        path.write_text(json.dumps({"writer": self._own, "files": files}), encoding="utf-8")
        try:
            self.storage.keep(INDEX, path)
        finally:
            path.unlink()
        self._writer, self._kept = self._own, dict(files)

    def _path(self, name: str) -> Path:
        """The file here that has this name there; none of them lies outside the folders."""
        folder, _, inside = name.partition("/")
        if folder not in self.folders or {"", ".", ".."} & set(inside.split("/")):
            raise NnreproError(f"{INDEX} there names '{name}', which is no file of a study")
        return self.folders[folder] / inside

    def _found(self) -> Iterator[tuple[str, Stamp]]:
        for name, folder in self.folders.items():
            for place, folders, files in os.walk(folder):
                folders[:] = [own for own in folders if own not in self.apart]
                for file in files:
                    path = Path(place, file)
                    try:
                        status = path.stat()
                    except FileNotFoundError:
                        continue  # removed in between
                    if not is_temporary(file) and file != INDEX:
                        inside = path.relative_to(folder).as_posix()
                        yield f"{name}/{inside}", (status.st_size, status.st_mtime_ns)


@contextmanager
def _told(done: str) -> Iterator[None]:
    """Whatever a storage raises, as an error that says what could not be done."""
    try:
        yield
    except Exception as error:
        raise NnreproError(f"the storage cannot be {done}: {error}") from error
