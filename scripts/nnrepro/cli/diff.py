"""Compare two studies: their settings, their runs and, where there are results, those.

Each of the two is a results folder, an archive, a folder with a config.yaml, or a configuration. As
of `diff`, the exit status is 0 where there is no difference, 1 where there is one, 2 on an error.

  nnrepro diff results/digits archive/digits
  nnrepro diff config.yaml other/config.yaml
  nnrepro diff results/before results/after --metric final_test_accuracy --format csv
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from nnrepro.api import Results, load
from nnrepro.errors import NnreproError, explained
from nnrepro.measures.predictions import usable_answers
from nnrepro.models.registry import catalogue
from nnrepro.planning.table import aligned
from nnrepro.study.config import load_study
from nnrepro.study.sources import CONFIG_FILE, read_configuration
from nnrepro.study.study import Study
from nnrepro.tables.across import Difference, MetricOf, Side, difference

SUMMARY = "settings, runs and results of two studies that differ, with tests"
SAME, DIFFERENT, TROUBLE = 0, 1, 2

_TITLES = {
    "settings": "Settings that differ",
    "runs": "Runs on one side only",
    "apart": "Results that cannot be compared",
    "results": "Results (b less a; p corrected by Holm for all tests here)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("a", type=Path, help="the first: results, an archive, a study's folder or configuration")
    add("b", type=Path, help="the second")
    add("--metric", help="what results are compared by; by default what the protocol selects by")
    add("--format", choices=("text", "csv", "json"), default="text", help="how it is printed")
    add("--plugins", type=Path, nargs="+", default=[], help="Python files of an archive, to be run")


def run(arguments: argparse.Namespace) -> int:
    """Print the differences; 0 where there are none, 1 where there are, 2 with a message."""
    try:
        ends = [_end(path, arguments.plugins) for path in (arguments.a, arguments.b)]
        a, b = map(_side, ends)
        found = difference(a, b, _metric_of(ends, arguments.metric))
    except NnreproError as error:
        print(f"error: {error}", file=sys.stderr)
        return TROUBLE
    except OSError as error:
        print(f"error: {explained(error) or error}", file=sys.stderr)
        return TROUBLE
    for name, end in zip("ab", ends, strict=True):
        for problem in end.left_out if isinstance(end, Results) else ():
            print(f"warning: {name} lacks {problem}", file=sys.stderr)
    print(_PRINTED[arguments.format](found), end="")
    return SAME if found.same else DIFFERENT


def _end(path: Path, plugins: Iterable[Path]) -> Results | Study:
    """One of the two: results where there are any, else what is asked for."""
    file = path / CONFIG_FILE if path.is_dir() else path
    if not file.is_file():
        return load(path, plugins=plugins)
    configuration = read_configuration([], study=[file])
    return load_study(configuration.values, catalogue(), configuration.places)


def _side(end: Results | Study) -> Side:
    if isinstance(end, Study):
        return Side({run.id: run for run in end.runs}, told=_told(end))
    data = {item.run.id: item for item in end.data}
    runs = {run_id: item.run for run_id, item in data.items()}
    return Side(runs, data, lambda run_id: usable_answers(run_id, end.folders), _told(end.study))


def _told(study: Study) -> dict[str, Any]:
    """What a study says of all its runs."""
    return {
        "backend": study.backend,
        **{f"data.{name}.source": own.get("source") for name, own in study.data.items()},
        **{
            f"protocols.{protocol}.selection": "; ".join(_selections(study, protocol))
            for protocol in study.protocols
        },
    }


def _selections(study: Study, protocol: str) -> Iterator[str]:
    """By what a protocol selects: its metrics, each with the experiments where it has several."""
    by_metric: dict[str, list[str]] = {}
    for name in study.experiments:
        by_metric.setdefault(study.selection_metric(protocol, [name]), []).append(name)
    for metric, names in by_metric.items():
        yield f"{metric} ({', '.join(names)})" if len(by_metric) > 1 else metric


def _metric_of(ends: Iterable[Results | Study], metric: str | None) -> MetricOf:
    """The metric that results are compared by; that of the first study that has any counts."""
    studies = [end.study if isinstance(end, Results) else end for end in ends]

    def of(protocol: str, experiment: str) -> str:
        study = next(own for own in studies if protocol in own.protocols)
        return metric or study.selection_metric(protocol, [experiment])

    return of


def _parts(found: Difference) -> dict[str, pd.DataFrame]:
    return {name: getattr(found, name) for name in _TITLES}


def _as_text(found: Difference) -> str:
    lines = []
    for name, table in _parts(found).items():
        if not table.empty:
            lines += [_TITLES[name], _aligned(table), ""]
    if found.common:
        alike = found.common - len(found.unlike)
        lines.append(f"{alike} of {found.common} common runs have the same history, bit for bit")
    elif found.same:
        lines.append("no difference")
    return "\n".join(lines) + "\n"


def _aligned(table: pd.DataFrame) -> str:
    """A table in columns, numbers to five digits."""
    shown = table.dropna(axis=1, how="all").astype(object).map(_cell)
    cells = [[*shown.columns], *shown.to_numpy().tolist()]
    return "\n".join(f"  {line}" for line in aligned(cells, range(len(cells[0]))))


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _as_csv(found: Difference) -> str:
    parts = [table.assign(part=name) for name, table in _parts(found).items() if not table.empty]
    if not parts:
        return "part\n"
    joined = pd.concat(parts, ignore_index=True)
    return joined[["part", *joined.columns.drop("part")]].to_csv(index=False)


def _as_json(found: Difference) -> str:
    parts = {name: json.loads(t.to_json(orient="records")) for name, t in _parts(found).items()}
    told = {"same": found.same, "common": found.common, "unlike": [*found.unlike], **parts}
    return json.dumps(told, indent=1) + "\n"


_PRINTED = {"text": _as_text, "csv": _as_csv, "json": _as_json}
