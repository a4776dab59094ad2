"""A recurrence by one kernel is the recurrence step by step."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("one_kernel_errors.py")


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_outputs_and_gradients_are_those_of_single_steps() -> None:
    """Of every cell, of sequences and last states, ids and vectors, whole and odd blocks."""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, str(PROGRAM)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    errors = json.loads(done.stdout.splitlines()[-1])
    assert len(errors) == 6
    assert {case: own for case, own in errors.items() if own > 2e-6} == {}
