"""Loops driven side by side: what several of them ask for at one place is done in one call."""

import time
from collections.abc import Sequence
from typing import Any

from nnrepro.training.engine import Pace, Replicates
from nnrepro.training.fit import Chunk, Done, Steps


def carry_out(replicates: Replicates, loops: Sequence[Steps[None]]) -> list[Exception | None]:
    """Drive each replicate's loop to its end; what ended it early, None where nothing did.

    The loops that are least far have their chunks done next, so that those which went on from
    different checkpoints come together. One that ends, well or not, leaves the others to go on.
    """
    paces = {"train": Pace(), "evaluate": Pace()}
    waiting: dict[int, Chunk] = {}
    ended: list[Exception | None] = [None] * len(loops)

    def go_on(which: int, done: Done | None) -> None:
        try:
            # A generator's first `send` takes None.
            waiting[which] = loops[which].send(done)  # type: ignore[arg-type]
        except StopIteration:
            pass
        except Exception as error:  # whoever asked for the training is told
            ended[which] = error

    for which in range(len(loops)):
        go_on(which, None)
    while waiting:
        place = min(chunk.place for chunk in waiting.values())
        group = [which for which, chunk in waiting.items() if chunk.place == place]
        chunks = [waiting.pop(which) for which in group]
        try:
            answers = _done(replicates, group, chunks, paces)
        except Exception as error:
            for which in group:
                loops[which].close()
                ended[which] = error
            continue
        for which, done in zip(group, answers, strict=True):
            go_on(which, done)
    return ended


def _done(
    replicates: Replicates, group: Sequence[int], chunks: Sequence[Chunk], paces: dict[str, Pace]
) -> list[Done]:
    """What becomes of the chunks that replicates ask for at one place."""
    first = chunks[0]
    pace = paces["evaluate" if first.weights is None else "train"]
    stop = first.start if first.idle else min(len(first.indices), first.start + pace.steps)
    began, cpu_began = time.perf_counter(), time.process_time()
    results: Sequence[Any]
    if first.weights is None:
        results = replicates.evaluate(group, first.indices, first.start, stop)
    else:
        orders = [chunk.indices for chunk in chunks]
        results = replicates.train(group, orders, first.weights, first.start, stop)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    if not first.idle:
        pace.follow(stop - first.start, seconds)
    share = len(group)
    return [Done(stop, result, seconds / share, cpu / share) for result in results]
