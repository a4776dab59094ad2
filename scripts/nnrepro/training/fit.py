"""The training loop: epochs of chunks, with checkpoints and stops between them.

A loop is a generator: it yields each `Chunk` of steps that it needs an engine for, and is sent what
became of it. So several loops can be driven at once, by an engine that does the chunks of
replicates together, and each of them is what it is alone.
"""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnrepro.data.dataset import VALIDATION
from nnrepro.study.evaluation import AT_END, EVERY_EPOCH, NEVER, tested
from nnrepro.training.checkpoint import Checkpoints, Progress
from nnrepro.training.engine import Evaluated, Floats, Indices, State
from nnrepro.training.errors import TrainingInterrupted
from nnrepro.training.history import Curves, add, fold_counts
from nnrepro.training.interruption import StopRequest
from nnrepro.training.progress import ProgressLog
from nnrepro.training.scores import Scores
from nnrepro.training.seeding import batches, exact_batches, example_order
from nnrepro.training.stopping import EarlyStopping

T = TypeVar("T")


class Chunk(NamedTuple):
    """Rows of batches from `start` on, to be trained or, without `weights`, evaluated on.

    How many of them are done in one call is for whoever does it to say; `idle` asks for none, so
    that the engine compiles its function. `place` is where in the run this is: the epoch, then what
    comes later in it with a higher number; loops at one place ask for the same rows.
    """

    place: tuple[int, ...]
    indices: Indices
    weights: Floats | None
    start: int
    idle: bool = False


class Done(NamedTuple):
    """What became of a chunk: its results up to the row `stop`, and the time it took.

    `seconds` by the clock, `cpu` those that all threads of the process had a processor in; of a
    chunk that was done for several loops at once, each has its share.
    """

    stop: int
    results: Any
    seconds: float
    cpu: float


_TRAINED, _EVALUATED, _ENDED = range(3)

Steps = Generator[Chunk, Done, T]


