"""Numbers and lists as a reader sees them: one form for every quantity, all through the report."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

UNKNOWN = "unknown"
DASH = "\u2013"
"""Joins the ends of a range."""

EMPTY = DASH
"""Stands in a table cell that has no value."""

_MINUS = "\u2212"
_THIN = "\u202f"
_MOST_DECIMALS = 10
_SECONDS_PER_MINUTE = 60
_SECONDS_PER_HOUR = 3600


def is_missing(value: object) -> bool:
    """Whether `value` is None, NaN or an infinity."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def percent_number(fraction: float | None, decimals: int = 2) -> str:
    """A fraction in percent without the sign, for a column whose heading says percent."""
    return EMPTY if fraction is None or is_missing(fraction) else _fixed(100 * fraction, decimals)


def percent(fraction: float | None, decimals: int = 2) -> str:
    """A fraction in percent, for prose: `0.5425` gives "54.25 %"."""
    missing = fraction is None or is_missing(fraction)
    return UNKNOWN if missing else f"{percent_number(fraction, decimals)}{_THIN}%"


def points(difference: float | None) -> str:
    """A difference of two fractions in percentage points, with its sign."""
    return signed(percent_number)(difference)


def signed(write: Callable[[float | None], str]) -> Callable[[float | None], str]:
    """Writes a difference of what `write` writes, with its sign; 0 has none."""

    def shown(difference: float | None) -> str:
        text = write(difference)
        return text if text[0] in (EMPTY, _MINUS) or _is_zero(text) else f"+{text}"

    return shown


def loss(value: float | None) -> str:
    """A loss with four decimals."""
    return EMPTY if value is None or is_missing(value) else _fixed(value, 4)


def measured(value: float | None) -> str:
    """A number in units of its own, to four digits: "0.8731", "4288"."""
    if value is None or is_missing(value):
        return EMPTY
    size = math.floor(math.log10(abs(value))) if round(value, _MOST_DECIMALS) else 0
    return grouped(round(value)) if size >= 3 else _fixed(value, min(3 - size, _MOST_DECIMALS))


def seconds_number(value: float | None) -> str:
    """Seconds without the unit: a tenth below a hundred, whole seconds above."""
    if value is None or is_missing(value):
        return EMPTY
    return _fixed(value, 1) if abs(value) < 100 else grouped(round(value))


def duration(value: float | None) -> str:
    """A time for prose: "4.2 s", "3 min 20 s", "2 h 5 min"."""
    if value is None or is_missing(value):
        return UNKNOWN
    if round(value, 1) < _SECONDS_PER_MINUTE:
        return f"{_fixed(value, 1)}{_THIN}s"
    whole = round(value)
    if whole < _SECONDS_PER_HOUR:
        minutes, rest = divmod(whole, _SECONDS_PER_MINUTE)
        return f"{minutes}{_THIN}min {rest}{_THIN}s"
    hours, rest = divmod(whole, _SECONDS_PER_HOUR)
    return f"{grouped(hours)}{_THIN}h {rest // _SECONDS_PER_MINUTE}{_THIN}min"


