"""`python -m benchmarks.gpu`: the engine against Keras's `fit`, and how many runs fill the device.

Needs JAX, Keras, NumPy and what the library imports; neither TensorFlow nor Snakemake.
"""

import argparse
import datetime
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.families import FAMILIES
from benchmarks.gpu.together import Together, train_together
from benchmarks.machine import describe_machine
from benchmarks.process import ROOT
from nnrepro.environment import keras_environment
from nnrepro.files import write_json

RUNS, EPOCHS = 29, 1000  # the image runs of one protocol of the shipped study
TYPICAL = "image_50_60"  # of the mean of the grid's channels


def main() -> None:
    """Measure, print and keep."""
    options = _parse(sys.argv[1:])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "scripts")]),
        **keras_environment("jax"),
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    result: dict[str, Any] = {
        "machine": describe_machine(),
        "versions": {name: metadata.version(name) for name in ("jax", "keras", "numpy")},
        "date": datetime.date.today().isoformat(),
        "families": {},
        "lanes": [],
    }
    try:
        for name in options.families:
            result["families"][name] = _compare(name, options.epochs, environment, result)
        for lanes in options.lanes:
            measured = train_together(TYPICAL, "engine", lanes, options.epochs, environment)
            result["lanes"].append(_lanes(measured))
            _keep(result, options.out)
    except BenchmarkError as error:
        sys.exit(f"error: {error}")
    finally:
        _keep(result, options.out)


def _compare(
    name: str, epochs: int, environment: dict[str, str], result: dict[str, Any]
) -> dict[str, float]:
    """Seconds of an epoch, a process alone on the device."""
    peers = {p: train_together(name, p, 1, epochs, environment) for p in ("engine", "fit")}
    result["device"] = peers["engine"].device
    ours, keras = peers["engine"].epoch, peers["fit"].epoch
    print(
        f"{name:16s} {1000 * ours:9.1f} ms  fit {1000 * keras:9.1f} ms  {keras / ours:5.1f} times"
    )
    return {"engine_seconds": ours, "fit_seconds": keras, "ratio": keras / ours}


def _lanes(measured: Together) -> dict[str, float]:
    """What several processes do together, and what that would mean for a protocol's image runs."""
    minutes = RUNS * EPOCHS / measured.epochs_per_second / 60
    print(
        f"{measured.lanes:3d} at once: {measured.epochs_per_second:8.2f} epochs/s in all, "
        f"{RUNS} runs of {EPOCHS} epochs in about {minutes:.1f} min, evaluation left out"
    )
    return {
        "lanes": measured.lanes,
        "epochs_per_second": measured.epochs_per_second,
        "epoch_seconds": measured.epoch,
        "estimated_minutes": minutes,
    }


def _keep(result: dict[str, Any], out: Path) -> None:
    write_json(out, result)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    add = parser.add_argument
    add("--families", nargs="*", choices=FAMILIES, default=list(FAMILIES))
    add("--lanes", nargs="*", type=int, default=[1, 2, 4, 8, 16], help="processes at once")
    add("--epochs", type=int, default=30, help="epochs of each measurement")
    add("--out", type=Path, default=Path("benchmarks/results/gpu.json"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
