"""A kubectl whose cluster is this machine: it runs a job's command as a process, and tells of it.

Jobs are kept in the folder FAKE_CLUSTER. It knows what profiles/kubernetes asks of it and no more.
Where that folder holds a file `first_pod_fails`, the first pod ends at once, as on a node that went
down.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import yaml

CLUSTER = Path(os.environ["FAKE_CLUSTER"])


def create() -> None:
    """Take a job from standard input, start its pod, and print its name."""
    job = yaml.safe_load(sys.stdin)
    name = f"{job['metadata']['generateName']}{len(list(CLUSTER.glob('*.json')))}"
    (CLUSTER / f"{name}.json").write_text(json.dumps(job), encoding="utf-8")
    pod = [sys.executable, __file__, "pod", name]
    nothing = subprocess.DEVNULL
    subprocess.Popen(pod, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
    print(name)


def pod(name: str) -> None:
    """Run the command of a job's only container, and keep its exit code."""
    job = json.loads((CLUSTER / f"{name}.json").read_text(encoding="utf-8"))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    failing = CLUSTER / "first_pod_fails"
    if failing.exists():
        failing.unlink()
        code = 1
    else:
        process = subprocess.Popen(container["command"], cwd=container["workingDir"])
        (CLUSTER / f"{name}.pid").write_text(str(process.pid), encoding="utf-8")
        code = process.wait()
    (CLUSTER / f"{name}.code").write_text(str(code), encoding="utf-8")


def get(name: str) -> None:
    """Print what the jsonpath of profiles/kubernetes/status asks for."""
    code = CLUSTER / f"{name}.code"
    if (CLUSTER / f"{name}.json").exists():
        text = code.read_text(encoding="utf-8") if code.exists() else ""
        print(f"job:{'1' if text == '0' else ''}:{'1' if text not in ('', '0') else ''}", end="")


def delete(name: str) -> None:
    """End a job's pod, and forget the job."""
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((CLUSTER / f"{name}.pid").read_text(encoding="utf-8")), signal.SIGTERM)
    (CLUSTER / f"{name}.json").unlink(missing_ok=True)


if __name__ == "__main__":
    verb, *words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if verb == "create":
        create()
    elif verb == "pod":
        pod(words[0])
    elif verb == "get":
        get(words[1])
    else:
        for deleted in words[1:]:
            delete(deleted)
