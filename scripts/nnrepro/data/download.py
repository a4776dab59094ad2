"""Fetching a file over HTTP(S): resumed where it broke off, retried, verified before it is used."""

import http.client
import itertools
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from nnrepro.data.checksums import verify
from nnrepro.data.errors import DataError, DownloadError
from nnrepro.locks import wait_for_lock

CHUNK = 256 * 1024
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
    accepted: Collection[str],
    size: int,
    retries: int = 3,
    timeout: float = 30,
) -> None:
    """Fetch `url` to `destination`; do nothing if the right file is there already.

    An interrupted transfer leaves `<destination>.part`, which the next call continues. The file
    gets its final name only after its checksum is `accepted`, as `algorithm:hex`; no more than
    `size` bytes are taken. Processes that fetch the same file at once take turns. After a failure
    for a passing reason there are as many `retries`; `timeout` seconds without any byte of the
    file, or with hardly any, are one, whatever else the server sends meanwhile; as an alarm tells
    of them, it is to be called in a process's main thread.

    Raises DownloadError where the file could not be had, or what came has another checksum, and
    DataError where `destination` exists and is another file.
    """
    try:
        _check_scheme(url)
        destination.parent.mkdir(parents=True, exist_ok=True)
        with _exclusive(destination) as part:
            if not destination.exists():
                _Transfer(url, part, size, retries, timeout).complete(accepted)
                part.replace(destination)
    except (DataError, OSError, http.client.HTTPException, _BrokenOff, _Refused) as error:
        raise DownloadError(
            f"could not fetch {url}: {error}\n"
            f"  Wanted: {destination}\n"
            "  Fetch the file by other means and put it there, or run the same command again,\n"
            "  which continues where this one stopped. `make demo` needs no download."
        ) from error
    verify(destination, accepted, f"Remove {destination} to have it fetched again")


class _Watch:
    """Breaks an attempt off where hardly any of the file comes, whatever else the server sends.

    A server may send words without end beside the file: answers that announce answers, headers,
    trailers, sizes of chunks. Or it may let bytes trickle, which would keep a job for ever. An
    alarm looks at what has come, as no reader of such words gives the word back.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self.kept = self._before = 0
        """Bytes of the file so far, and at the last look."""

    def __enter__(self) -> Self:
        self._former = signal.signal(signal.SIGALRM, self._look)
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._former)

    def begin(self) -> None:
        """Begin a period: as many seconds in which enough of the file has to come."""
        signal.setitimer(signal.ITIMER_REAL, self._period, self._period)

    def _look(self, *_: object) -> None:
        came, self._before = self.kept - self._before, self.kept
        if came < SLOWEST * self._period:
            raise _BrokenOff(f"the server sent only {came} bytes in {self._period:.0f} s")


@contextmanager
def _exclusive(destination: Path) -> Iterator[Path]:
    """Yield the part file of `destination`, which this process alone may then change."""
    part = destination.with_name(f"{destination.name}.part")
    lock = wait_for_lock(
        destination.with_name(f".{destination.name}.lock"),
        lambda holder: print(f"waiting: {holder} is fetching the same file", file=sys.stderr),
    )
    try:
        part.touch()
        yield part
    finally:
        if part.exists() and part.stat().st_size == 0:
            part.unlink()
        lock.release()


@dataclass(frozen=True)
class _Transfer:
    """Fetching `url` into the existing file `part`; the other fields are those of `download`."""

    url: str
    part: Path
    size: int
    retries: int
    timeout: float

    def complete(self, accepted: Collection[str]) -> None:
        """Fill `part` until its checksum is accepted; empty it where it never will be."""
        if self._have() and _matches(self.part, accepted):
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
            continued |= self._have() > 0
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
        if self._have() > self.size:
            self._empty()
        have = self._have()
        headers = {"User-Agent": "nnrepro", "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        request = urllib.request.Request(self.url, headers=headers)
        with _Watch(self.timeout) as watch:
            try:
                response = _opener().open(request, timeout=self.timeout)
            except urllib.error.HTTPError as error:
                if error.code == _RANGE_NOT_SATISFIABLE:
                    self._empty()
                    raise _BrokenOff("the server cannot continue the earlier piece") from error
                raise
            except ValueError as error:  # an address or a number that is none
                raise _Refused(f"the server's answer makes no sense: {error}") from error
            with response:
                self._receive(response, _start(response, have), watch)

    def _receive(self, response: http.client.HTTPResponse, start: int, watch: _Watch) -> None:
        total = self.size if response.length is None else start + response.length
        if total != self.size:
            raise _Refused(f"the server announces {total} bytes, the file has {self.size}")
        position = start
        with open(self.part, "r+b") as out:
            out.truncate(start)
            out.seek(start)
            watch.begin()
            # Not read(), which waits for a whole chunk however slowly it comes.
            while chunk := response.read1(CHUNK):
                position += len(chunk)
                watch.kept += len(chunk)
                if position > self.size:
                    raise _Refused(f"the server sends more than {self.size} bytes")
                out.write(chunk)
        if position < self.size:
            raise _BrokenOff(f"the connection broke off after {position} of {self.size} bytes")

    def _have(self) -> int:
        return self.part.stat().st_size

    def _empty(self) -> None:
        os.truncate(self.part, 0)


def _start(response: http.client.HTTPResponse, have: int) -> int:
    """The position in the file at which the answer begins: `have`, or 0 if it is the whole file."""
    if response.status != http.client.PARTIAL_CONTENT:
        return 0
    stated = re.match(r"bytes ([0-9]{1,18})-", response.headers.get("Content-Range", ""))
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
        """Build the request that follows; the new address is the last of `parts`.

        The answer, their second, is closed: urllib would read it to its end, which may never come.
        """
        _check_scheme(parts[-1])
        following = super().redirect_request(*parts)
        parts[1].close()
        return following


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
