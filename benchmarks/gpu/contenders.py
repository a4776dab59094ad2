"""Who is measured on a GPU, and how: the engine, Keras's `fit` and PyTorch at its best.

A contender is written `PEER[:RUNS][@PROCESSES]`: `nnrepro:20` trains 20 runs as one computation,
`torch-graphs@5` one run in each of five processes at once.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.peers import Peer

Build = Callable[..., Peer]


def _made_by(module: str, name: str, **options: Any) -> Callable[[], Build]:
    """A class of a module, which is imported when it is needed."""
    return lambda: partial(getattr(importlib.import_module(module), name), **options)


_OURS = _made_by("benchmarks.peers.nnrepro", "EnginePeer")
_TORCH = "benchmarks.gpu.torch_peers"
PEERS = MappingProxyType(
    {
        "nnrepro": _OURS,
        "nnrepro-bfloat16": _made_by(
            "benchmarks.peers.nnrepro", "EnginePeer", precision="bfloat16"
        ),
        "keras-fit": _made_by("benchmarks.plain_keras", "FitPeer"),
        "torch-eager": _made_by(_TORCH, "EagerPeer"),
        "torch-compiled": _made_by(_TORCH, "CompiledPeer"),
        "torch-graphs": _made_by(_TORCH, "GraphPeer"),
    }
)


@dataclass(frozen=True)
class Contender:
    """A peer, the runs that each of its processes trains as one, and its processes."""

    peer: str
    runs: int = 1
    processes: int = 1

    def __str__(self) -> str:
        runs = f":{self.runs}" if self.runs > 1 else ""
        return f"{self.peer}{runs}" + (f"@{self.processes}" if self.processes > 1 else "")

    def build(self) -> Build:
        """What makes the peer of a family, its examples, labels and initial weights."""
        made = PEERS[self.peer]()
        return partial(made, runs=self.runs) if self.runs > 1 else made


def contender(text: str) -> Contender:
    """The contender written so.

    Raises:
        BenchmarkError: there is no such peer, or a number is none.
    """
    rest, _, processes = text.partition("@")
    peer, _, runs = rest.partition(":")
    if peer not in PEERS:
        raise BenchmarkError(f"no peer '{peer}'; there are {', '.join(PEERS)}")
    try:
        made = Contender(peer, int(runs or 1), int(processes or 1))
    except ValueError:
        raise BenchmarkError(f"'{text}' is not written as PEER[:RUNS][@PROCESSES]") from None
    if made.runs > 1 and not peer.startswith("nnrepro"):
        raise BenchmarkError(f"{peer} trains one run in a process: write {peer}@{made.runs}")
    return made
