"""Say which runs of a study are done and which are to do, and the time that they will take here.

Of claims that were decided before and came out undecided, it says how many seeds would decide them.

The study is that of config.yaml in this folder. What Snakemake takes too means the same here.

  nnrepro plan
  nnrepro plan --configfile budgets/smoke.yaml --cores 8
  nnrepro plan --gpus 4
  nnrepro plan --watch        what a Snakemake that is at work trains now, until all is done
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nnrepro.claims.needed import Need, needs
from nnrepro.models.registry import catalogue
from nnrepro.planning.code import training_codes
from nnrepro.planning.machines import local_gpus, machine_for, read_records
from nnrepro.planning.plan import Capacity, Plan, make_plan
from nnrepro.planning.table import as_lines, as_text, as_values, in_training
from nnrepro.project import SCRIPTS
from nnrepro.study.config import load_study
from nnrepro.study.paths import StudyPaths
from nnrepro.study.sources import read_configuration
from nnrepro.study.study import Study, TrainingResources

SUMMARY = "runs done and to do, and the time that they will take"
RESULTS = Path("results")
_CLEAR = "\033[H\033[2J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add = parser.add_argument
    add("--configfile", nargs="+", action="extend", default=[], help="overlays on the study")
    add("--config", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="as YAML")
    add("--cores", type=_cores, default=_cores("all"), help="cores in all; a number or 'all'")
    add("--gpus", type=_count, metavar="N", help="plan for training on N GPUs")
    add("--device", metavar="NAME", help="plan for this device, named as in run.json")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print JSON, with every run")
    shown.add_argument(
        "--watch",
        nargs="?",
        type=_seconds,
        const=5.0,
        metavar="SECONDS",
        help="print it again every so many seconds, 5 by default, with the runs in training",
    )


def run(asked: argparse.Namespace) -> int:
    """Print the plan."""
    study, planned = _study_and_plan(asked)
    plan = planned()
    undecided = needs(StudyPaths.of(study).table("claims"))
    if asked.json:
        told = [{"claim": one.claim, "seeds": one.seeds, "why": one.why} for one in undecided]
        print(json.dumps({**as_values(plan), "undecided_claims": told}, indent=1, allow_nan=False))
        return 0
    print(_shown(plan), *_undecided(plan, undecided), sep="\n", end="", flush=True)
    while asked.watch is not None:
        to_do = [one.run for one in plan.runs if one.to_do]
        if not to_do:
            break
        now = in_training(to_do, StudyPaths.of(study).root / "logs/train_run")
        print("", *(as_lines(now) or ["Nothing is in training."]), sep="\n", flush=True)
        time.sleep(asked.watch)
        plan = planned()
        print(_CLEAR if sys.stdout.isatty() else "\n", _shown(plan), sep="", end="", flush=True)
    return 0


def _undecided(plan: Plan, undecided: Sequence[Need]) -> Iterator[str]:
    """Lines on what undecided claims need and what a seed costs, the last one ended; or none."""
    if undecided:
        cost = "takes an unknown time"
        if plan.seed_seconds is not None:
            cost = f"is {plan.seed_seconds * plan.capacity.threads / 3600:.2f} h of CPU time"
        width = max(len(one.claim) for one in undecided)
        yield f"Undecided claims; a seed more of every combination {cost}:"
        yield from (f"  {one.claim:{width}}  {one.why}" for one in undecided)
        yield "The numbers hold if today's effect and spread are the true ones."
        yield ""


def _shown(plan: Plan) -> str:
    return as_text(plan, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def _study_and_plan(asked: argparse.Namespace) -> tuple[Study, Callable[[], Plan]]:
    """The study, and what gives its plan as things stand."""
    configuration = read_configuration(map(Path, asked.configfile), asked.config)
    study = load_study(configuration.values, catalogue(), configuration.places)
    codes = training_codes(SCRIPTS, catalogue())
    here = local_gpus(_tell) if asked.gpus or study.resources.gpus else []
    capacity = _capacity(study.resources, asked.cores, asked.gpus or len(here))

    def plan() -> Plan:
        records = read_records(RESULTS)
        machine = machine_for(
            study, records, gpus=here, on_gpu=capacity.gpus > 0, device=asked.device
        )
        return make_plan(study, records, machine, capacity, codes)

    return study, plan


def _capacity(resources: TrainingResources, cores: int, gpus: int) -> Capacity:
    """What runs share: without a GPU, those that want one train on the CPU."""
    return Capacity(
        cores=cores,
        threads=min(resources.threads, cores),
        gpus=gpus,
        gpus_per_run=max(1, resources.gpus),
        runs_per_gpu=resources.gpu_slots_per_device,
    )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _cores(text: str) -> int:
    if text != "all":
        return _count(text)
    of_this_process = getattr(os, "sched_getaffinity", None)  # Linux alone can tell
    return len(of_this_process(0)) if of_this_process else os.cpu_count() or 1


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError("must be more than 0")
    return seconds


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
