"""Fetching a file over HTTP(S): resumed where it broke off, retried, verified before it is used."""

import http.client
import io
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
from functools import partial
from pathlib import Path
from typing import Any

from nnrepro.data.checksums import verify
from nnrepro.data.errors import DataError, DownloadError
from nnrepro.locks import wait_for_lock

CHUNK = 256 * 1024
MAX_WORDS = 2**20  # what an exchange may send beside the file, and as much as the file again
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
    file, or with hardly any, are one, whatever else the server sends meanwhile.

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


class _Meter:
    """What an exchange has cost so far, from its first byte to its last.

    A server may send words without end beside the file: answers that announce answers, headers,
    redirects, sizes of chunks. Or it may let bytes trickle, which would keep a job for ever.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._received = self._kept = 0
        self.restart()

    def restart(self) -> None:
        """Begin a period: as many seconds in which enough of the file has to come."""
        self._began, self._kept_before = time.monotonic(), self._kept

    def received(self, count: int) -> None:
        """Note that so many bytes came; raise where they are too many or too slow."""
        self._received += count
        if self._received > MAX_WORDS + 2 * self._kept:
            raise _Refused("the server sends words without end and hardly any of the file")
        passed = time.monotonic() - self._began
        if passed < self._period:
            return
        came = self._kept - self._kept_before
        if came < SLOWEST * passed:
            raise _BrokenOff(f"the server sent only {came} bytes in {passed:.0f} s")
        self.restart()

    def kept(self, count: int) -> None:
        """Note that so many bytes were of the file."""
        self._kept += count


class _Metered(io.RawIOBase):
    """What a server sends, each byte of it metered."""

    def __init__(self, sent: io.RawIOBase, meter: _Meter) -> None:
        self._sent, self._meter = sent, meter

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, as `io.RawIOBase` has it."""
        count = self._sent.readinto(buffer)
        self._meter.received(count or 0)
        return count

    def close(self) -> None:
        """Close the connection, too."""
        self._sent.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer whose every byte is metered, headers included; those of a proxy, too."""

    def __init__(self, *arguments: Any, meter: _Meter, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = io.BufferedReader(_Metered(self.fp.detach(), meter))


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
        meter = _Meter(self.timeout)
        try:
            response = _opener(meter).open(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            if error.code == _RANGE_NOT_SATISFIABLE:
                self._empty()
                raise _BrokenOff("the server cannot continue the earlier piece") from error
            raise
        except ValueError as error:  # an address or a number that is none
            raise _Refused(f"the server's answer makes no sense: {error}") from error
        with response:
            self._receive(response, _start(response, have), meter)

    def _receive(self, response: http.client.HTTPResponse, start: int, meter: _Meter) -> None:
        total = self.size if response.length is None else start + response.length
        if total != self.size:
            raise _Refused(f"the server announces {total} bytes, the file has {self.size}")
        position = start
        with open(self.part, "r+b") as out:
            out.truncate(start)
            out.seek(start)
            meter.restart()
            # Not read(), which waits for a whole chunk however slowly it comes.
            while chunk := response.read1(CHUNK):
                position += len(chunk)
                meter.kept(len(chunk))
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


class _Metering(urllib.request.AbstractHTTPHandler):
    """Sends requests over connections whose answers are metered."""

    def __init__(self, meter: _Meter) -> None:
        super().__init__()
        self._meter = meter

    def do_open(self, http_class: Any, *request: Any, **options: Any) -> http.client.HTTPResponse:
        """Send a request over a connection of the given class."""
        return super().do_open(partial(_connection, http_class, self._meter), *request, **options)


class _Http(_Metering, urllib.request.HTTPHandler):
    """HTTP, metered."""


class _Https(_Metering, urllib.request.HTTPSHandler):
    """HTTPS, metered."""


def _connection(
    kind: type[http.client.HTTPConnection], meter: _Meter, *arguments: Any, **options: Any
) -> http.client.HTTPConnection:
    """A connection of a kind whose answers are metered."""
    made = kind(*arguments, **options)
    made.response_class = partial(_Response, meter=meter)  # type: ignore[assignment]
    return made


def _opener(meter: _Meter) -> urllib.request.OpenerDirector:
    """An opener that speaks HTTP and HTTPS and nothing else, no `file:` and no `ftp:`."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(meter),
        _Https(meter),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _SafeRedirect(),
    ):
        opener.add_handler(handler)
    return opener


def _check_scheme(url: str) -> None:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise _Refused(f"{url} is neither an http nor an https address")
