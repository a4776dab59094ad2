"""PyTorch as its users write it, with what makes it fast on a CPU.

`nn.GRU`, `nn.LSTM`, `nn.RNN` and `Conv1d` over one-hot vectors that are only as wide as the
characters in use, channels-last `Conv2d`, fused optimisers, data in memory.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot

from benchmarks.arrays import Floats
from benchmarks.families import (
    BATCH_SIZE,
    CHARACTERS,
    DENSE_UNITS,
    EMBEDDING_SIZE,
    FILTER_HEIGHT,
    FILTERS,
    UNITS,
    Family,
)

_GRU_BLOCKS = (1, 0, 2)  # Keras has update, reset, new; PyTorch reset, update, new


def prepare(threads: int) -> dict[str, str]:
    """Fix the threads; versions by package."""
    torch.set_num_threads(threads)
    return {"torch": torch.__version__, "numpy": np.__version__}


class TorchPeer:
    """A module and its training loop."""

    def __init__(
        self,
        family: Family,
        x: Any,
        y: Any,
        weights: list[Floats],
        device: str = "cpu",
        **options: Any,
    ):
        self._module = _module(family)
        _load(self._module, family, weights)
        self._module = self._module.to(device)
        self._x = torch.from_numpy(x).to(device)
        if family.input == "image":
            self._x = self._x.permute(0, 3, 1, 2)  # NHWC in memory: channels last
            self._module = self._module.to(memory_format=torch.channels_last)
        self._y = torch.from_numpy(y).long().to(device)
        trained = [item for item in self._module.parameters() if item.requires_grad]
        self.parameters = sum(item.numel() for item in trained)
        rate = family.learning_rate
        if family.optimizer == "sgd":
            self._optimizer = torch.optim.SGD(trained, lr=rate, fused=True)
        else:
            self._optimizer = torch.optim.Adam(trained, lr=rate, eps=1e-7, fused=True, **options)

    def train(self, steps: int, *, shuffle: bool) -> float:
        """See `benchmarks.peers.Peer.train`."""
        count, device = len(self._x), self._x.device
        arrange = torch.randperm if shuffle else torch.arange
        order = arrange(count, device=device)[: steps * BATCH_SIZE]
        self._total = torch.zeros((), device=device)
        self._right = torch.zeros((), dtype=torch.long, device=device)
        for chosen in order.split(BATCH_SIZE):
            self._step(chosen)
        return float(self._total) / len(order)

    def _step(self, chosen: Any) -> None:
        """One update by the examples `chosen`; their loss and right answers are added up."""
        labels = self._y[chosen]
        self._optimizer.zero_grad(set_to_none=True)
        logits = self._module(self._x[chosen])
        loss = cross_entropy(logits, labels)
        loss.backward()
        self._optimizer.step()
        self._total += loss.detach() * len(chosen)
        self._right += (logits.detach().argmax(1) == labels).sum()

    def warm_up(self) -> None:
        """See `benchmarks.peers.Peer.warm_up`: eager calls compile nothing."""


def matrix_product(size: int) -> Callable[[], Any]:
    """A function that multiplies two matrices of `size` rows and columns."""
    matrix = torch.randn(size, size)
    return lambda: matrix @ matrix


class Encoder(nn.Module):
    """From ids [batch, 100] to vectors [batch, 100, width]: embedded words, one-hot characters."""

    def __init__(self, family: Family):
        super().__init__()
        words = family.input == "words"
        self.width = EMBEDDING_SIZE if words else CHARACTERS
        self.embedding = nn.Embedding(family.vocabulary_size, EMBEDDING_SIZE) if words else None

    def forward(self, ids: Any) -> Any:
        """The vectors of `ids`."""
        if self.embedding is not None:
            return self.embedding(ids)
        return one_hot(ids.long(), CHARACTERS).float()


class TextCNN(nn.Module):
    """The text CNN, columns as channels."""

    def __init__(self, family: Family):
        super().__init__()
        self.encode = Encoder(family)
        self.c1 = nn.Conv1d(self.encode.width, FILTERS, FILTER_HEIGHT)
        self.c2 = nn.Conv1d(FILTERS, FILTERS, FILTER_HEIGHT)
        self.pool = nn.MaxPool1d(4, 2, padding=1, ceil_mode=True)
        self.logits = nn.Linear(11 * FILTERS, family.classes)

    def forward(self, ids: Any) -> Any:
        """Logits."""
        x = self.pool(self.c1(self.encode(ids).transpose(1, 2)).relu())
        x = self.pool(self.c2(x).relu())
        return self.logits(x.transpose(1, 2).flatten(1))


class TextRNN(nn.Module):
    """The text RNN."""

    def __init__(self, family: Family):
        super().__init__()
        kind = {"gru": nn.GRU, "lstm": nn.LSTM, "vanilla": nn.RNN}[family.parameters["cell"]]
        layers = family.parameters["layers"]
        self.encode = Encoder(family)
        self.rnn = kind(self.encode.width, UNITS, num_layers=layers, batch_first=True)
        self.logits = nn.Linear(UNITS, family.classes)

    def forward(self, ids: Any) -> Any:
        """Logits."""
        outputs, _ = self.rnn(self.encode(ids))
        return self.logits(outputs[:, -1])


class ImageCNN(nn.Module):
    """The image CNN."""

    def __init__(self, family: Family):
        super().__init__()
        c1, c2 = family.parameters["c1"], family.parameters["c2"]
        self.c1 = nn.Conv2d(3, c1, 9)
        self.c2 = nn.Conv2d(c1, c2, 5)
        self.pool = nn.MaxPool2d(2)
        self.f3 = nn.Linear(16 * c2, DENSE_UNITS)
        self.logits = nn.Linear(DENSE_UNITS, family.classes)

    def forward(self, images: Any) -> Any:
        """Logits."""
        x = self.pool(self.c1(images).relu())
        x = self.pool(self.c2(x).relu())
        return self.logits(self.f3(x.permute(0, 2, 3, 1).flatten(1)))


def _module(family: Family) -> nn.Module:
    """The family's model."""
    if family.input == "image":
        return ImageCNN(family)
    return TextRNN(family) if family.is_recurrent else TextCNN(family)


