"""The training loop: epochs of chunks, with checkpoints and stops between them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.data.dataset import VALIDATION
from nnrepro.study.evaluation import AT_END, EVERY_EPOCH, NEVER, tested
from nnrepro.training.checkpoint import Checkpoints, Progress
from nnrepro.training.engine import Engine, Evaluated, Floats, Indices, Pace
from nnrepro.training.errors import TrainingInterrupted
from nnrepro.training.history import Curves, History, add, fold_counts
from nnrepro.training.interruption import StopRequest
from nnrepro.training.progress import ProgressLog
from nnrepro.training.scores import Scores
from nnrepro.training.seeding import batches, exact_batches, example_order
from nnrepro.training.stopping import EarlyStopping


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

    engine: Engine
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
        self._train_pace = Pace()
        self._test_pace = Pace()
        self._cpu_noted = 0.0
        self._tested = tested(self.settings)
        every = self._tested == EVERY_EPOCH
        self._watched = {k: own for k, own in self.sets.items() if every or k == VALIDATION}
        self._watched_batches = self._evaluation_batches(self._watched)
        self._final_batches = {
            EVERY_EPOCH: self._watched_batches,
            AT_END: self._evaluation_batches(self.sets),
            NEVER: [],
        }[self._tested]

    def compile(self) -> None:
        """Have the engine compile its functions by calls that do no step."""
        for indices, weights in self._training_batches(_in_order(0, self.train_examples)):
            self.engine.train(indices, weights, 0, 0)
        different = self._final_batches if self._tested == AT_END else []
        for indices in (*self._watched_batches, *different):
            self.engine.evaluate(indices, 0, 0)

    def run(self, progress: Progress, tell: ProgressLog) -> None:
        """Train from `progress`, which goes on, to the last epoch or a divergence that ends it.

        Raises TrainingInterrupted where a signal asked to stop, with the checkpoint written.
        """
        while progress.epoch < self.epochs and not (
            self._given_up(progress) or self.stopped_early(progress)
        ):
            self._epoch(progress)
            tell.epoch_done(progress.history)
            self._between_chunks(progress)

    def final_answers(self, history: History) -> Floats | None:
        """What the weights as they are answer on the largest test set, [examples, outputs].

        Of a run that does not evaluate it they are None; where it is evaluated now alone, the
        history's last epoch gets the values.
        """
        if not self._final_batches:
            return None
        results = self._evaluate(self._final_batches, self.sets)
        tests = {name: examples for name, examples in self.sets.items() if name != VALIDATION}
        if self._tested == AT_END:
            for curves, examples in zip(self._test_curves(history), tests.values(), strict=True):
                for name, value in self.scores.of(results, examples).items():
                    curves[name][-1] = value
        return results.answers[: max(examples.stop for examples in tests.values())]

    def _test_curves(self, history: History) -> list[Curves]:
        """The curves of the test sets, the primary one's first."""
        return [history.test, *(own for k, own in history.further.items() if k != VALIDATION)]

    def _evaluate(
        self,
        groups: Sequence[Indices],
        sets: Mapping[str, slice],
        after_chunk: Callable[[], None] = lambda: None,
    ) -> Evaluated:
        """Results on the examples of some sets in their order, with nothing before the first."""
        parts: list[Evaluated] = []
        for indices in groups:
            done = 0
            while done < len(indices):
                self._test_pace.start()
                upto = min(len(indices), done + self._test_pace.steps)
                parts.append(self.engine.evaluate(indices, done, upto))
                self._test_pace.stop(upto - done)
                done = upto
                after_chunk()
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

    def state(self) -> list[NDArray[Any]]:
        """What a checkpoint keeps: all that training changes, and the weights of the best epoch."""
        return [*self.engine.variables(), *self.best]

    def _given_up(self, progress: Progress) -> bool:
        stops = self.settings.get("on_divergence", "continue") == "stop"
        return stops and progress.history.diverged_at() is not None

    def _epoch(self, progress: Progress) -> None:
        """One epoch: the rest of its steps, the evaluation, its line in the history."""
        order = example_order(self.seed, progress.epoch, self.train_examples)
        first = 0
        for indices, weights in self._training_batches(order):
            while (done := progress.step - first) < len(indices):
                self._train_pace.start()
                upto = min(len(indices), done + self._train_pace.steps)
                losses, scores = self.engine.train(indices, weights, done, upto)
                progress.seconds["training"] += self._train_pace.stop(upto - done)
                progress.losses += losses.tolist()
                progress.scores += scores.tolist()
                self._between_chunks(progress)
            first += len(indices)
        seconds_before = self._test_pace.total
        results = None
        if self._watched:
            after = partial(self._between_chunks, progress)
            results = self._evaluate(self._watched_batches, self._watched, after)
        progress.seconds["evaluation"] += self._test_pace.total - seconds_before
        self._record(progress, results)
        if self.early is not None and self.early.best_epoch(progress.history) == progress.epoch:
            self.best = self.engine.weights()

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

    def _note_cpu(self, progress: Progress) -> None:
        cpu = self._train_pace.cpu + self._test_pace.cpu
        progress.seconds["cpu"] = progress.seconds.get("cpu", 0.0) + cpu - self._cpu_noted
        self._cpu_noted = cpu

    def _between_chunks(self, progress: Progress) -> None:
        """Stop in good order if asked to; write a checkpoint if one is due."""
        self._note_cpu(progress)
        if self.stop.signal is not None:
            self.checkpoints.save(progress, self.state())
            raise TrainingInterrupted(
                f"stopped by {self.stop.signal.name} in epoch {progress.epoch + 1} of "
                f"{self.epochs}; the checkpoint {self.checkpoints.path} is written, "
                "start the run again to go on from there"
            )
        self.checkpoints.save_if_due(progress, self.state)


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
