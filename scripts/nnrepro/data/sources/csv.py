"""Data sets of source `csv`: a table of numbers and categories, or a column of texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from nnrepro.data import features, splits, tokens
from nnrepro.data.checksums import sha256_of
from nnrepro.data.content import Content
from nnrepro.data.errors import DataError
from nnrepro.data.table import Table, is_missing, is_number, read_table
from nnrepro.metrics.registry import CLASSIFICATION, MULTI_LABEL, REGRESSION
from nnrepro.study.kinds import source
from nnrepro.study.messages import nearest
from nnrepro.study.options import (
    SPLIT,
    Column,
    ColumnOrColumns,
    Columns,
    Place,
    Range,
    Split,
)

_COUNTED_ROWS = 10
"""From so many rows on, a column that only numbers them is noticed."""
_FEW_CLASSES = 20

Parts = dict[str, Table]
"""The rows of training, testing and validation."""


def _inputs(options: Mapping[str, Any]) -> tuple[str, ...]:
    """A table, or both ways of reading a text."""
    return tokens.LEVELS if options.get("text") else ("table",)


def _problems(options: Mapping[str, Any]) -> list[str]:
    """What is wrong with how options go together."""
    answers = [name for name in ("label", "labels", "target") if options.get(name)]
    found = []
    if len(answers) != 1:
        told = f"gives {' and '.join(answers)}" if answers else "does not say what to predict"
        found.append(
            f"{told}; give one of 'label' (a column of classes), 'labels' (columns of 0 and 1) and "
            "'target' (numbers)"
        )
    unread = ("columns", "ignore", "categories") if options.get("text") else ("length",)
    found += [
        f"{name}: says nothing where {'a text is' if options.get('text') else 'no text is'} read; "
        "leave it out"
        for name in unread
        if options.get(name)
    ]
    found += [
        f"{name}: {str(options[name])!r} is a folder, where a file is wanted"
        for name in ("path", "test_path", "validation_path")
        if options.get(name) and Path(options[name]).is_dir()
    ]
    if len(options.get("separator", ",")) != 1:
        found.append(f"separator: {options['separator']!r} must be one character")
    return [*found, *splits.share_problems(options), *splits.nothing_to_test_on(options)]


@source(inputs=_inputs, problems=_problems)
def csv(
    level: str,
    *,
    path: Place,
    label: Column | None = None,
    labels: Columns | None = None,
    target: ColumnOrColumns | None = None,
    text: Column | None = None,
    columns: Columns | None = None,
    ignore: Columns = (),
    categories: Columns = (),
    group: Column | None = None,
    missing: Literal["refuse", "drop", "mean"] = "refuse",
    standardise: bool = True,
    length: Annotated[int, Range(1, 100_000)] | None = None,
    vocabulary: Annotated[int, Range(3, 1_000_000)] = 20_000,
    test_path: Place | None = None,
    validation_path: Place | None = None,
    separator: str = ",",
    decimal: Literal[".", ","] = ".",
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8",
    split: Split = SPLIT,
) -> Content:
    """A CSV file whose first line names its columns.

    Args:
        level: characters or words, of a text.
        path: The file.
        label: The column of classes to predict. One of `label`, `labels` and `target` is given.
        labels: Columns of 0 and 1 to predict.
        target: The column of numbers to predict, or several; they keep their units.
        text: The column of texts to read in place of a table.
        columns: The columns that are read; without it all that are left.
        ignore: Columns that are not read.
        categories: Columns whose numbers are names, such as postal codes.
        group: A column, itself not read, of what rows belong to, such as a person; those of one go
            into one set, and shares are of such groups, whatever their classes.
        missing: What is done about missing values - `refuse`; `drop` such rows; `mean` fills
            numbers in, leaves categories open and drops rows without an answer.
        standardise: Whether numbers get mean 0 and deviation 1.
        length: Characters or words that a text is cut or padded to; what 95 % of the training
            texts need, from 100 to 1,000 characters or 400 words.
        vocabulary: How many characters or words are known, the most frequent ones.
        test_path: A further file to test on.
        validation_path: A further file to validate by.
        separator: What stands between columns, such as `;` or a tab.
        decimal: A comma where numbers are written 3,5.
        encoding: How the file's letters are written.
        split: How examples are split, by shares below 1 or numbers.
    """
    places = {"train": path, "test": test_path, "validation": validation_path}
    parts = {
        name: read_table(Path(place), separator=separator, encoding=encoding, decimal=decimal)
        for name, place in places.items()
        if place is not None
    }
    answers = _answers(label, labels, target)
    grouped = [group] if group else []
    left_out = (*answers, *ignore, *grouped)
    read = [text] if text else _read(parts["train"], columns, left_out, categories)
    used = {part: [*read, *answers, *(grouped if part == "train" else ())] for part in parts}
    parts = {
        part: Table(own.path, {name: own.column(name, "data") for name in used[part]}, own.lines)
        for part, own in parts.items()
    }
    whole = {name: len(part) for name, part in parts.items()}
    optional = read if missing == "mean" and not text else []
    parts = {name: _without_gaps(part, optional, missing) for name, part in parts.items()}
    dropped = {f"{name}_dropped": whole[name] - len(part) for name, part in parts.items()}
    task = CLASSIFICATION if label else MULTI_LABEL if labels else REGRESSION
    if label:
        _refuse_numbers(parts["train"], label)
    parts = _split(parts, [*read, *answers], label, group, {**SPLIT, **split})
    y, told = _encoded_answers(parts, answers, task)
    counts = {name: count for name, count in dropped.items() if count}
    if text:
        x, prepared = _texts(parts, text, level, length, vocabulary)
        odd = {f"{part}_mostly_unknown": tokens.mostly_unknown(own) for part, own in x.items()}
    else:
        x, prepared, odd = _table(parts, read, categories, standardise, fill=missing == "mean")
    sums = {Path(place).name: sha256_of(place) for place in places.values() if place is not None}
    return Content.of(x, y, {**prepared, **told, "sha256": sums}, counts | odd)


def _answers(
    label: str | None, labels: Sequence[str] | None, target: str | Sequence[str] | None
) -> list[str]:
    """The columns that are to be predicted."""
    named = label or labels or target or []
    return [named] if isinstance(named, str) else [*named]


def _read(
    table: Table, columns: Sequence[str] | None, left_out: Sequence[str], categories: Sequence[str]
) -> list[str]:
    """The columns that a model reads."""
    for name in (*left_out, *categories):
        table.column(name, "data")
    if columns is not None:
        both = [name for name in columns if name in left_out]
        if both:
            raise DataError(f"columns: '{both[0]}' is left out or predicted; name others")
        return list(columns)
    read = [name for name in table.columns if name not in left_out]
    if not read:
        raise DataError(f"{table.path} has no column to predict by.")
    for name in read:
        if counts_rows(table.columns[name]):
            raise DataError(
                f"{table.path}: the column '{name}' only numbers the rows; leave it out by "
                f"ignore: ['{name}'], or name what is to be read under 'columns'"
            )
    return read


def counts_rows(values: Sequence[str]) -> bool:
    """Whether a column, of some length, only numbers the rows, from 0 or 1 on."""
    numbers = [str(number) for number in range(len(values) + 1)]
    return len(values) >= _COUNTED_ROWS and list(values) in (numbers[:-1], numbers[1:])


def _without_gaps(table: Table, optional: Sequence[str], missing: str) -> Table:
    """The table without rows that lack something needed, or refused where that is not asked.

    Where gaps are filled, a row is left out whose answer is missing: nothing is learned from it.
    """
    gaps: dict[str, list[int]] = {}
    for name, values in table.columns.items():
        rows = [row for row, value in enumerate(values) if is_missing(value)]
        if rows and name not in optional:
            gaps[name] = rows
    if not gaps:
        return table
    if missing != "refuse":
        incomplete = {row for rows in gaps.values() for row in rows}
        kept = [row for row in range(len(table)) if row not in incomplete]
        if not kept:
            raise DataError(
                f"{table.path}: every row lacks a value, so that all would be dropped; leave out "
                "by 'ignore' the columns that few have"
            )
        return table.kept(kept)
    told = ", ".join(
        f"'{name}' in {len(rows)} (line {table.lines[rows[0]]})" for name, rows in gaps.items()
    )
    raise DataError(
        f"{table.path}: of {len(table)} rows, values are missing of {told}; fill them in, leave "
        "the column out by 'ignore', or give missing: drop (rows) or mean (of columns)"
    )


def _refuse_numbers(table: Table, label: str) -> None:
    """A column of classes in which hardly any comes twice holds numbers or names."""
    different = set(table.columns[label])
    if len(different) > max(_FEW_CLASSES, len(table) // 2):
        target = f"; for numbers to predict, give target: {label}"
        raise DataError(
            f"{table.path}: label '{label}' has {len(different)} different values in {len(table)} "
            f"rows, too many for classes{target if all(map(is_number, different)) else ''}"
        )


def _split(
    parts: Parts,
    names: Sequence[str],
    label: str | None,
    group: str | None,
    asked: Mapping[str, Any],
) -> Parts:
    """The parts with those that are missing split off the training rows, or groups of these."""
    whole = parts["train"]
    units = [[row] for row in range(len(whole))]
    contents = whole.contents(names)
    classes = whole.columns[label] if label and asked["stratify"] else None
    if group:
        members: dict[str, list[int]] = {}
        for row, value in enumerate(whole.columns[group]):
            members.setdefault(value, []).append(row)
        units, contents, classes = [*members.values()], [own.encode() for own in members], None
    chosen = splits.split(
        contents,
        classes,
        asked,
        f"{whole.path}, by '{group}'" if group else whole.path,
        tested="test" not in parts,
        validated="validation" not in parts,
    )
    rows = {name: sorted(row for at in own for row in units[at]) for name, own in chosen.items()}
    found = {**parts, **{name: whole.kept(own) for name, own in rows.items()}}
    return {name: found[name] for name in ("train", "test", "validation") if name in found}


def _encoded_answers(
    parts: Parts, answers: Sequence[str], task: str
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What is to be predicted, by part, and its description."""
    if task == CLASSIFICATION:
        (name,) = answers
        return _classes(parts, name)
    values = {
        part: np.array(
            [features.numbers(t.columns[n], n, t.lines, t.path) for n in answers], dtype=np.float64
        ).T
        for part, t in parts.items()
    }
    for part, table in parts.items():
        wrong = np.argwhere((values[part] != 0) & (values[part] != 1))
        if task == MULTI_LABEL and len(wrong):
            row, at = wrong[0]
            raise DataError(
                f"{table.path}, line {table.lines[row]}: '{answers[at]}' is "
                f"{table.columns[answers[at]][row]!r}; labels are 0 or 1"
            )
    return values, {"task": task, "num_outputs": len(answers), "outputs": list(answers)}


