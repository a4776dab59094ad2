"""Say which runs of a study are done and which are to do, and the time that they will take here.

The study is that of config.yaml in this folder. What Snakemake takes too means the same here.

  nnrepro plan
  nnrepro plan --configfile budgets/smoke.yaml --cores 8
  nnrepro plan --gpus 4 --calibrate
"""

import argparse
import json
import os
import sys
from pathlib import Path

from nnrepro.models.registry import catalogue
from nnrepro.planning.calibration import calibrate, runs_to_try
from nnrepro.planning.code import training_codes
from nnrepro.planning.machines import local_gpus, machine_for, read_records
from nnrepro.planning.plan import Capacity, Plan, make_plan
from nnrepro.planning.table import as_text, as_values
from nnrepro.project import SCRIPTS
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration
from nnrepro.study.study import TrainingResources

SUMMARY = "runs done and to do, and the time that they will take"
RESULTS = Path("results")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add = parser.add_argument
    add("--configfile", nargs="+", action="extend", default=[], help="overlays on the study")
    add("--config", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="as YAML")
    add("--cores", type=_cores, default=_cores("all"), help="cores in all; a number or 'all'")
    add("--gpus", type=_count, metavar="N", help="plan for training on N GPUs")
    add("--device", metavar="NAME", help="plan for this device, named as in run.json")
    add("--calibrate", action="store_true", help="first train for a moment what no record tells")
    add("--json", action="store_true", help="print JSON, with every run")


def run(asked: argparse.Namespace) -> int:
    """Print the plan."""
    plan = _planned(asked)
    if asked.json:
        print(json.dumps(as_values(plan), indent=1, allow_nan=False))
    else:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(as_text(plan, colour=colour), end="")
    return 0


def _planned(asked: argparse.Namespace) -> Plan:
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

    first = plan()
    if not asked.calibrate:
        return first
    calibrate(
        runs_to_try(first.runs),
        results=RESULTS,
        scripts=SCRIPTS,
        threads=study.resources.threads,
        backend=study.backend,
        gpus=capacity.gpus_per_run if capacity.gpus else 0,
        gpu_slots_per_device=study.resources.gpu_slots_per_device,
        codes=codes,
        log=_tell,
    )
    return plan()


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


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
