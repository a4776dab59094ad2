"""In which order runs start: the longest first, counting the runs that wait for them.

Decided by the configuration alone, without reading a file: Snakemake asks for it on every call.
"""

from statistics import median

from nnrepro.planning.operations import epoch_operations
from nnrepro.study.run import Run
from nnrepro.study.study import Study

# Operations per second of one thread of a server processor, measured; good for an order, no more.
_SPEEDS = {
    "image_cnn": 120e9,
    "word_cnn": 30e9,
    "char_cnn": 4e9,
    "word_rnn": 12e9,
    "char_rnn": 11e9,
}


def priorities(study: Study) -> dict[str, int]:
    """Priority of every run by id: its nominal milliseconds with those of the longest run after it.

    A model of which nothing is known starts first, as it may take longest.
    """
    # Seeds take as long as one another, so each variant is looked at once.
    variants = {_variant(run): run for run in study.runs}
    nominal = {name: _nominal_seconds(study, run) for name, run in variants.items()}
    lengths = {run.id: nominal[_variant(run)] for run in study.runs}
    unknown = 1.0 + max((length for length in lengths.values() if length is not None), default=0.0)
    known = {name: unknown if length is None else length for name, length in lengths.items()}
    waiting: dict[tuple[str, str], float] = {}
    for run in study.runs:
        if run.selects_from:
            group = (run.protocol, run.selects_from)
            waiting[group] = max(waiting.get(group, 0.0), known[run.id])
    return {
        run.id: 1 + round(1000 * (known[run.id] + waiting.get((run.protocol, run.experiment), 0.0)))
        for run in study.runs
    }


def candidates(study: Study, run: Run) -> list[Run]:
    """What `run` may turn out to be: itself, or one for each variant that may be selected for it.

    A run that takes parameters from a selection is given those of every run selected from.
    """
    if not run.pending_parameters:
        return [run]
    return [
        run.resolved(source.settings)
        for source in study.runs_of(run.protocol, run.selects_from)
        if source.seed == run.seed
    ]


def _variant(run: Run) -> tuple[str, str, str]:
    return run.protocol, run.experiment, run.variant


def _nominal_seconds(study: Study, run: Run) -> float | None:
    counts = [epoch_operations(candidate) for candidate in candidates(study, run)]
    known = [count for count in counts if count is not None]
    if not known:
        return None
    return int(run.settings["epochs"]) * median(known) / _SPEEDS[run.model]
