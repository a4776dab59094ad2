"""Fixtures that every room's tests share."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout under test."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real CIFAR-10 batches and DBpedia CSV files; the test skips without it."""
    if not REAL_DATA.is_dir():
        pytest.skip("real data is not beside this checkout")
    return REAL_DATA


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT as in the foreground: a shell starts its background jobs with it ignored."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)
