"""Which configuration a supplement is carried out with, and what is said of one that has none."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.study import Study
from nnrepro.study.supplements import SupplementError, supplement_config


@pytest.fixture
def supplemented(repository: Path, tmp_path: Path) -> Any:
    """A function that gives a study with one supplement, whose archive keeps some text."""
    shipped = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))

    def make(text: str | None) -> Study:
        folder = tmp_path / "archived"
        folder.mkdir()
        if text is not None:
            (folder / "study.yaml").write_text(text, encoding="utf-8")
        study = load_study(shipped, catalogue())
        return replace(study, supplements={"other": str(folder)}, results="out")

    return make


def test_it_is_the_archives_own_below_the_studys_results(supplemented: Any) -> None:
    """Claims and numbers of its own are told in its own report, and supplements do not nest."""
    kept = {"name": "mine", "claims": "c.yaml", "published": {"results": "r.csv"}, "results": "x"}
    study = supplemented(yaml.safe_dump({**kept, "supplements": {"other": "."}}))
    config = supplement_config(study, "other")
    assert config == {
        "name": "mine",
        "claims": None,
        "published": None,
        "supplements": None,
        "archive": study.supplements["other"],
        "results": "out/supplements/other",
        "allow_gaps": False,
    }


def test_numbers_that_the_study_shows_are_shown_of_a_supplement_too(supplemented: Any) -> None:
    """Those about what it declares: the study's may be about experiments that it never had."""
    study = supplemented("published: {results: published/results.csv, inconsistencies: i.yaml}")
    config = supplement_config(study, "other")
    assert config["published"] == {
        "results": "published/results.csv",
        "shared": True,
        "own_test_examples": {"image": [2000]},
    }
    assert supplement_config(replace(study, published={}), "other")["published"] is None


@pytest.mark.parametrize("text", ["published: null", "published: 3", "name: mine"])
def test_a_supplement_without_numbers_gets_none(supplemented: Any, text: str) -> None:
    assert supplement_config(supplemented(text), "other")["published"] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file or directory; name the folder of an archive"),
        ("a: [", "not valid YAML"),
        ("- a\n", "must hold keys at its top level"),
    ],
)
def test_an_archive_without_a_study_is_named_by_its_key(
    supplemented: Any, text: str | None, words: str
) -> None:
    with pytest.raises(SupplementError) as error:
        supplement_config(supplemented(text), "other")
    assert str(error.value).startswith("supplements.other: ")
    assert words in str(error.value)


def test_the_shipped_supplements_are_studies(repository: Path, monkeypatch: Any) -> None:
    """They load as they are, and each has a question of the report to answer."""
    monkeypatch.chdir(repository)
    shipped = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    study = load_study(shipped, catalogue())
    assert study.supplements
    for name in study.supplements:
        assert load_study(supplement_config(study, name), catalogue()).questions
