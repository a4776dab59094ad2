"""Synthetic results to build reports from, and a reader of the reports."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import yaml

from nnrepro.claims.decide import decide_claims
from nnrepro.claims.lists import printed_lists
from nnrepro.claims.loading import load_claims
from nnrepro.data.shown import Sample
from nnrepro.failures import Failures
from nnrepro.figures.asked import figures_asked
from nnrepro.figures.drawing import Drawing, draw_figures
from nnrepro.figures.sources import FeatureMaps, Sources
from nnrepro.measures.runs import extent_of, folds_of, read_runs
from nnrepro.models.registry import catalogue
from nnrepro.published.comparison import compare_published, published_offsets, published_summary
from nnrepro.published.inconsistencies import load_inconsistencies
from nnrepro.published.inconsistency_table import inconsistencies_table
from nnrepro.published.numbers import load_published
from nnrepro.published.runs import StudyRuns
from nnrepro.report.build import build_report, collect
from nnrepro.report.html.printer import html
from nnrepro.report.pdf.printer import typeset
from nnrepro.report.source import Source
from nnrepro.study.config import load_study
from nnrepro.study.kinds import kinds
from nnrepro.study.questions import unfolded
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.tables.columns import rows_of
from nnrepro.tables.csvfile import read_csv, write_csv
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import select
from nnrepro.tables.sources import make_table
from nnrepro.tables.variants import variants_table

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 400"><text y="40">{}</text></svg>'

LAYERS = {name: np.zeros((9, 2, 2, 1)) for name in ("c1", "s1", "c2", "s2")}

PROVENANCE = {
    "data": {"cifar10": {"source": "archive", "generated": False, "sha256": {"a.bin": "0a" * 32}}},
    "code": ["ab" * 32],
    "packages": {"numpy": ["2.4.0"], "keras": ["3.15.0", "3.15.1"]},
    "python": ["3.11.7"],
    "platform": ["Linux x86_64"],
    "devices": ["CPU"],
    "threads": [1],
    "seconds": {"setup": 9.5, "training": 4000.0, "evaluation": 61.0, "total": 4070.5},
    "runs": {"completed": 90},
}


def study_of(repository: Path, changes: Mapping[str, Any] | None = None) -> Study:
    """The shipped configuration with some top-level sections replaced, as a study."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    changed = unfolded(changes or {})
    whole = unfolded(config) | changed
    if "experiments" in changed and "questions" not in changed:
        for question in whole["questions"].values():
            question.pop("runs", None)  # of experiments that are gone
    return load_study(whole, catalogue())


