"""A Python whose programs begin with the libraries imported: forked from a process that has them.

A workflow is a process per job, and half of what a small study takes is importing Snakemake and
TensorFlow again and again. `forked_python` names a program that is called as Python is, and does
what Python does. No module of this project is there at a program's start. Programs in whose
environment something may change how libraries are imported get a Python of their own.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import types
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

IMPORTED = (
    *("snakemake.cli", "snakemake.script", "snakemake.report", "tensorflow", "keras", "h5py"),
    *("numpy", "pandas", "scipy.stats", "matplotlib.pyplot", "seaborn", "yaml", "jsonschema"),
    *("jinja2", "typst"),
)
STARTS_AFRESH = (
    *("PYTHON", "MPL", "TF_", "XLA_", "JAX_", "CUDA", "KERAS_", "LD_", "LC_", "LANG", "TZ"),
    *("HOME", "XDG_"),
)
"""Beginnings of variables' names; where one is other than it was, Python starts by itself."""

_BEFORE = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""What libraries were imported with, and what a program has that says nothing else."""

_FREE = ("PYTHONPATH", "TF_CPP_MIN_LOG_LEVEL")
"""What a program may say as it likes."""

_LENGTH = 8
_CLIENT = """#!{python} -IS
import json, os, signal, socket, sys
words = sys.argv[1:]
now = {{**{before!r}, **os.environ}}
now = {{name: value for name, value in now.items() if name.startswith({names!r})}}
for name in {free!r}:
    now.pop(name, None)
if now != {named!r} or not words or (words[0].startswith("-") and words[0] not in ("-c", "-m")):
    os.execv("{python}", ["{python}", *words])
told = {{"python": sys.argv[0], "words": words, "folder": os.getcwd(), "umask": os.umask(0)}}
told = json.dumps({{**told, "environment": dict(os.environ)}}).encode()
server = socket.socket(socket.AF_UNIX)
server.connect("{address}")
socket.send_fds(server, [len(told).to_bytes({length}, "big")], [0, 1, 2])
server.sendall(told)
child = int.from_bytes(server.recv({length}), "big")
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda received, _: os.kill(child, received))
for descriptor in (0, 1, 2):
    os.close(descriptor)
code = int.from_bytes(server.recv({length}), "big", signed=True)
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@cache
def forked_python() -> str:
    """The path of a program that is called as Python is; its processes end with this one."""
    folder = tempfile.TemporaryDirectory(prefix="forked")
    environment = {**os.environ, **_BEFORE}
    environment.pop("PYTHONPATH", None)
    server = subprocess.Popen(
        [sys.executable, __file__, f"{folder.name}/server"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert server.stdin and server.stdout

    def end() -> None:
        server.stdin.close()
        server.wait()
        server.stdout.close()
        folder.cleanup()

    atexit.register(end)
    assert server.stdout.readline() == b"ready\n", "the process to fork from did not start"
    client = _CLIENT.format(
        python=sys.executable,
        names=STARTS_AFRESH,
        before=_BEFORE,
        named={
            name: value
            for name, value in environment.items()
            if name.startswith(STARTS_AFRESH) and name not in _FREE
        },
        free=_FREE,
        address=f"{folder.name}/server",
        length=_LENGTH,
    )
    program = Path(folder.name) / "python"
    program.write_text(client, encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def _serve(address: str) -> dict[str, Any]:
    """Fork for every call, and tell it how its process ended; that of a call that is gone ends.

    Returns in the forked processes only, with what was told.
    """
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(100)
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    waiting.register(sys.stdin, selectors.EVENT_READ)
    os.write(1, b"ready\n")
    while True:
        for key, _ in waiting.select():
            if key.fileobj is sys.stdin:
                os.killpg(0, signal.SIGKILL)
            elif key.fileobj is listener:
                caller, _ = listener.accept()
                size, outputs, _, _ = socket.recv_fds(caller, _LENGTH, 3)
                told = caller.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
                process = os.fork()
                if not process:
                    caller.close()
                    for each in [*waiting.get_map().values()]:
                        os.close(each.fd)
                    waiting.close()
                    for at, descriptor in enumerate(outputs):
                        os.dup2(descriptor, at)
                        os.close(descriptor)
                    return dict(json.loads(told))
                for descriptor in outputs:
                    os.close(descriptor)
                caller.sendall(process.to_bytes(_LENGTH, "big"))
                waiting.register(caller, selectors.EVENT_READ, process)
                waiting.register(os.pidfd_open(process), selectors.EVENT_READ, (process, caller))
            elif isinstance(key.data, int):
                if key.fileobj in waiting.get_map():
                    waiting.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)
            else:
                process, caller = key.data
                waiting.unregister(key.fd)
                os.close(key.fd)
                code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
                if caller in waiting.get_map():
                    waiting.unregister(caller)
                    caller.sendall(code.to_bytes(_LENGTH, "big", signed=True))
                caller.close()


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
    threading._shutdown()
    atexit._run_exitfuncs()
    for output in (sys.stdout, sys.stderr):
        if not output.closed:
            output.flush()
    os._exit(code)


if __name__ == "__main__":
    for _name in IMPORTED:
        with suppress(ImportError):  # some environments have no TensorFlow
            importlib.import_module(_name)
    assert not any(name.startswith("nnrepro") for name in sys.modules)
    assert len([*Path("/proc/self/task").iterdir()]) == 1, "threads are not forked"
    gc.freeze()
    _told = _serve(sys.argv[1])
    try:
        _become(_told)
    except SystemExit as _ended:
        if _ended.code is not None and not isinstance(_ended.code, int):
            print(_ended.code, file=sys.stderr)
            _end(1)
        _end(_ended.code or 0)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException as _error:
        sys.excepthook(type(_error), _error, _error.__traceback__)
        _end(1)
    _end(0)
