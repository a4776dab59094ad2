"""Words that fit: measured in the figures' font, wrapped or cut to a width, told apart when cut.

Every figure shows words that it does not know beforehand: labels and titles of a configuration,
values of parameters, names of classes. They may be of any length and script. Here alone is decided
how much room they take and what is left of them; lines break and words are cut between characters
as readers see them, never inside one.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from nnrepro.plots.fonts import FAMILY, lacking

POINTS = 72.0
"""Points of an inch."""

CUT = "…"
"""Stands where a part of a text is left out."""

_UNWRITABLE = ("Cc", "Cs")
_JOINER = "\N{ZERO WIDTH JOINER}"
_BOX = 1.2
_ROUNDED_UP = 1.05
_HEAD_SHARE = 0.6
_MOST_NAMED = 8
_NAMED_WIDTH = 2.5


def one_line(text: str) -> str:
    """A text as one line that any file can hold: spaces for line breaks, a mark for controls."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(letter) in _UNWRITABLE or letter in "\ufffe\uffff"
        else letter
        for letter in " ".join(text.split())
    )


@lru_cache(maxsize=8192)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line of text in inches.

    A character that the font lacks counts as a box as wide as any, whatever font will show it, so
    that places do not depend on the machine.
    """
    absent = lacking(text, bold=bold)
    known = "".join(letter for letter in text if letter not in absent) if absent else text
    font = FontProperties(family=FAMILY, size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(known, font, ismath=False)
    return (float(width) + _BOX * size * sum(map(text.count, absent))) / POINTS


def fits(text: str, size: float, width: float, bold: bool = False) -> bool:
    """Whether one line of text is no wider than `width` inches, also where pixels round it up."""
    return _ROUNDED_UP * text_width(text, size, bold) <= width


def wrap_text(
    text: str, size: float, width: float, bold: bool = False, most: int | None = None
) -> list[str]:
    """Break `text` into lines no wider than `width` inches, at spaces where there are any.

    Empty text has no lines.

    Args:
        text: the text.
        size: font size in points.
        width: width of the lines in inches.
        bold: whether it will be bold.
        most: how many lines there may be; what is left of the text is cut in the last one.
    """
    lines: list[str] = []
    for word in one_line(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        # Whole pixels widen letters beyond ASCII most.
        room = width if longer.isascii() else width / _ROUNDED_UP
        if lines and text_width(longer, size, bold) <= room:
            lines[-1] = longer
        else:
            lines.extend(_pieces(word, size, width, bold))
    if most is not None and len(lines) > most:
        rest = " ".join(lines[most - 1 :])
        lines = [*lines[: most - 1], cut_text(rest, size, width, bold)]
    return lines


def cut_text(text: str, size: float, width: float, bold: bool = False) -> str:
    """`text` as one line no wider than `width` inches.

    What does not fit is left out of its middle: labels differ at their beginnings and ends.
    """
    text = one_line(text)
    if fits(text, size, width, bold):
        return text
    letters = list(characters(text))

    def kept(count: int) -> str:
        head = round(_HEAD_SHARE * count)
        tail = letters[len(letters) - (count - head) :]
        return "".join(letters[:head]).rstrip() + CUT + "".join(tail).lstrip()

    return kept(_most(len(letters) - 1, lambda count: fits(kept(count), size, width, bold)))


def fit_labels(labels: Sequence[str], size: float, width: float, bold: bool = False) -> list[str]:
    """Each label as one line no wider than `width` inches; those that differ stay different."""
    whole = [one_line(label) for label in labels]
    shown = {label: cut_text(label, size, width, bold) for label in whole}
    for alike in _cut_alike(shown):
        shown |= {label: cut_text(part, size, width, bold) for label, part in _differing(alike)}
    for number, label in enumerate((own for alike in _cut_alike(shown) for own in alike), 1):
        mark = f" ({number})"
        shown[label] = (
            cut_text(shown[label], size, width - text_width(mark, size, bold), bold) + mark
        )
    return [shown[label] for label in whole]


def named(labels: Sequence[str], size: float) -> str:
    """Some labels in a sentence: the first eight, none too long, and how many more there are."""
    first = fit_labels(labels[:_MOST_NAMED], size, _NAMED_WIDTH)
    more = len(labels) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def characters(text: str) -> Iterator[str]:
    """A text in pieces that readers see as one character each: a letter with its marks, an emoji.

    An approximation of Unicode's grapheme clusters that holds for all but a few scripts.
    """
    cluster = ""
    for letter in text:
        if cluster and not _continues(cluster, letter):
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


def _continues(cluster: str, letter: str) -> bool:
    """Whether a letter is seen as one with what stands before it."""
    if unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf") or cluster.endswith(_JOINER):
        return True
    if (
        "\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}"
        <= letter
        <= "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}"
    ):
        return True
    return _is_flag_half(letter) and _is_flag_half(cluster)


def _is_flag_half(text: str) -> bool:
    """Whether it is one of the two letters that make a flag."""
    first = "\N{REGIONAL INDICATOR SYMBOL LETTER A}"
    return len(text) == 1 and first <= text <= "\N{REGIONAL INDICATOR SYMBOL LETTER Z}"


def _pieces(word: str, size: float, width: float, bold: bool) -> Iterator[str]:
    """A word, in as many pieces as it takes for each to be no wider than `width`."""
    if text_width(word, size, bold) <= width:
        yield word
        return
    piece = ""
    for letter in characters(word):
        if piece and not fits(piece + letter, size, width, bold):
            yield piece
            piece = ""
        piece += letter
    yield piece


def _most(highest: int, good: Callable[[int], bool]) -> int:
    """The largest number up to `highest` that is good, where smaller ones are better; else 0."""
    low, high = 0, highest
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if good(middle) else (low, middle - 1)
    return low


def _cut_alike(shown: Mapping[str, str]) -> list[list[str]]:
    """Labels that look alike as they are shown, in groups of two and more."""
    groups: dict[str, list[str]] = {}
    for label, short in shown.items():
        groups.setdefault(short, []).append(label)
    return [alike for alike in groups.values() if len(alike) > 1]


def _differing(labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Labels, each with what is left without their common beginning and end, but for a letter."""
    begin = max(0, _common(labels) - 1)
    end = max(0, _common([label[:begin:-1] for label in labels]) - 1)
    for label in labels:
        yield label, CUT * (begin > 0) + label[begin : len(label) - end] + CUT * (end > 0)


def _common(labels: Sequence[str]) -> int:
    """How many letters labels have in common at their beginning."""
    places = enumerate(zip(*labels, strict=False))
    return next((at for at, letters in places if len({*letters}) > 1), min(map(len, labels)))
