"""The one look of every figure: fonts, sizes, colours, and the style that a variant keeps."""

import colorsys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import matplotlib.style
from matplotlib.colors import to_hex, to_rgb

PAGE_WIDTH = 7.0
"""Width of a figure in inches: the text width of a page, about 700 pixels on a screen."""

NARROW_WIDTH = 3.6
"""Width of the same figure for a phone, where its smallest letters still are 9 pixels high."""

_width = ContextVar("width of the page", default=PAGE_WIDTH)
_styled = ContextVar("whether the project's style holds", default=False)

FONT_SIZE = 9.0
SMALL_SIZE = 8.0
TINY_SIZE = 7.0
TITLE_SIZE = 10.5

INK = "#222222"
SOFT_INK = "#555555"
GRID_GREY = "#d9d9d9"
TRAIN_GREY = "#6f6f6f"

PALETTE = (
    "#0072B2",  # blue
    "#D55E00",  # vermillion
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#E69F00",  # orange
    "#56B4E9",  # sky blue
    "#882255",  # wine
    "#999933",  # olive
    "#332288",  # indigo
    "#44AA99",  # teal
)
"""Colours that readers with colour vision deficiency can tell apart.

The first six are from M. Okabe and K. Ito, "Color Universal Design" (2002, 2008), whose black is
left out because train curves are grey and whose yellow is lost on white paper; the last four from
the "muted" scheme of P. Tol, "Colour Schemes", SRON/EPS/TN/09-002 (2021).
"""

DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (5.0, 1.6),
    (1.4, 1.2),
    (6.0, 1.4, 1.4, 1.4),
    (9.0, 2.5),
    (3.0, 1.2, 1.0, 1.2, 1.0, 1.2),
)
"""On-off lengths in line widths; the empty one is solid."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")

PUBLISHED_MARKER: dict[str, Any] = {
    "marker": "D",
    "markersize": 5.0,
    "markerfacecolor": "white",
    "markeredgecolor": INK,
    "markeredgewidth": 1.1,
    "linestyle": "none",
}
"""What was published, in every figure."""

P = ParamSpec("P")
R = TypeVar("R")

_RC: dict[str, Any] = {
    # One family that matplotlib ships itself, so that no machine's fonts decide the bytes.
    "font.family": ["DejaVu Sans"],
    "font.size": FONT_SIZE,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": SOFT_INK,
    "axes.labelcolor": INK,
    "axes.labelsize": FONT_SIZE,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.unicode_minus": True,
    "grid.color": GRID_GREY,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT_INK,
    "ytick.color": SOFT_INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL_SIZE,
    "ytick.labelsize": SMALL_SIZE,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "butt",
    "lines.solid_joinstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": SMALL_SIZE,
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
    "image.composite_image": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "nnrepro",
    "pdf.fonttype": 42,
}


def page_width() -> float:
    """Width in inches of the figure that is being drawn."""
    return _width.get()


def is_narrow() -> bool:
    """Whether the figure that is being drawn is for a phone, which has its panels in a column."""
    return page_width() < PAGE_WIDTH


@contextmanager
def narrow_page() -> Iterator[None]:
    """Draw the figures inside the block for a phone."""
    before = _width.set(NARROW_WIDTH)
    try:
        yield
    finally:
        _width.reset(before)


@contextmanager
def styled_context() -> Iterator[None]:
    """Apply the project's style inside the block, whatever a user's matplotlibrc says.

    Inside such a block another one changes nothing: matplotlib takes milliseconds for each.
    """
    if _styled.get():
        yield
        return
    before = _styled.set(True)
    try:
        with matplotlib.style.context(_RC, after_reset=True):
            yield
    finally:
        _styled.reset(before)


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Make `draw` run in the project's style."""

    @wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with styled_context():
            return draw(*args, **kwargs)

    return wrapper


@dataclass(frozen=True)
class SeriesStyle:
    """How one variant looks in every figure.

    Attributes:
        color: "#rrggbb".
        dash: on-off lengths in line widths; empty for a solid line.
        marker: a matplotlib marker, so that colour alone never has to carry the difference.
    """

    color: str
    dash: tuple[float, ...]
    marker: str

    @property
    def linestyle(self) -> Any:
        """The dash as matplotlib takes it."""
        return (0, self.dash) if self.dash else "solid"


