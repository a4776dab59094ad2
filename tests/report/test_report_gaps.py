"""Reports of studies that are short, incomplete, generated, somebody's own, or hostile."""

import shutil
from typing import Any

import pytest

from nnrepro.errors import NnreproError
from nnrepro.report.source import ReportError
from nnrepro.tables.csvfile import TableError


def test_nothing_at_all_still_gives_a_report_that_says_so(small: Any, outline: Any) -> None:
    """Without any file, every figure and table is named as missing."""
    results = small()
    html = results.build(provenance={})
    page = outline(html)
    assert not page.all("img")
    assert "tables/runs.csv" in page.text
    assert "figures/tan/comparison/index.json" in page.text
    assert "tables/text_models.csv" in page.text
    assert "Python unknown" in page.text


def test_a_missing_figure_and_a_missing_table_are_named_in_their_place(
    small: Any, outline: Any
) -> None:
    """One gap does not hide the rest."""
    results = _finished(small())
    (results.figures / "tan" / "comparison" / "text_models.svg").unlink()
    (results.tables / "text_models.csv").unlink()
    page = outline(results.build())
    assert "This figure is missing: there is no file figures/tan/comparison/text_models.svg" in (
        page.text
    )
    assert "This table is missing: there is no file tables/text_models.csv" in page.text
    assert "figures/tan/curves/text_models/char_cnn.svg" not in page.text
    assert page.all("img")


def test_missing_runs_are_counted_and_named(small: Any, outline: Any) -> None:
    """A reader sees at once that the report is incomplete, and in the table which run it lacks."""
    results = small()
    results.write_runs()
    shutil.rmtree(results.root / "runs" / "tan" / "text_models" / "word_cnn")
    results.write_tables()
    page = outline(results.build())
    assert "1 run is missing; averages and rankings are made without" in page.text
    assert "Without a value: word CNN" in page.text


def test_runs_without_records_are_unknown_not_guessed(small: Any, outline: Any) -> None:
    """An archive of bare histories: status and seconds are not made up."""
    results = small()
    results.write_runs(record=False)
    results.write_tables()
    text = outline(results.build(provenance={})).text
    assert "without a record 8" in text
    assert "completed" not in text


def test_diverged_runs_are_counted(small: Any, outline: Any) -> None:
    """Divergence is a result that the first screen shows."""
    results = small()
    results.write_runs()
    results.write_run(results.study.runs[0], status="diverged")
    results.write_tables()
    assert "1 diverged" in outline(results.build()).text.replace("diverged 1", "1 diverged")


def test_short_study_says_so_first_and_explains_its_windows(
    brief: str, report: str, outline: Any
) -> None:
    """A cut study cannot pass for a reproduction."""
    for text, end in ((outline(brief).text, "In short"), (outline(report).text, "All in one")):
        banner = text.index("A shortened study")
        assert "20 of 1000" in text[banner : text.index(end)]
    assert "mean test accuracy over the last 4 epochs" in text
    assert "the last 4 epochs, standing in for the last 200 epochs of a run in full" in text


def test_fewer_runs_than_declared_are_stated(small: Any, outline: Any) -> None:
    """The section `only` leaves a trace in the report."""
    results = _finished(small())
    assert "Of 90 runs that the configuration declares, this study has 8." in (
        outline(results.build()).text
    )


def test_generated_data_is_the_first_thing_said(small: Any, outline: Any) -> None:
    """Numbers from made-up data are marked, on the banner and on every caption."""
    data = {"dbpedia": {"source": "generated", "generate": {"train": 100, "test": 50}}}
    results = _finished(small(data=data))
    page = outline(results.build(provenance={}))
    assert "Generated data" in page.text[: page.text.index("Behind the numbers")]
    assert "generated data" in page.text[page.text.index("Figure 1.") :][:200]
    assert "Made-up data Data are made up" in outline(results.report(provenance={})).text


def test_the_reports_budget_is_two_lines_and_a_link_whatever_the_budget(small: Any) -> None:
    """All that there is to say of it stands in the appendix."""
    data = {"dbpedia": {"source": "generated", "generate": {"train": 100, "test": 50}}}
    epochs = {"char_cnn": 9, "word_cnn": 8, "char_rnn": 7, "word_rnn": 6}
    results = _finished(small(data=data, budget={"epochs": epochs}))
    results.report(provenance={})
    main, appendix = (
        (results.root / "report" / place / "index.html").read_text(encoding="utf-8")
        for place in ("", "details")
    )
    banner, of_all = (
        page.partition('<aside class="budget"')[2].partition("</aside>")[0]
        for page in (main, appendix)
    )
    assert banner.count("<p") == 2 and "<li" not in banner
    assert "Runs were cut short and of 90 declared runs the study has 8: " in banner
    assert 'href="details/index.html#budget"' in banner
    assert of_all.count("<li") > 2


def test_a_full_study_has_no_warning(small: Any) -> None:
    """The banner is for what is cut, not for everything."""
    everything: dict[str, Any] = {"budget": {}, "only": {}, "experiments": _own_experiments()}
    everything |= {"tables": {}, "figures": {}, "questions": {}, "parts": {}}
    html = _finished(small(**everything)).build()
    assert '<aside class="budget"' not in html
    assert 'class="stamp plain"' in html