def _load(module: Any, family: Family, weights: list[Floats]) -> None:
    """Give `module` the initial weights, which come in Keras's order and layouts."""
    rest = list(weights)
    if family.input == "words":
        _put(module.encode.embedding.weight, rest.pop(0))
    if family.is_recurrent:
        for layer in range(family.parameters["layers"]):
            kernel, recurrent, bias = (rest.pop(0) for _ in range(3))
            if family.input == "characters" and layer == 0:
                kernel = kernel[:CHARACTERS]
            _load_recurrent(module.rnn, layer, (kernel, recurrent, bias))
    else:
        for name in ("c1", "c2"):
            convolution, kernel, bias = getattr(module, name), rest.pop(0), rest.pop(0)
            if family.input == "image":
                kernel = kernel.transpose(3, 2, 0, 1)
            elif name == "c1":  # columns are channels
                kernel = kernel[:, : convolution.in_channels, 0].transpose(2, 1, 0)
            else:
                kernel = kernel[:, 0].transpose(2, 1, 0)
            _put(convolution.weight, kernel)
            _put(convolution.bias, bias)
    for name in ("f3", "logits") if family.input == "image" else ("logits",):
        _put(getattr(module, name).weight, rest.pop(0).T)
        _put(getattr(module, name).bias, rest.pop(0))


def _load_recurrent(rnn: Any, layer: int, weights: tuple[Floats, Floats, Floats]) -> None:
    """Weights of one recurrent layer; where Keras has one bias, the second is 0 and stays so."""
    kernel, recurrent, bias = weights
    blocks = _GRU_BLOCKS if isinstance(rnn, nn.GRU) else tuple(range(kernel.shape[1] // UNITS))
    columns = np.concatenate([np.arange(at * UNITS, (at + 1) * UNITS) for at in blocks])
    _put(getattr(rnn, f"weight_ih_l{layer}"), kernel[:, columns].T)
    _put(getattr(rnn, f"weight_hh_l{layer}"), recurrent[:, columns].T)
    first, second = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    _put(getattr(rnn, f"bias_ih_l{layer}"), first[columns])
    _put(getattr(rnn, f"bias_hh_l{layer}"), second[columns])
    getattr(rnn, f"bias_hh_l{layer}").requires_grad_(bias.ndim == 2)


def _put(parameter: Any, value: Floats) -> None:
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))


def build(family: Family, x: Any, y: Any, weights: list[Floats]) -> TorchPeer:
    """The family's module and its loop."""
    return TorchPeer(family, x, y, weights)
