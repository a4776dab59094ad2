"""A CSV file as columns of text: nothing is guessed, and nothing is read without bounds."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from nnrepro.data.errors import DataError, told_as_data_errors
from nnrepro.files import open_regular
from nnrepro.study.messages import nearest, one_of, some_of

ENCODINGS = ("utf-8", "cp1252", "latin-1")
SEPARATORS = (",", ";", "\t", "|")
MISSING = frozenset({"", "na", "n/a", "nan", "null"})
"""What stands in place of a value that is not there, in small letters."""

_LONGEST_LINE = 2**20
_MOST_CELLS = 2 * 10**7
_MOST_COLUMNS = 10_000
_NAMED = 12
"""So many columns a message names."""
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_LIKE_A_NUMBER = re.compile(r"\W*\d[\d.,'\u2019\s]*(\W|EUR|USD)*")
_NO_TEXT = {
    b"PK\3\4": "is an archive, such as Excel writes; save the table as CSV",
    b"\xd0\xcf\x11\xe0": "is of Excel; save the table as CSV",
    b"\x1f\x8b": "is compressed; unpack it",
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
}
"""What files are that begin so."""


@dataclass(frozen=True)
class Table:
    """The columns of a file by name, without white space around values, and each row's line."""

    path: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.lines)

    def column(self, name: str, key: str) -> Sequence[str]:
        """A column; raises DataError, naming the key that asks for it, where there is none."""
        if name not in self.columns:
            raise DataError(
                f"{key}: {self.path} has no column '{name}'{nearest(name, self.columns)}; its "
                f"columns are {some_of(map(repr, self.columns), _NAMED)}"
            )
        return self.columns[name]

    def kept(self, rows: Sequence[int]) -> "Table":
        """The table with some of its rows."""
        columns = {name: [own[row] for row in rows] for name, own in self.columns.items()}
        return Table(self.path, columns, [self.lines[row] for row in rows])

    def contents(self, names: Sequence[str]) -> list[bytes]:
        """What each row holds in some columns, as one string of bytes."""
        return [
            "\0".join(row).encode()
            for row in zip(*(self.columns[name] for name in names), strict=True)
        ]


def read_table(
    path: Path, *, separator: str = ",", encoding: str = "utf-8", decimal: str = "."
) -> Table:
    """Read a CSV file whose first line names the columns; empty lines are skipped.

    A first column without a name is left out: R and pandas write the rows' names so. Where
    `decimal` is a comma, numbers get a point in its place.

    Raises DataError, with file and line, where it cannot be read, is no text of that encoding, its
    quoting is malformed, a row has more or fewer values than there are columns, a column has no
    name or that of another, or there is more than fits into memory.
    """
    with told_as_data_errors(path), open_regular(path) as handle:
        table = _parsed(handle, path, separator, encoding)
    return table if decimal == "." else _with_points(table)


@contextmanager
def _long_texts() -> Iterator[None]:
    """Let values be as long as lines: Python's limit, one for all readers, is below a long text."""
    before = csv.field_size_limit(_LONGEST_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


@_long_texts()
def separator_of(path: Path, encoding: str = "utf-8") -> str:
    """What separates the values of a file, by its first line: of some marks that with most values.

    Raises DataError where the file cannot be read, or is no text of that encoding.
    """
    with told_as_data_errors(path), open_regular(path) as handle:
        first = next((line for line in _decoded(handle, path, encoding) if line.strip()), "")
    return max(SEPARATORS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), ())))


def has_decimal_commas(values: Sequence[str]) -> bool:
    """Whether more than half of the values that are there are numbers with a decimal comma.

    Where in each of these three digits follow it, as in 1,234, it may as well part thousands.
    """
    return _have_commas(values) and not may_part_thousands(values)


def may_part_thousands(values: Sequence[str]) -> bool:
    """Whether that is so of numbers with a comma, in each of which it may part thousands."""
    commas = [value for value in values if _is_number_with_comma(value)]
    return _have_commas(values) and all(map(_THOUSANDS.fullmatch, commas))


def if_a_number(texts: Sequence[str]) -> str:
    """How to write texts that are numbers but for other marks, as the end of a message, or empty.

    So are amounts of money, percentages, numbers with marks between thousands, and some dates.
    """
    given = [text for text in texts if not is_missing(text)]
    if not given or not all(map(_LIKE_A_NUMBER.fullmatch, given)):
        return ""
    return f"; if {given[0][:40]!r} is a number, write it in digits and a decimal mark alone"