@dataclass(frozen=True)
class Grid:
    """Variants over two parameters.

    Attributes:
        parameters: names of the two.
        values: the values of each, in their order.
        pairs: the two values of each variant, by its key.
    """

    parameters: tuple[str, str]
    values: tuple[Sequence[Any], Sequence[Any]]
    pairs: Mapping[str, tuple[Any, Any]]

    def axis(self, which: int, keys: Iterable[str]) -> list[Any]:
        """The values that some variants have of one of the parameters, in their order."""
        there = [self.pairs[key][which] for key in keys]
        return [value for value in self.values[which] if value in there]


def series_styles(keys: Sequence[str], grids: Iterable[Grid] = ()) -> dict[str, SeriesStyle]:
    """Give each variant of a study the style that it keeps in every figure.

    Pass the study's full ordered list of variant names, not the ones of one figure: then a name
    gets the same style everywhere. A variant whose name extends another's (`char_cnn_dropout`
    extends `char_cnn`) shares its colour and takes the next dash. Variants of a grid take their hue
    from its first parameter, and their dash and lightness from its second.

    Args:
        keys: variant names; repeats are ignored.
        grids: those of them that lie on grids.
    """
    names = list(dict.fromkeys(keys))
    styles: dict[str, SeriesStyle] = {}
    for grid in grids:
        styles |= _grid_styles(grid)
    others = [name for name in names if name not in styles]
    family_colors: dict[str, str] = {}
    members: dict[str, int] = {}
    for name in others:
        root = _family(name, others)
        if root not in family_colors:
            family_colors[root] = PALETTE[len(family_colors) % len(PALETTE)]
    # Roots first, so that a family's base is solid even where its extension was declared earlier.
    for name in sorted(others, key=lambda name: _family(name, others) != name):
        color = family_colors[_family(name, others)]
        taken = members.get(color, 0)
        members[color] = taken + 1
        styles[name] = SeriesStyle(
            color, DASHES[taken % len(DASHES)], MARKERS[taken % len(MARKERS)]
        )
    return {name: styles[name] for name in names}


def _family(name: str, names: Sequence[str]) -> str:
    """The shortest of `names` that `name` extends, or `name` itself."""
    return min((base for base in names if name == base or name.startswith(base + "_")), key=len)


def _grid_styles(grid: Grid) -> dict[str, SeriesStyle]:
    """Styles of a grid's variants: hue by the first value, dash, marker and lightness by the other.

    The top of plasma is left out: a yellow that white paper swallows.
    """
    firsts, seconds = (grid.axis(which, grid.pairs) for which in (0, 1))
    colormap = mpl.colormaps["plasma"]
    styles = {}
    for name, (first, second) in grid.pairs.items():
        hue = to_hex(colormap(0.74 * _fraction(firsts.index(first), firsts)))
        rank = seconds.index(second)
        styles[name] = SeriesStyle(
            _lighten(hue, 0.32 - 0.64 * _fraction(rank, seconds)),
            DASHES[rank % len(DASHES)],
            MARKERS[rank % len(MARKERS)],
        )
    return styles


def _fraction(index: int, values: Sequence[Any]) -> float:
    """Place of `index` among `values` in [0, 1]; 0 where there is one value."""
    return index / (len(values) - 1) if len(values) > 1 else 0.0


def _lighten(color: str, amount: float) -> str:
    """Move a colour's lightness by `amount` of the way to white, or to black where negative."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*to_rgb(color))
    lightness += amount * ((1 - lightness) if amount > 0 else lightness)
    return to_hex(colorsys.hls_to_rgb(hue, lightness, saturation))


def text_color(color: str) -> str:
    """A colour's dark shade, for words: light hues are fine as lines but too faint to read."""
    red, green, blue = to_rgb(color)
    luminance = 0.3 * red + 0.59 * green + 0.11 * blue
    shade = min(1.0, 0.42 / luminance) if luminance else 1.0
    return to_hex((red * shade, green * shade, blue * shade))
