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
from nnrepro.study.plugins import PluginError
from nnrepro.study.schema import SCHEMA, load_schema, schema_text
from nnrepro.study.study import Study

SCATTER = '''
"""Figures of kind `scatter`."""

from collections.abc import Iterator

import a_package_that_is_not_there
from nnrepro.study.kinds import figure, table
from nnrepro.study.options import Images, Metric, Range, Swept

POINTS = 3


def helper(x):
    """No kind, as nothing marks it."""


@table
def counts(runs):
    """How many runs there are."""


@figure(reading=a_package_that_is_not_there.READING)
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
def own(tmp_path: Path, own_definitions: None) -> Kinds:
    """The library's kinds and two more, in one file of one's own."""
    (tmp_path / "plots.py").write_text(SCATTER)
    return {room: kinds(room, [tmp_path / "plots.py"]) for room in ROOMS}


def asked(config: dict[str, Any], own: Kinds, **options: Any) -> Study:
    """The study with a figure of that kind."""
    figure = {"question": "A2", "kind": "scatter", "title": "T", "runs": ["channel_grid"]}
    changed = copy.deepcopy(config)
    changed["figures"]["mine"] = {**figure, **options}
    changed["plugins"] = [str(own["figures"]["scatter"].path)]
    return load_study(changed, catalogue())


def test_a_header_is_read_without_what_the_file_imports(own: Kinds) -> None:
    kind = own["figures"]["scatter"]
    assert (kind.summary, kind.reads) == ("A metric over one parameter.", ("figure", "variants"))
    assert {name: option.required for name, option in kind.options.items()} == {
        **dict.fromkeys(("metric", "along"), True),
        **dict.fromkeys(("size", "marks", "shade"), False),
    }
    assert own["tables"]["counts"].reads == ("runs",)
    assert not {"helper", "counts"} & set(own["figures"])
    with pytest.raises(PluginError, match=r"plots\.py, line 6: ModuleNotFoundError: .*_not_th"):
        kind.function()


def test_a_kind_from_elsewhere_is_imported_when_it_is_to_work(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from nnrepro.study.kinds import table\n"
        '@table\ndef counted(x):\n    "So many."\n    return len(x)\n'
    )
    assert kinds("tables", [tmp_path / "mine.py"])["counted"].function()("abc") == 3


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
    ("text", "told"),
    [
        ("@figure\ndef other(x): ...\n", "line 2: 'other' has no docstring"),
        ("@figure\ndef other(*, x: Colour):\n    'x'\n", "name 'Colour' is not defined"),
        ("@figure\ndef other(*, x):\n    'x'\n", "parameter 'x' must be annotated"),
        ("@figure\ndef other(*, x: list[int]):\n    'x'\n", "parameter 'x' must be annotated"),
        ("@figure\ndef other(\n", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_kind_that_is_declared_wrongly_is_named(
    tmp_path: Path, text: str | None, told: str
) -> None:
    file = tmp_path / "mine.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(KindError) as refused:
        kinds("figures", [file])
    assert told in str(refused.value) and str(file) in str(refused.value)


def test_two_kinds_have_two_names_and_one_takes_the_place_of_the_librarys(tmp_path: Path) -> None:
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    for file in files:
        file.write_text("@table\ndef ranking(x):\n    'My own.'\n")
    assert kinds("tables", files[:1])["ranking"].path == files[0]
    with pytest.raises(KindError, match=r"b\.py: there is a kind 'ranking' already, in .*a\.py"):
        kinds("tables", files)


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
