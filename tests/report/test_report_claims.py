"""The report's section on claims: every claim with its verdict, linked from its question."""

import re
from html import escape, unescape

import pytest

from nnrepro.claims.conditions import VERDICTS
from nnrepro.report.sections.grouped_claims import measured
from nnrepro.tables.csvfile import read_csv


@pytest.fixture(scope="module")
def claims(whole):
    return read_csv(whole.tables / "claims.csv")


def test_every_claim_stands_in_the_report_with_its_verdict(report, claims):
    assert len(claims) == 53
    for _, claim in claims.iterrows():
        row = report.partition(f'<tr id="claim-{claim["id"]}">')[2].partition("</tr>")[0]
        assert claim["verdict"] in row
        assert claim["statement"] in unescape(row)


def test_a_question_links_to_its_claims_and_to_no_others(report, claims):
    question = report.partition('id="question-A3"')[2].partition('<section class="question"')[0]
    linked = {name for name in claims["id"] if f'href="#claim-{escape(name)}"' in question}
    assert linked == set(claims.loc[claims["section"] == "A3", "id"])
    assert linked


def test_the_tally_counts_every_claim_once(whole, report, claims, outline):
    """Of all claims, and of each protocol's by itself; none that no claim has is named."""
    section = report.partition('id="claims"')[2].partition('id="published"')[0]
    text = outline(section).text
    tallies = re.findall(r"statements are decided by rule from the runs: ([^.]*)\.", text)
    counts = [sum(map(int, re.findall(r"\d+", tally))) for tally in tallies]
    assert len(counts) == 1 + len(whole.study.protocols)
    assert counts[0] == sum(counts[1:]) == len(claims[claims["verdict"].isin(VERDICTS)])
    assert not any(re.search(r"\b0 ", tally) for tally in tallies)


def test_a_missing_table_is_named(small):
    results = small(only={"protocols": ["tan"], "experiments": ["text_models"]})
    results.write_runs()
    results.write_tables()
    (results.tables / "claims.csv").unlink()
    assert "tables/claims.csv" in results.build()


def test_a_study_without_claims_has_no_such_section(small):
    results = small(only={"protocols": ["tan"], "experiments": ["text_models"]}, claims=None)
    results.write_runs()
    results.write_tables()
    page = results.build()
    assert 'id="claims"' not in page
    assert 'class="claimed"' not in page


@pytest.mark.parametrize(
    ("condition", "value", "threshold", "unit", "said"),
    [
        (
            "conv_epoch(test_loss) of a/b <= 900",
            958,
            "at most 900",
            "epochs",
            "Convergence epoch of test loss: 958; asked at most 900.",
        ),
        (
            "conv_epoch(test_loss) of a/b - conv_epoch(test_loss) of a/c <= 9",
            1,
            "at most 9",
            "epochs",
            "Difference in convergence epoch of test loss: 1 epoch; asked at most 9.",
        ),
        (
            "tail(test_accuracy) of each(a) < 0.57",
            0.468,
            "below 0.57",
            "fraction",
            "Closing mean test accuracy: 46.8\u202f%; asked below 57.",
        ),
        (
            "tail(test_accuracy) of a/b - tail(test_accuracy) of a/c > 0.015",
            -0.0207,
            "above 0.015",
            "fraction",
            "Difference in closing mean test accuracy: \u22122.07 percentage points; "
            "asked above 1.5.",
        ),
        (
            "drift(test_accuracy) of a/b <= 0.01",
            0.0007,
            "at most 0.01",
            "fraction",
            "Drift of test accuracy at the end: 0.07 percentage points; asked at most 1.",
        ),
        (
            "train_seconds of a/b / train_seconds of a/c > 3; "
            "train_seconds of a/d / train_seconds of a/e > 3",
            1954.2,
            "above 3",
            "ratio",
            "Ratio of training time: 1954; asked above 3.",
        ),
        (
            "spread(best(test_accuracy) of each(a)) > 0.03",
            0.02,
            "above 0.03",
            "fraction",
            "Spread of highest test accuracy: 2 percentage points; asked above 3.",
        ),
        (
            "best(test_accuracy) of a/b > 0.03; tail(test_accuracy) of a/b > 0.03",
            0.02,
            "above 0.03",
            "fraction",
            "Measured 2 percentage points; asked above 3.",
        ),
    ],
)
def test_a_measured_number_is_named_and_has_its_unit(condition, value, threshold, unit, said):
    part = {"name": "one", "condition": condition, "value": value, "threshold": threshold}
    assert measured({"deciding_part": "one"}, [{**part, "unit": unit}]) == said


def test_a_number_without_a_unit_is_shown_without_one():
    """As a metric of one's own, whose unit is blank in the table."""
    row = {"deciding_part": "1"}
    part = {"name": "1", "value": -0.4, "threshold": "below 0", "unit": None}
    parts = [{**part, "condition": "best(test_wrong), difference below 0"}]
    assert measured(row, parts) == "Measured \u22120.4; asked below 0."
