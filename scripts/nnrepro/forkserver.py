"""Jobs forked from one process that has imported their libraries, which is most of a short job.

`start_server` starts that process and gives a program that is called as Python is, and does what
Python does. What it is called with goes to the server, which forks; the program passes signals on
and ends as the forked process does, and that does not outlive it. Where the server is gone, or the
environment is another, the program becomes a Python of its own.

Linux only. Nothing here imports more than the standard library, so that a test can do without the
rest.
"""

import atexit
import gc
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

DECIDES_IMPORTS = (
    *("PYTHON", "MPL", "TF_", "XLA_", "JAX_", "CUDA", "KERAS_", "LD_", "LC_", "LANG", "TZ"),
    *("HOME", "XDG_"),
)
"""Beginnings of the names of variables that libraries may look at while they are imported."""

_THREADS = ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")
_LENGTH = 8
_PROGRAM = """#!{interpreter} -IS
import json, os, signal, socket, sys

words = sys.argv[1:]
compared = {{
    name: value
    for name, value in {{**{unsaid!r}, **os.environ}}.items()
    if name.startswith({compared!r}) and name not in {free!r}
}}
usual = compared == {environment!r}
usual = usual and bool(words) and (words[0] in ("-c", "-m") or words[0][0] != "-")
try:
    for descriptor in (0, 1, 2):
        os.fstat(descriptor)
except OSError:
    usual = False
child = 0
if usual:
    server = socket.socket(socket.AF_UNIX)
    told = {{"python": sys.argv[0], "words": words, "folder": os.getcwd(), "umask": os.umask(0)}}
    os.umask(told["umask"])
    told = json.dumps({{**told, "environment": dict(os.environ)}}).encode()
    try:
        server.connect({address!r})
        socket.send_fds(server, [len(told).to_bytes({length}, "big")], [0, 1, 2])
        server.sendall(told)
        child = int.from_bytes(server.recv({length}), "big")
    except OSError:
        pass
if not child:
    os.execv({python!r}, [{python!r}, *words])


def pass_on(received, _):
    os.kill(child, received)


for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(number) != signal.SIG_IGN:
        signal.signal(number, pass_on)
for descriptor in (0, 1, 2):
    os.close(descriptor)
code = server.recv({length})
code = int.from_bytes(code, "big", signed=True) if code else -signal.SIGKILL
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


def start_server(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    compared: tuple[str, ...] = DECIDES_IMPORTS,
    unsaid: Mapping[str, str] | None = None,
    free: tuple[str, ...] = (),
) -> tuple[Path, subprocess.Popen[bytes]]:
    """The program that is called as Python is, and the server, which ends with its standard input.

    Args:
        command: starts Python with something that calls `serve`; the number of the socket is added.
        folder: an empty one of this user alone, which the server removes; without a space in its
            name.
        environment: of the server.
        compared: beginnings of the names of variables that a call has to have as the server does.
        unsaid: what a call has of these where its own environment does not say.
        free: names that are not compared after all.
    """
    address = str(folder / "server")
    listener = socket.socket(socket.AF_UNIX)
    with listener:
        listener.bind(address)
        listener.listen(1000)
        number = listener.fileno()
        server = subprocess.Popen(
            [*command, str(number)],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[number],
            start_new_session=True,
        )
    # By a name of its own: for the kernel a space, which Python's may have, would end it.
    program, interpreter = folder / "python", folder / "interpreter"
    interpreter.symlink_to(sys.executable)
    program.write_text(
        _PROGRAM.format(
            interpreter=interpreter,
            python=sys.executable,
            compared=compared,
            unsaid=dict(unsaid or {}),
            free=free,
            environment={
                name: value
                for name, value in environment.items()
                if name.startswith(compared) and name not in free
            },
            address=address,
            length=_LENGTH,
        ),
        encoding="utf-8",
    )
    program.chmod(0o700)
    return program, server


@cache
def job_python(scripts: Path, backend: str, config: str) -> str:
    """What the jobs of a workflow are to be called with instead of Python, to begin sooner.

    That is Python itself where jobs cannot be forked. The server starts now; it is ready when the
    first job is, which waits for it. `config` is that of the study, as JSON.
    """
    with Path(sys.executable).open("rb") as file:
        is_forked = file.read(2) == b"#!"
    if sys.platform != "linux" or is_forked:
        return sys.executable
    environment = {
        **os.environ,
        # As Snakemake has its jobs find them, where they take a thread each.
        **{f"{name}_NUM_THREADS": "1" for name in _THREADS},
    }
    folder = Path(tempfile.mkdtemp(prefix="nnrepro-"))
    if len(str(folder).split()) > 1:
        folder.rmdir()
        return sys.executable
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        (folder / "config.json").write_text(config, encoding="utf-8")
        program, server = start_server(
            [sys.executable, str(scripts / "fork_jobs.py"), backend, str(folder)],
            folder,
            environment,
            compared=(*DECIDES_IMPORTS, *_THREADS),
        )
    except OSError:  # the disk is full, or the folder's name too long for a socket
        return sys.executable
    assert server.stdin
    atexit.register(server.stdin.close)
    # A file system may be mounted so that nothing on it is executed.
    return str(program) if os.access(program, os.X_OK) else sys.executable


def serve(number: int, prepare: Callable[[Sequence[str]], None]) -> None:
    """Fork for every call, and tell it how its process ended; that of a call that is gone ends.

    `prepare` imports what a call with these words needs; where it fails, or leaves threads, which
    are not forked, the call has to start by itself. Ends this process once the standard input has
    ended, and the forked ones as Python would.
    """
    told = _forked(number, prepare)
    try:
        _become(told)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        _end(1 if isinstance(ended.code, str) else ended.code or 0)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        _end(1)
    _end(0)


def _forked(number: int, prepare: Callable[[Sequence[str]], None]) -> dict[str, Any]:
    """Serve; returns in forked processes only, with what the call told."""
    listener = socket.socket(fileno=number)
    folder = Path(listener.getsockname()).parent
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        with suppress(ChildProcessError):  # one of those that attended to earlier calls
            os.waitpid(-1, os.WNOHANG)
        # A call that is killed on the way leaves a broken connection.
        with suppress(OSError, ValueError), listener.accept()[0] as caller:
            told = _accept(listener, caller, prepare)
            if told is not None:
                return told
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _accept(
    listener: socket.socket, caller: socket.socket, prepare: Callable[[Sequence[str]], None]
) -> dict[str, Any] | None:
    """Fork a process that attends to the call, and of that the one that the call is for."""
    size, descriptors, _, _ = socket.recv_fds(caller, _LENGTH, 3)
    try:
        told = dict(json.loads(caller.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)))
        if not _is_ready(told["words"], prepare):
            caller.sendall(bytes(_LENGTH))
            return None
        gc.freeze()
        if os.fork():
            return None
        listener.close()
        process = os.fork()
        if not process:
            for at, descriptor in enumerate(descriptors):
                os.dup2(descriptor, at)
            return told
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    _attend(process, caller)


def _is_ready(words: Sequence[str], prepare: Callable[[Sequence[str]], None]) -> bool:
    """Whether what a call needs is imported, and no thread would be lost on the way."""
    try:
        prepare(words)
        return len([*Path("/proc/self/task").iterdir()]) == 1
    except Exception:  # the call finds out by itself what is wrong
        return False


def _attend(process: int, caller: socket.socket) -> NoReturn:
    """Tell a call its process, and how that ended; end it where the call has been killed."""
    with suppress(OSError):
        caller.sendall(process.to_bytes(_LENGTH, "big"))
    ended = os.pidfd_open(process)
    if ended not in select.select([ended, caller.fileno()], [], [])[0]:
        os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with suppress(OSError):
        caller.sendall(code.to_bytes(_LENGTH, "big", signed=True))
    os._exit(0)


def _become(told: dict[str, Any]) -> None:
    """Run a program in this process as Python would."""
    os.chdir(told["folder"])
    os.umask(told["umask"])
    os.environ.clear()
    os.environ.update(told["environment"])
    sys.executable = told["python"]
    how, *words = told["words"]
    main = types.ModuleType("__main__")
    path = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    if how == "-m":
        sys.path[:1], sys.argv = [str(Path.cwd()), *path], words
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        return
    if how == "-c":
        sys.path[:1], sys.argv = ["", *path], ["-c", *words[1:]]
        code = compile(words[0], "<string>", "exec")
    else:
        sys.path[:1], sys.argv = [str(Path(how).resolve().parent), *path], [how, *words]
        main.__file__ = str(Path(how).absolute())
        code = compile(Path(how).read_bytes(), how, "exec")
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def _end(code: int) -> None:
    """As an interpreter ends, without half a second of taking apart what was imported."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for output in (sys.stdout, sys.stderr):
        if not output.closed:
            output.flush()
    os._exit(code)
