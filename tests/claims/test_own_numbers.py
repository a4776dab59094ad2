"""Claims decided from printed numbers: the rules, and all claims of the two reports."""

import pytest
import yaml

from nnrepro.claims.loading import load_claims
from nnrepro.claims.own_numbers import PrintedNumbers, own_verdict
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study

HEADER = "protocol,question,metric,value,note,runs\n"
QUANTITIES = [
    {"metric": "best", "measures": "best(test_accuracy)"},
    {"metric": "tail", "measures": "tail(test_accuracy)"},
    {"metric": "epoch", "measures": "conv_epoch(test_accuracy)"},
]


@pytest.fixture
def own(study, claims_file, tmp_path):
    """The verdict of printed rows on one rule."""

    def decided(rule, *rows, lists=(), **claim):
        (tmp_path / "numbers.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
        named = {row.split(",")[2] for row in rows}
        published = {
            "numbers": "numbers.csv",
            "selected": {"lab": {"sizes": "units-6"}},
            "quantities": [item for item in QUANTITIES if item["metric"] in named],
            "lists": list(lists),
        }
        whole = {"id": "c", "protocol": "lab", "statement": "So.", "decide": rule, **claim}
        claims = load_claims(claims_file(whole, published=published), study)
        numbers = PrintedNumbers.read(claims.published, study)
        return own_verdict(claims.claims[0], numbers["lab"])[0]

    return decided


def threshold(name, measure="best(test_accuracy)", **bounds):
    return {"threshold": {"measure": measure, "runs": name, **bounds}}


ROW = "lab,1,best,0.5,,cells/a"


def test_a_conjunction_is_true_only_if_every_part_can_be_checked(own):
    met, missed = threshold("cells/a", above=0.4), threshold("cells/a", above=0.6)
    unknown = threshold("cells/a", "jitter(test_accuracy)", below=1)
    assert own([met], ROW) == "true"
    assert own([missed], ROW) == "false"
    assert own([met, unknown], ROW) == "not_checkable"
    assert own([missed, unknown], ROW) == "false"


def test_bounds_are_half_lines(own):
    row = "lab,1,epoch,50,upper_bound,cells/a"
    measure = "conv_epoch(test_accuracy)"
    assert own([threshold("cells/a", measure, below=60)], row) == "true"
    assert own([threshold("cells/a", measure, above=60)], row) == "false"
    assert own([threshold("cells/a", measure, below=40)], row) == "not_checkable"
    row = "lab,1,epoch,50,lower_bound,cells/a"
    assert own([threshold("cells/a", measure, at_least=50)], row) == "true"


def test_a_tail_cannot_exceed_the_printed_maximum(own):
    assert own([threshold("cells/a", "tail(test_accuracy)", above=0.6)], ROW) == "false"
    assert own([threshold("cells/a", "tail(test_accuracy)", above=0.4)], ROW) == "not_checkable"


def test_the_questions_own_numbers_come_first(own):
    rows = ("lab,1,best,0.5,,cells/a", "lab,2,best,0.7,,cells/a")
    rule = [threshold("cells/a", above=0.6)]
    assert own(rule, *rows, question="1") == "false"
    assert own(rule, *rows, question="2") == "true"
    assert own(rule, *rows, question="1", numbers=["2"]) == "true"
    # Where neither is meant, both are taken seriously.
    assert own(rule, *rows, question="3") == "not_checkable"


def test_numbers_that_contradict_the_range_of_one_another_leave_it_open(own):
    rows = ("lab,1,best,0.5,,cells/a", "lab,1,best,0.7,,cells/a")
    assert own([threshold("cells/a", above=0.6)], *rows) == "not_checkable"
    assert own([threshold("cells/a", above=0.4)], *rows) == "true"


def test_a_runs_own_number_goes_before_one_for_a_group(own):
    rows = ("lab,1,best,0.5,,cells/a", "lab,1,best,0.9,,cells/a cells/b")
    assert own([threshold("cells/a", above=0.6)], *rows) == "false"
    assert own([threshold("cells/b", above=0.6)], *rows) == "true"


def test_the_reports_own_selection_counts(own):
    rule = [threshold("sizes/selected", above=0.6)]
    assert own(rule, "lab,1,best,0.7,,sizes/units-6", "lab,1,best,0.5,,sizes/units-4") == "true"


def test_a_list_tells_of_those_that_it_leaves_out(own):
    rows = (
        "lab,1,tail,0.5,,cells/a",
        "lab,1,tail,0.6,,cells/b",
        "lab,1,tail,0.5,steady list,cells/a",
    )
    lists = [
        {"metric": "tail", "note": "steady*", "measures": "range(test_accuracy)", "below": 0.15}
    ]
    section = {"measure": "tail(test_accuracy)", "runs": ["cells/a", "cells/b"]}
    ranking = {"ranking": {**section, "highest": "cells/a", "steady_below": 0.15}}
    assert own([threshold("cells/a", "range(test_accuracy)", below=0.15)], *rows, lists=lists) == (
        "true"
    )
    assert own([threshold("cells/b", "range(test_accuracy)", below=0.15)], *rows, lists=lists) == (
        "false"
    )
    assert own([ranking], *rows, lists=lists) == "not_checkable"  # nobody to compare with
    assert own([ranking], *rows) == "not_checkable"


@pytest.fixture(scope="module")
def shipped(repository):
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    study = load_study(config, catalogue())
    claims = load_claims(repository / "published" / "claims.yaml", study)
    return claims, PrintedNumbers.read(claims.published, study)


def test_every_claim_of_the_two_reports_is_as_recorded_in_their_own_numbers(shipped):
    claims, numbers = shipped
    assert len(claims.claims) == 53
    found = {claim.id: own_verdict(claim, numbers[claim.protocol])[0] for claim in claims.claims}
    assert found == {claim.id: claim.holds_in_own_numbers for claim in claims.claims}


def test_every_claim_of_the_two_reports_is_shown_under_a_question(shipped):
    assert all(claim.section for claim in shipped[0].claims)
