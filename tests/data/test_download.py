"""Downloads survive servers that break off, lie or cheat, and never leave a wrong file behind."""

import hashlib
import multiprocessing
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nnrepro.data import download as module
from nnrepro.data.errors import DataError, DownloadError

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


def download(url: str, target: Path, **options: object) -> None:
    """Ask for the file that the server has, where nothing else is said."""
    module.download(
        url, target, **{"accepted": {f"sha256:{SHA256}"}, "size": len(CONTENT), **options}
    )


class Server(ThreadingHTTPServer):
    """A server on this machine whose faults a test sets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.ranges = True
        self.shift_ranges = 0
        self.break_after: list[int] = []  # one entry per request: bytes sent before breaking off
        self.statuses: list[int] = []  # one entry per request
        self.location = ""
        self.pause = 0.0  # seconds after each byte, for a server that is very slow
        self.requests: list[str] = []  # Range header of each request

    @property
    def url(self) -> str:
        """The address of the file."""
        return f"http://127.0.0.1:{self.server_address[1]}/file.bin"


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's settings say."""

    server: Server

    def do_GET(self) -> None:
        """Answer one request, faults included."""
        server = self.server
        asked = self.headers.get("Range", "")
        server.requests.append(asked)
        if server.location and self.path != "/moved":
            self.send_response(302)
            self.send_header("Location", server.location)
            self.end_headers()
            return
        status = server.statuses.pop(0) if server.statuses else 200
        if status != 200:
            self.send_error(status)
            return
        start = int(asked[6:-1]) if asked and server.ranges else 0
        if asked and server.ranges and start >= len(server.content):
            self.send_error(416)
            return
        self._answer(start, partial=bool(asked and server.ranges))

    def _answer(self, start: int, partial: bool) -> None:
        server = self.server
        body = server.content[start:]
        self.send_response(206 if partial else 200)
        if partial:
            first = start + server.shift_ranges
            total = len(server.content)
            self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        keep = server.break_after.pop(0) if server.break_after else len(body)
        for at in range(keep if server.pause else 0):
            self.wfile.write(body[at : at + 1])
            time.sleep(server.pause)
        self.wfile.write(body[:keep])

    def log_message(self, *arguments: object) -> None:
        """Stay silent."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A running server; retries follow without delay."""
    monkeypatch.setattr(module, "BACKOFF", 0.0)
    monkeypatch.setenv("no_proxy", "*")
    running = Server()
    running.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the file is to go; the folder does not exist yet."""
    return tmp_path / "new" / "file.bin"


def files(target: Path) -> list[str]:
    names = (path.name for path in target.parent.iterdir())
    return sorted(name for name in names if not name.endswith(".lock"))


def test_file_arrives_verified_and_alone(server: Server, target: Path) -> None:
    download(server.url, target)
    assert target.read_bytes() == CONTENT
    assert files(target) == ["file.bin"]


def test_md5_alone_is_enough_and_either_of_two(server: Server, target: Path) -> None:
    download(server.url, target, accepted={f"sha256:{'0' * 64}", f"md5:{MD5}"})
    assert target.read_bytes() == CONTENT


def test_existing_right_file_is_not_fetched(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    download(server.url, target)
    assert server.requests == []


def test_existing_other_file_is_kept_and_reported(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(DataError, match="Remove"):
        download(server.url, target)
    assert target.read_bytes() == b"mine"


def test_broken_transfer_is_continued(server: Server, target: Path) -> None:
    server.break_after = [1000, 500]
    download(server.url, target)
    assert target.read_bytes() == CONTENT
    assert server.requests == ["", "bytes=1000-", "bytes=1500-"]


def test_next_call_continues_where_the_last_one_stopped(server: Server, target: Path) -> None:
    server.break_after = [1000]
    with pytest.raises(DownloadError, match="1000 of 10240"):
        download(server.url, target, retries=0)
    assert files(target) == ["file.bin.part"]
    download(server.url, target, retries=0)
    assert target.read_bytes() == CONTENT
    assert server.requests[-1] == "bytes=1000-"


def test_server_without_ranges_sends_all_again(server: Server, target: Path) -> None:
    server.ranges = False
    server.break_after = [1000]
    download(server.url, target)
    assert target.read_bytes() == CONTENT


def test_piece_of_another_file_is_thrown_away(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(b"x" * 100)
    download(server.url, target)
    assert target.read_bytes() == CONTENT


def test_piece_longer_than_the_file_is_thrown_away(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(b"x" * 20_000)
    download(server.url, target)
    assert target.read_bytes() == CONTENT


def test_complete_piece_needs_no_request(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(CONTENT)
    download(server.url, target)
    assert server.requests == []
    assert files(target) == ["file.bin"]


def test_range_that_begins_elsewhere_is_refused(server: Server, target: Path) -> None:
    server.break_after = [1000]
    server.shift_ranges = 7
    with pytest.raises(DownloadError, match="continue at byte 1000"):
        download(server.url, target)


def test_transfer_that_breaks_off_each_time_ends_in_an_error(server: Server, target: Path) -> None:
    server.break_after = [1000] * 3
    server.ranges = False
    with pytest.raises(DownloadError, match="broke off"):
        download(server.url, target, retries=2)
    assert len(server.requests) == 3
    assert not target.exists()


def test_wrong_file_is_refused_and_removed(server: Server, target: Path) -> None:
    server.content = CONTENT[::-1]
    found = hashlib.sha256(server.content).hexdigest()
    with pytest.raises(DownloadError) as caught:
        download(server.url, target)
    for part in (server.url, str(target), SHA256, found, "make demo"):
        assert part in str(caught.value)
    assert files(target) == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("pause", [0.02, 5.0])
def test_server_that_sends_next_to_nothing_is_given_up(
    server: Server, target: Path, pause: float
) -> None:
    """Trickling bytes keep no job for ever, nor does silence; what came is kept."""
    server.pause = pause
    with pytest.raises(DownloadError, match=r"sent only \d+ bytes in|timed out") as caught:
        download(server.url, target, retries=0, timeout=0.3)
    assert "run the same command again" in str(caught.value)
    assert target.with_name("file.bin.part").stat().st_size > 0


def test_passing_failure_is_retried(server: Server, target: Path) -> None:
    server.statuses = [503, 500]
    download(server.url, target)
    assert target.read_bytes() == CONTENT
    assert len(server.requests) == 3


def test_missing_file_is_not_retried(server: Server, target: Path) -> None:
    server.statuses = [404]
    with pytest.raises(DownloadError, match="404"):
        download(server.url, target)
    assert len(server.requests) == 1


def test_redirect_within_http_is_followed(server: Server, target: Path) -> None:
    server.location = "/moved"
    download(server.url, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("scheme", ["file", "ftp", "data", "gopher"])
def test_redirect_out_of_http_is_refused(
    server: Server, target: Path, tmp_path: Path, scheme: str
) -> None:
    local = tmp_path / "secret"
    local.write_bytes(CONTENT)
    server.location = f"{scheme}://{local}"
    with pytest.raises(DownloadError):
        download(server.url, target)
    assert len(server.requests) == 1
    assert files(target) == []


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://host/x", "/etc/hostname", ""])
def test_other_schemes_are_refused(target: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="neither an http nor an https address"):
        download(url, target)


def test_no_network_says_what_to_do(
    target: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        url = f"http://127.0.0.1:{closed.server_address[1]}/file.bin"
    with pytest.raises(DownloadError) as caught:
        download(url, target, retries=1)
    for part in (
        url,
        f"Wanted: {target}",
        "by other means and put it there",
        "`make demo` needs no",
    ):
        assert part in str(caught.value)
    assert files(target) == []


def test_calls_at_once_fetch_once(server: Server, target: Path) -> None:
    forked = multiprocessing.get_context("fork")
    calls = [forked.Process(target=download, args=(server.url, target)) for _ in range(6)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert [call.exitcode for call in calls] == [0] * len(calls)
    assert target.read_bytes() == CONTENT
    assert len(server.requests) == 1
    assert files(target) == ["file.bin"]
