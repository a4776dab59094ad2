"""A CSV file of which nothing is known but what is to be predicted: how to read it, and as what.

What `proposed` decides it puts into options of the source `csv`, so that a study says it and its
author may say otherwise; `told` says in words what training will read, and what of it looks odd.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.data.features import too_many
from nnrepro.data.registry import prepared
from nnrepro.data.soundness import COUNTS, classes_alike, remarks
from nnrepro.data.sources.csv import counts_rows
from nnrepro.data.table import (
    Table,
    has_decimal_commas,
    if_a_number,
    is_missing,
    is_number,
    read_table,
    separator_of,
)
from nnrepro.files import read_json
from nnrepro.npz import open_npz
from nnrepro.study.messages import some_of

_NAMED = 12
"""So many columns or classes are named, and how many more there are."""
_FEW_NUMBERS, _MANY_CLASSES, _MANY_GROUPS = 10, 10, 20
_NEARLY_ALL = 0.9


def proposed(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Options beside those given: how values are separated, and columns with nothing to learn from.

    Gives them, and why each, in words. Raises DataError where the file cannot be read.
    """
    path, encoding = Path(given["path"]), given.get("encoding", "utf-8")
    options: dict[str, Any] = {}
    why = []
    separator = given.get("separator") or separator_of(path, encoding)
    if separator != given.get("separator", ","):
        options["separator"] = separator
        why.append(f"values are separated by {'tabs' if separator == chr(9) else separator!r}")
    table = read_table(path, separator=separator, encoding=encoding)
    if "decimal" not in given and any(map(has_decimal_commas, table.columns.values())):
        options["decimal"] = ","
        why.append("numbers have decimal commas")
        table = read_table(path, separator=separator, encoding=encoding, decimal=",")
    if not given.get("text") and not given.get("columns"):
        useless = dict(_useless(table, _spoken_of(given)))
        if useless:
            options["ignore"] = [*given.get("ignore", ()), *useless]
            why += [f"left out: '{name}', {reason}" for name, reason in useless.items()]
    return options, why


def _spoken_of(given: Mapping[str, Any]) -> set[str]:
    """Columns of which somebody has said what they are."""
    named = (given.get(key, ()) for key in ("label", "labels", "target", "ignore", "categories"))
    return {one for own in named for one in ([own] if isinstance(own, str) else own)}


def _useless(table: Table, but: set[str]) -> Iterator[tuple[str, str]]:
    """Columns that nothing can be learned from, and why."""
    for name, values in table.columns.items():
        known = {value for value in values if not is_missing(value)}
        if name in but:
            continue
        if not known:
            yield name, "which has no values"
        elif len(known) == 1 < len(values) and not any(map(is_missing, values)):
            yield name, "which is the same in every row"
        elif counts_rows(values):
            yield name, "which only numbers the rows"
        elif too_many(len(known), len(values)) and sum(map(is_number, known)) * 2 < len(known):
            different = f"which has {len(known):,} different texts in {len(values):,} rows"
            yield name, different + if_a_number(values)


def told(name: str, section: Mapping[str, Any]) -> list[str]:
    """What training will read of a data set of source `csv`, in lines.

    It is prepared as it will be, and then forgotten. Raises DataError where it cannot be.
    """
    with tempfile.TemporaryDirectory() as place:
        npz, about = Path(place, f"{name}.npz"), Path(place, f"{name}.json")
        prepared({name: section})[-1].prepare(section, npz, about)
        meta = read_json(about)
        with open_npz(npz) as stored:
            y = {part: stored.array(f"{part}_y") for part in ("train", "validation", "test")}
    sizes = [len(own) for own in y.values()]
    lines = [
        f"{sum(sizes):,} rows: {sizes[0]:,} to train on, {sizes[1]:,} to validate by, "
        f"{sizes[2]:,} to test on",
        *_predicted(section, meta, y),
    ]
    if section.get("text"):
        lines.append(f"from the text '{section['text']}': {len(meta['vocabulary']):,} words")
    else:
        lines += _read_as(meta["preparation"]["features"])
    table = read_table(
        Path(section["path"]),
        **{key: section[key] for key in ("separator", "decimal", "encoding") if key in section},
    )
    return [*lines, *(f"note: {one}" for one in _odd(section, meta, table, y))]


def _predicted(
    section: Mapping[str, Any], meta: Mapping[str, Any], y: Mapping[str, np.ndarray]
) -> Iterator[str]:
    """What is predicted, in which range."""
    whole = np.concatenate([*y.values()])
    if "label" in section:
        sizes = Counter(meta["classes"][at] for at in whole)
        counted = [f"'{own}' ({count:,})" for own, count in sizes.most_common()]
        classes = some_of(counted, _NAMED)
        yield f"predicted: '{section['label']}', {len(sizes)} classes: {classes}"
        return
    for at, own in enumerate(meta["outputs"]):
        low, high = whole[:, at].min(), whole[:, at].max()
        yield f"predicted: '{own}', numbers from {low:g} to {high:g}"


def _read_as(features: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What each column is read as."""
    numbers = [each["name"] for each in features if "categories" not in each]
    hot = [f"{f['name']} ({len(f['categories'])})" for f in features if "categories" in f]
    for word, names in (("numbers", numbers), ("categories", hot)):
        if names:
            yield f"read as {word}: {some_of(names, _NAMED)}"


def _odd(
    section: Mapping[str, Any], meta: Mapping[str, Any], table: Table, y: Mapping[str, np.ndarray]
) -> Iterator[str]:
    """What may have been meant otherwise."""
    target, label = section.get("target"), section.get("label")
    if isinstance(target, str):
        different = {float(value) for value in table.columns[target] if not is_missing(value)}
        if len(different) <= _FEW_NUMBERS and all(own == int(own) for own in different):
            yield (
                f"'{target}' has only {len(different)} different values; if they are classes, "
                f"give label: {target}"
            )
    if label and len(meta["classes"]) > _MANY_CLASSES and all(map(is_number, meta["classes"])):
        yield f"the classes of '{label}' are numbers; if they are amounts, give target: {label}"
    if label:
        untested = {*range(len(meta["classes"]))} - {*map(int, y["test"])}
        if untested:
            names = some_of(f"'{meta['classes'][at]}'" for at in sorted(untested))
            yield f"no test example is of {names}: too few rows are"
        if alike := classes_alike(meta["classes"]):
            yield f"classes with almost the same name: {some_of(map(repr, alike), _NAMED)}"
    for feature in meta["preparation"].get("features", ()):
        if hint := if_a_number(feature.get("categories", ())):
            yield f"'{feature['name']}' is read as categories{hint}"
        elif len(feature.get("categories", ())) > _MANY_GROUPS:
            own = feature["name"]
            yield (
                f"'{own}' has {len(feature['categories'])} values; if rows of one belong "
                f"together, such as a person's, give group: {own}, so that they are in one set"
            )
        if "categories" not in feature and _names_rows(table.columns[feature["name"]]):
            own = feature["name"]
            yield (
                f"'{own}' is another whole number in nearly every row; if it only names them, "
                f"give ignore: {own}"
            )
    by_name = {"test_missing_classes": 0, "train_classes_alike": 0}
    named = {**meta, COUNTS: {**meta[COUNTS], **by_name}}
    yield from (remark.message for remark in remarks(named) if remark.telling)


def _names_rows(values: Sequence[str]) -> bool:
    """Whether whole numbers are so seldom the same that they may be names."""
    given = [value for value in values if not is_missing(value)]
    return len({*given}) > _NEARLY_ALL * len(values) and all(v.isdigit() for v in given)
