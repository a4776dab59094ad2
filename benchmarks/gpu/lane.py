"""A process that trains one family when it is told to, so that several can begin together.

    python -m benchmarks.gpu.lane <family> <peer> <epochs>

Says `ready` once everything is compiled, waits for a line, trains, and answers with its seconds.
"""

import json
import sys
import time

from benchmarks.arrays import initial_weights, make_examples
from benchmarks.families import FAMILIES
from benchmarks.peers import nnrepro
from benchmarks.plain_keras import FitPeer
from nnrepro.training.device import describe_device, prepare_device

PEERS = {"engine": nnrepro.EnginePeer, "fit": FitPeer}


def main() -> None:
    """Be the process."""
    name, peer_name, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    prepare_device(1)
    family = FAMILIES[name]
    x, y = make_examples(family)
    peer = PEERS[peer_name](family, x, y, initial_weights(family))
    peer.warm_up()
    peer.train(family.steps_per_epoch, shuffle=True)
    print(json.dumps({"device": describe_device()}), flush=True)
    sys.stdin.readline()
    seconds = []
    for _ in range(epochs):
        began = time.perf_counter()
        loss = peer.train(family.steps_per_epoch, shuffle=True)
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds, "loss": loss}), flush=True)


if __name__ == "__main__":
    main()
