"""Reading the section of a claims file that says how printed numbers are to be read."""

import csv
import io
from pathlib import Path
from typing import Any

from nnrepro.claims.claim import PrintedList, PrintedQuantity, Published
from nnrepro.claims.section import Section
from nnrepro.files import FileError, read_text
from nnrepro.measures.expressions import Mistake, Reading
from nnrepro.study.settings import nearest, one_of
from nnrepro.study.study import Study

COLUMNS = ("protocol", "question", "metric", "value", "note", "runs")
"""Columns that a table of printed numbers must have."""

_ITEM = ("metric", "note", "measures")


def parse_published(spec: Any, path: Path, study: Study) -> Published | None:
    """The section `published` of the claims file at `path`; None without one.

    Raises:
        Mistake: anything in it is wrong, or the table of numbers is missing.
    """
    if spec is None:
        return None
    try:
        section = Section.of(spec, ("numbers", "selected", "quantities", "lists"), ("numbers",))
        numbers = path.parent / section.text("numbers")
        metrics = _metrics(numbers)
        return Published(
            numbers,
            _selected(section.content.get("selected", {}), study),
            tuple(_quantity(item, metrics) for item in section.content.get("quantities", [])),
            tuple(_list(item, metrics) for item in section.content.get("lists", [])),
        )
    except Mistake as error:
        raise Mistake(f"published: {error}") from error


def _metrics(path: Path) -> list[str]:
    """The metrics in a table of printed numbers."""
    try:
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        metrics = [str(row.get("metric")) for row in reader]
    except (OSError, FileError, csv.Error) as error:
        raise Mistake(f"numbers: {path} cannot be read ({error})") from error
    if missing:
        raise Mistake(f"numbers: {path} lacks the column {one_of(missing)}")
    return list(dict.fromkeys(metrics))


def _selected(spec: Any, study: Study) -> dict[tuple[str, str], str]:
    protocols = Section.of(spec, tuple(study.declared_protocols))
    chosen = {}
    for protocol, experiments in protocols.content.items():
        section = Section.of(experiments, tuple(study.declared_variants))
        for experiment in section.content:
            names = study.declared_variants[experiment]
            chosen[protocol, experiment] = section.choice(experiment, names, "")
    return chosen


def _quantity(item: Any, metrics: list[str]) -> PrintedQuantity:
    section = Section.of(item, _ITEM, ("metric", "measures"))
    return PrintedQuantity(_metric(section, metrics), _notes(section), _readings(section))


def _list(item: Any, metrics: list[str]) -> PrintedList:
    section = Section.of(item, (*_ITEM, "below"), (*_ITEM, "below"))
    below = section.number("below")
    return PrintedList(_metric(section, metrics), _notes(section), _readings(section), below)


def _metric(section: Section, metrics: list[str]) -> str:
    name = section.text("metric")
    if name not in metrics:
        raise Mistake(f"metric: no printed number is a '{name}'{nearest(name, metrics)}")
    return name


def _notes(section: Section) -> tuple[str, ...]:
    value = section.content.get("note", [])
    return tuple(str(item) for item in (value if isinstance(value, list) else [value]))


def _readings(section: Section) -> tuple[Reading, ...]:
    """Measures that are a single reading each."""
    readings = []
    for measure in section.measures("measures"):
        if not isinstance(measure.expression, Reading):
            raise Mistake(f"measures: '{measure.text}' must be a single function or quantity")
        readings.append(measure.expression)
    return tuple(readings)
