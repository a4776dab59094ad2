"""Environment variables are as before when they are put back."""

import os

import pytest

from nnrepro.environment import change_environment


def test_what_was_there_comes_back_and_what_was_not_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNREPRO_THERE", "before")
    monkeypatch.delenv("NNREPRO_NOT_THERE", raising=False)
    restore = change_environment({"NNREPRO_THERE": "now", "NNREPRO_NOT_THERE": "now"})
    assert os.environ["NNREPRO_THERE"] == os.environ["NNREPRO_NOT_THERE"] == "now"
    restore()
    assert os.environ["NNREPRO_THERE"] == "before" and "NNREPRO_NOT_THERE" not in os.environ
