"""`python -m benchmarks.gpu`: run-epochs per second of the engine and of its peers on one GPU.

Needs JAX, Keras, NumPy and what the library imports; PyTorch for the peers named so. Neither
TensorFlow nor Snakemake.
"""

import argparse
import datetime
import math
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.families import FAMILIES
from benchmarks.gpu.contenders import PEERS, contender
from benchmarks.gpu.together import Together, train_together
from benchmarks.machine import describe_machine
from benchmarks.process import ROOT
from nnrepro.environment import keras_environment
from nnrepro.errors import NnreproError
from nnrepro.files import write_json

DEFAULT = (
    *("nnrepro", "nnrepro:5", "nnrepro:20", "nnrepro-bfloat16:20", "keras-fit"),
    *("torch-eager", "torch-compiled", "torch-graphs", "torch-graphs@5"),
)
SAME = 5e-3
"""Share by which first losses may differ: of products with 10 bits of mantissa, or of 8."""


def main() -> None:
    """Measure, print and keep."""
    options = _parse(sys.argv[1:])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(
            [str(ROOT), str(ROOT / "scripts"), os.environ.get("PYTHONPATH", "")]
        ),
        **keras_environment("jax"),
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    result: dict[str, Any] = {
        "machine": describe_machine(),
        "versions": _versions("jax", "keras", "numpy", "torch"),
        "date": datetime.date.today().isoformat(),
        "measured": [],
    }
    losses: dict[str, float] = {}
    failed = False
    for text in options.contenders:
        try:
            own = contender(text)
            families = [
                name
                for name in options.families
                if not own.peer.endswith("bfloat16") or FAMILIES[name].input == "image"
            ]
            for measured in train_together(own, families, options.epochs, environment):
                result["measured"].append(_told(measured))
                write_json(options.out, result)
                _compare(measured, losses)
        except (BenchmarkError, NnreproError) as error:  # the others are measured all the same
            print(f"error: {error}", file=sys.stderr, flush=True)
            failed = True
    sys.exit(1 if failed else 0)


def _told(measured: Together) -> dict[str, Any]:
    """What is kept of a measurement, and printed."""
    print(
        f"{measured.family:16s} {measured.contender!s:24s} "
        f"{measured.run_epochs_per_second:8.1f} run-epochs/s",
        flush=True,
    )
    return {
        "family": measured.family,
        "contender": str(measured.contender),
        "device": measured.device,
        "run_epochs_per_second": round(measured.run_epochs_per_second, 2),
        "epoch_seconds": measured.epoch,
        "first_loss": measured.first_loss,
    }


def _compare(measured: Together, losses: dict[str, float]) -> None:
    """Raise BenchmarkError where a peer's first loss is not that of the others."""
    expected = losses.setdefault(measured.family, measured.first_loss)
    if not math.isclose(measured.first_loss, expected, rel_tol=SAME):
        raise BenchmarkError(
            f"{measured.contender}, {measured.family}: the first loss is "
            f"{measured.first_loss:.4f}, that of the others {expected:.4f}: not the same network"
        )


def _versions(*names: str) -> dict[str, str]:
    """Of those packages that are installed."""
    installed = {}
    for name in names:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    add = parser.add_argument
    add("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    add(
        "--contenders",
        nargs="+",
        default=DEFAULT,
        metavar="PEER[:RUNS][@PROCESSES]",
        help=f"of {', '.join(PEERS)}",
    )
    add("--epochs", type=int, default=20, help="epochs of each measurement")
    add("--out", type=Path, default=Path("benchmarks/results/gpu.json"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
