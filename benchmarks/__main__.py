"""`python -m benchmarks`: measure, print the tables, keep them as JSON and Markdown."""

import argparse
import datetime
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.families import BATCH_SIZE, FAMILIES
from benchmarks.jobs import compare_jobs
from benchmarks.machine import describe_machine, slug
from benchmarks.peers import OURS, TITLES
from benchmarks.process import ROOT, environment
from benchmarks.rounds import Plan, measure_family
from benchmarks.stages import measure_stages
from benchmarks.table import render
from nnrepro.files import read_json, write_json, write_text

PEAK_OF = {"keras": "TensorFlow", "pytorch": "PyTorch"}  # peers whose library multiplies
JOB_FAMILIES = ("char_gru", "char_cnn", "image_50_60")


def main() -> None:
    """Run what the command line asks for."""
    options = parse(sys.argv[1:])
    try:
        result = measure(options)
    except BenchmarkError as error:
        sys.exit(f"error: {error}")
    base = options.out / slug(result["machine"], options.threads)
    kept = base.with_name(f"{base.name}.json")
    if kept.is_file():
        result = merged(read_json(kept), result)
    text = render(result)
    write_json(kept, result)
    write_text(base.with_name(f"{base.name}.md"), text)
    print(text)
    print(f"Kept in {base}.json and .md")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line as values; `--quick` replaces the amounts that were not given."""
    machine = describe_machine()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--peers", nargs="+", choices=TITLES, default=list(TITLES))
    parser.add_argument("--threads", type=_positive, default=machine["cores"])
    parser.add_argument("--repeats", type=_positive, help="measurements of each peer (3)")
    parser.add_argument("--seconds", type=float, help="longest measurement, about (1.5)")
    parser.add_argument("--quick", action="store_true", help="a first impression")
    parser.add_argument("--training-only", action="store_true", help="no jobs, no stages")
    parser.add_argument(
        "--torch-python",
        type=Path,
        default=ROOT / ".venv-bench" / "bin" / "python",
        help="the interpreter that has PyTorch",
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--date", default=datetime.date.today().isoformat())
    options = parser.parse_args(arguments)
    options.repeats = options.repeats or (1 if options.quick else 3)
    options.seconds = options.seconds or (0.5 if options.quick else 1.5)
    return options


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything, in one session."""
    plan = Plan(options.threads, options.repeats, options.seconds)
    here = Path(sys.executable)
    pythons = {n: options.torch_python if n == "pytorch" else here for n in options.peers}
    peak = {
        library: _peak(pythons[peer], peer, options.threads)
        for peer, library in PEAK_OF.items()
        if peer in pythons
    }
    families = {
        name: measure_family(FAMILIES[name], pythons, plan, _log) for name in options.families
    }
    both = not options.training_only and OURS in options.peers
    chosen = [name for name in JOB_FAMILIES if name in families and both and plan.threads > 1]
    return {
        "date": options.date,
        "machine": describe_machine(),
        "versions": _versions(families),
        "conditions": {
            "threads": plan.threads,
            "repeats": plan.repeats,
            "seconds_per_measurement": plan.seconds,
            "batch_size": BATCH_SIZE,
        },
        "peak": peak,
        "families": families,
        "jobs": [compare_jobs(FAMILIES[name], here, plan, _log) for name in chosen],
        "stages": measure_stages(families, plan.repeats, plan.threads) if both else {},
    }


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """`new`, with the families, jobs and stages of `old` that were not measured again.

    What was measured on another machine, with other versions or under other conditions is dropped,
    so that a table never mixes them. Ratios stay within a family, hence within a session. A peak is
    the best that was ever reached.
    """
    same = all(old[key] == new[key] for key in ("machine", "versions", "conditions"))
    if not same:
        return new
    families = {**old["families"], **new["families"]}
    best = {k: max(old["peak"][k], value) for k, value in new["peak"].items() if k in old["peak"]}
    jobs = {job["title"]: job for job in [*old["jobs"], *new["jobs"]]}
    return {
        **new,
        "peak": {**old["peak"], **new["peak"], **best},
        "families": {name: families[name] for name in FAMILIES if name in families},
        "jobs": list(jobs.values()),
        "stages": new["stages"] or old["stages"],
    }


def _versions(families: dict[str, Any]) -> dict[str, str]:
    """Versions of the packages of all peers; the later peer wins where two have one package."""
    return {
        package: version
        for family in families.values()
        for peer in family["peers"].values()
        for package, version in peer.pop("versions").items()
    }


def _peak(python: Path, peer: str, threads: int) -> float:
    """Operations per second of a large matrix product by the library of `peer`."""
    done = subprocess.run(
        [str(python), "-m", "benchmarks.peak", peer, str(threads)],
        cwd=ROOT,
        env=environment(threads),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"the peak could not be measured by {peer}:\n{done.stderr[-2000:]}")
    return float(done.stdout)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not a positive number")
    return value


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
