"""The report names damaged, missing, further and additional runs, and stamps what was done."""

import json
import re
from typing import Any

from nnrepro.document.text import words_of
from nnrepro.measures.inventory import inventory
from nnrepro.measures.runs import read_runs
from nnrepro.report.sections.first import _trusted
from nnrepro.report.source import Source
from nnrepro.study.folders import RunFolders


def test_a_full_study_has_no_section_on_what_was_read(report: str) -> None:
    """Where all is well, there is nothing to say."""
    assert 'id="reading"' not in report


def test_damaged_and_missing_runs_are_named_with_the_reason(small: Any, outline: Any) -> None:
    """A reader learns which run is not in the averages, and why."""
    results = small()
    results.write_runs()
    runs = results.root / "runs" / "tan" / "text_models"
    (runs / "char_cnn" / "seed0" / "history.json").write_text('{"loss": [NaN]}')
    (runs / "word_cnn" / "seed0" / "history.json").unlink()
    results.write_tables()
    text = outline(_built(results)).text
    told = text[text.rindex("What was read") :]
    assert "1 history is damaged." in told
    assert "tan/text_models/char_cnn/seed0: tan/text_models/char_cnn/seed0/history.json" in told
    assert "tan/text_models (1 run): word_cnn/seed0" in told
    assert str(results.root) not in told


def test_records_that_do_not_fit_are_counted_on_the_first_screen(small: Any) -> None:
    """A run made otherwise than asked for, or on other data, is in the means all the same."""
    results = small()
    runs = ("tan/text_models/char_cnn/seed0", "tan/text_models/word_cnn/seed0")
    odd = [{"run": r, "file": "run.json", "message": "was made so", "status": None} for r in runs]
    left_out = [{**odd[0], "status": "failed"}]

    def said(found: list[Any]) -> str:
        inventory = {"problems": found}
        source = Source(results.study, results.root, results.root, {}, {}, inventory=inventory)
        ((_, (_, limits)),) = _trusted(source)
        return words_of(limits)

    assert "The records of 2 runs do not fit the study or the others: which ones." in said(odd)
    assert "do not fit" not in said(left_out)


def test_runs_of_an_archive_that_are_not_the_studys_are_named_and_counted(
    small: Any, outline: Any
) -> None:
    results = small()
    results.write_runs()
    results.write_tables()
    why = "trained and judged on other data than tan/text_models/char_cnn/seed0"
    found = {"problems": [], "strangers": {"tan/text_models/char_cnn/seed1": why}}
    source = Source(results.study, results.root, results.root, {}, {}, inventory=found)
    ((_, (_, limits)),) = _trusted(source)
    told = "1 run of the archive is left out, as made otherwise than the study's: which ones."
    assert told in words_of(limits)
    assert f"tan/text_models/char_cnn/seed1: {why}" in outline(_built(results, found)).text


def test_further_and_additional_runs_are_told(small: Any, outline: Any) -> None:
    """Which of several histories was used, and what of an archive no number rests on."""
    results = small()
    results.write_runs()
    results.write_tables()
    run = "tan/text_models/char_cnn/seed0"
    found = {
        "problems": [],
        "several": [
            {
                "run": run,
                "folder": f"long/{run}",
                "epochs": 10,
                "others": [{"folder": run, "epochs": 0}],
            }
        ],
        "extra": ["mine/own/thing/seed007", "mine/own/other/seed1"],
    }
    text = outline(_built(results, found)).text
    assert f"{run}: used long/{run} (10 epochs), not {run} (unreadable)" in text
    assert "mine/own (2 runs): thing/seed007, other/seed1" in text


def test_a_history_shorter_than_the_study_asks_for_is_never_stamped_as_full(
    small: Any, outline: Any
) -> None:
    """Stamps follow the histories, not the settings."""
    results = small(budget={}, published={})
    results.write_runs(record=False)
    for run in results.study.runs:
        file = results.root / "runs" / run.id / "history.json"
        history = json.loads(file.read_text())
        file.write_text(json.dumps({key: values[:7] for key, values in history.items()}))
    results.write_tables()
    results.write_figures()
    html = _built(results)
    text = outline(html).text
    assert "7 of 250 or 7 of 100 epochs" in text[: text.index("Behind the numbers")]
    stamps = re.findall(r'class="stamp([^"]*)">([^<]*)<', html)
    assert len(stamps) > 10
    assert [s for s in stamps if s[0] != "" or "7 of " not in s[1]] == []
    assert "compared though" not in text


def test_runs_of_unequal_lengths_are_compared_with_a_warning(small: Any, outline: Any) -> None:
    """A winner that merely trained longer cannot pass unnoticed."""
    results = small()
    results.write_runs()
    run = results.study.runs_of("tan", "text_models")[0]
    file = results.root / "runs" / run.id / "history.json"
    history = json.loads(file.read_text())
    file.write_text(json.dumps({key: values * 20 for key, values in history.items()}))
    other = results.study.runs_of("tan", "text_models")[2]
    (results.root / "runs" / other.id / "history.json").unlink()
    results.write_tables()
    text = outline(_built(results)).text
    assert "the 3 of 4 variants that have a value" in text
    assert "(runs of 10 to 200 epochs)" in text


def _built(results: Any, found: Any = None) -> str:
    """The report with what reading the runs brought to light."""
    study, folders = results.study, RunFolders(results.root / "runs")
    _, problems = read_runs(study.runs, folders)
    return str(results.build({}, inventory=found or inventory(study, folders, problems)))
