"""One figure that cannot be drawn does not take the others of its kind."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nnrepro.failures import Failures
from nnrepro.measures.runs import extent_of
from nnrepro.plots import output
from nnrepro.plots.comparison_figures import comparison_drawings
from nnrepro.plots.curves_figures import curves_by_variant
from nnrepro.plots.drawing import Drawing, ProtocolFigures, save_drawings, save_each

Config = dict[str, Any]
ONE = "text_models"


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_others_are_the_same_to_the_last_byte(
    short: Config, finished: Callable, tmp_path: Path
) -> None:
    done = finished(short | {"only": {"experiments": ["text_models", "rnn_variants"]}})
    extent = extent_of(done.study, done.data)
    together, apart = tmp_path / "together", tmp_path / "tan" / "comparison"
    drawings = comparison_drawings(done.figures, done.data, extent)
    save_drawings(done.study, drawings, together, extent)

    def refuse(figures: ProtocolFigures) -> Iterator[Drawing]:
        if ONE in figures.study.figures:
            raise ValueError("no room for it")
        yield from comparison_drawings(figures, done.data, extent)

    failures = Failures()
    named = done.figures.each("comparison", refuse)
    save_each(done.figures, named, apart, failures, extent)
    assert [failure.part for failure in failures] == [f"figures/tan/comparison/{ONE}"]
    expected = files(together)
    assert len(expected) > 2 and f"{ONE}.svg" in expected
    kept = {name: content for name, content in expected.items() if not name.startswith(f"{ONE}.")}
    assert files(apart) == kept


def test_each_variants_curves_stand_for_themselves(
    short: Config, finished: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only the file cannot be written as a format: then neither format is there."""
    done = finished(short | {"only": {"experiments": ["text_models"]}})
    named = curves_by_variant(done.figures, done.data)
    assert len(named) > 2
    encode = output._ENCODERS["png"]
    drawn: list[int] = []

    def sometimes(figure: Any) -> bytes:
        drawn.append(1)
        if len(drawn) == 2:
            raise ValueError("Width and height specified must be non-negative")
        return encode(figure)

    monkeypatch.setitem(output._ENCODERS, "png", sometimes)
    failures = Failures()
    folder = tmp_path / "tan" / "curves"
    save_each(done.figures, named, folder, failures)
    (failed,) = failures
    assert failed.part == f"figures/tan/curves/{list(named)[1]}"
    expected = {f"{name}.{kind}" for name in named for kind in ("svg", "png")}
    assert set(files(folder)) == {n for n in expected if not n.startswith(list(named)[1] + ".")}
