"""A process that trains families when it is told to, so that several can begin together.

    python -m benchmarks.gpu.lane <contender> <epochs> <family> ...

Of each family it says that it is ready once everything is compiled, waits for a line, trains, and
answers with its seconds.
"""

import json
import sys
import time

from benchmarks.arrays import initial_weights, make_examples
from benchmarks.families import FAMILIES
from benchmarks.gpu.contenders import Contender, contender


def main() -> None:
    """Be the process."""
    own = contender(sys.argv[1])
    build, device = own.build(), _device(own)
    epochs = int(sys.argv[2])
    for name in sys.argv[3:]:
        family = FAMILIES[name]
        x, y = make_examples(family)
        peer = build(family, x, y, initial_weights(family))
        first = peer.train(1, shuffle=False)
        peer.warm_up()
        peer.train(family.steps_per_epoch, shuffle=True)
        print(json.dumps({"ready": name, "first_loss": first, "device": device}), flush=True)
        sys.stdin.readline()
        seconds = []
        for _ in range(epochs):
            began = time.perf_counter()
            peer.train(family.steps_per_epoch, shuffle=True)
            seconds.append(time.perf_counter() - began)
        print(json.dumps({"seconds": seconds}), flush=True)
        del peer


def _device(own: Contender) -> str:
    """The device's name, once it is set up as a user of the peer would."""
    if own.peer.startswith("torch"):
        import torch  # noqa: PLC0415  of each peer, what it needs alone

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    from nnrepro.training.device import describe_device, prepare_device  # noqa: PLC0415

    prepare_device(1)
    return str(describe_device()["name"])


if __name__ == "__main__":
    main()
