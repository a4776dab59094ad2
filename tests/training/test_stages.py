"""The stages of a job add up to its time, whatever is left out on purpose."""

import subprocess
import sys
import time

import pytest

from nnrepro.training.stages import StageClock, process_age


def test_stages_add_up_and_what_is_skipped_belongs_to_none():
    began = time.perf_counter()
    clock = StageClock()
    time.sleep(0.05)
    clock.mark("data")
    time.sleep(0.2)
    clock.skip()
    time.sleep(0.05)
    clock.mark("model")
    total = time.perf_counter() - began
    assert list(clock.seconds) == ["data", "model"]
    assert 0.1 <= sum(clock.seconds.values()) < total - 0.15


def test_the_first_stage_begins_with_the_process():
    """Also what passed before the first line of Python."""
    code = "import time; time.sleep(1); import sys; sys.path.insert(0, sys.argv[1]);"
    code += "from nnrepro.training.stages import process_age; print(process_age())"
    scripts = next(p for p in sys.path if p.endswith("scripts"))
    out = subprocess.run([sys.executable, "-c", code, scripts], capture_output=True, check=True)
    assert 0.9 < float(out.stdout) < 60


def test_the_age_of_this_process_grows_with_the_clock():
    before, began = process_age(), time.perf_counter()
    time.sleep(0.3)
    passed = time.perf_counter() - began
    assert process_age() - before == pytest.approx(passed, abs=0.1)
