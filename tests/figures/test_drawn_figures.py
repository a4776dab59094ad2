"""What a job draws: each figure by itself, with an index of all, also of a kind of one's own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnrepro.errors import NnreproError
from nnrepro.failures import Failures
from nnrepro.figures.drawing import draw_figures
from nnrepro.figures.index import INDEX, NO_RUNS, read_index, write_index
from nnrepro.figures.sources import Sources
from nnrepro.plots import output
from nnrepro.study.kinds import kinds
from nnrepro.study.study import Spec

Config = dict[str, Any]
ONLY = {"only": {"experiments": ["text_models", "rnn_variants"]}}
OWN = '''"""Figures of kind `dots`."""

from functools import partial

from nnrepro.figures.drawing import Drawing
from nnrepro.plots.frame import add_axes, start_figure
from nnrepro.plots.style import styled
from nnrepro.study.kinds import figure


@figure(reading="A dot is a run.")
def dots(figure, variants, *, metric: str, refused: str = ""):
    """A dot for each variant."""
    if figure.name == refused:
        raise ValueError("no room for it")
    runs, dots = figure.runs, partial(draw, variants, metric)
    yield Drawing(figure.name, dots, runs, figure.alt("Dots", runs))


@styled
def draw(variants, metric):
    """A dot for each value."""
    page, body = start_figure(2.0, metric)
    add_axes(page, body).plot(variants[metric], range(len(variants)), "o")
    return page
'''


FORMS = ("{}.svg", "{}.png", "narrow/{}.svg")
"""What is written of a figure."""


def files(folder: Path) -> dict[str, bytes]:
    """Contents by path."""
    paths = filter(Path.is_file, folder.rglob("*"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def draw(done: Any, kind: Any, folder: Path, **given: Any) -> Failures:
    """Draw a protocol's figures of a kind from what would be read."""
    sources = Sources(done.study, done.protocol, done.decisions, {})
    for name, value in {"extent": done.extent, **given}.items():
        sources.__dict__[name] = value
    failures = Failures()
    draw_figures(kind, done.asked(kind.name), sources, folder, failures)
    return failures


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """A kind of one's own."""
    (tmp_path / "dots.py").write_text(OWN)
    return kinds("figures", (tmp_path / "dots.py",))["dots"]


def with_dots(done: Any, **options: str) -> Any:
    """A protocol of a study that asks for two figures of that kind."""
    options = {"metric": "max_test_accuracy", **options}
    figures = {
        name: Spec(name, "dots", "B1", "Dots", ("text_models",), options)
        for name in ("some", "others")
    }
    return replace(done, study=replace(done.study, figures=figures))


def test_a_kind_of_ones_own_is_drawn_and_indexed(
    short: Config, finished: Callable, tmp_path: Path, own: Any
) -> None:
    done = with_dots(finished(short | ONLY))
    assert not draw(done, own, tmp_path / "out", variants=done.variants)
    index = read_index(tmp_path / "out")
    assert index is not None and index.reading == "A dot is a run."
    (shown,) = index.of("some")
    assert shown.alt.startswith("Dots, Tan report. Shown: char CNN, word CNN, ")
    assert shown.runs[0] == "tan/text_models/char_cnn/seed0" and not shown.why
    assert set(files(tmp_path / "out")) == {INDEX} | {
        form.format(name) for name in ("some", "others") for form in FORMS
    }


def test_one_that_cannot_be_drawn_leaves_the_others_the_same_to_the_last_byte(
    short: Config, finished: Callable, tmp_path: Path, own: Any
) -> None:
    done = with_dots(finished(short | ONLY))
    draw(done, own, tmp_path / "all", variants=done.variants)
    done = with_dots(done, refused="some")
    failures = draw(done, own, tmp_path / "others", variants=done.variants)
    assert [failure.part for failure in failures] == ["figures/tan/dots/some"]
    expected, found = files(tmp_path / "all"), files(tmp_path / "others")
    assert set(expected) - set(found) == {"some.svg", "some.png", "narrow/some.svg"}
    assert all(expected[name] == found[name] for name in found if name != INDEX)
    index = read_index(tmp_path / "others")
    assert index is not None and [shown.stem for shown in index.files] == ["some", "others"]


def test_each_variants_curves_stand_for_themselves(
    short: Config, finished: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only the file cannot be written as a format: then neither format is there."""
    done = finished(short | {"only": {"experiments": ["text_models"]}})
    encode = output._encode_png
    drawn: list[int] = []

    def sometimes(svg: bytes, figure: Any) -> bytes:
        drawn.append(1)
        if len(drawn) == 2:
            raise ValueError("Width and height specified must be non-negative")
        return encode(svg, figure)

    monkeypatch.setattr(output, "_encode_png", sometimes)
    folder = tmp_path / "tan" / "curves"
    (failed,) = draw(done, kinds("figures")["curves"], folder, histories=done.data, levels={})
    variants = ["char_cnn", "word_cnn", "char_rnn_gru", "word_rnn_gru"]
    assert len(drawn) == len(variants), "each variant once, however many figures show it"
    assert failed.part == "figures/tan/curves/text_models/word_cnn"
    variants.remove("word_cnn")
    assert set(files(folder)) == {INDEX} | {
        form.format(f"text_models/{name}") for name in variants for form in FORMS
    }


def test_the_index_says_why_nothing_was_drawn(
    short: Config, finished: Callable, tmp_path: Path, learning: Callable
) -> None:
    short["figures"]["cells"]["stable_below"] = 1e-9
    done = finished(
        short | ONLY, lambda run: None if run.experiment == "text_models" else learning(run)
    )
    assert not draw(done, kinds("figures")["comparison"], tmp_path, histories=done.data, beside=[])
    index = read_index(tmp_path)
    assert index is not None
    assert [shown.why for shown in index.of("text_models")] == [NO_RUNS]
    (unsteady,) = index.of("cells")
    assert unsteady.why.startswith("None of ") and unsteady.why.endswith("the closing window.")
    assert not (tmp_path / "cells.svg").exists()
    assert all(shown.compared for shown in index.files if not shown.why)


def test_selected_variants_share_a_strip_and_others_stand_by_their_names(
    short: Config, finished: Callable
) -> None:
    done = finished(short)
    curves = kinds("figures")["curves"].function()
    strips = {
        figure.name: [drawing.strip for drawing in curves(figure, done.data, {}, [])]
        for figure in done.asked("curves")
    }
    assert strips["specified_network"] == [""]
    assert strips["variant_curves"][:2] == ["Selected variant", "Momentum"]


def test_no_index_is_none_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    assert read_index(tmp_path) is None
    write_index(tmp_path, "", ())
    for odd in ("[]", "{}", '{"reading": "", "files": [{"figure": 1}]}', "no JSON"):
        (tmp_path / INDEX).write_text(odd)
        with pytest.raises(NnreproError, match=r"index\.json"):
            read_index(tmp_path)