def _have_commas(values: Sequence[str]) -> bool:
    given = [value for value in values if not is_missing(value)]
    return sum(map(_is_number_with_comma, given)) * 2 > len(given)


def _is_number_with_comma(text: str) -> bool:
    return "," in text and is_number(text.replace(",", ".", 1))


def _with_points(table: Table) -> Table:
    """The table with decimal points in numbers that have commas."""
    columns = {}
    for name, values in table.columns.items():
        commas = [_is_number_with_comma(value) for value in values]
        for value, line in zip(values if any(commas) else (), table.lines, strict=False):
            if "." in value and is_number(value):
                raise DataError(
                    f"{table.path}, line {line}: '{name}' is {value!r}, where decimals are to have "
                    "commas; write no mark between thousands"
                )
        columns[name] = [
            value.replace(",", ".") if comma else value
            for value, comma in zip(values, commas, strict=True)
        ]
    return Table(table.path, columns, table.lines)


@_long_texts()
def _parsed(handle: BufferedReader, path: Path, separator: str, encoding: str) -> Table:
    reader = csv.reader(_decoded(handle, path, encoding), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    names: list[str] | None = None
    try:
        for fields in reader:
            row = [field.strip() for field in fields]
            if not any(row) and len(row) < 2:
                continue
            if names is None:
                names = _names(row, path, separator)
                continue
            if len(row) != len(names):
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(row)} values, where the first line "
                    f"names {len(names)} columns; a value with {separator!r} in it needs quotation "
                    "marks"
                )
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) * len(names) > _MOST_CELLS:
                raise DataError(
                    f"{path}: more than {_MOST_CELLS:,} values; a table of that size is better "
                    "given as arrays (source: npz)"
                )
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: malformed CSV: {error}.") from error
    if not rows or names is None:
        raise DataError(f"{path} holds no rows below a line that names the columns.")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    columns.pop("", None)  # the rows' names
    return Table(str(path), columns, lines)


def _decoded(handle: BufferedReader, path: Path, encoding: str) -> Iterator[str]:
    """The lines of a file, without a byte order mark; ends of lines stay."""
    number = 0
    while line := handle.readline(_LONGEST_LINE + 1):
        number += 1
        if number == 1 and (mark := next(filter(line.startswith, _NO_TEXT), None)):
            raise DataError(f"{path} {_NO_TEXT[mark]}.")
        if len(line) > _LONGEST_LINE:
            raise DataError(f"{path}, line {number}: longer than {_LONGEST_LINE:,} bytes.")
        if b"\0" in line:
            raise DataError(f"{path}, line {number}: holds a zero byte; it is no text file.")
        if number == 1 and encoding == "utf-8":
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            others = [other for other in ENCODINGS if other != encoding]
            raise DataError(
                f"{path}, line {number}: byte {error.start + 1} is not {encoding}; save the file "
                f"as UTF-8, or give encoding: {one_of(others)}"
            ) from error


def _names(row: Sequence[str], path: Path, separator: str) -> list[str]:
    """The names of the columns, from the first line that is not empty."""
    if len(row) == 1:
        other = next((mark for mark in SEPARATORS if mark in row[0]), None)
        if other is not None:
            raise DataError(
                f"{path}: one column, {row[0][:40]!r}; if its values are separated by {other!r}, "
                f"give separator: {other!r}"
            )
    if len(row) > _MOST_COLUMNS:
        raise DataError(f"{path}: {len(row):,} columns, more than {_MOST_COLUMNS:,}.")
    blank = [number for number, name in enumerate(row, start=1) if not name]
    if blank and (blank != [1] or len(row) == 1):
        raise DataError(
            f"{path}: column {blank[-1]} has no name; the first line must name all columns, but "
            "for a first one with names of the rows"
        )
    if all(is_number(name) for name in row[len(blank) :]):
        raise DataError(
            f"{path}: the first line, {some_of(map(repr, row), _NAMED)}, must name the columns."
        )
    twice = [name for name, count in Counter(row).items() if count > 1]
    if twice:
        raise DataError(
            f"{path}: two columns are called {twice[0]!r}; rename one, or name the columns in the "
            "first line"
        )
    return list(row)


def is_number(text: str) -> bool:
    """Whether a text spells a finite number as it is written in data: 12, -0.5, 1e-3."""
    if not text.isascii() or not text.lstrip("+-")[:1].replace(".", "0").isdigit() or "_" in text:
        return False
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False


def is_missing(text: str) -> bool:
    """Whether a text stands for a value that is not there."""
    return text.lower() in MISSING
