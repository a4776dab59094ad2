"""What is worked out of Python files is kept between processes, and never taken for another's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import ast, sys
from pathlib import Path
from nnrepro.definitions import behind
from nnrepro.fingerprint import code_fingerprint

if "kept" in sys.argv:  # so that nothing can be worked out
    del ast.unparse
file = Path(sys.argv[1])
print(code_fingerprint([file]), behind(file, "double").text)
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text("def double(x):\n    return 2 * x\n\n\nWIDTH = 4\n")
    return path


@pytest.fixture
def told(tmp_path: Path, repository: Path):
    """What another process tells of a file, with all that processes before it have kept."""

    def ask(*words: object) -> str:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *map(str, words)],
            env={
                **os.environ,
                "PYTHONPATH": str(repository / "scripts"),
                "XDG_CACHE_HOME": str(tmp_path / "caches"),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return ask


def test_a_file_is_parsed_by_the_first_process_alone(module: Path, told) -> None:
    first = told(module)
    assert told(module, "kept") == first
    copy = module.with_name("copies") / module.name
    copy.parent.mkdir()
    copy.write_bytes(module.read_bytes())
    assert told(copy, "kept") == first


def test_another_content_is_worked_out_whatever_its_size_and_time(module: Path, told) -> None:
    first, before = told(module), module.stat()
    module.write_text(module.read_text().replace("2 * x", "3 * x"))
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert module.stat().st_size == before.st_size
    second = told(module)
    assert second != first and "3 * x" in second
    module.write_text(module.read_text().replace("3 * x", "2 * x"))
    assert told(module, "kept") == first


@pytest.mark.parametrize("content", [b"", b"\0" * 80, b"[]", b'{"a', "shapes"])
def test_what_is_damaged_is_made_again(
    module: Path, tmp_path: Path, told, content: bytes | str
) -> None:
    first = told(module)
    place = tmp_path / "caches/nnrepro/code.json"
    if content == "shapes":
        content = json.dumps({key: ["x", 1] for key in json.loads(place.read_bytes())}).encode()
    place.write_bytes(content)
    assert told(module) == first
    assert told(module, "kept") == first


def test_where_nothing_can_be_kept_everything_is_worked_out(
    module: Path, tmp_path: Path, told
) -> None:
    (tmp_path / "caches").write_text("a file where the folder would be")
    assert told(module) == told(module)
