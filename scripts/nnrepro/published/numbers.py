"""Numbers that others have printed: reading the file, and finding every mistake in it.

The file is a CSV table with a row per number. Needed columns: `protocol`, `metric`, `value` and
`runs` (selectors as in the configuration, separated by blanks; blank where no run gives the
number). `test_set`, `baseline` (selectors of the runs that a ratio or a gain is against) and `note`
(remarks, separated by semicolons) have a meaning too; all other columns are passed on.
"""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from nnrepro.errors import Mistakes
from nnrepro.files import FileError, read_text
from nnrepro.measures.names import bounds_named, unit_named
from nnrepro.metrics.registry import FRACTION
from nnrepro.study.messages import nearest, one_of, undeclared
from nnrepro.study.selectors import Selector
from nnrepro.study.study import Study

NEEDED = ("protocol", "metric", "value", "runs")
PRIMARY = "primary"
COMPARISON = "comparison"
TEST_SETS = (PRIMARY, COMPARISON)
"""As in `nnrepro.tables.columns`, which is not imported: reading the file needs no pandas."""

RESULT_COLUMNS = (
    *("reproduced", "reproduced_sd", "seed_values", "seeds", "epochs", "difference", "offset"),
    *("residual", "interval_low", "interval_high", "interval_kind", "inside", "status"),
    *("reason", "remark"),
)
"""Columns that a comparison adds to those of the file."""

REPEAT = "repeat of"
BOUNDS = ("upper_bound", "lower_bound")

_LISTED = 10
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")


class PublishedError(Mistakes):
    """A file of published numbers is wrong; every mistake names file and line."""

    def __init__(self, problems: Sequence[str]) -> None:
        advice = "; correct the file, or leave out the section 'published' of the configuration"
        super().__init__("the published numbers have", problems, advice, _LISTED)


@dataclass(frozen=True)
class PublishedNumber:
    """A number as it was printed.

    Attributes:
        line: where it stands in its file.
        protocol: whose report prints it.
        metric: what was measured.
        printed: the number with every printed digit.
        runs: selectors of the runs that it belongs to; empty where no run gives it.
        baseline: selectors of the runs that a ratio or a gain is against.
        test_set: `primary`, or `comparison` for the larger test set.
        remarks: what is said about it.
        cells: the whole row as text, by column.
    """

    line: int
    protocol: str
    metric: str
    printed: str
    runs: tuple[str, ...]
    baseline: tuple[str, ...] = ()
    test_set: str = PRIMARY
    remarks: tuple[str, ...] = ()
    cells: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def value(self) -> float:
        """The printed number."""
        return float(self.printed)

    @cached_property
    def half_unit(self) -> float:
        """Half a unit of the last printed digit: all numbers so near are printed alike."""
        exponent = Decimal(self.printed).as_tuple().exponent
        return float(Decimal("0.5").scaleb(int(exponent)))

    @property
    def is_bound(self) -> bool:
        """Whether it is a bound and not a value."""
        return any(remark in BOUNDS for remark in self.remarks)

    @property
    def is_repeat(self) -> bool:
        """Whether the same number was printed before."""
        return any(remark.startswith(REPEAT) for remark in self.remarks)


def load_published(
    path: Path, study: Study, *, shared: bool | None = None
) -> list[PublishedNumber]:
    """Read and check a file of published numbers, in the file's order.

    Rows that name what the study does not declare are mistakes, unless the file is shared with
    other studies: then they are those studies' and left out.

    Args:
        path: the file.
        study: the study whose protocols, experiments and variants the rows may name.
        shared: whether the file is shared; None for what the study says.

    Raises:
        PublishedError: the file is missing, is no table, or a row names something that is not
            declared or holds no number; all mistakes are listed.
    """
    header, rows = _read(Path(path))
    problems = _header_problems(Path(path), header)
    if problems:
        raise PublishedError(problems)
    numbers = []
    for line, cells in rows:
        where = f"{path}, line {line}"
        if len(cells) != len(header):
            problems.append(f"{where}: has {len(cells)} columns, the header {len(header)}")
            continue
        number = _number(line, dict(zip(header, cells, strict=True)))
        unknown = list(_undeclared(number, study))
        if unknown and (study.published_shared if shared is None else shared):
            continue
        numbers.append(number)
        problems += [f"{where}: {problem}" for problem in (*unknown, *_malformed(number))]
    if problems:
        raise PublishedError(problems)
    return numbers


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and rows of a CSV file, each row with the line that it begins on."""
    try:
        text = read_text(path).removeprefix("\ufeff")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(reader, [])
        rows, line = [], reader.line_num + 1
        for cells in reader:
            if cells:
                rows.append((line, cells))
            line = reader.line_num + 1
    except OSError as error:
        raise PublishedError([f"{path}: cannot be read ({error.strerror})"]) from error
    except (csv.Error, FileError) as error:
        raise PublishedError([f"{path}: not a CSV table in UTF-8 ({error})"]) from error
    return header, rows


def _header_problems(path: Path, header: Sequence[str]) -> list[str]:
    problems = [
        f"{path}, line 1: the column '{name}' is missing{nearest(name, header)}; "
        f"needed: {one_of(NEEDED)}"
        for name in NEEDED
        if name not in header
    ]
    for name in sorted(set(header)):
        if header.count(name) > 1:
            problems.append(f"{path}, line 1: two columns are called '{name}'")
        if name in RESULT_COLUMNS:
            problems.append(
                f"{path}, line 1: '{name}' is a column that the comparison writes; rename it"
            )
    return problems


def _number(line: int, cells: Mapping[str, str]) -> PublishedNumber:
    remarks = (remark.strip() for remark in cells.get("note", "").split(";"))
    return PublishedNumber(
        line=line,
        protocol=cells["protocol"],
        metric=cells["metric"],
        printed=cells["value"].strip(),
        runs=tuple(cells["runs"].split()),
        baseline=tuple(cells.get("baseline", "").split()),
        test_set=cells.get("test_set", "") or PRIMARY,
        remarks=tuple(remark for remark in remarks if remark),
        cells=cells,
    )


def _undeclared(number: PublishedNumber, study: Study) -> Iterator[str]:
    """What the study does not declare of the names in a row, as messages."""
    yield from undeclared("protocol", number.protocol, study.declared_protocols)
    for column, selectors in (("runs", number.runs), ("baseline", number.baseline)):
        for selector in map(Selector.parse, selectors):
            problem = selector.problem(study.declared_variants)
            if problem is not None:
                yield f"{column}: {problem}"


def _malformed(number: PublishedNumber) -> Iterator[str]:
    """What is wrong with a row in any study, as messages."""
    if not number.metric:
        yield "metric: is empty; say what was measured"
    if not _NUMBER.fullmatch(number.printed):
        yield f"value: '{number.printed}' is no number; write it as printed, with a decimal point"
    elif not (limits := bounds_named(number.metric))[0] <= number.value <= limits[1]:
        low, high = limits
        ends = f"from {low:g} on" if math.isinf(high) else f"up to {high:g}"
        ends = f"from {low:g} to {high:g}" if math.isfinite(high - low) else ends
        share = unit_named(number.metric) == FRACTION and 1 < number.value <= 100
        hint = "; 80 % is written 0.80" if share else ""
        yield f"value: {number.printed} is no {number.metric}, which is {ends}{hint}"
    if number.test_set not in TEST_SETS:
        hint = nearest(number.test_set, TEST_SETS)
        yield f"test_set: '{number.test_set}' is not allowed{hint}; allowed: {one_of(TEST_SETS)}"
