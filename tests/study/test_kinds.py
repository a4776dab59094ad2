"""Kinds of table and figure and their options are read from their files' headers."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.kinds import ROOMS, KindError, Kinds, kinds
from nnrepro.study.schema import SCHEMA, load_schema, schema_text
from nnrepro.study.study import Study

SCATTER = '''
"""Figures of kind `scatter`."""

from collections.abc import Iterator

import a_package_that_is_not_there
from nnrepro.study.options import Images, Metric, Range, Swept

POINTS = 3


def helper(x):
    """No kind: not of the file's name."""


def scatter(
    figure: "Asked",
    variants: "pd.DataFrame",
    *,
    metric: Metric,
    along: Swept,
    size: Annotated[int, Range(1, 9)] = 2,
    marks: Literal["dots", "rings"] = "dots",
    shade: float | None = None,
) -> Iterator["Drawing"]:
    """A metric over one parameter.

    More.
    """
    return 1 / 0
'''


@pytest.fixture
def own(tmp_path: Path) -> Kinds:
    """The library's kinds and one more kind of figure, in a folder of one's own."""
    (tmp_path / "scatter.py").write_text(SCATTER)
    (tmp_path / "shared.py").write_text("def other():\n    'Of another name.'\n")
    return {"tables": kinds("tables"), "figures": kinds("figures", (tmp_path,))}


def asked(config: dict[str, Any], own: Kinds, **options: Any) -> Study:
    """The study with a figure of that kind."""
    figure = {"question": "A2", "kind": "scatter", "title": "T", "runs": ["channel_grid"]}
    changed = copy.deepcopy(config)
    changed["figures"]["mine"] = {**figure, **options}
    return load_study(changed, catalogue(), catalogue=own)


def test_a_header_is_read_without_what_the_file_imports(own: Kinds) -> None:
    kind = own["figures"]["scatter"]
    assert (kind.summary, kind.reads) == ("A metric over one parameter.", ("figure", "variants"))
    assert {name: option.required for name, option in kind.options.items()} == {
        **dict.fromkeys(("metric", "along"), True),
        **dict.fromkeys(("size", "marks", "shade"), False),
    }
    assert "shared" not in own["figures"]
    with pytest.raises(ModuleNotFoundError):
        kind.module()


def test_a_kind_from_elsewhere_is_imported_when_it_is_to_work(tmp_path: Path) -> None:
    (tmp_path / "counted.py").write_text('def counted(x):\n    "So many."\n    return len(x)\n')
    assert kinds("tables", (tmp_path / "counted.py",))["counted"].function()("abc") == 3


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"metric": "max_test_accuracy", "along": "c1", "size": 3, "marks": "rings"}, None),
        ({"along": "c1"}, "figures.mine: the key 'metric' of a figure of kind 'scatter' is miss"),
        ({"metric": "selection", "along": "c3"}, "figures.mine.along: 'c3' is not swept by"),
        ({"metric": "selecton", "along": "c1"}, "did you mean 'selection'?"),
        ({"metric": "selection", "along": "c1", "size": 10}, "size: 10 must be at most 9"),
        ({"metric": "selection", "along": "c1", "marks": "dot"}, "did you mean 'dots'?"),
        ({"metric": "selection", "along": "c1", "shade": "x"}, "'x' must be a number"),
        ({"metric": "selection", "along": "c1", "sizes": 1}, "did you mean 'size'?"),
        ({"metric": "max_validation_accuracy", "along": "c1"}, "none of its runs holds any out"),
    ],
)
def test_options_of_a_kind_of_ones_own_are_checked_before_any_job(
    config: dict[str, Any], own: Kinds, options: dict[str, Any], told: str | None
) -> None:
    if told is None:
        assert asked(config, own, **options).figures["mine"].options == options
        return
    with pytest.raises(ConfigError) as refused:
        asked(config, own, **options)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("other.py", "def heatmap():\n    'x'\n", "defines no function 'other'"),
        ("other.py", "def other(x): ...\n", "with a docstring"),
        ("other.py", "def other(*, x: Colour):\n    'x'\n", "name 'Colour' is not defined"),
        ("other.py", "def other(*, x):\n    'x'\n", "parameter 'x' must be annotated"),
        ("other.py", "def other(*, x: list[int]):\n    'x'\n", "parameter 'x' must be annotated"),
        ("other.py", "def other(\n", "cannot be read"),
        ("missing.py", None, "cannot be read"),
    ],
)
def test_a_kind_that_is_declared_wrongly_is_named(
    tmp_path: Path, file: str, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / file).write_text(text)
    with pytest.raises(KindError) as refused:
        kinds("figures", (tmp_path / file,))
    assert told in str(refused.value) and str(tmp_path / file) in str(refused.value)


def test_two_kinds_have_two_names(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "twin.py").write_text("def twin():\n    'x'\n")
    with pytest.raises(KindError, match=r"b/twin\.py: there is a kind 'twin' already, in .*/a/"):
        kinds("tables", (tmp_path / "a", tmp_path / "b"))


def test_the_schema_on_disk_says_what_the_kinds_take() -> None:
    """Otherwise: `.venv/bin/python scripts/write_schema.py`."""
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()
    Draft202012Validator.check_schema(load_schema())
    assert json.dumps(load_schema())


def test_reading_all_kinds_loads_no_library_that_draws_or_computes(
    printed: Callable[[str], str],
) -> None:
    code = (
        "import sys; from nnrepro.study.kinds import ROOMS, kinds; "
        "[kinds(room) for room in ROOMS]; "
        "print({'pandas', 'numpy', 'matplotlib'} & set(sys.modules))"
    )
    assert printed(code).strip() == "set()"
    assert set(ROOMS) == {"tables", "figures"}
