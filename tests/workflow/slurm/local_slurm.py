"""A Slurm of one node on this machine, set up in a folder and stopped again.

Real daemons: munged, slurmctld and slurmd, each with its own configuration, ports and state, so
that nothing of the machine's own set-up is read or changed. Without accounting, as on a small site.
Whatever runs in it carries a mark in its environment, by which it is found and ended.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

NODE = "node1"
_MARK = "NNREPRO_TEST_SLURM"
_DAEMONS = ("munged", "slurmctld", "slurmd")
_COMMANDS = ("sbatch", "srun", "squeue", "sinfo", "scontrol", "scancel")

_GPUS = """\
Name=gpu File=/dev/zero
Name=gpu File=/dev/full
"""

_CONFIGURATION = """\
ClusterName=nnrepro
SlurmctldHost={host}
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=20
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=15
MinJobAge=600
SlurmdParameters=config_overrides
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=3 RealMemory=16000 Gres=gpu:2
PartitionName=main Nodes={node} Default=YES MaxTime=60 State=UP
"""


def missing_programs() -> list[str]:
    """Programs that a Slurm on this machine needs and that are not installed."""
    return [name for name in (*_DAEMONS, *_COMMANDS) if shutil.which(name) is None]


@dataclass(frozen=True)
class Slurm:
    """A running Slurm.

    Attributes:
        folder: its configuration, state and logs.
        environment: what its commands need in their environment.
        daemons: its daemons by name, in the order of their start.
    """

    folder: Path
    environment: Mapping[str, str]
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, *command: str) -> str:
        """The output of a Slurm command."""
        done = subprocess.run(
            command, env=dict(self.environment), capture_output=True, text=True, check=True
        )
        return done.stdout

    def jobs(self) -> dict[str, str]:
        """State by job id of every job that Slurm still knows, those that ended included."""
        lines = self.run("squeue", "--noheader", "--states=all", "--format=%i %T").splitlines()
        return dict(line.split() for line in lines)

    def running(self) -> list[str]:
        """Ids of the running jobs."""
        return [job for job, state in self.jobs().items() if state == "RUNNING"]

    def describe(self, job: str) -> str:
        """What Slurm says of a job."""
        return self.run("scontrol", "show", "job", "--details", job)

    def start_daemon(self, name: str) -> None:
        """Start `slurmctld` or `slurmd`."""
        options = ["-N", NODE] if name == "slurmd" else ["-i"]
        command = [name, "-D", "-f", str(self.folder / "slurm.conf"), *options]
        self.daemons[name] = _start(command, self.folder / f"{name}.out", self.environment)

    def crash_node(self) -> None:
        """Let the node fail: all that runs on it is gone at once, and Slurm takes it to be down."""
        slurmd = self.daemons["slurmd"]
        _kill({slurmd.pid, *_of_jobs(self.folder)})
        slurmd.wait()
        self.run("scontrol", "update", f"NodeName={NODE}", "State=DOWN", "Reason=test")

    def end_jobs(self) -> None:
        """Cancel all jobs, and end what is left of them."""
        for job, state in self.jobs().items():
            if state in ("PENDING", "RUNNING", "SUSPENDED", "CONFIGURING"):
                self.run("scancel", job)
        wait_until(lambda: not self.running(), 60, "Slurm jobs outlive their test")
        _kill(_of_jobs(self.folder))


@contextmanager
def start_slurm(folder: Path) -> Iterator[Slurm]:
    """Start a Slurm of one node with three cores and two GPUs that are none.

    At the end it is stopped, and none of its processes is left, nor of those that its jobs started.
    """
    folder = folder.resolve()
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    host = socket.gethostname().split(".")[0]
    settings = {"host": host, "folder": folder, "node": NODE}
    settings |= {"controller_port": _free_port(), "node_port": _free_port()}
    configuration = folder / "slurm.conf"
    configuration.write_text(_CONFIGURATION.format(**settings), encoding="utf-8")
    (folder / "gres.conf").write_text(_GPUS, encoding="utf-8")
    slurm = Slurm(folder, _environment(folder, configuration))
    try:
        slurm.daemons["munged"] = _start_munge(folder)
        for name in ("slurmctld", "slurmd"):
            slurm.start_daemon(name)
        wait_until(lambda: _idle(slurm), 120, f"the node is not idle; see the logs in {folder}")
        yield slurm
    finally:
        _stop(slurm)


def wait_until(happened: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Wait for something to happen; an AssertionError says `otherwise` when it does not in time."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise AssertionError(otherwise)
        time.sleep(0.2)


def _environment(folder: Path, configuration: Path) -> dict[str, str]:
    """An environment whose Slurm commands use `configuration`.

    Snakemake's plugin removes Slurm's own variables inside a job, so SLURM_CONF would not do: the
    commands are wrapped.
    """
    wrappers = folder / "bin"
    wrappers.mkdir()
    for name in _COMMANDS:
        wrapper = wrappers / name
        program = shutil.which(name)
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {program} "$@"\n')
        wrapper.chmod(0o755)
    path = f"{wrappers}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, _MARK: str(folder)}


def _start_munge(folder: Path) -> subprocess.Popen[bytes]:
    munge = folder / "munge"
    munge.mkdir(mode=0o700)
    key = munge / "key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    account = pwd.getpwuid(os.getuid())
    os.chown(munge, account.pw_uid, account.pw_gid)
    command = ["munged", "--foreground", "--force", f"--key-file={key}"]
    command += [f"--socket={folder}/munge.socket", f"--pid-file={munge}/pid"]
    command += [f"--log-file={munge}/log", f"--seed-file={munge}/seed"]
    daemon = _start(command, folder / "munged.out", os.environ)
    socket_file = folder / "munge.socket"
    wait_until(socket_file.exists, 20, f"munged did not start; see {folder}/munged.out")
    return daemon


def _start(
    command: list[str], output: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    with output.open("wb") as out:
        return subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=dict(environment)
        )


def _idle(slurm: Slurm) -> bool:
    try:
        return slurm.run("sinfo", "--noheader", "--format=%T").strip() == "idle"
    except subprocess.CalledProcessError:
        return False


def _stop(slurm: Slurm) -> None:
    with suppress(subprocess.CalledProcessError, FileNotFoundError):
        slurm.run("scancel", "--user=root", "--signal=KILL")
    for daemon in reversed(slurm.daemons.values()):
        daemon.terminate()
        try:
            daemon.wait(15)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
    _kill(_of_jobs(slurm.folder) | _marked(slurm.folder).keys())
    wait_until(lambda: not _marked(slurm.folder), 20, "processes of the Slurm are left")


def _marked(folder: Path) -> dict[int, bytes]:
    """The environment, by process id, of every process that carries the mark of this Slurm."""
    mark = f"{_MARK}={folder}".encode()
    found = {}
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # ended in between
            variables = path.read_bytes()
            if mark in variables.split(b"\0"):
                found[int(path.parent.name)] = variables
    return found


def _of_jobs(folder: Path) -> set[int]:
    """Process ids of jobs, and of the slurmstepd that watches each."""
    own = {pid for pid, variables in _marked(folder).items() if b"\0SLURM_JOB_ID=" in variables}
    watching = set()
    for pid in own:
        with suppress(OSError):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if Path(f"/proc/{parent}/comm").read_text().strip() == "slurmstepd":
                watching.add(parent)
    return own | watching


def _kill(processes: Iterable[int]) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
