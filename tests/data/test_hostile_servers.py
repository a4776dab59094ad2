"""No server keeps a download for ever or fills the memory or the disk, whatever it sends."""

import hashlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.data import download as module
from nnrepro.data.download import download
from nnrepro.data.errors import DownloadError

CONTENT = bytes(range(256)) * 40
FILE = {"accepted": {f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"}, "size": len(CONTENT)}
TIMEOUT = 0.4
PATIENCE = 8.0  # seconds, on a busy machine
ENOUGH = 64 * 2**20  # bytes: what the kernel's buffers take is sent, too

Words = Callable[[str], Iterator[bytes]]


class Server:
    """A server on this machine that sends the same words to everybody, to the last byte."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.sent = 0
        self.calls = 0

    @property
    def url(self) -> str:
        """The address of the file."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/file.bin"

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._ending.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            with client:
                client.settimeout(1.0)
                try:
                    client.recv(65536)
                    for word in self._words(self.url):
                        client.sendall(word)
                        self.sent += len(word)
                        if self._ending.is_set() or self.sent > ENOUGH:
                            break
                except OSError:
                    continue


def slowly(words: Iterator[bytes]) -> Iterator[bytes]:
    for word in words:
        yield word
        time.sleep(0.05)


def endless(start: bytes, again: bytes) -> Words:
    return lambda _: itertools.chain([start], itertools.repeat(again))


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = f"Content-Length: {len(CONTENT)}\r\n\r\n".encode()
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"

WORDS: dict[str, Words] = {
    "continues": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "continues with headers": endless(
        b"", b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 999 + b"\r\n\r\n"
    ),
    "a status line": endless(b"HTTP/1.1 200 ", b"x" * 1000),
    "headers": endless(OK, b"X-Header: value\r\n"),
    "one header": endless(OK + b"X-Header: ", b"x" * 1000),
    "a chunk's size": endless(CHUNKED, b"0" * 1000),
    "a chunk's extension": endless(CHUNKED + b"5;", b"x" * 1000),
    "chunks of one byte": endless(CHUNKED, b"1;" + b"x" * 5000 + b"\r\nx\r\n"),
    "trailers": endless(CHUNKED + b"1\r\nx\r\n0\r\n", b"X-Trailer: value\r\n"),
    "a body": endless(OK + b"\r\n", b"x" * 1000),
    "a chunked body": endless(CHUNKED, b"3e8\r\n" + b"x" * 1000 + b"\r\n"),
    "a redirect's body": endless(MOVED + b"\r\n", b"x" * 1000),
    "a redirect's chunks": endless(MOVED + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "an error's body": endless(b"HTTP/1.1 500 No\r\n\r\n", b"x" * 1000),
}


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF", 0.0)
    monkeypatch.setenv("no_proxy", "*")


def refused(words: Words, folder: Path, **options: object) -> tuple[str, Server]:
    """What is said of a server after a download from it, which must end in time."""
    began = time.monotonic()
    with Server(words) as server:
        with pytest.raises(DownloadError) as caught:
            options = {**FILE, "retries": 0, "timeout": TIMEOUT, **options}
            download(server.url, folder / "file.bin", **options)
        assert time.monotonic() - began < PATIENCE
    assert server.sent < ENOUGH
    assert not (folder / "file.bin").exists()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2 * len(CONTENT)
    return str(caught.value), server


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_without_end_are_refused(words: Words, tmp_path: Path) -> None:
    message, _ = refused(words, tmp_path)
    assert "by other means and put it there" in message


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_that_trickle_without_end_are_given_up(words: Words, tmp_path: Path) -> None:
    """A server that always sends a byte in time, and never the file."""

    def trickled(url: str) -> Iterator[bytes]:
        letters = (bytes([letter]) for word in words(url) for letter in word)
        return slowly(letters)

    refused(trickled, tmp_path)


@pytest.mark.parametrize("body", [b"", CONTENT], ids=["empty", "of the file's size"])
def test_redirects_in_a_circle_end(body: bytes, tmp_path: Path) -> None:
    def round_again(url: str) -> Iterator[bytes]:
        yield MOVED + f"Content-Length: {len(body)}\r\n\r\n".encode() + body

    message, server = refused(round_again, tmp_path, timeout=5)
    assert "infinite loop" in message
    assert server.calls < 20


def test_redirects_that_lead_ever_on_end(tmp_path: Path) -> None:
    numbers = itertools.count()

    def ever_on(url: str) -> Iterator[bytes]:
        yield f"HTTP/1.1 302 Found\r\nLocation: {url}?{next(numbers)}\r\n\r\n".encode()

    _, server = refused(ever_on, tmp_path, timeout=5)
    assert server.calls < 20


@pytest.mark.parametrize(
    "length",
    [b"0", b"10239", b"10241", b"9" * 18, b"9" * 5000],
    ids=lambda text: f"{len(text)} digits",
)
def test_another_size_than_the_published_one_is_refused_at_once(
    length: bytes, tmp_path: Path
) -> None:
    answer = OK + b"Content-Length: " + length + b"\r\n\r\n" + CONTENT
    refused(lambda _: iter([answer + CONTENT]), tmp_path)


@pytest.mark.parametrize(
    "location",
    ["http://[", "http://a:port/", "http://" + "a" * 300 + ".example/", "http://\u00ff/"],
)
def test_an_address_that_is_none_is_refused(location: str, tmp_path: Path) -> None:
    moved = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode("latin-1")
    refused(lambda _: iter([moved]), tmp_path)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    parts=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [
                    OK,
                    MOVED,
                    CHUNKED,
                    LENGTH,
                    b"HTTP/1.1 100 Continue\r\n",
                    b"\r\n",
                    b"0\r\n",
                    b"\x00",
                ]
            ),
        ),
        max_size=8,
    )
)
def test_any_answer_is_refused_in_time(parts: list[bytes], tmp_path_factory) -> None:
    refused(lambda _: iter(parts), tmp_path_factory.mktemp("any"))


def test_headers_redirects_chunks_and_trailers_in_measure_are_taken(tmp_path: Path) -> None:
    first = iter([True])

    def answer(url: str) -> Iterator[bytes]:
        if next(first, False):
            yield MOVED + b"\r\nmoved"
            return
        yield b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED
        for start in range(0, len(CONTENT), 100):
            piece = CONTENT[start : start + 100]
            yield b"%x;extension=1\r\n%s\r\n" % (len(piece), piece)
        yield b"0\r\nX-Trailer: value\r\n\r\n"

    with Server(answer) as server:
        download(server.url, tmp_path / "file.bin", **FILE, retries=0)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
