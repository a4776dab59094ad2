"""Lets the tests import the package `benchmarks`, which lies in the repository's root."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