class Results:
    """The results folder of a study, with everything that the report reads."""

    def __init__(self, study: Study, root: Path) -> None:
        """Give the study a folder; nothing is written yet."""
        self.study = study
        self.root = root
        self.decisions: dict[tuple[str, str], dict[str, Any]] = {}

    @property
    def tables(self) -> Path:
        """Folder of the tables."""
        return self.root / "tables"

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.root / "figures"

    def write_runs(self, **options: Any) -> None:
        """Histories and records of all runs."""
        for run in self.study.runs:
            self.write_run(run, **options)

    def write_run(self, run: Run, *, record: bool = True, status: str = "completed") -> None:
        """A plausible history of a run, the same for the same run, with or without its record."""
        folder = self.root / "runs" / run.id
        folder.mkdir(parents=True, exist_ok=True)
        history = synthetic_history(run)
        _write_json(folder / "history.json", history)
        if run.settings["comparison_test_examples"]:
            larger = {name: history[name] for name in ("val_loss", "val_accuracy")}
            _write_json(folder / "history_comparison.json", larger)
        if run.settings["test_folds"]:
            _write_json(folder / "history_folds.json", synthetic_folds(run, history))
        if record:
            seconds = 0.35 * len(history["loss"])
            content = {
                "run": run.to_dict(),
                "status": status,
                "epochs_completed": len(history["loss"]),
                "seconds": {"setup": 1.0, "training": seconds, "evaluation": 0.5},
            }
            _write_json(folder / "run.json", content)

    def write_tables(self) -> None:
        """Every table, made from the runs that there are."""
        study = self.study
        frame = self._runs(study.runs)
        variants = variants_table(frame)
        for protocol in study.protocols:
            for experiment in study.selecting_experiments:
                runs = self._runs(study.runs_of(protocol, experiment))
                if runs["status"].eq("missing").all():
                    continue
                rows = variants_table(runs)
                metric = study.selection_metric(protocol, [experiment])
                self.decisions[protocol, experiment] = select(
                    rows, metric, list(study.experiments[experiment].swept)
                )
        write_csv(frame, self.tables / "runs.csv")
        write_csv(variants, self.tables / "variants.csv")
        for spec in study.tables.values():
            rows = pd.concat(
                [
                    rows_of(variants, study.chosen(protocol, spec.runs, self.decisions))
                    for protocol in study.protocols
                ],
                ignore_index=True,
            )
            sources = SimpleNamespace(
                variants=rows,
                runs=frame,
                selection=lambda protocol, *of: study.selection_metric(protocol, of),
                answers=lambda _: None,
                predictions=lambda _: None,
                inputs=lambda run, example: "",
                folds=self._folds,
            )
            table = make_table(kinds("tables")[spec.kind], spec.options, sources)
            write_csv(table, self.tables / f"{spec.name}.csv")
        self._write_published(frame)
        self._write_claims()

    def write_figures(self) -> None:
        """What jobs would draw and their indexes, with a small SVG in place of every figure."""
        for protocol in self.study.protocols:
            sources = self._sources(protocol)
            for kind in kinds("figures").values():
                figures = list(
                    figures_asked(self.study, protocol, kind.name, self.decisions, sources.extent)
                )
                if figures:
                    folder = self.figures / protocol / kind.name
                    with patch("nnrepro.figures.drawing.save_drawing", _save_stand_in):
                        draw_figures(kind, figures, sources, folder, Failures())

    def _sources(self, protocol: str) -> Sources:
        """What a protocol's figures are drawn from, read from the histories."""
        sources = Sources(self.study, protocol, self.decisions, {})
        data, problems = read_runs(self.study.runs_of(protocol), self.root / "runs")
        frame = runs_table(data, problems, self.study.runs_of(protocol))
        table = self.tables / "published.csv"
        images, words = np.zeros((9, 2, 2, 3)), dict.fromkeys(LAYERS, "map")
        asked = figures_asked(
            self.study, protocol, "feature_maps", self.decisions, extent_of(self.study, data)
        )
        maps = {
            figure.name: FeatureMaps(figure.runs[0].id, images, np.zeros(9), LAYERS, words)
            for figure in asked
        }
        given = {
            "extent": extent_of(self.study, data),
            "histories": data,
            "runs": frame,
            "variants": variants_table(frame),
            "tables_among": lambda runs: (rows_of(variants_table(frame), runs), frame),
            "published": read_csv(table, text=("value",)) if table.is_file() else None,
            "levels": {},
            "beside": [],
            "maps": maps,
            "classes": ["thing"],
            "samples": lambda run, most: [Sample("thing", "words")],
        }
        sources.__dict__.update(given)
        return sources

    def build(
        self,
        provenance: Mapping[str, Any] | None = None,
        supplements: Sequence[Source] = (),
        failures: Failures | None = None,
        **options: Any,
    ) -> str:
        """All that there is to show, on one page: what the appendix has on several."""
        return html(collect(self._source(provenance, supplements=supplements, **options), failures))

    def report(self, provenance: Mapping[str, Any] | None = None, **options: Any) -> str:
        """The report itself."""
        out = self.root / "report" / "index.html"
        build_report(self._source(provenance), out, **options)
        return out.read_text(encoding="utf-8")

    @property
    def pages(self) -> list[Path]:
        """The pages that `report` wrote: the report itself, then those of the appendix."""
        return [self.root / "report" / "index.html", *(self.root / "report/details").glob("*.html")]

    def build_pdf(
        self,
        provenance: Mapping[str, Any] | None = None,
        supplements: Sequence[Source] = (),
    ) -> bytes:
        """The appendix as PDF."""
        return typeset(collect(self._source(provenance, supplements=supplements)))

    def as_supplement(self, name: str) -> Source:
        """These results as those of a study that supplements another."""
        return Source(
            self.study, self.tables, self.figures, self.decisions, PROVENANCE, supplement=name
        )

    def _source(
        self,
        provenance: Mapping[str, Any] | None,
        unmade: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Source:
        return Source(
            self.study,
            self.tables,
            self.figures,
            self.decisions,
            PROVENANCE if provenance is None else provenance,
            failures=unmade or {},
            **options,
        )

    def _write_published(self, frame: pd.DataFrame) -> None:
        """The published numbers beside the reproduced ones, and their inconsistencies."""
        if not self.study.published or "channel_grid" not in self.study.declared_variants:
            return  # the shipped numbers belong to the shipped experiments
        root = Path(__file__).resolve().parents[2]
        numbers = load_published(root / self.study.published["results"], self.study)
        data, _ = read_runs(self.study.runs, self.root / "runs")
        runs = {item.run.id: item for item in data}
        evidence = StudyRuns(self.study, frame, runs, self.decisions)
        compared = compare_published(numbers, evidence)
        items = load_inconsistencies(root / self.study.published["inconsistencies"], numbers)
        write_csv(compared, self.tables / "published.csv")
        write_csv(published_offsets(numbers, evidence), self.tables / "published_offsets.csv")
        write_csv(published_summary(compared), self.tables / "published_summary.csv")
        write_csv(inconsistencies_table(items), self.tables / "inconsistencies.csv")

    def _write_claims(self) -> None:
        """The verdicts on the shipped claims."""
        if not self.study.claims or "channel_grid" not in self.study.declared_variants:
            return  # the shipped claims are about the shipped experiments
        root = Path(__file__).resolve().parents[2]
        data, _ = read_runs(self.study.runs, self.root / "runs")
        claims = load_claims(root / self.study.claims, self.study)
        table, parts = decide_claims(claims, data, self.study, self.decisions)
        write_csv(table, self.tables / "claims.csv")
        write_csv(parts, self.tables / "claim_parts.csv")
        lists = printed_lists(claims, data, self.study, self.decisions)
        write_csv(lists, self.tables / "printed_lists.csv")

    def _runs(self, runs: Any) -> pd.DataFrame:
        data, problems = read_runs(runs, self.root / "runs")
        return runs_table(data, problems, runs, self.study.accuracy_levels)

    def _folds(self, run_id: str) -> Any:
        return folds_of(self.study.run(run_id), self.root / "runs")


def _save_stand_in(drawing: Drawing, extent: Any, folder: Path) -> None:
    """A small SVG with the figure's path in it."""
    path = folder / f"{drawing.stem}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    stem = f"{folder.parent.name}/{folder.name}/{drawing.stem}"
    path.write_text(SVG.format(stem), encoding="utf-8")


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def synthetic_history(run: Run) -> dict[str, list[float]]:
    """Curves that rise to a level of the variant's own, with noise."""
    epochs = int(run.settings["epochs"])
    numbers = np.random.default_rng([*run.variant.encode(), *run.protocol.encode(), run.seed])
    level = 0.5 + 0.1 * numbers.random() + (0.25 if run.input != "image" else 0.0)
    rise = 1 - np.exp(-np.arange(1, epochs + 1) / (0.12 * run.protocol_epochs))
    accuracy = np.clip(level * rise + numbers.normal(0, 0.006, epochs), 0, 1)
    examples = int(run.settings["test_examples"])
    return {
        "loss": (2.2 - 1.4 * rise).tolist(),
        "accuracy": np.clip(1.2 * level * rise, 0, 1).tolist(),
        "val_loss": (2.25 - rise + numbers.normal(0, 0.01, epochs)).tolist(),
        "val_accuracy": (np.round(accuracy * examples) / examples).tolist(),
    }


def synthetic_folds(run: Run, history: Mapping[str, list[float]]) -> dict[str, Any]:
    """Right answers of a history, drawn over folds of the test set."""
    folds, examples = int(run.settings["test_folds"]), int(run.settings["test_examples"])
    sizes = np.bincount(np.arange(examples) % folds)
    numbers = np.random.default_rng([*run.id.encode()])
    correct = [
        numbers.multivariate_hypergeometric(sizes, round(accuracy * examples)).tolist()
        for accuracy in history["val_accuracy"]
    ]
    return {"folds": folds, "examples": sizes.tolist(), "correct": correct}


class Outline(HTMLParser):
    """What a test wants to know of a page.

    Attributes:
        elements: every start tag with its attributes, in order.
        text: the visible text, white space collapsed.
    """

    def __init__(self, html: str) -> None:
        """Parse a page."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._words: list[str] = []
        self._hidden = 0
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """The visible text."""
        return " ".join("".join(self._words).split())

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """Attributes of every element with one of these tags."""
        return [attributes for tag, attributes in self.elements if tag in tags]

    @property
    def ids(self) -> list[str]:
        """Every id."""
        return [a["id"] or "" for _, a in self.elements if "id" in a]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; what is not within a line is set apart."""
        if tag not in ("a", "b", "span", "small", "code"):
            self._words.append(" ")
        self.elements.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        """Note where hidden text ends."""
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        """Note visible text."""
        if not self._hidden:
            self._words.append(data)


def squeezed(text: str) -> str:
    """Text without white space and the places where a long word may break."""
    return re.sub(r"[\s\u200b\u00a0\u202f]+", "", text)


def paragraphs(html: str) -> list[str]:
    """Every paragraph, heading, item and caption of a page but for its contents, squeezed."""
    body = re.sub(r"<nav.*?</nav>", "", html, flags=re.S)
    said = re.findall(r"<(p|li|figcaption|caption|dd|h2|h3|h4|h5)\b[^>]*>(.*?)</\1>", body, re.S)
    return [squeezed(unescape(re.sub(r"<[^>]+>", "", text))) for _, text in said]


BUDGET = {"epochs": {"image": 20, "characters": 10, "words": 10}}


@pytest.fixture(scope="session")
def whole(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The shipped study, cut to a few epochs, with all results; do not change it."""
    results = Results(study_of(repository, {"budget": BUDGET}), tmp_path_factory.mktemp("whole"))
    results.write_runs()
    results.write_tables()
    results.write_figures()
    return results


@pytest.fixture(scope="session")
def report(whole: Results) -> str:
    """The whole study's appendix on one page."""
    return whole.build()


@pytest.fixture(scope="session")
def brief(whole: Results) -> str:
    """The whole study's report."""
    return whole.report(pdf=whole.root / "report" / "report.pdf")


@pytest.fixture(scope="session")
def make_small(repository: Path) -> Callable[..., Results]:
    """A function that gives a small study's results in a folder, sections replaced."""

    def make(folder: Path, **changes: Any) -> Results:
        small = {
            "budget": BUDGET,
            "only": {"protocols": ["tan"], "experiments": ["text_models", "text_dropout"]},
        }
        return Results(study_of(repository, small | changes), folder)

    return make


@pytest.fixture
def small(make_small: Callable[..., Results], tmp_path: Path) -> Callable[..., Results]:
    """A function that gives a small study's results, sections of the configuration replaced."""
    return partial(make_small, tmp_path)


@pytest.fixture(scope="session")
def outline() -> Callable[[str], Outline]:
    """A function that reads a report back as a browser would."""
    return Outline


@pytest.fixture(scope="session")
def pages() -> Callable[[bytes], str]:
    """A function that gives the words of a PDF, as `pdftotext` finds them."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")

    def read(pdf: bytes) -> str:
        done = subprocess.run(
            ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True
        )
        return squeezed(done.stdout.decode())

    return read
