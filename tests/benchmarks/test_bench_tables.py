"""The Markdown tables made of measurements."""

from typing import Any

from benchmarks.table import epochs_table, jobs_table, operations_table, render, stages_table


def _peer(median: float, steps: int) -> dict[str, Any]:
    before = {"imports": 2.5, "build": 0.25, "compile": 1.5}
    return {"median": median, "steps_timed": steps, "before_training": before}


FAMILY: dict[str, Any] = {
    "title": "char GRU",
    "steps_per_epoch": 44,
    "operations_per_epoch": {"needed": 4_000_000_000, "one_hot": 40_000_000_000},
    "other_work": 0.07,
    "peers": {"reports": _peer(16.0, 3), "nnrepro": _peer(0.25, 44)},
}
JOB: dict[str, Any] = {
    "title": "char GRU",
    "jobs": 2,
    "one_job_seconds": [0.7, 0.5, 0.6],
    "jobs_side_by_side_seconds": [0.25, 0.3, 0.35],
    "gain": 2.0,
}
STAGES: dict[str, Any] = {
    "python_start": 0.011,
    "data_loading": {"image_50_60": 0.2, "char_gru": 0.004},
    "models": {"char_gru": {"imports": 2.5, "build": 0.25, "compile": 1.5}},
    "snakemake_start": 2.0,
    "snakemake_per_job": 0.1,
}


def test_scaled_times_are_marked_and_ratios_are_to_ours() -> None:
    assert epochs_table({"char_gru": FAMILY}) == (
        "| model | the reports' way | nnrepro | the reports' way / nnrepro |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| char GRU | ~16 | 0.25 | 64.00 |"
    )


def test_without_ours_there_are_no_ratios() -> None:
    family = {**FAMILY, "peers": {"reports": _peer(16.0, 3)}}
    assert epochs_table({"char_gru": family}).splitlines()[-1] == "| char GRU | ~16 |"


def test_shares_are_needed_operations_per_second_over_the_peak() -> None:
    table = operations_table({"char_gru": FAMILY}, peak=160e9)
    assert table.splitlines()[-1] == "| char GRU | 4.0 | 40.0 | 0.16% | 10.0% |"


def test_jobs_are_told_by_medians() -> None:
    assert jobs_table([JOB]).splitlines()[-1] == "| char GRU | 2 | 0.60 | 0.30 | 2.00 |"


def test_stages_tell_building_and_compiling_apart() -> None:
    lines = stages_table(STAGES).splitlines()
    assert "| building and compiling, char_gru | 0.25 + 1.50 |" in lines
    assert "| loading data (images) | 0.20 |" in lines


def test_the_document_tells_date_versions_and_conditions() -> None:
    result = {
        "date": "2026-01-31",
        "machine": {"cpu": "A Processor", "cores": 2, "python": "3.11.7"},
        "versions": {"torch": "2.13.0", "keras": "3.15.1"},
        "conditions": {
            "threads": 2,
            "repeats": 5,
            "seconds_per_measurement": 1.5,
            "batch_size": 128,
        },
        "peak": {"PyTorch": 150e9, "TensorFlow": 160e9},
        "families": {"char_gru": FAMILY},
        "jobs": [],
        "stages": {},
    }
    text = render(result)
    assert text.startswith(
        "# Benchmarks: A Processor, 2 cores\n\nMeasured on 2026-01-31 with 2 thr"
    )
    assert "keras 3.15.1, torch 2.13.0." in text
    assert "at most 0.07 cores busy" in text
    assert "PyTorch 150 GFLOP/s, TensorFlow 160 GFLOP/s" in text
    assert "One job with all threads" not in text and "What a job costs" not in text
    assert "share of the peak" in text
    assert "share of the peak" not in render({**result, "peak": {}})