@dataclass
class Loop:
    """What the training loop works with.

    It trains to the end of so many `epochs`, or until `early` stops it; `best` are then the model's
    weights after the best epoch so far, and empty where there is none or nothing is watched.
    `sets` tells where each set that is evaluated on lies among the engine's evaluation examples,
    the primary test set first, `scores` how they are judged; `evaluation_batch` of these are
    evaluated at once. `filled` is whether the last batch is filled up to the size of the others, so
    that one compiled function does; only where examples of a batch do not act on one another.
    """

    state: State
    settings: Mapping[str, Any]
    epochs: int
    seed: int
    train_examples: int
    sets: Mapping[str, slice]
    scores: Scores
    evaluation_batch: int
    filled: bool
    checkpoints: Checkpoints
    stop: StopRequest
    early: EarlyStopping | None = None
    best: list[NDArray[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tested = tested(self.settings)
        every = self._tested == EVERY_EPOCH
        self._watched = {k: own for k, own in self.sets.items() if every or k == VALIDATION}
        self._watched_batches = self._evaluation_batches(self._watched)
        self._final_batches = {
            EVERY_EPOCH: self._watched_batches,
            AT_END: self._evaluation_batches(self.sets),
            NEVER: [],
        }[self._tested]

    def compile(self) -> Steps[None]:
        """Have the engine compile its functions by calls that do no step."""
        trained = self._training_batches(_in_order(0, self.train_examples))
        for at, (indices, weights) in enumerate(trained):
            yield Chunk((-1, _TRAINED, at), indices, weights, 0, idle=True)
        different = self._final_batches if self._tested == AT_END else []
        for at, indices in enumerate([*self._watched_batches, *different]):
            yield Chunk((-1, _EVALUATED, at), indices, None, 0, idle=True)

    def run(self, progress: Progress, tell: ProgressLog) -> Steps[None]:
        """Train from `progress`, which goes on, to the last epoch or a divergence that ends it.

        Raises TrainingInterrupted where a signal asked to stop, with the checkpoint written.
        """
        while progress.epoch < self.epochs and not (
            self._given_up(progress) or self.stopped_early(progress)
        ):
            yield from self._epoch(progress)
            tell.epoch_done(progress.history)
            self._between_chunks(progress)

    def final_answers(self, progress: Progress) -> Steps[Floats | None]:
        """What the weights as they are answer on the largest test set, [examples, outputs].

        Of a run that does not evaluate it they are None; where it is evaluated now alone, the
        history's last epoch gets the values.
        """
        if not self._final_batches:
            return None
        place = (progress.epoch, _ENDED)
        results = yield from self._evaluate(place, self._final_batches, self.sets)
        tests = {name: examples for name, examples in self.sets.items() if name != VALIDATION}
        if self._tested == AT_END:
            history = progress.history
            further = (own for name, own in history.further.items() if name != VALIDATION)
            every: list[Curves] = [history.test, *further]  # the primary set's first
            for curves, examples in zip(every, tests.values(), strict=True):
                for name, value in self.scores.of(results, examples).items():
                    curves[name][-1] = value
        return results.answers[: max(examples.stop for examples in tests.values())]

    def _evaluate(
        self,
        place: tuple[int, ...],
        groups: Sequence[Indices],
        sets: Mapping[str, slice],
        after_chunk: Callable[[Done], None] = lambda done: None,
    ) -> Steps[Evaluated]:
        """Results on the examples of some sets in their order, with nothing before the first."""
        parts: list[Evaluated] = []
        for at, indices in enumerate(groups):
            start = 0
            while start < len(indices):
                done = yield Chunk((*place, at, start), indices, None, start)
                parts.append(done.results)
                start = done.stop
                after_chunk(done)
        first, end = _ends(sets)
        joined = (np.concatenate(part)[: end - first] for part in zip(*parts, strict=True))
        return Evaluated(*(_preceded(part, first) for part in joined))

    def _training_batches(self, order: Indices) -> list[tuple[Indices, Floats]]:
        """Indices and weights of an epoch's batches, in groups of one size."""
        size = int(self.settings["batch_size"])
        return [batches(order, size)] if self.filled else exact_batches(order, size)

    def _evaluation_batches(self, sets: Mapping[str, slice]) -> list[Indices]:
        """Indices of the batches that are evaluated, in groups of one size.

        Where none is filled up, no batch reaches over the end of a set either.
        """
        if not sets:
            return []
        if self.filled:
            return [batches(_in_order(*_ends(sets)), self.evaluation_batch)[0]]
        ends = sorted({end for each in sets.values() for end in (each.start, each.stop)})
        return [
            indices
            for start, stop in pairwise(ends)
            for indices, _ in exact_batches(_in_order(start, stop), self.evaluation_batch)
        ]

    def stopped_early(self, progress: Progress) -> bool:
        """Whether the run has not got better for as long as its settings wait."""
        return self.early is not None and self.early.ends(progress.history)

    def kept(self) -> list[NDArray[Any]]:
        """What a checkpoint keeps: all that training changes, and the weights of the best epoch."""
        return [*self.state.variables(), *self.best]

    def _given_up(self, progress: Progress) -> bool:
        stops = self.settings.get("on_divergence", "continue") == "stop"
        return stops and progress.history.diverged_at() is not None

    def _epoch(self, progress: Progress) -> Steps[None]:
        """One epoch: the rest of its steps, the evaluation, its line in the history."""
        order = example_order(self.seed, progress.epoch, self.train_examples)
        first = 0
        for at, (indices, weights) in enumerate(self._training_batches(order)):
            while (start := progress.step - first) < len(indices):
                place = (progress.epoch, _TRAINED, at, start)
                done = yield Chunk(place, indices, weights, start)
                losses, scores = done.results
                progress.losses += losses.tolist()
                progress.scores += scores.tolist()
                progress.note("training", done.seconds, done.cpu)
                self._between_chunks(progress)
            first += len(indices)

        def evaluated(done: Done) -> None:
            progress.note("evaluation", done.seconds, done.cpu)
            self._between_chunks(progress)

        results = None
        if self._watched:
            results = yield from self._evaluate(
                (progress.epoch, _EVALUATED), self._watched_batches, self._watched, evaluated
            )
        self._record(progress, results)
        if self.early is not None and self.early.best_epoch(progress.history) == progress.epoch:
            self.best = self.state.weights()

    def _record(self, progress: Progress, results: Evaluated | None) -> None:
        """Close the epoch in the history."""
        history = progress.history
        history.tested = self._tested == EVERY_EPOCH
        add(
            history.train,
            self.scores.trained(progress.losses, progress.scores, self.train_examples),
        )
        for at, (name, examples) in enumerate(self.sets.items()):
            curves = history.further.setdefault(name, {}) if at else history.test
            if results is None or name not in self._watched:
                add(curves, dict.fromkeys(self.scores.names, math.nan))
            else:
                add(curves, self.scores.of(results, examples))
        folds = int(self.settings.get("test_folds", 0))
        if folds and results is not None:
            primary = next(iter(self.sets.values()))
            history.folds.append(fold_counts(self.scores.right(results, primary), folds))
        progress.losses, progress.scores = [], []
        progress.epoch += 1

    def _between_chunks(self, progress: Progress) -> None:
        """Stop in good order if asked to; write a checkpoint if one is due."""
        if self.stop.signal is not None:
            self.checkpoints.save(progress, self.kept())
            raise TrainingInterrupted(
                f"stopped by {self.stop.signal.name} in epoch {progress.epoch + 1} of "
                f"{self.epochs}; the checkpoint {self.checkpoints.path} is written, "
                "start the run again to go on from there"
            )
        self.checkpoints.save_if_due(progress, self.kept)


def _ends(sets: Mapping[str, slice]) -> tuple[int, int]:
    """Where the first of some sets of examples begins and the last ends."""
    return min(own.start for own in sets.values()), max(own.stop for own in sets.values())


def _preceded(results: Floats, count: int) -> Floats:
    """Results with NaN for as many examples before them."""
    if not count:
        return results
    return np.concatenate([np.full((count, *results.shape[1:]), np.nan, results.dtype), results])


def _in_order(start: int, stop: int) -> Indices:
    return np.arange(start, stop, dtype=np.int32)
