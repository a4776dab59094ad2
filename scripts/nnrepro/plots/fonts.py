"""Which characters can be drawn: the font that matplotlib ships, and what a machine has beside it.

Every figure is set in DejaVu Sans, so that no machine's fonts decide its bytes. Characters that it
lacks are taken from installed fonts where there are any, and are named where there are none.
"""

import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import matplotlib
import typst
from matplotlib.font_manager import FontEntry, fontManager
from matplotlib.ft2font import FT2Font

FAMILY = "DejaVu Sans"
SHIPPED = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
"""The fonts that matplotlib ships."""

_FILES = {False: SHIPPED / "DejaVuSans.ttf", True: SHIPPED / "DejaVuSans-Bold.ttf"}
_INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
_VARIATION_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
# They have boxes instead of letters, or letters where there should be others.
_NO_LETTERS = ("Last Resort", "STIXNonUnicode")
_REGULAR = ("normal", "regular", "book", 400)


def lacking(text: str, *, bold: bool = False) -> set[str]:
    """The visible characters of a text that the figures' own font does not have."""
    if text.isascii():
        return set()
    return {each for each in set(text) if _visible(each) and ord(each) not in _own(bold)}


def fallbacks(characters: Iterable[str]) -> dict[str, FontEntry]:
    """An installed font for each of the characters that any has; the same choice every time."""
    found: dict[str, FontEntry] = {}
    wanted = {letter for letter in characters if unicodedata.category(letter) != "Co"}
    for entry in _installed() if wanted else ():
        for letter in sorted(wanted):
            if ord(letter) in _charmap(entry.fname) and _has_outline(entry.fname, letter):
                found[letter] = entry
        wanted -= set(found)
        if not wanted:
            break
    return found


@contextmanager
def fonts_for(text: str) -> Iterator[typst.Fonts]:
    """The fonts that Typst may set a text in: those that matplotlib ships.

    For letters that the figures' own font lacks they are, while the block runs, the shipped ones
    with letters and those of the machine that have what these lack.
    """
    strange = lacking(text) | lacking(text, bold=True)
    if not strange:
        yield _shipped()
        return
    found = {Path(entry.fname) for entry in fallbacks(strange).values()}
    with tempfile.TemporaryDirectory() as folder:
        for number, font in enumerate(dict.fromkeys((*_lettered(), *sorted(found)))):
            (Path(folder) / f"{number}{font.suffix}").symlink_to(font)
        yield _fonts_in(Path(folder))


@cache
def _shipped() -> typst.Fonts:
    return _fonts_in(SHIPPED)


def _fonts_in(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])


@cache
def _lettered() -> tuple[Path, ...]:
    """The shipped fonts but those in which every letter has a glyph that is none."""
    return tuple(
        path
        for path in sorted(SHIPPED.glob("*.ttf"))
        if not FT2Font(str(path)).family_name.startswith(_NO_LETTERS)
    )


def missing(text: str) -> list[str]:
    """The visible characters of a text that no font at hand has, each once, in their order."""
    gone = lacking(text) | lacking(text, bold=True)
    gone -= set(fallbacks(gone))
    return sorted(gone)


def missing_words(characters: Iterable[str]) -> str:
    """That no font has some characters, as a sentence; empty where there are none."""
    names = [f"{letter} (U+{ord(letter):04X})" for letter in characters]
    if not names:
        return ""
    return (
        f"no font at hand has {', '.join(names)}: boxes stand for "
        f"{'it' if len(names) == 1 else 'them'}; install a font that has, such as Noto Sans"
    )


def _visible(letter: str) -> bool:
    return unicodedata.category(letter) not in _INVISIBLE and letter not in _VARIATION_SELECTORS


@cache
def _own(bold: bool) -> frozenset[int]:
    return _charmap(str(_FILES[bold]))


@cache
def _charmap(file: str) -> frozenset[int]:
    """The characters of a font; none of a file that is no font or no longer there."""
    try:
        return frozenset(FT2Font(file).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


@cache
def _installed() -> tuple[FontEntry, ...]:
    """The upright fonts of regular weight, those without serifs first."""
    entries = [
        entry
        for entry in fontManager.ttflist
        if entry.style == "normal"
        and entry.weight in _REGULAR
        and not entry.name.startswith(_NO_LETTERS)
    ]
    return tuple(sorted(entries, key=lambda e: ("Sans" not in e.name, e.name, e.fname)))


def _has_outline(file: str, letter: str) -> bool:
    """Whether a glyph can be drawn at any size; those of colour fonts are often pictures."""
    try:
        font = FT2Font(file)
        font.set_size(12, 72)
        return bool(font.load_char(ord(letter)).width)
    except (OSError, RuntimeError):
        return False
