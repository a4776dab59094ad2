"""The same figure is the same bytes, in this process and in any other."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from nnrepro.figures import curves
from nnrepro.plots.output import compact_svg, save_figure

CHILD = """
import hashlib, sys
from pathlib import Path
sys.path[:0] = {path!r}
from conftest import make_panels, STUDY
from nnrepro.figures import curves
from nnrepro.plots.frame import stamp
from nnrepro.plots.output import save_figure
from nnrepro.plots.style import series_styles
figure = curves.draw(*make_panels(seeds=5), series_styles(STUDY)["adam"], title="Adam",
                band="smallest to largest of 5 seeds", smoothing="mean of 25 epochs")
stamp(figure, "40 of 1000 epochs")
for path in save_figure(figure, Path({stem!r})):
    print(path.suffix, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def draw(panels, styles, **options):
    return curves.draw(
        *panels(**options),
        styles["adam"],
        title="Adam",
        band="smallest to largest of 5 seeds",
        smoothing="mean of 25 epochs",
    )


def test_bytes_are_the_same_twice_in_one_process(panels, styles, tmp_path):
    digests = []
    for name in ("a", "b"):
        paths = save_figure(draw(panels, styles), tmp_path / name)
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in paths])
    assert digests[0] == digests[1]


def test_bytes_are_the_same_in_fresh_processes(repository, tmp_path):
    code = CHILD.format(
        path=[str(repository / "scripts"), str(Path(__file__).parent)], stem=str(tmp_path / "f")
    )
    printed = []
    for seed, epoch in (("1", "0"), ("2", "1700000000")):
        environment = os.environ | {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": epoch}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    assert printed[0].count("\n") == 2


def test_saving_does_not_change_the_figure(panels, styles, tmp_path):
    figure = draw(panels, styles)
    first = save_figure(figure, tmp_path / "a", ("svg", "png"))
    second = save_figure(figure, tmp_path / "b", ("png", "svg"))
    assert first[0].read_bytes() == second[1].read_bytes()
    assert first[1].read_bytes() == second[0].read_bytes()


@pytest.mark.parametrize("seeds", [1, 5])
def test_a_thousand_epoch_figure_is_a_small_svg(panels, styles, tmp_path, seeds):
    (path,) = save_figure(draw(panels, styles, seeds=seeds), tmp_path / "curves", ("svg",))
    assert path.stat().st_size < 60_000


def test_svg_is_wellformed_without_prologue_date_or_version(panels, styles, tmp_path):
    (path,) = save_figure(draw(panels, styles), tmp_path / "curves", ("svg",))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "matplotlib" not in text.lower()
    assert "rdf" not in text.lower()
    root = ElementTree.fromstring(text)
    spoken = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "Adam" in spoken and "Epoch" in spoken


def test_every_reference_in_the_svg_has_its_target(panels, styles, tmp_path):
    (path,) = save_figure(draw(panels, styles, epochs=2), tmp_path / "curves", ("svg",))
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    ids = {node.get("id") for node in root.iter()}
    used = {
        value.removeprefix("url(").removeprefix("#").rstrip(")")
        for node in root.iter()
        for name, value in node.items()
        if name.endswith("href") or name == "clip-path"
    }
    assert used
    assert used <= ids


def test_coordinates_keep_a_tenth_of_a_point():
    svg = '<?xml?>\n<svg>\n  <path d="M 1.26 2.04 \nL 3 -0.04 \nL 5.55 6 \n"/>\n</svg>'
    assert '<path d="m1.3 2 1.7-2 2.6 6"/>' in compact_svg(svg)


def test_groups_close_where_they_did_beside_one_that_is_empty():
    """As of a line without a finite value: its trace has nothing in it."""
    svg = '<svg><g><g class="trace-0"/></g><g class="trace-1"><g><g/><rect/></g></g></svg>'
    found = ElementTree.fromstring(compact_svg(svg))
    assert [[child.tag for child in node] for node in found] == [[], ["g", "rect"]]
    assert [node.get("class") for node in found] == ["trace-0", "trace-1"]


def test_points_do_not_drift_on_a_long_way():
    """Each of a path's points is where it was to a tenth, though it is written as a step."""
    points = [(0.37 * i % 7, 0.73 * i % 11) for i in range(500)]
    data = " ".join(f"{'M' if i % 100 == 0 else 'L'} {x} {y}" for i, (x, y) in enumerate(points))
    short = re.search(r'd="([^"]*)"', compact_svg(f'<svg><path d="{data}"/></svg>'))[1]
    steps = np.array(re.findall(r"-?[\d.]+", short), float).reshape(-1, 2)
    assert np.abs(np.cumsum(steps, axis=0) - points).max() < 0.051
    assert short.count("m") == 5


def test_a_name_with_a_dot_keeps_it(panels, styles, tmp_path):
    (path,) = save_figure(draw(panels, styles, epochs=1), tmp_path / "v1.5", ("png",))
    assert path.name == "v1.5.png"
