"""What a figure's SVG tells of its lines agrees with what was drawn."""

import itertools
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.document.compact import STEP, compact_values
from nnrepro.figures.comparison import draw
from nnrepro.figures.curves import PublishedMark
from nnrepro.figures.curves import draw as draw_curves
from nnrepro.plots.frame import stamp
from nnrepro.plots.output import save_figure

SVG = "{http://www.w3.org/2000/svg}"


def read_back(text):
    """The values of a compact series, None for gaps."""
    total, values = 0, []
    for word in text.split(","):
        total += int(word) if word else 0
        values.append(total * STEP if word else None)
    return values


@pytest.fixture
def drawn(panels, styles, tmp_path):
    """A stamped figure of curves as parsed SVG, with its readings and its data."""
    cost, accuracy = panels()
    figure = draw_curves(
        cost, accuracy, styles["adam"], title="Adam", smoothing="mean of 25 epochs"
    )
    stamp(figure, "40 of 1000 epochs")
    (path,) = save_figure(figure, tmp_path / "curves", ("svg",))
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    return root, json.loads(root.find(f"{SVG}metadata").text), (cost, accuracy)


def test_every_epoch_of_every_line_can_be_read_off(drawn):
    _, readings, panels = drawn
    lines = itertools.chain.from_iterable((panel.train, panel.test) for panel in panels)
    for line, series in zip(readings["lines"], lines, strict=True):
        assert line["first"] == series.epochs[0]
        assert np.allclose(read_back(line["values"]), series.drawn, atol=STEP)
    assert [trace["label"] for trace in readings["traces"]] == ["train", "test"]


def test_the_panels_boxes_are_where_the_lines_lie(drawn):
    """A line's drawn end, by box and limits, is the last value: also below a stamp's strip."""
    root, readings, _ = drawn
    assert root.get("viewBox").split()[2:] == [f"{side:g}" for side in readings["size"]]
    for line in readings["lines"]:
        panel = readings["panels"][line["panel"]]
        left, top, width, height = panel["box"]
        (x0, x1), (y0, y1) = panel["x"], panel["y"]
        values = read_back(line["values"])
        epoch = line["first"] + len(values) - 1
        expected = (
            left + width * (epoch - x0) / (x1 - x0),
            top + height * (1 - (values[-1] - y0) / (y1 - y0)),
        )
        ends = [
            np.array(re.findall(r"-?[\d.]+", path.get("d")), float).reshape(-1, 2).sum(axis=0)
            for group in root.iter(f"{SVG}g")
            if group.get("class") == f"trace-{line['trace']}"
            for path in group.iter(f"{SVG}path")
            if "z" not in path.get("d")
        ]
        assert any(np.allclose(end, expected, atol=0.3) for end in ends)


def test_every_variant_of_a_comparison_is_a_trace_of_its_own(styles, panels, tmp_path):
    series = []
    for name in ("adam", "rmsprop"):
        _, accuracy = panels()
        line = accuracy.test
        series.append(type(line)(name, name, line.epochs, line.mean))
    (path,) = save_figure(draw(series, styles), tmp_path / "comparison", ("svg",))
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    readings = json.loads(root.find(f"{SVG}metadata").text)
    assert [trace["label"] for trace in readings["traces"]] == ["adam", "rmsprop"]
    assert [trace["color"] for trace in readings["traces"]] == [
        styles[name].color for name in ("adam", "rmsprop")
    ]
    for index in range(2):
        groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == f"trace-{index}"]
        assert any(group.find(f"{SVG}path") is not None for group in groups)
        assert any(group.find(f".//{SVG}text") is not None for group in groups)


def test_gaps_and_infinities_stay_empty_in_a_compact_series():
    assert compact_values([0.5, np.nan, 0.4999, np.inf, 2.0]) == "5000,,-1,,15001"
    assert compact_values([]) == ""


@given(values=st.lists(st.floats(width=64), max_size=6))
def test_a_compact_series_reads_back_in_floats_alone(values: list[float]) -> None:
    """As a page's script adds it up; what is too large for that is left out, not told wrongly."""
    words = compact_values(values)
    read, last = [], 0.0
    for word in words.split(",") if values else []:
        last += float(word) if word else 0.0
        read.append(last * STEP if word else None)
    for value, told in zip(values, read, strict=True):
        if told is None:
            assert not abs(value) < 1e11
        else:
            assert told == pytest.approx(value, abs=STEP, rel=1e-9)


def test_published_marks_are_a_trace_of_their_own_to_switch_off(panels, styles, tmp_path):
    cost, accuracy = panels(40)
    accuracy = replace(accuracy, published=(PublishedMark("max", 0.5, 1, 40),))
    figure = draw_curves(cost, accuracy, styles["adam"], smoothing="mean of 25 epochs")
    (path,) = save_figure(figure, tmp_path / "curves", ("svg",))
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    traces = json.loads(root.find(f"{SVG}metadata").text)["traces"]
    assert [trace["label"] for trace in traces] == ["train", "test", "published"]
    marked = [group for group in root.iter(f"{SVG}g") if group.get("class") == "trace-2"]
    assert len(marked) >= 3  # line, diamond, name
