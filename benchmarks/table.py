"""The measurements as Markdown tables."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.peers import OURS, TITLES

Result = Mapping[str, Any]


def render(result: Result) -> str:
    """All tables of one measurement, as one Markdown document."""
    parts = [
        _head(result),
        "## Seconds for an epoch of training",
        _note(result),
        epochs_table(result["families"]),
    ]
    if result["peak"]:  # measured by peers that are libraries; nnrepro alone has none
        parts += [
            "## Operations and the share of the peak",
            "Floating-point operations that an epoch needs, multiplication and addition counted as "
            'two. "One-hot" is what products over vectors 256 wide would cost, zeros and all. '
            "Shares are needed operations per second over the best float32 matrix product measured "
            f"under the same conditions: {_peak_words(result['peak'])}.",
            operations_table(result["families"], max(result["peak"].values())),
        ]
    if result["jobs"]:
        parts += ["## One job with all threads, or one-thread jobs side by side"]
        parts += [jobs_table(result["jobs"])]
    if result["stages"]:
        parts += ["## What a job costs beyond training", stages_table(result["stages"])]
    return "\n\n".join(parts) + "\n"


def epochs_table(families: Mapping[str, Result]) -> str:
    """Median seconds of an epoch by family and peer, and how many times nnrepro's time that is."""
    peers = peers_of(families)
    others = [name for name in peers if name != OURS]
    head = ["model", *(TITLES[name] for name in peers)]
    head += [f"{TITLES[name]} / {OURS}" for name in others if OURS in peers]
    rows = []
    for family in families.values():
        measured = family["peers"]
        row = [family["title"], *(_seconds(family, name) for name in peers)]
        if OURS in peers:
            ours = measured[OURS]["median"]
            row += [f"{measured[name]['median'] / ours:.2f}" for name in others]
        rows.append(row)
    return markdown(head, rows)


def operations_table(families: Mapping[str, Result], peak: float) -> str:
    """Operations of an epoch and the share of the peak that each peer reaches."""
    peers = peers_of(families)
    rows = []
    for family in families.values():
        count = family["operations_per_epoch"]
        shares = [
            _percent(share_of_peak(count["needed"], family["peers"][name]["median"], peak))
            for name in peers
        ]
        operations = [f"{count[kind] / 1e9:,.1f}" for kind in ("needed", "one_hot")]
        rows.append([family["title"], *operations, *shares])
    return markdown(["model", "10^9 needed", "10^9 one-hot", *(TITLES[n] for n in peers)], rows)


def share_of_peak(operations: float, seconds: float, peak: float) -> float:
    """Fraction of `peak` (operations per second) that `operations` in `seconds` come to."""
    return operations / seconds / peak


def jobs_table(jobs: Sequence[Result]) -> str:
    """Seconds for the same epochs by one job and by several side by side."""
    rows = [
        [
            job["title"],
            str(job["jobs"]),
            f"{statistics.median(job['one_job_seconds']):.2f}",
            f"{statistics.median(job['jobs_side_by_side_seconds']):.2f}",
            f"{job['gain']:.2f}",
        ]
        for job in jobs
    ]
    return markdown(
        ["model", "epochs (= jobs)", "one job, s", "one-thread jobs, s", "work per time"], rows
    )


def stages_table(stages: Result) -> str:
    """Seconds of a job's stages beyond training."""
    models = list(stages["models"].values())
    rows = [
        ["Snakemake, once per call", f"{stages['snakemake_start']:.2f}"],
        [
            "Snakemake, each further job (starting its Python included)",
            f"{stages['snakemake_per_job']:.2f}",
        ],
        ["starting Python", f"{stages['python_start']:.2f}"],
    ]
    rows += [
        [f"loading data ({'images' if name.startswith('image') else 'text'})", f"{value:.2f}"]
        for name, value in stages["data_loading"].items()
    ]
    if models:
        imports = statistics.median(model["imports"] for model in models)
        rows.append(["importing Keras and TensorFlow", f"{imports:.2f}"])
    rows += [
        [f"building and compiling, {name}", f"{model['build']:.2f} + {model['compile']:.2f}"]
        for name, model in stages["models"].items()
    ]
    return markdown(["stage", "seconds"], rows)


def peers_of(families: Mapping[str, Result]) -> list[str]:
    """Names of the peers measured, in the order of a round."""
    return list(next(iter(families.values()))["peers"])


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, all columns but the first aligned to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _seconds(family: Result, peer: str) -> str:
    """Median seconds; marked by ~ when scaled from fewer steps than an epoch has."""
    measured = family["peers"][peer]
    scaled = measured["steps_timed"] < family["steps_per_epoch"]
    return ("~" if scaled else "") + f"{measured['median']:.3g}"


def _head(result: Result) -> str:
    machine, conditions = result["machine"], result["conditions"]
    count = conditions["threads"]
    threads = "1 thread" if count == 1 else f"{count} threads"
    versions = ", ".join(f"{name} {value}" for name, value in sorted(result["versions"].items()))
    return (
        f"# Benchmarks: {machine['cpu']}, {machine['cores']} cores\n\n"
        f"Measured on {result['date']} with {threads} a process, "
        f"Python {machine['python']}, {versions}."
    )


def _note(result: Result) -> str:
    conditions = result["conditions"]
    busiest = max(family["other_work"] for family in result["families"].values())
    return (
        f"Batches of {conditions['batch_size']}, medians of measurements in rounds "
        f"({conditions['repeats']} of each peer), evaluation and compiling left out. The peers of "
        "a model took turns in one session; models may come from several. All peers start from the "
        "same weights, and their first losses agreed. A time marked ~ is scaled to an epoch from "
        f"as many steps as fit in about {conditions['seconds_per_measurement']:g} s. A measurement "
        "that other work disturbed was made again; during those kept, other processes kept at "
        f"most {busiest:.2f} cores busy."
    )


def _percent(share: float) -> str:
    """A share in per cent; small ones with two decimals, so that they are not 0."""
    return f"{share:.1%}" if share >= 0.01 else f"{share:.2%}"


def _peak_words(peak: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value / 1e9:.0f} GFLOP/s" for name, value in peak.items())
