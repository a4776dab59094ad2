"""One module per peer; importing it imports that peer's packages, so `load` does it by name.

Each has `prepare(threads)`, which fixes the CPU threads and returns versions by package, and
`build(family, x, y, weights)`, which returns a `Peer`.
"""

import importlib
from types import MappingProxyType, ModuleType
from typing import Protocol

TITLES = MappingProxyType(
    {
        "reports": "the reports' way",
        "keras": "Keras fit",
        "pytorch": "PyTorch",
        "nnrepro": "nnrepro",
    }
)
OURS = "nnrepro"


class Peer(Protocol):
    """One way to train a family's model."""

    parameters: int

    def train(self, steps: int, *, shuffle: bool) -> float:
        """Train on the first `steps` batches of the examples; return their mean loss.

        Args:
            steps: at most the steps of an epoch, which takes in the last, smaller batch.
            shuffle: whether the examples are shuffled before, in this peer's own way.
        """

    def warm_up(self) -> None:
        """Have whatever is compiled for a batch of another size compiled."""


def load(name: str) -> ModuleType:
    """The module of the peer `name`."""
    return importlib.import_module(f"benchmarks.peers.{name}")
