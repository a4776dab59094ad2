"""Each definition in a file has a fingerprint of its own: of its code, and of what that uses."""

from pathlib import Path

import pytest

from nnrepro.definitions import behind, home_of
from nnrepro.fingerprint import code_fingerprint

MODELS = '''
"""Two models."""

import math

import keras
from common import scaled, unused
from nnrepro.models.registry import Task, register

WIDTH = 8
SIZES = {"a": 1}
SIZES["b"] = 2


@register(input="table")
def small(task: Task):
    """A small one."""
    return keras.layers.Dense(WIDTH)


@register(input="table")
def large(task: Task):
    """A large one."""
    # Twice as wide.
    return helper(SIZES)


def helper(sizes):
    return scaled(sizes)


@shows(large)
def shown():
    return "large"


if __name__ == "__main__":
    print("program")
'''

COMMON = "def scaled(x):\n    return FACTOR * x\n\n\ndef unused():\n    return 1\n\n\nFACTOR = 2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A module with two models, and one beside it."""
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "common.py").write_text(COMMON)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("models.py", "Dense(WIDTH)", "Dense(2 * WIDTH)", {"small"}),
        ("models.py", "WIDTH = 8", "WIDTH = 9", {"small"}),
        ("models.py", "return helper(SIZES)", "return helper(None)", {"large"}),
        ("models.py", "return scaled(sizes)", "return 2 * scaled(sizes)", {"large"}),
        ("models.py", 'SIZES["b"] = 2', 'SIZES["b"] = 3', {"large"}),
        ("models.py", 'return "large"', 'return "huge"', {"large"}),
        ("models.py", "import math", "import random as math", set()),
        ("models.py", "import scaled, unused", "import scaled", set()),
        ("models.py", "# Twice as wide.", "# Wider.", set()),
        ("models.py", '"""A small one."""', '"""A tiny one."""', set()),
        ("models.py", 'print("program")', "print()", set()),
        ("models.py", "import math", "import math\nkeras.utils.clear_session()", {"small"}),
        ("models.py", "import math", "import math\nset_up()", {"small", "large"}),
        ("models.py", "return scaled(sizes)", "return globals()['scaled'](1)", {"small", "large"}),
        ("models.py", "import scaled, unused", "import *", {"small", "large"}),
        ("common.py", "FACTOR = 2", "FACTOR = 3", {"large"}),
        ("common.py", "return 1", "return 2", set()),
    ],
)
def test_what_counts_is_what_a_definition_uses(
    folder: Path, file: str, old: str, new: str, changed: set[str]
) -> None:
    models = folder / "models.py"

    def texts() -> dict[str, bytes]:
        return {name: behind(models, name, [folder]).text for name in ("small", "large")}

    before = texts()
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    after = texts()
    assert {name for name in before if before[name] != after[name]} == changed


def test_what_is_imported_of_the_library_is_told_and_not_followed(folder: Path) -> None:
    found = behind(folder / "models.py", "small", [folder])
    assert [(item.module, item.name) for item in found.imports] == [
        ("nnrepro.models.registry", "Task"),
        ("nnrepro.models.registry", "register"),
    ]


def test_modules_in_packages_beside_are_followed(tmp_path: Path) -> None:
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "__init__.py").write_text("from .dense import wide\n")
    (tmp_path / "layers" / "dense.py").write_text("def wide():\n    return 8\n")
    own = tmp_path / "own.py"
    own.write_text("def model():\n    from layers import wide\n    return wide()\n")
    before = behind(own, "model", [tmp_path]).text
    (tmp_path / "layers" / "dense.py").write_text("def wide():\n    return 16\n")
    assert behind(own, "model", [tmp_path]).text != before


def test_a_name_that_no_statement_binds_stands_for_the_whole_file(folder: Path) -> None:
    models = folder / "models.py"
    before = behind(models, "made_by_a_function", [folder]).text
    models.write_text(MODELS.replace("WIDTH = 8", "WIDTH = 9"))
    assert behind(models, "made_by_a_function", [folder]).text != before


def test_a_function_is_at_home_where_it_is_written() -> None:
    assert home_of(code_fingerprint) == (
        Path(code_fingerprint.__code__.co_filename),
        "code_fingerprint",
    )