def test_somebodys_own_study_has_its_own_sections(small: Any, outline: Any) -> None:
    """Protocols, experiments, parts and questions all come from the configuration."""
    changes: dict[str, Any] = {
        "title": "Widths of a layer",
        "only": {},
        "protocols": {"mine": {"title": "Mine", "selection": "final_test_accuracy"}},
        "settings": _own_settings(),
        "experiments": _own_experiments(),
        "parts": {"one": "The only part"},
        "questions": {"q": {"part": "one", "title": "Does width help?"}},
        "tables": {
            "widths": {
                "question": "q",
                "kind": "ranking",
                "title": "Widths ranked",
                "runs": ["widths"],
                "metrics": ["final_test_accuracy", "final_test_loss"],
                "sort_by": "selection",
            }
        },
        "figures": {
            "best": {
                "question": "q",
                "kind": "curves",
                "title": "The best width",
                "runs": ["widths/selected"],
            }
        },
    }
    page = outline(_finished(small(**changes)).build())
    assert "The only part q Does width help?" in page.text
    assert "Best final test accuracy" in page.text
    assert "Final loss" in page.text
    assert "Tan" not in page.text
    assert len(page.all("img")) == 1


def test_a_study_without_questions_still_shows_runs_and_provenance(
    small: Any, outline: Any
) -> None:
    """Parts and questions are optional."""
    none: dict[str, Any] = {"parts": {}, "questions": {}, "tables": {}, "figures": {}}
    text = outline(_finished(small(**none)).build()).text
    assert "All runs" in text
    assert "Provenance" in text


def test_hostile_words_of_the_configuration_stay_words(small: Any, outline: Any) -> None:
    """Titles, labels, notes and recorded values are escaped wherever they stand."""
    evil = "</title></style><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    changes = {
        "title": evil,
        "budget": {"epochs": 5},
        "parts": {"A": evil, "B": evil},
        "only": {"protocols": ["tan"], "experiments": ["rnn_variants"]},
        "data": {
            "dbpedia": {"source": "download", "note": evil, "licence": evil, "citation": evil}
        },
        "experiments": {
            "rnn_variants": {
                "title": evil,
                "variants": {
                    "a": {"label": evil, "model": "char_rnn"},
                    "b": {"label": evil, "model": "word_rnn"},
                },
            }
        },
        "questions": {"A1": {"part": "A", "title": evil, "text": evil}},
        "tables": {
            "all": {
                "question": "A1",
                "kind": "convergence",
                "title": evil,
                "runs": ["rnn_variants"],
            }
        },
        "figures": {
            "all": {"question": "A1", "kind": "curves", "title": evil, "runs": ["rnn_variants"]}
        },
    }
    results = _finished(small(**changes))
    provenance = {"data": {evil: {"source": evil, "note": evil, "sha256": {evil: evil}}}}
    page = outline(results.build(provenance | {"python": [evil], "packages": {evil: [evil]}}))
    assert page.all("script") == [{}]  # the page's own
    assert all("onerror" not in a for a in page.all("img"))
    assert page.text.count("alert(1)") > 10


def test_a_damaged_table_is_an_error_with_its_file(small: Any) -> None:
    """Half a table must not become half a report."""
    results = _finished(small())
    (results.tables / "text_models.csv").write_text("protocol,label\ntan,x\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"text_models\.csv.*'rank'"):
        results.build()
    (results.tables / "runs.csv").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match=r"runs\.csv"):
        results.build()


def test_a_file_that_is_no_svg_is_an_error_with_its_name(small: Any) -> None:
    """A broken image is worse than none."""
    results = _finished(small())
    figure = results.figures / "tan" / "comparison" / "text_models.svg"
    figure.write_bytes(b"\x89PNG\xff")
    with pytest.raises(ReportError, match=r"text_models\.svg"):
        results.build()


@pytest.mark.parametrize("content", ["{", '{"files": [{"figure": "text_models"}]}', None])
def test_a_damaged_index_is_an_error_with_its_name(small: Any, content: str | None) -> None:
    """So is one of runs that the study does not have."""
    results = _finished(small())
    index = results.figures / "tan" / "comparison" / "index.json"
    if content is None:
        content = index.read_text(encoding="utf-8").replace("seed0", "seed7")
    index.write_text(content, encoding="utf-8")
    with pytest.raises(NnreproError, match=r"index\.json"):
        results.build()


def test_a_figure_that_no_variant_is_steady_enough_for_says_why(small: Any, outline: Any) -> None:
    """An undrawn figure of steady variants is no missing file."""
    figure = {
        "question": "A2",
        "kind": "comparison",
        "title": "Steady ones",
        "runs": ["text_models"],
        "stable_below": 1e-9,
    }
    changes = {
        "budget": {"epochs": 10},
        "only": {"protocols": ["tan"], "experiments": ["text_models"]},
        "figures": {"steady": figure},
        "tables": {},
        "published": {},
    }
    text = outline(_finished(small(**changes)).build()).text
    assert "None of 4 variants stays within" in text
    assert "no file" not in text


def _finished(results: Any) -> Any:
    results.write_runs()
    results.write_tables()
    results.write_figures()
    return results


def _own_settings() -> dict[str, Any]:
    everything = {
        "train_examples": 100,
        "test_examples": 5000,
        "comparison_test_examples": 0,
        "epochs": 10,
        "batch_size": 10,
        "optimizer": "adam",
        "learning_rate": 0.01,
        "momentum": 0.0,
        "clipvalue": 0.0,
        "loss": "logits",
        "on_divergence": "stop",
        "window": 2,
        "smoothing": 3,
    }
    return {"all": everything}


def _own_experiments() -> dict[str, Any]:
    widths = {
        "title": "Widths",
        "model": "char_rnn",
        "variants": {"plain": {"label": "plain"}, "clipped": {"clipvalue": 1.0, "label": "clip"}},
    }
    return {"widths": widths}
