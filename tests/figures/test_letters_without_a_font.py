"""Letters that the figures' font lacks come from another one, and those of none are named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nnrepro.figures.drawing import save_drawing
from nnrepro.plots.fitting import text_width
from nnrepro.plots.fonts import fallbacks, lacking, missing, missing_words
from nnrepro.plots.frame import start_figure
from nnrepro.plots.output import save_figure

IN_STIX = "\N{COMBINING LONG VERTICAL LINE OVERLAY}"
"""The figures' own font lacks it; another one that matplotlib ships has it."""

NOWHERE = "\U0001f5ff\u6df1"


@pytest.fixture
def only_shipped_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no font of its own, whatever this one has."""
    from nnrepro.plots import fonts

    shipped = tuple(e for e in fonts._installed() if Path(e.fname).parent == fonts.SHIPPED)
    monkeypatch.setattr(fonts, "_installed", lambda: shipped)


def test_what_the_own_font_lacks_is_told_from_what_is_not_seen() -> None:
    assert not lacking("Gr\xf6\xdfe \u0395\u03bb \u0645 \t\n\u200d\u2060\ufe0f")
    assert lacking(f"a{IN_STIX}{NOWHERE}") == {IN_STIX, *NOWHERE}


@pytest.mark.usefixtures("only_shipped_fonts")
def test_letters_of_no_font_are_named() -> None:
    assert missing(f"a {IN_STIX} {NOWHERE} b") == sorted(NOWHERE)
    assert "has \u6df1 (U+6DF1), \U0001f5ff (U+1F5FF)" in missing_words(missing(NOWHERE))
    assert missing_words(missing("words")) == ""


def _title(letters: str) -> Figure:
    figure, _ = start_figure(0.1, notes=[letters])
    return figure


@pytest.mark.filterwarnings("error")
@pytest.mark.usefixtures("only_shipped_fonts")
def test_another_font_is_used_in_the_png_and_the_svg_stays_as_it_is(tmp_path: Path) -> None:
    assert fallbacks([IN_STIX])[IN_STIX].name == "STIXGeneral"
    words = [f"a{letter}" * 3 for letter in (IN_STIX, NOWHERE[1])]
    pixels = []
    for index, word in enumerate(words):
        svg, png = save_figure(_title(word), tmp_path / str(index))
        assert "STIX" not in svg.read_text(encoding="utf-8")
        pixels.append(Image.open(png).convert("L").tobytes())
    assert pixels[0] != pixels[1]


@pytest.mark.usefixtures("only_shipped_fonts")
def test_a_letter_of_no_font_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    """Matplotlib ships a font with a sign for every letter, which no text is to be set in."""
    drawn = []
    for index, word in enumerate(("Words", f"Words {NOWHERE}")):
        _, png = save_figure(_title(word), tmp_path / str(index))
        drawn.append(np.asarray(Image.open(png).convert("L")))
    right = int(np.flatnonzero((drawn[0] < 255).any(axis=0))[-1]) + 1
    assert (drawn[0][:, :right] == drawn[1][:, :right]).all()
    assert (drawn[1][:, right:] < 255).any()


def test_places_do_not_depend_on_the_fonts_of_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    width = text_width(NOWHERE, 9.0)
    text_width.cache_clear()
    monkeypatch.setattr("nnrepro.plots.fonts._installed", tuple)
    assert text_width(NOWHERE, 9.0) == width > 0


@pytest.mark.usefixtures("only_shipped_fonts")
def test_the_log_of_a_figure_names_the_letters(
    short: dict[str, Any], finished: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short["experiments"]["text_models"]["variants"]["char_cnn"]["label"] = NOWHERE[1] * 90
    done = finished(short | {"only": {"experiments": ["text_models"]}})
    save_drawing(done.comparisons()["text_models"].drawing, done.extent, tmp_path)
    assert "text_models.png: no font at hand has \u6df1 (U+6DF1)" in capsys.readouterr().out
