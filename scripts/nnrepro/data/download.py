"""Fetching a file over HTTP(S): resumed where it broke off, retried, verified before it is used."""

import http.client
import itertools
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from nnrepro.data.checksums import verify
from nnrepro.data.errors import DataError, DownloadError
from nnrepro.locks import wait_for_lock

CHUNK = 256 * 1024
MAX_BYTES = 2**30  # no file of the study comes near; an endless answer must end
SLOWEST = 1024  # bytes a second; less over a whole `timeout` counts as no transfer at all
BACKOFF = 1.0  # seconds before the first retry, doubled for each further one

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE_NOT_SATISFIABLE = 416


class _BrokenOff(Exception):
    """The transfer ended early; what has arrived is kept and the rest can be asked for."""


class _Refused(Exception):
    """Something that no further attempt would change."""


_PASSING = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError)


def download(
    url: str,
    destination: Path,
    *,
    sha256: str | None = None,
    md5: str | None = None,
    progress: bool | None = None,
    retries: int = 3,
    timeout: float = 30,
) -> None:
    """Fetch `url` to `destination`; do nothing if the right file is there already.

    An interrupted transfer leaves `<destination>.part`, which the next call continues. The file
    gets its final name only after its checksum has been accepted. Processes that fetch the same
    file at once take turns.

    Args:
        url: an http or https address.
        destination: where the file goes; its folder is created.
        sha256: accepted SHA-256 in hex. At least one of the two sums must be given.
        md5: accepted MD5 in hex; with both, either is enough.
        progress: show a progress bar; None shows it on a terminal only.
        retries: further attempts after one that failed for a passing reason.
        timeout: seconds without any byte, or with hardly any, after which an attempt has failed.

    Raises:
        DownloadError: the file could not be had, or what came has another checksum.
        DataError: `destination` exists and is another file.
        ValueError: no checksum is given.
    """
    accepted = {f"{name}:{value}" for name, value in (("sha256", sha256), ("md5", md5)) if value}
    if not accepted:
        raise ValueError("download needs a checksum")
    show = sys.stderr.isatty() if progress is None else progress
    try:
        _check_scheme(url)
        destination.parent.mkdir(parents=True, exist_ok=True)
        with _exclusive(destination) as part:
            if not destination.exists():
                _Transfer(url, part, show, retries, timeout).complete(accepted)
                part.replace(destination)
    except (DataError, OSError, http.client.HTTPException, _BrokenOff, _Refused) as error:
        raise DownloadError(
            f"could not fetch {url}: {error}\n"
            f"  Wanted: {destination}\n"
            "  Fetch the file by other means and put it there, or run the same command again,\n"
            "  which continues where this one stopped. `make demo` needs no download."
        ) from error
    verify(destination, accepted, f"Remove {destination} to have it fetched again")


class _Pace:
    """How fast bytes come; a server that lets them trickle would keep a job for ever."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._begin = time.monotonic()
        self._bytes = 0

    def check(self, count: int) -> None:
        """Note that so many bytes came; raise where a period brought too few."""
        self._bytes += count
        passed = time.monotonic() - self._begin
        if passed < self._period:
            return
        if self._bytes < SLOWEST * passed:
            raise _BrokenOff(f"the server sent only {self._bytes} bytes in {passed:.0f} s")
        self._begin, self._bytes = time.monotonic(), 0


@contextmanager
def _exclusive(destination: Path) -> Iterator[Path]:
    """Yield the part file of `destination`, which this process alone may then change."""
    part = destination.with_name(f"{destination.name}.part")
    lock = wait_for_lock(destination.with_name(f".{destination.name}.lock"), _tell_waiting)
    try:
        part.touch()
        yield part
    finally:
        if part.exists() and part.stat().st_size == 0:
            part.unlink()
        lock.release()


def _tell_waiting(holder: str) -> None:
    print(f"waiting: {holder} is fetching the same file", file=sys.stderr)


@dataclass(frozen=True)
class _Transfer:
    """Fetching `url` into the existing file `part`; the other fields are those of `download`."""

    url: str
    part: Path
    show: bool
    retries: int
    timeout: float

    def complete(self, accepted: Collection[str]) -> None:
        """Fill `part` until its checksum is accepted; empty it where it never will be."""
        if self._size() > 0 and _matches(self.part, accepted):
            return
        continued = self._fetch()
        if continued and not _matches(self.part, accepted):
            # The earlier piece was of another file, or the server continued it wrongly.
            self._empty()
            self._fetch()
        try:
            verify(self.part, accepted, "The server sent another file")
        except DataError:
            self._empty()
            raise

    def _fetch(self) -> bool:
        """Fetch until the server says that all is sent; tell whether a piece was continued."""
        continued = False
        for attempt in itertools.count():
            continued |= self._size() > 0
            try:
                self._attempt()
                break
            except (*_PASSING, _BrokenOff) as error:
                final = isinstance(error, urllib.error.HTTPError) and error.code not in _TRANSIENT
                if final or attempt >= self.retries:
                    raise
                time.sleep(BACKOFF * 2**attempt)
        return continued

    def _attempt(self) -> None:
        have = self._size()
        headers = {"User-Agent": "nnrepro", "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        request = urllib.request.Request(self.url, headers=headers)
        try:
            response = _opener().open(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            if error.code == _RANGE_NOT_SATISFIABLE:
                self._empty()
                raise _BrokenOff("the server cannot continue the earlier piece") from error
            raise
        with response:
            self._receive(response, _start(response, have))

    def _receive(self, response: http.client.HTTPResponse, start: int) -> None:
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        position = start
        bar = tqdm(
            total=total,
            initial=start,
            unit="B",
            unit_scale=True,
            desc=self.part.stem,
            disable=not self.show,
        )
        with open(self.part, "r+b") as out, bar:
            out.truncate(start)
            out.seek(start)
            pace = _Pace(self.timeout)
            # Not read(), which waits for a whole chunk however slowly it comes.
            while chunk := response.read1(CHUNK):
                position += len(chunk)
                pace.check(len(chunk))
                if position > MAX_BYTES:
                    raise _Refused(f"the server sends more than {MAX_BYTES} bytes")
                out.write(chunk)
                bar.update(len(chunk))
        if total is not None and position < total:
            raise _BrokenOff(f"the connection broke off after {position} of {total} bytes")

    def _size(self) -> int:
        return self.part.stat().st_size

    def _empty(self) -> None:
        os.truncate(self.part, 0)


def _start(response: http.client.HTTPResponse, have: int) -> int:
    """The position in the file at which the answer begins: `have`, or 0 if it is the whole file."""
    if response.status != http.client.PARTIAL_CONTENT:
        return 0
    stated = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if not stated or int(stated[1]) != have:
        raise _Refused(f"asked to continue at byte {have}, the server sent something else")
    return have


def _matches(path: Path, accepted: Collection[str]) -> bool:
    try:
        verify(path, accepted)
    except DataError:
        return False
    return True


class _SafeRedirect(urllib.request.HTTPRedirectHandler):
    """Follows redirects to HTTP and HTTPS only; urllib alone would follow one to FTP."""

    def redirect_request(self, *parts: Any) -> urllib.request.Request | None:
        """Build the request that follows; the new address is the last of `parts`."""
        _check_scheme(parts[-1])
        return super().redirect_request(*parts)


def _opener() -> urllib.request.OpenerDirector:
    """An opener that speaks HTTP and HTTPS and nothing else, no `file:` and no `ftp:`."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _SafeRedirect(),
    ):
        opener.add_handler(handler)
    return opener


def _check_scheme(url: str) -> None:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise _Refused(f"{url} is neither an http nor an https address")