def energy(watt_hours: float) -> str:
    """An energy for prose, to two digits: "62 Wh", "1.3 kWh"."""
    value, unit = (watt_hours, "Wh") if watt_hours < 1000 else (watt_hours / 1000, "kWh")
    digits = max(0, 1 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{_fixed(value, digits)}{_THIN}{unit}"


def ratio(value: float | None) -> str:
    """A factor with two decimals: "1.92"."""
    return EMPTY if value is None or is_missing(value) else _fixed(value, 2)


def chance_number(probability: float | None) -> str:
    """A probability in percent without the sign: "43", "< 1" and "> 99" at the ends."""
    if probability is None or is_missing(probability):
        return EMPTY
    if probability < 0.01:
        return f"<{_THIN}1"
    if probability > 0.99:
        return f">{_THIN}99"
    return _fixed(100 * probability, 0)


def chance(probability: float | None) -> str:
    """A probability in percent, for prose: "43 %", "more than 99 %"."""
    if probability is None or is_missing(probability):
        return UNKNOWN
    text = chance_number(probability).replace(f"<{_THIN}", "less than ")
    return f"{text.replace(f'>{_THIN}', 'more than ')}{_THIN}%"


def p_value(p: float | None) -> str:
    """A p-value with three decimals; "< 0.001" below."""
    if p is None or is_missing(p):
        return EMPTY
    return f"<{_THIN}0.001" if p < 0.001 else _fixed(p, 3)


def grouped(value: int) -> str:
    """A whole number, its thousands set apart from five digits on."""
    text = f"{abs(value):,}".replace(",", _THIN) if abs(value) >= 10_000 else str(abs(value))
    return f"{_MINUS}{text}" if value < 0 else text


def whole(value: float | None) -> str:
    """A count or an epoch, which a table may hold as a float."""
    return EMPTY if value is None or is_missing(value) else grouped(round(value))


def mean_count(value: float | None) -> str:
    """A count that may be a mean over seeds: one decimal where it is no whole number."""
    if value is None or is_missing(value):
        return EMPTY
    return whole(value) if float(value).is_integer() else _fixed(value, 1)


def plain(value: object) -> str:
    """A parameter's value: whole floats without their decimal point."""
    if is_missing(value) or value == "":
        return EMPTY
    if isinstance(value, float) and value.is_integer():
        return grouped(int(value))
    return str(value)


def joined(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def some(words: Sequence[str], limit: int = 4) -> str:
    """As `joined`, but of more than `limit` words the last ones are only counted."""
    return joined(few(words, limit))


def few(words: Sequence[str], limit: int = 4) -> list[str]:
    """The words, of more than `limit` the last ones only counted."""
    if len(words) <= limit + 1:
        return list(words)
    return [*words[:limit], f"{grouped(len(words) - limit)} more"]


def clipped(text: str, most: int) -> str:
    """A text of at most so many words; of a longer one its beginning, which then says so."""
    words = text.split()
    return text if len(words) <= most else f"{' '.join(words[:most])} \u2026"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: "1 run", "2 runs"."""
    return f"{grouped(count)} {singular if count == 1 else plural or singular + 's'}"


def seeds(found: Sequence[int]) -> str:
    """Seeds by their numbers: "seed 3", "seeds 0 to 4", "seeds 0, 2 and 7"."""
    numbers = sorted(set(found))
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"seeds {numbers[0]} to {numbers[-1]}"
    return f"{agree(numbers, 'seed', 'seeds')} {some([str(number) for number in numbers])}"


def agree(items: Sequence[object], one: Any, several: Any) -> Any:
    """The form of a word that agrees with the number of `items`."""
    return one if len(items) == 1 else several


def ends(counts: Iterable[int]) -> str:
    """The smallest and the largest of some numbers: "3", "3 to 12"; unknown without any."""
    found = sorted(set(counts))
    return " to ".join(map(grouped, (*found[:1], *found[1:][-1:]))) or UNKNOWN


def slug(name: str) -> str:
    """A name as part of an element's id: what is no letter, digit, `_`, `.` or `-` becomes `-`."""
    return re.sub(r"[^\w.-]+", "-", name)


def anchor(name: str, kind: str) -> str:
    """Id of an element: its kind, and a name as `slug` makes it."""
    return f"{kind}-{slug(name)}"


def capitalised(text: str) -> str:
    """Words as a sentence begins with them, the others as they are."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Words as a sentence of their own: a capital at the beginning, a full stop at the end.

    What begins with a name of the program, such as `test_accuracy`, stays as it is.
    """
    if not text:
        return ""
    end = "" if text.endswith((".", "!", "?")) else "."
    named = not text.split(maxsplit=1)[0].rstrip(",:;").isalpha()
    return f"{text if named else capitalised(text)}{end}"


def _fixed(value: float, decimals: int) -> str:
    """`value` with fixed decimals and a true minus sign; never a negative zero."""
    text = f"{abs(value):.{decimals}f}"
    return f"{_MINUS}{text}" if value < 0 and not _is_zero(text) else text


def _is_zero(text: str) -> bool:
    return not text.strip("0.")