def _classes(parts: Parts, name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    known = set(parts["train"].columns[name])
    as_numbers = all(map(is_number, known))
    classes = sorted(known, key=lambda own: (float(own), own) if as_numbers else (0.0, own))
    ids = {own: at for at, own in enumerate(classes)}
    for part in parts.values():
        split = ", or split with stratify: true, not by a group"
        for row, value in enumerate(part.columns[name]):
            if value not in ids:
                raise DataError(
                    f"{part.path}, line {part.lines[row]}: no training row is of the class "
                    f"{value[:40]!r}{nearest(value, classes)}; give some, or leave it out"
                    f"{split if part.path == parts['train'].path else ''}"
                )
    y = {
        part: np.array([ids[value] for value in table.columns[name]], dtype=np.int32)
        for part, table in parts.items()
    }
    return y, {"classes": classes, "num_classes": len(classes)}


def _table(
    parts: Parts, read: Sequence[str], categories: Sequence[str], standardise: bool, *, fill: bool
) -> tuple[dict[str, np.ndarray], dict[str, Any], dict[str, int]]:
    """Rows as numbers, by part, their description, and what is odd about them."""
    ends = np.cumsum([0, *map(len, parts.values())])
    together = {
        name: [value for part in parts.values() for value in part.columns[name]] for name in read
    }
    found = features.fitted(
        together,
        read,
        range(ends[1]),
        categorical=categories,
        standardise=standardise,
        fill=fill,
        where=parts["train"].path,
    )
    x = {name: features.encoded(found, part.columns, part.path) for name, part in parts.items()}
    odd = {
        f"{name}_unknown_categories": count
        for name, part in parts.items()
        if (count := features.unknown(found, part.columns))
    }
    described = {
        "kind": "floats",
        "vocabulary_size": 0,
        "preparation": {"form": "table", "features": found},
    }
    return x, described, odd


def _texts(
    parts: Parts, column: str, level: str, length: int | None, most: int
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Texts as ids, by part, and their description."""
    known, length = tokens.fitted(parts["train"].columns[column], level, length=length, most=most)
    x = {
        name: tokens.encoded(part.columns[column], level, known, length)
        for name, part in parts.items()
    }
    return x, {
        "kind": "ids",
        "vocabulary_size": len(known),
        "vocabulary": known,
        "preparation": {"form": "text", "level": level, "column": column, "length": length},
    }
