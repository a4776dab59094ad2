"""The overview: every variant with its interval, and what was published of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.figures.overview import Panel, draw
from nnrepro.plots.dots import DotRow
from nnrepro.plots.style import series_styles
from nnrepro.published.comparison import printed_values

ROWS = [
    DotRow("gru", "GRU", 0.7, 0.65, 0.75, beside=0.72, group="Cells"),
    DotRow("lstm", "LSTM", None, beside=0.69, group="Cells"),
    DotRow("cnn", "CNN", 0.6, 0.55, 0.65, group="Others"),
]
PANEL = Panel(
    ROWS, series_styles([row.key for row in ROWS]), "Test accuracy", interval="95 % interval"
)


def texts(figure: Any) -> list[str]:
    """Words beside and inside the panel."""
    return [text.get_text() for text in figure.axes[0].texts]


def marks(figure: Any) -> list[float]:
    """Places of the diamonds."""
    lines = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    return [float(np.asarray(line.get_xdata())[0]) for line in lines]


def test_published_numbers_stand_beside_reproduced_ones() -> None:
    """Also where no run is there; groups are headed."""
    figure = draw([PANEL])
    assert marks(figure) == [0.72, 0.69]
    words = texts(figure)
    assert [w for w in words if w.replace(".", "").isdigit()] == [
        "0.700",
        "0.720",
        "0.690",
        "0.600",
    ]
    assert "no run" in words
    assert {"Cells", "Others", "reproduced", "published"} <= set(words)


def test_an_overview_beside_it_has_the_same_axis() -> None:
    """Its published numbers included."""
    first, *rest = ROWS
    limits = [
        draw([replace(PANEL, rows=own, others=others)]).axes[0].get_xlim()
        for own, others in (([first], rest), (rest, [first]), ([first], ()))
    ]
    assert limits[0] == limits[1] != limits[2]


def test_protocols_side_by_side_share_the_names_of_their_rows() -> None:
    """And the axis, where their values have the same unit; a row may have a name in each."""
    other = replace(ROWS[2], label="CNN of 90 channels", value=0.9, low=0.85, high=0.95)
    koh = replace(PANEL, rows=[*ROWS[:2], other], title="Koh", unit="fraction")
    tan = replace(PANEL, title="Tan", unit="fraction", interval="another interval")
    figure = draw([tan, koh])
    first, second = figure.axes
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Tan", "Koh"]
    names = [label.get_text() for label in first.get_yticklabels()]
    assert names == ["GRU", "LSTM", "CNN, CNN of 90 channels"]
    assert not second.get_yticklabels()
    assert first.get_xlim() == second.get_xlim()
    said = " ".join(text.get_text() for text in figure.texts)
    assert "another interval (Tan)" in said and "95 % interval (Koh)" in said
    apart = draw([tan, replace(koh, unit="loss")])
    assert apart.axes[0].get_xlim() != apart.axes[1].get_xlim()


def test_without_published_numbers_there_is_no_column_for_them() -> None:
    """A user's own study has nothing published."""
    figure = draw([replace(PANEL, rows=[ROWS[2]])])
    assert marks(figure) == []
    assert texts(figure) == ["0.600", "value"]


def test_printed_numbers_are_found_by_protocol_metric_and_variant() -> None:
    """A window's width is the report's own; a number on another test set is another quantity."""
    table = pd.DataFrame(
        {
            "protocol": ["tan", "tan", "tan", "koh", "tan"],
            "metric": ["last200_mean_test_accuracy"] * 4 + ["max_test_accuracy"],
            "value": ["0.5", "0.6", "0.7", "0.8", "0.9"],
            "runs": ["grid/a", "grid/a", "grid/b", "grid/a", "grid/a"],
            "test_set": [None, None, "comparison", None, None],
        }
    )
    assert printed_values(table, "tan", "last_window_mean_test_accuracy") == {"grid/a": 0.5}
    assert printed_values(None, "tan", "max_test_accuracy") == {}
