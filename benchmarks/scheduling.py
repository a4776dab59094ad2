"""What Snakemake and the start of a job cost: the jobs of a study whose runs are all there already.

PYTHONPATH=scripts python -m benchmarks.scheduling --runs 1 20 100

One run of one epoch is trained. The other seeds get its files, and its record under their own
names. Then all are asked for again (`--forcerun`): every job is scheduled and started, reads the
study, takes its run's lock, compares data, code, versions and files, and finds nothing to be done.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks.errors import BenchmarkError
from benchmarks.machine import OtherWork, describe_machine
from benchmarks.process import ROOT

VARIANT = "tan/text_models/char_rnn_gru"
NEEDED = ("config.yaml", "published", "schemas")
STUDY = {
    "name": "scheduling",
    "data": {
        "cifar10": {"source": "generated", "generate": {"train": 64, "test": 64, "seed": 1}},
        "dbpedia": {"source": "generated", "generate": {"train": 56, "test": 56, "seed": 1}},
    },
    "budget": {
        "epochs": 1,
        "train_examples": {"characters": 56},
        "test_examples": {"characters": 56},
    },
    "only": {
        "protocols": ["tan"],
        "experiments": ["text_models"],
        "variants": ["text_models/char_rnn_gru"],
    },
}


def main() -> None:
    """Measure as often as the command line asks, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1, 20, 100])
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    asked = parser.parse_args()
    print(f"{describe_machine()}, --cores {asked.cores}")
    print("| runs | wall s | CPU s | CPU s of Snakemake alone | other processes, cores |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name in NEEDED:
            (Path(folder) / name).symlink_to(ROOT / name)
        snakemake(Path(folder), 1, asked.cores)
        for runs in sorted(asked.runs):
            copy_runs(Path(folder), runs)
            other = OtherWork(_cpu_seconds)
            wall, cpu, alone = snakemake(Path(folder), runs, asked.cores, "--forcerun", "train_run")
            print(f"| {runs} | {wall:.1f} | {cpu:.1f} | {alone:.1f} | {other.cores():.1f} |")


def copy_runs(folder: Path, runs: int) -> None:
    """Make the runs of further seeds out of the first."""
    first = folder / "results" / "scheduling" / "runs" / VARIANT / "seed0"
    record = json.loads((first / "run.json").read_text(encoding="utf-8"))
    for seed in range(1, runs):
        place = first.with_name(f"seed{seed}")
        if not place.exists():
            shutil.copytree(first, place)
            record["run"] |= {"id": f"{VARIANT}/seed{seed}", "seed": seed}
            (place / "run.json").write_text(json.dumps(record), encoding="utf-8")


def snakemake(folder: Path, runs: int, cores: int, *options: str) -> tuple[float, float, float]:
    """Carry out the study of so many seeds.

    Returns:
        Wall seconds, CPU seconds of all processes, CPU seconds of Snakemake's own.

    Raises:
        BenchmarkError: it failed, or a run was trained.
    """
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump({**STUDY, "seeds": list(range(runs))}), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", str(cores), "--configfile", str(study), *options, "--", "training"]
    before, began = _cpu_seconds(), time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = process.stdout.read() if process.stdout else ""
    # Before its end is waited for, the kernel still tells what it used itself.
    alone = _own_seconds(process.pid)
    if process.wait() != 0:
        raise BenchmarkError(output)
    wall = time.perf_counter() - began
    logs = folder.glob("results/scheduling/logs/train_run/**/*.log")
    if options and not all("finished already" in log.read_text(encoding="utf-8") for log in logs):
        raise BenchmarkError("a run was trained that was there already")
    return wall, _cpu_seconds() - before, alone


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _own_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
