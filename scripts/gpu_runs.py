"""Train a study's runs on the GPUs of this machine, several at once on each, without Snakemake.

A job trains the seeds of a combination as one computation, as many as `training.seeds_per_job`.

What is finished stays; what is interrupted goes on from its checkpoint at the next call.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from nnrepro.batch.board import Board
from nnrepro.batch.lanes import Lanes
from nnrepro.batch.mps import multi_process_service
from nnrepro.batch.selecting import decide
from nnrepro.batch.worker import serve
from nnrepro.commands import carried_out
from nnrepro.data.prepared import prepared_arrays
from nnrepro.environment import keras_environment
from nnrepro.errors import NnreproError
from nnrepro.files import read_json, write_json
from nnrepro.models.registry import catalogue
from nnrepro.planning.code import training_codes
from nnrepro.planning.machines import local_gpus
from nnrepro.planning.order import priorities, training_jobs
from nnrepro.project import SCRIPTS
from nnrepro.study.config import load_study
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.sources import read_configuration
from nnrepro.study.study import SEEDS_ON_A_GPU, Study
from nnrepro.training.apart import try_models_apart
from nnrepro.training.slots import take_slots

DETERMINISTIC = "--xla_gpu_deterministic_ops=true"
STOPPED = 75  # EX_TEMPFAIL: call again


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 when all is done, 1 after a failure, 75 when time was up before the end."""
    return carried_out(lambda: _run(_parser().parse_args(arguments)))


def _run(asked: argparse.Namespace) -> int:
    overlays = map(Path, asked.configfile)
    configuration = read_configuration(overlays, ["backend=jax", *asked.config])
    study = load_study(configuration.values, catalogue(), configuration.places)
    _set_environment(study, deterministic=asked.deterministic)
    if asked.worker:
        _work(study, asked.per_gpu)
        return 0
    return _train(study, configuration.values, asked)


def _work(study: Study, per_gpu: int) -> None:
    """Be the process of one lane."""
    slots = take_slots(1, per_gpu, log=_tell)
    serve(study, prepared_arrays(study), training_codes(SCRIPTS, catalogue()), slots)


def _train(study: Study, config: Mapping[str, Any], asked: argparse.Namespace) -> int:
    _refuse_rungs(study)
    began = time.monotonic()
    gpus = local_gpus(_tell)
    lanes = asked.per_gpu * max(1, len(gpus))
    data = prepared_arrays(study)
    missing = [str(file) for file in data.values() if not file.is_file()]
    if missing:
        raise NnreproError(
            f"{missing[0]} is missing; prepare it with 'snakemake --cores all {missing[0]}' where "
            "Snakemake is, and copy it here with the .json beside it"
        )
    try_models_apart(SCRIPTS, config, data)
    seeds = study.resources.seeds_per_job or (SEEDS_ON_A_GPU if gpus else 1)
    jobs = training_jobs(study.runs, seeds)
    board = Board(jobs, priorities(study), lambda *group: decide(study, *group))
    report: list[dict[str, Any]] = []

    def tell(run: Run, answer: Mapping[str, Any]) -> None:
        minutes = (time.monotonic() - began) / 60
        report.append({"run": run.id, "minutes": round(minutes, 2), **answer})
        detail = answer.get("reason") or f"{answer['seconds']:.1f} s"
        _tell(f"{minutes:7.1f} min  {answer['status']:8s} {run.id}: {detail}; {board.left} left")

    _tell(f"{len(study.runs)} runs in {len(jobs)} jobs, {lanes} at once")
    until = None if asked.minutes is None else began + 60 * asked.minutes
    with multi_process_service() if asked.mps else nullcontext():
        command = [sys.executable, str(Path(__file__).resolve()), "--worker", *_repeated(asked)]
        whole = Lanes(board, command, lanes, tell).run(until)
    _note(study, asked, gpus, report, time.monotonic() - began)
    for name, reason in board.failed.items():
        _tell(f"failed: {name}: {reason}")
    if not whole:
        _tell(f"stopped with {board.left} runs left; the same call goes on")
        return STOPPED
    return 1 if board.failed else 0


def _refuse_rungs(study: Study) -> None:
    """A halving is refused, with what trains it and how the rest can be trained here."""
    halved = {run.experiment for run in study.runs if run.rungs}
    if not halved:
        return
    sources = {name: own.selects_from for name, own in study.experiments.items()}

    def rests_on_it(name: str | None) -> bool:
        return name is not None and (name in halved or rests_on_it(sources[name]))

    others = ", ".join(name for name in sources if not rests_on_it(name))
    rest = f"; the others here, with --config 'only={{experiments: [{others}]}}'" if others else ""
    raise NnreproError(
        f"'{min(halved)}' is a successive halving, whose rungs the workflow trains, on GPUs too: "
        f"snakemake --cores all --config backend={study.backend} 'training={{gpus: 1, "
        f"gpu_slots_per_device: 4}}'{rest}"
    )


def _note(
    study: Study,
    asked: argparse.Namespace,
    gpus: Sequence[str],
    report: Sequence[Mapping[str, Any]],
    seconds: float,
) -> None:
    """Add this call to the record of all calls."""
    path = StudyPaths.of(study).root / "gpu_runs.json"
    calls = read_json(path) if path.is_file() else []
    call = {
        "gpus": list(gpus),
        "per_gpu": asked.per_gpu,
        "mps": asked.mps,
        "seconds": round(seconds, 1),
        "runs": report,
    }
    write_json(path, [*calls, call])


def _set_environment(study: Study, *, deterministic: bool) -> None:
    """What the backend reads when it is first imported."""
    os.environ.update(keras_environment(study.backend))
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # lanes share the memory
    cache = StudyPaths.of(study).root / "cache" / "xla"
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache.resolve()))
    if deterministic:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} {DETERMINISTIC}".strip()


def _repeated(asked: argparse.Namespace) -> list[str]:
    """The options that a process of this call's needs too."""
    options = ["--per-gpu", str(asked.per_gpu)]
    options += ["--configfile", *asked.configfile] if asked.configfile else []
    options += ["--config", *asked.config] if asked.config else []
    return [*options, *(["--deterministic"] if asked.deterministic else [])]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gpu_runs.py", description=__doc__)
    add = parser.add_argument
    add("--configfile", nargs="+", action="extend", default=[], help="overlays on config.yaml")
    add("--config", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="as YAML")
    add("--per-gpu", type=int, default=4, metavar="N", help="runs at once on each GPU")
    add("--mps", action="store_true", help="let their kernels run at once, by NVIDIA's MPS")
    add("--minutes", type=float, metavar="M", help="stop in good order after this time")
    add("--deterministic", action="store_true", help="only operations that repeat to the last bit")
    add("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
