"""A failure costs its part alone, unless the machine is to blame for it."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.errors import NnreproError
from nnrepro.failures import Failures, in_one_line, read_failures, why_failed

GRAPH_ERROR = """Graph execution error:

Detected at node embedding/GatherV2 defined at (most recent call last):
  File "/somewhere/keras/layer.py", line 1002, in __call__

indices[0,0] = 198 is not in [0, 2)
\t [[{{node embedding/GatherV2}}]] [Op:__inference_400]"""


class XlaRuntimeError(RuntimeError):
    """As JAX raises it."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no such value"),
        NnreproError("mend it"),
        RecursionError(),
        FileNotFoundError(errno.ENOENT, "gone", "words.txt"),
        OSError("file signature not found"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_fails_by_itself_is_noted_and_the_rest_goes_on(
    error: Exception, tmp_path: Path
) -> None:
    failures = Failures()
    with failures.costs_only_itself("figures/mine/curves/a", "tables/b"):
        raise error
    failures.write(tmp_path / "told.json")
    told = read_failures([tmp_path / "told.json"])
    assert list(told) == ["figures/mine/curves/a", "tables/b"]
    assert set(told.values()) == {in_one_line(error)}


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        PermissionError(errno.EACCES, "Permission denied"),
        MemoryError(),
        XlaRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 42 bytes."),
        RuntimeError("Can't write (errno = 28, error message = 'No space left on device')"),
        KeyboardInterrupt(),
        SystemExit(1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_machine_is_to_blame_for_fails_the_job(error: BaseException) -> None:
    """It may succeed the next time: nothing is noted, and the same command tries again."""
    failures = Failures()
    with pytest.raises(type(error)), failures.costs_only_itself("tables/a"):
        raise error
    assert len(failures) == 0


def test_an_error_that_came_of_a_full_disk_is_the_machines() -> None:
    failures = Failures()
    with pytest.raises(KeyError), failures.costs_only_itself("tables/a"):
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise KeyError("a") from error


def test_nothing_that_fails_is_an_empty_list(tmp_path: Path) -> None:
    Failures().write(tmp_path / "told.json")
    assert (tmp_path / "told.json").read_text() == "[]\n"


def test_traces_of_a_library_are_left_out() -> None:
    told = in_one_line(ValueError(GRAPH_ERROR))
    assert told == "ValueError: Graph execution error: indices[0,0] = 198 is not in [0, 2)"


@given(words=st.text(max_size=2000))
def test_any_error_is_told_in_one_line(words: str) -> None:
    told = in_one_line(ValueError(words))
    assert told.startswith("ValueError") and len(told) < 400
    assert len(told.splitlines()) == 1


def test_a_part_fails_with_the_folder_that_it_is_in() -> None:
    failures = {"figures/mine/curves": "all of them", "tables/a": "this one"}
    assert why_failed(failures, "figures/mine/curves/grid/small") == "all of them"
    assert why_failed(failures, "tables/a") == "this one"
    assert why_failed(failures, "tables/ab") is None
    assert why_failed(failures, "figures/mine") is None
