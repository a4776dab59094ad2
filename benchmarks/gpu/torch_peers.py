"""PyTorch on a GPU as its users write it: data on the device, TensorFloat-32, fused optimisers."""

from typing import Any

import torch

from benchmarks.arrays import Floats
from benchmarks.families import BATCH_SIZE, Family
from benchmarks.peers.pytorch import TorchPeer

_WARM_UP_STEPS = 3  # PyTorch's own number, before a capture


class EagerPeer(TorchPeer):
    """Call by call."""

    def __init__(self, family: Family, x: Any, y: Any, weights: list[Floats], **options: Any):
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = True
        device = "cuda" if torch.cuda.is_available() else "cpu"
        super().__init__(family, x, y, weights, device, **options)


class CompiledPeer(EagerPeer):
    """The module compiled by `torch.compile`, its calls kept as CUDA graphs."""

    def __init__(self, family: Family, x: Any, y: Any, weights: list[Floats]):
        super().__init__(family, x, y, weights)
        self._module = torch.compile(self._module, mode="reduce-overhead")

    def warm_up(self) -> None:
        """See `benchmarks.peers.Peer.warm_up`."""
        self.train(len(self._x) // BATCH_SIZE + 1, shuffle=False)


class GraphPeer(EagerPeer):
    """A whole step, from the gathering of its examples to the update, as one CUDA graph.

    One graph for whole batches and one for the last of an epoch.
    """

    def __init__(self, family: Family, x: Any, y: Any, weights: list[Floats]):
        options = {"capturable": True} if family.optimizer == "adam" else {}
        super().__init__(family, x, y, weights, **options)
        self._graphs: dict[int, tuple[Any, Any]] = {}
        self._sums = (
            torch.zeros((), device="cuda"),
            torch.zeros((), dtype=torch.long, device="cuda"),
        )
        before = [tensor.clone() for tensor in self._state()]
        for size in {BATCH_SIZE, len(x) % BATCH_SIZE or BATCH_SIZE}:
            self._capture(size)
        # Steps to warm up have trained: the weights go back, and the optimiser begins anew.
        for tensor, value in zip(self._state(), before, strict=True):
            tensor.copy_(value)
        for state in self._optimizer.state.values():
            for value in state.values():
                value.zero_()

    def train(self, steps: int, *, shuffle: bool) -> float:
        """See `benchmarks.peers.Peer.train`."""
        arrange = torch.randperm if shuffle else torch.arange
        order = arrange(len(self._x), device="cuda")[: steps * BATCH_SIZE]
        for total in self._sums:
            total.zero_()
        for chosen in order.split(BATCH_SIZE):
            graph, places = self._graphs[len(chosen)]
            places.copy_(chosen)
            graph.replay()
        return float(self._sums[0]) / len(order)

    def _state(self) -> list[Any]:
        return [parameter.detach() for parameter in self._module.parameters()]

    def _capture(self, size: int) -> None:
        self._total, self._right = self._sums
        places = torch.arange(size, device="cuda")
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP_STEPS):
                self._step(places)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        self._optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self._step(places)
        self._graphs[size] = graph, places
