"""One peer with one family in a process of its own, which measures when it is told to.

    python -m benchmarks.worker <peer> <family> <threads>

It prepares and warms up, prints one line of JSON about that, and then for every line
`{"steps": n, "passes": m}` on its standard input trains and prints the seconds. It ends with its
standard input.
"""

import json
import math
import os
import sys
import time
from typing import Any

from benchmarks.arrays import initial_weights, make_examples
from benchmarks.families import FAMILIES
from benchmarks.peers import Peer, load

CHECK_STEPS = 3
PACE_STEPS = 2


def main() -> None:
    """Measure as the standard input says."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no reply
    peer, about = start(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    replies.write(json.dumps(about) + "\n")
    for line in sys.stdin:
        order = json.loads(line)
        replies.write(json.dumps(measure(peer, order["steps"], order["passes"])) + "\n")


def start(peer_name: str, family_name: str, threads: int) -> tuple[Peer, dict[str, Any]]:
    """Import, build, compile and train a few steps.

    Returns:
        The peer; seconds of each stage, seconds per step, parameters, versions, and the mean loss
        of the first `CHECK_STEPS` batches, which is the same for all peers of a family.
    """
    family = FAMILIES[family_name]
    x, y = make_examples(family)
    weights = initial_weights(family)
    began = time.perf_counter()
    module = load(peer_name)
    versions = module.prepare(threads)
    imported = time.perf_counter()
    peer: Peer = module.build(family, x, y, weights)
    built = time.perf_counter()
    loss = peer.train(CHECK_STEPS, shuffle=False)
    checked = time.perf_counter()
    peer.warm_up()
    warm = time.perf_counter()
    peer.train(PACE_STEPS, shuffle=False)
    per_step = (time.perf_counter() - warm) / PACE_STEPS
    return peer, {
        "seconds": {
            "imports": imported - began,
            "build": built - imported,
            "compile": max(0.0, checked - built - CHECK_STEPS * per_step),
        },
        "step_seconds": per_step,
        "parameters": int(peer.parameters),
        "check_loss": loss,
        "versions": versions,
    }


def measure(peer: Peer, steps: int, passes: int) -> dict[str, float]:
    """Seconds for `passes` times `steps` batches, and the loss of the last pass.

    Raises:
        FloatingPointError: the loss is not finite, so that the time would mean nothing.
    """
    began = time.perf_counter()
    for _ in range(passes):
        loss = peer.train(steps, shuffle=True)
    seconds = time.perf_counter() - began
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss} after {steps} steps")
    return {"seconds": seconds, "loss": loss}


if __name__ == "__main__":
    main()
