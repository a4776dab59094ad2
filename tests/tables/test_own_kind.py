"""A kind of table is one file, wherever it lies: its options are checked, it is made and shown."""

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nnrepro.document.text import words_of
from nnrepro.measures.runs import RunData
from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.kinds import Kind, kinds
from nnrepro.study.study import Spec, Study
from nnrepro.tables.content import TableContext, show_table
from nnrepro.tables.runs import runs_table
from nnrepro.tables.sources import make_table
from nnrepro.tables.variants import variants_table
from nnrepro.yamlfile import read_yaml

GAP = '''
"""Tables of kind `gap`."""

import pandas as pd

from nnrepro.document.text import text
from nnrepro.study.kinds import shows, table
from nnrepro.study.options import Share
from nnrepro.tables.columns import metric_values
from nnrepro.tables.content import TableContent, show_columns


@table
def gap(variants: pd.DataFrame, *, above: Share = 0.25) -> pd.DataFrame:
    """Who does better on what was seen."""
    table = variants[["protocol", "experiment", "variant", "label"]].copy()
    table["seen"] = metric_values(variants, "gap")
    return table[table["seen"] > above].reset_index(drop=True)
'''

SHOW = '''

@shows(gap)
def show(context):
    """The columns as they are, and how many there are."""
    said = text(f"{len(context.frame)} above {context.options['above']}.")
    return TableContent(show_columns(context).shown, (said,))
'''


@pytest.fixture(params=["", SHOW], ids=["plain", "shown by itself"])
def kind(request: pytest.FixtureRequest, tmp_path: Path, own_definitions: None) -> Kind:
    """The kind, in a folder of one's own."""
    (tmp_path / "gap.py").write_text(GAP + request.param)
    return kinds("tables", [tmp_path / "gap.py"])["gap"]


def study_with(kind: Kind, repository: Path, **options: Any) -> Study:
    """The shipped study with a table of that kind."""
    config = copy.deepcopy(read_yaml(repository / "config.yaml"))
    spec = {"question": "A2", "kind": "gap", "title": "T", "runs": ["channel_grid"], **options}
    config["tables"] = {"gaps": spec}
    config["plugins"] = [str(kind.path)]
    return load_study(config, catalogue())


def test_it_is_checked_made_and_shown(
    kind: Kind, repository: Path, make_run: Any, make_history: Any
) -> None:
    with pytest.raises(ConfigError, match=r"tables\.gaps\.above: 2 must be at most 1"):
        study_with(kind, repository, above=2)
    study = study_with(kind, repository, above=0.1)
    spec = study.tables["gaps"]
    runs = [
        RunData(make_run(name), make_history([0.5], accuracy=[seen]))
        for name, seen in (("a", 0.9), ("b", 0.5))
    ]
    variants = variants_table(runs_table(runs))
    table = make_table(kind, spec.options, SimpleNamespace(variants=variants))
    assert table["variant"].tolist() == ["a"]
    content = show_table(kind, context(study, spec, table))
    (shown,) = content.shown
    assert [cell.text for cell in shown.grid.rows[0].cells] == ["label of a", "0.4"]
    if content.statements:
        assert words_of(content.statements[0]) == "1 above 0.1."


def context(study: Study, spec: Spec, table: Any) -> TableContext:
    """What the report gives a kind that is shown."""
    return TableContext(
        study=study,
        spec=spec,
        protocol="tan",
        frame=table,
        runs=[],
        windows=[],
        path=Path("tables/gaps.csv"),
        file="tables/gaps.csv",
        anchor=lambda experiment, variant: f"{experiment}-{variant}",
    )
