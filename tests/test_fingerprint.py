"""Fingerprints change when, and only when, something that matters changes."""

from pathlib import Path

import pytest

from nnrepro.fingerprint import code_fingerprint, value_fingerprint

CODE = '''"""A module."""

# A remark.
def double(x: int) -> int:
    """Twice x."""
    return 2 * x
'''


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text(CODE)
    return path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# A remark.\n", ""),
        ('"""A module."""', '"""Another text."""'),
        ('    """Twice x."""\n', ""),
        ("2 * x", "(2   *   x)"),
        ("\n\n# A", "\n\n\n\n# A"),
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(module: Path, old: str, new: str) -> None:
    before = code_fingerprint([module])
    module.write_text(CODE.replace(old, new))
    assert module.read_text() != CODE
    assert code_fingerprint([module]) == before


@pytest.mark.parametrize(("old", "new"), [("2 * x", "3 * x"), ("double", "triple")])
def test_what_the_code_does_counts(module: Path, old: str, new: str) -> None:
    before = code_fingerprint([module])
    module.write_text(CODE.replace(old, new))
    assert code_fingerprint([module]) != before


def test_folder_stands_for_its_python_files(module: Path) -> None:
    before = code_fingerprint([module.parent])
    (module.parent / "notes.txt").write_text("x")
    assert code_fingerprint([module.parent]) == before
    (module.parent / "more.py").write_text("y = 1\n")
    assert code_fingerprint([module.parent]) != before


def test_fingerprint_is_the_same_in_another_folder(module: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "module.py"
    copy.parent.mkdir()
    copy.write_text(CODE)
    assert code_fingerprint([copy]) == code_fingerprint([module])


def test_value_fingerprint_ignores_the_order_of_keys_alone() -> None:
    assert value_fingerprint({"a": 1, "b": [1, 2]}) == value_fingerprint({"b": [1, 2], "a": 1})
    assert value_fingerprint({"a": [1, 2]}) != value_fingerprint({"a": [2, 1]})
    assert value_fingerprint({"a": 1}) != value_fingerprint({"a": "1"})
