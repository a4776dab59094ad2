"""Runs one by one: what is told of each, and of how many."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrepro.document.compact import STEP, compact_values
from nnrepro.report.sections.runs import LOG_LINES
from nnrepro.study import study as studies
from nnrepro.study.folders import RunFolders


def built(results: Any, **options: Any) -> str:
    """The report with details of the runs."""
    return str(results.build({}, folders=RunFolders(results.root / "runs"), **options))


def histories(report: str) -> Any:
    (content,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', report)
    return json.loads(content)


@pytest.fixture
def results(small: Any) -> Any:
    """A small study, carried out."""
    made = small()
    made.write_runs()
    made.write_tables()
    return made


def test_every_run_has_its_parameters_and_the_page_its_history(results: Any, outline: Any) -> None:
    report = built(results)
    found = histories(report)
    assert set(found) == {run.id for run in results.study.runs}
    for run in results.study.runs:
        assert f"details-{run.id}" in outline(report).ids
        stored = json.loads((results.root / "runs" / run.id / "history.json").read_text())
        first = int(found[run.id]["loss"].split(",")[0])
        assert abs(first * STEP - stored["loss"][0]) <= STEP / 2
        assert found[run.id]["loss"].count(",") == len(stored["loss"]) - 1
    text = outline(report).text
    assert "batch_size 128" in text
    assert "Not recorded machine, threads" in text


def test_a_run_that_was_begun_on_another_machine_says_so(results: Any, outline: Any) -> None:
    run = results.study.runs[0]
    record = results.root / "runs" / run.id / "run.json"
    told = json.loads(record.read_text()) if record.is_file() else {}
    earlier = {"epochs": 7, "device": {"name": "A GPU"}, "packages": {"jax": "0.11.2"}}
    record.write_text(json.dumps({**told, "earlier": [earlier]}))
    assert "To epoch 7 A GPU; jax 0.11.2" in outline(built(results)).text


def test_a_thousand_epochs_take_some_twelve_kilobytes() -> None:
    """What bounds a page of many runs: noise of a hundredth on four series."""
    noise = np.random.default_rng(0).normal(0.5, 0.01, (4, 1000))
    assert sum(len(compact_values(series)) for series in noise) < 20_000


def test_of_too_many_runs_every_variant_is_shown_before_any_twice(
    small: Any, monkeypatch: pytest.MonkeyPatch, outline: Any
) -> None:
    """And the page says how many of how many."""
    results = small(seeds=[0, 1])
    monkeypatch.setattr(studies, "MOST_DETAILED", len(results.study.runs) // 2 + 1)
    results.write_runs()
    results.write_tables()
    report = built(results)
    seeds = [results.study.run(run_id).seed for run_id in histories(report)]
    total = len(results.study.runs)
    assert sorted(seeds) == [0] * (total // 2) + [1]
    assert f"Of {total} runs, {total // 2 + 1} are shown here" in outline(report).text


def test_a_run_without_history_is_shown_by_what_was_asked_for(results: Any, outline: Any) -> None:
    run = results.study.runs[0]
    (results.root / "runs" / run.id / "history.json").unlink()
    results.write_tables()
    report = built(results)
    assert run.id not in histories(report)
    (attributes,) = [
        a for a in outline(report).all("details") if a.get("id") == f"details-{run.id}"
    ]
    assert "data-run" not in attributes


def test_the_end_of_a_log_is_shown_where_there_is_one(
    results: Any, outline: Any, tmp_path: Path
) -> None:
    run = results.study.runs[0]
    log = tmp_path / "logs" / f"{run.id}.log"
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(f"line <{i}>" for i in range(50)), encoding="utf-8")
    text = outline(built(results, logs=tmp_path / "logs")).text
    assert f"line <{50 - LOG_LINES}>" in text and "line <49>" in text
    assert f"line <{49 - LOG_LINES}>" not in text


def test_no_word_of_a_log_becomes_an_element_of_the_page(
    results: Any, outline: Any, tmp_path: Path
) -> None:
    log = tmp_path / "logs" / f"{results.study.runs[0].id}.log"
    log.parent.mkdir(parents=True)
    seen = []
    for line in (
        b"epoch 1",
        b"</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>\0\xff\x1b[1m{{ 7 }}",
    ):
        log.write_bytes(line)
        seen.append(outline(built(results, logs=tmp_path / "logs")))
    plain, hostile = seen
    assert "</pre></script><script>alert(1)</script>" in hostile.text
    assert "{{ 7 }}" in hostile.text
    assert [(tag, sorted(a)) for tag, a in hostile.elements] == [
        (tag, sorted(a)) for tag, a in plain.elements
    ]
