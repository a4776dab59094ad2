"""Columns of a table as the numbers that a model reads, by what the training rows hold.

A feature is said by a mapping, which stands in the description of the prepared data, so that later
rows are treated as those that were trained on:

    {"name": "age", "mean": 41.5, "scale": 9.2}              (value - mean) / scale
    {"name": "colour", "categories": ["blue", "red"]}        a 1 for the own category, else 0

With `fill` it says what stands in for a missing number; without it, one is refused.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnrepro.data.errors import DataError
from nnrepro.data.table import (
    has_decimal_commas,
    if_a_number,
    is_missing,
    is_number,
    may_part_thousands,
)

_MANY, _TOO_MANY = 50, 1000
"""From how many categories on they are looked at, and how many are never taken."""

Feature = dict[str, Any]
Columns = Mapping[str, Sequence[str]]


def fitted(
    columns: Columns,
    names: Sequence[str],
    training: Sequence[int],
    *,
    categorical: Sequence[str],
    standardise: bool,
    fill: bool,
    where: str,
) -> list[Feature]:
    """Features of columns, by the training rows alone.

    Args:
        columns: columns by name, of all rows.
        names: those that become features, in order.
        training: the rows to go by.
        categorical: columns whose numbers are categories.
        standardise: whether numbers are to have mean 0 and standard deviation 1 in training.
        fill: whether the mean stands in for a missing number.
        where: the file, for messages.

    Raises:
        DataError: a column holds numbers and something else, or a text of its own in each row.
    """
    features: list[Feature] = []
    for name in names:
        values = columns[name]
        if name not in categorical and are_numbers(values):
            given = [float(values[r]) for r in training if not is_missing(values[r])]
            mean, deviation = moments(given)
            told = (mean, deviation) if standardise else (0.0, 1.0)
            filled = {"fill": mean} if fill else {}
            features.append({"name": name, "mean": told[0], "scale": told[1], **filled})
        else:
            if name not in categorical:
                _refuse_mixture(name, values, where)
            known = sorted({values[r] for r in training if not is_missing(values[r])})
            if too_many(len(known), len(training)):
                raise DataError(
                    f"{where}: the column '{name}' has {len(known):,} different texts in "
                    f"{len(training):,} training rows, too many for categories; leave it out by "
                    f"ignore: ['{name}'], or read it, and no other, as text: {name}"
                    f"{if_a_number(known)}"
                )
            features.append({"name": name, "categories": known, **({"fill": ""} if fill else {})})
    return features


def encoded(features: Sequence[Feature], columns: Columns, where: str) -> np.ndarray:
    """Rows as float32 [n, width]: a number of a numeric feature, one of each category of others.

    A category that no training row has is all zeros. Raises DataError where a column is missing, or
    a value is none or no number where one is needed.
    """
    count = len(next(iter(columns.values()), ()))
    parts: list[np.ndarray] = []
    for feature in features:
        name = feature["name"]
        if name not in columns:
            raise DataError(f"{where}: the column '{name}' is missing.")
        values = columns[name]
        if "fill" not in feature and any(map(is_missing, values)):
            row = next(row for row, value in enumerate(values) if is_missing(value))
            raise DataError(f"{where}: '{name}' has no value in row {row + 1}.")
        if "categories" in feature:
            places = {category: at for at, category in enumerate(feature["categories"])}
            hot = np.zeros((count, len(places)), np.float32)
            for row, value in enumerate(values):
                if value in places:
                    hot[row, places[value]] = 1
            parts.append(hot)
            continue
        numbers = np.array([_number(v, feature, row, where) for row, v in enumerate(values)])
        parts.append(((numbers - feature["mean"]) / feature["scale"]).reshape(-1, 1))
    return np.concatenate(parts, axis=1).astype(np.float32)


def scaled(x: np.ndarray, made: Mapping[str, Any]) -> np.ndarray:
    """Arrays [n, features] with the `mean` and `scale` of the training examples, as float32."""
    return ((x - np.array(made["mean"])) / np.array(made["scale"])).astype(np.float32)


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of numbers, to the last bit the same everywhere; 0 and 1 of none.

    Numbers that are all alike have the deviation 1, by which nothing is scaled.
    """
    if not values:
        return 0.0, 1.0
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return mean, deviation or 1.0


def unknown(features: Sequence[Feature], columns: Columns) -> int:
    """How many rows have a category that no training row has; a gap is none."""
    known = {f["name"]: {*f["categories"]} for f in features if "categories" in f}
    rows = zip(*(columns[name] for name in known), strict=True)
    return sum(
        any(
            value not in own and not is_missing(value)
            for value, own in zip(row, known.values(), strict=True)
        )
        for row in rows
    )


def numbers(values: Sequence[str], name: str, lines: Sequence[int], where: str) -> list[float]:
    """A column of numbers; raises DataError, with the line, where a value is none."""
    for value, line in zip(values, lines, strict=True):
        if not is_number(value):
            raise DataError(f"{where}, line {line}: '{name}' is {value[:40]!r}, which is no number")
    return [float(value) for value in values]


def _number(value: str, feature: Feature, row: int, where: str) -> float:
    if is_missing(value):
        return float(feature["fill"])
    if not is_number(value):
        name = feature["name"]
        raise DataError(f"{where}: '{name}' is {value[:40]!r} in row {row + 1}, which is no number")
    return float(value)


def are_numbers(values: Sequence[str]) -> bool:
    """Whether a column holds numbers, be it with gaps."""
    given = [value for value in values if not is_missing(value)]
    return bool(given) and all(map(is_number, given))


def too_many(categories: int, rows: int) -> bool:
    """Whether nothing can be learned from categories, as hardly any comes twice."""
    return categories > _TOO_MANY or (categories > _MANY and categories * 2 > rows)


def _refuse_mixture(name: str, values: Sequence[str], where: str) -> None:
    """A column of which half or more are numbers is meant as numbers; so are decimal commas."""
    given = [value for value in values if not is_missing(value)]
    others = [value for value in given if not is_number(value)]
    if has_decimal_commas(given):
        raise DataError(
            f"{where}: the column '{name}' has decimal commas ({others[0][:40]!r}); give decimal: "
            "',', or write decimal points"
        )
    if may_part_thousands(given):
        raise DataError(
            f"{where}: the column '{name}' holds {others[0][:40]!r}, whose comma may be that of "
            "decimals or part thousands; give decimal: ',', or write no mark between thousands"
        )
    if others and len(others) * 2 <= len(given):
        raise DataError(
            f"{where}: the column '{name}' holds numbers and {others[0][:40]!r}; correct it, or "
            f"name it under 'categories' if its numbers are names"
        )
