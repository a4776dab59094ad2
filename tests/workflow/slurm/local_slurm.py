"""A Slurm of one node on this machine, set up in a folder and stopped again.

Real daemons: munged, slurmctld and slurmd, each with its own configuration, ports and state, so
that nothing of the machine's own set-up is read or changed. Without accounting, as on a small site.
"""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

NODE = "node1"
_DAEMONS = ("munged", "slurmctld", "slurmd")
_COMMANDS = ("sbatch", "srun", "squeue", "sinfo", "scontrol", "scancel")

_CONFIGURATION = """\
ClusterName=nnrepro
SlurmctldHost={host}
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
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
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=16000 Gres=gpu:1
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
    """

    folder: Path
    environment: Mapping[str, str]

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


@contextmanager
def start_slurm(folder: Path) -> Iterator[Slurm]:
    """Start a Slurm of one node with two cores and a GPU that is none, and stop it at the end."""
    folder = folder.resolve()
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    host = socket.gethostname().split(".")[0]
    settings = {"host": host, "folder": folder, "node": NODE}
    settings |= {"controller_port": _free_port(), "node_port": _free_port()}
    configuration = folder / "slurm.conf"
    configuration.write_text(_CONFIGURATION.format(**settings), encoding="utf-8")
    (folder / "gres.conf").write_text("Name=gpu File=/dev/zero\n", encoding="utf-8")
    slurm = Slurm(folder, _environment(folder / "bin", configuration))
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        daemons.append(_start_munge(folder))
        for name in ("slurmctld", "slurmd"):
            options = ["-N", NODE] if name == "slurmd" else ["-i"]
            command = [name, "-D", "-f", str(configuration), *options]
            daemons.append(_start(command, folder / f"{name}.out", slurm.environment))
        wait_until(lambda: _idle(slurm), 60, f"the node is not idle; see the logs in {folder}")
        yield slurm
    finally:
        _stop(slurm, daemons)


def wait_until(happened: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Wait for something to happen; an AssertionError says `otherwise` when it does not in time."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise AssertionError(otherwise)
        time.sleep(0.2)


def _environment(wrappers: Path, configuration: Path) -> dict[str, str]:
    """An environment whose Slurm commands use `configuration`.

    Snakemake's plugin removes Slurm's own variables inside a job, so SLURM_CONF would not do: the
    commands are wrapped.
    """
    wrappers.mkdir()
    for name in _COMMANDS:
        wrapper = wrappers / name
        program = shutil.which(name)
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {program} "$@"\n')
        wrapper.chmod(0o755)
    return {**os.environ, "PATH": f"{wrappers}{os.pathsep}{os.environ['PATH']}"}


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


def _stop(slurm: Slurm, daemons: list[subprocess.Popen[bytes]]) -> None:
    with suppress(subprocess.CalledProcessError, FileNotFoundError):
        slurm.run("scancel", "--user=root", "--signal=KILL")
    for daemon in reversed(daemons):
        daemon.terminate()
        try:
            daemon.wait(15)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
