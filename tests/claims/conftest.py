"""A small study with one protocol, runs of it, and claims about them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from nnrepro.claims.decide import decide_claims
from nnrepro.claims.loading import load_claims
from nnrepro.measures.history import History
from nnrepro.measures.runs import RunData
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.study import Study

EPOCHS = 20

CONFIG = {
    "name": "small",
    "title": "A small study",
    "seeds": [0, 1, 2],
    "data": {"dbpedia": {"source": "folder", "path": "somewhere"}},
    "settings": {
        "all": {
            "train_examples": 100,
            "test_examples": 1000,
            "epochs": EPOCHS,
            "batch_size": 10,
            "optimizer": "sgd",
            "learning_rate": 0.1,
            "momentum": 0.0,
            "clipvalue": 0.0,
            "comparison_test_examples": 0,
            "loss": "logits",
            "on_divergence": "continue",
            "window": 4,
            "smoothing": 3,
        }
    },
    "protocols": {"lab": {"title": "Lab", "selection": "max_test_accuracy"}},
    "experiments": {
        "cells": {
            "title": "Cells",
            "model": "char_rnn",
            "variants": {"a": {}, "b": {"units": 8}, "c": {"units": 9}, "d": {"units": 10}},
        },
        "later": {
            "title": "Later",
            "model": "char_rnn",
            "select": {"from": "sizes", "parameters": ["units"]},
            "variants": {"fast": {"learning_rate": 0.5}},
        },
        "sizes": {"title": "Sizes", "model": "char_rnn", "parameters": {"units": [4, 6]}},
    },
    "parts": {"P": "Part"},
    "questions": {"Q1": {"part": "P", "title": "A question", "text": ""}},
}


@pytest.fixture(scope="session")
def study() -> Study:
    """One protocol `lab`; experiments `cells` (a to d), `sizes` (swept) and `later` (selects)."""
    return load_study(CONFIG, catalogue())


@pytest.fixture(scope="session")
def study_with() -> Callable[..., Study]:
    """The small study with some top-level sections replaced."""
    return lambda **changes: load_study(CONFIG | changes, catalogue())


def level(value: float, epochs: int = EPOCHS) -> list[float]:
    """A curve that is constant."""
    return [value] * epochs


@pytest.fixture(scope="session")
def run_of(study: Study) -> Callable[..., RunData]:
    """Build a run: `experiment/variant`, seed, curves as lists (or one number for a constant)."""

    def build(
        name: str,
        seed: int = 0,
        *,
        accuracy: Any = 0.5,
        loss: Any = 1.0,
        train_accuracy: Any = 0.5,
        train_loss: Any = 1.0,
        seconds: float | None = None,
        cpu: float | None = None,
        device: str = "a processor",
        threads: int = 1,
        status: str = "completed",
        larger: Any = None,
        of: Study | None = None,
        **settings: Any,
    ) -> RunData:
        curves = {
            "val_accuracy": accuracy,
            "val_loss": loss,
            "accuracy": train_accuracy,
            "loss": train_loss,
        }
        length = next((len(c) for c in curves.values() if isinstance(c, list)), EPOCHS)
        curves = {k: c if isinstance(c, list) else level(c, length) for k, c in curves.items()}
        run = (of or study).run(f"lab/{name}/seed{seed}")
        if "protocol_settings" in settings:
            run = replace(run, protocol_settings=settings.pop("protocol_settings"))
        run = replace(run, settings={**run.settings, **settings})
        record = {
            "status": status,
            "device": {"kind": "cpu", "name": device},
            "threads": threads,
            "data": {"generated": False},
        }
        if seconds is not None:
            record["seconds"] = {"training": seconds, "evaluation": 0.0}
            if cpu is not None:
                record["seconds"]["cpu"] = cpu
        comparison = None
        if larger is not None:
            run = replace(run, settings={**run.settings, "comparison_test_examples": 5000})
            values = np.array(larger if isinstance(larger, list) else level(larger, length))
            comparison = History.of(val_loss=np.ones(length), val_accuracy=values)
        return RunData(run, History.of(**curves), comparison, record)

    return build


@pytest.fixture
def claims_file(tmp_path: Path) -> Callable[..., Path]:
    """Write claims, each a rule (what stands under `decide`) or a whole claim, to a file."""

    def write(*claims: Any, **top: Any) -> Path:
        listed = [
            {"id": f"c{place}", "protocol": "lab", "statement": "So it is.", "decide": claim}
            if not isinstance(claim, dict) or "statement" not in claim
            else claim
            for place, claim in enumerate(claims, start=1)
        ]
        path = tmp_path / "claims.yaml"
        path.write_text(yaml.safe_dump({**top, "claims": listed}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def decide(study: Study, claims_file: Callable[..., Path]) -> Callable[..., pd.Series]:
    """The row of the claims table for one rule, decided from runs."""

    def decided(rule: Any, runs: list[RunData], **options: Any) -> pd.Series:
        of = options.pop("study", study)
        decisions = options.pop("decisions", {})
        claims = load_claims(claims_file(rule), of)
        table, parts = decide_claims(claims, runs, of, decisions, **options)
        row = table.iloc[0]
        row.attrs["parts"] = parts
        return row

    return decided
