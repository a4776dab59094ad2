"""A claims file is checked as a whole before any job, and says what is wrong where."""

from dataclasses import replace

import pytest

from nnrepro.claims.loading import ClaimsError, load_claims
from nnrepro.errors import NnreproError

SOUND = "tail(test_accuracy) of cells/a > 0.4"
CLAIM = {"id": "c", "protocol": "lab", "statement": "So it is.", "decide": [SOUND]}


def part(that=SOUND, **keys):
    return CLAIM | {"decide": [{"that": that, **keys}]}


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (part("tial(test_accuracy) of cells/a > 0.4"), "did you mean 'tail'?"),
        (part("tail(test_acuracy) of cells/a > 0.4"), "did you mean 'test_accuracy'?"),
        (part("tail(test_accuracy) > 0.4"), "write 'tail(test_accuracy) of experiment/variant'"),
        (part("gap / epochs of cells/a > 0.4"), "'gap' says not of which runs"),
        (part("tail(test_accuracy) of cells/a"), "compares nothing; write it as in"),
        (part("tail(test_accuracy) of cells/a >"), "cannot be read; write it as in"),
        (part("tail(test_accuracy) of cells/a == 2"), "cannot be read; write it as in"),
        (part("tail(test_accuracy) of cells/a != 2"), "compare by >, >=, <, <=,"),
        (part("tail(test_accuracy) of cells/a in [2, 1]"), "2 is above 1"),
        (part("tail(test_accuracy) of cells/a about much"), "'much' is neither"),
        (part("tail(test_accuracy) of cells/a about 0"), "nothing is near 0 by a factor"),
        (
            part("best(test_loss) of cells/a < 2"),
            "write min for the lowest, or max for the highest",
        ),
        (part("best_epoch(test_loss) of cells/a < 2"), "write lowest_epoch for the lowest"),
        (part("1 < 2"), "says nothing of runs"),
        (part("gap of cell/a > 0"), "no experiment 'cell'; did you mean 'cells'?"),
        (part("gap of cells/e > 0"), "'cells/e' matches no variant of 'cells'"),
        (part("gap of cells > 0"), "'cells' names 4 variants; write mean(cells) or each(cells)"),
        (part("gap of eech(cells) > 0"), "names no runs; did you mean 'each'?"),
        (part("gap of each(each(cells)) > 0"), "each(...) within each(...)"),
        (part("spread(gap of cells/a) > 0"), "spread is of several runs"),
        (
            part("first_epoch(gap >= gap of cells/b) of cells/a > 0"),
            "first_epoch(test_accuracy >= measure",
        ),
        (part(["gap of cells/a > 0", "epochs of cells/a > 9"]), "numbers in epochs and fraction"),
        (part(thta=SOUND), "decide.0.thta: unknown key; did you mean 'that'?"),
        (part(tie="much"), "tie: 'much' must be a number"),
        (part(where="range(test_accuracy)"), "must be a measure and a limit"),
        (part([]), "that: is empty"),
        (
            CLAIM | {"decide": [{"comparison": {"measure": "gap"}}]},
            "a part is written as in 'best(",
        ),
        (CLAIM | {"decide": [3]}, "a part is written as in 'best("),
        (CLAIM | {"decide": []}, "decide: is empty"),
        (
            CLAIM | {"decide": [{"at_least": {"count": 3, "of": [SOUND]}}]},
            "1 parts, of which 3 must hold",
        ),
        (part(**{"not": [SOUND]}), "give either 'that', as in"),
        (CLAIM | {"protocol": "lap"}, "'lap' is not declared; did you mean 'lab'?"),
        (CLAIM | {"section": "Q11"}, "section: 'Q11' is not declared; did you mean 'Q1'?"),
        (CLAIM | {"test_set": "second"}, "allowed: 'primary', 'comparison'"),
        (CLAIM | {"holds_in_own_numbers": "maybe"}, "allowed: 'true', 'false', 'not_checkable'"),
        (CLAIM | {"holds": True}, "holds: unknown key"),
        ({"id": "c", "protocol": "lab", "statement": "So."}, "the key 'decide' is missing"),
    ],
)
def test_a_mistake_names_file_claim_and_what_is_allowed(study, claims_file, claim, expected):
    path = claims_file(claim)
    with pytest.raises(ClaimsError) as caught:
        load_claims(path, study)
    assert isinstance(caught.value, NnreproError)
    assert str(path) in str(caught.value)
    assert "claim 'c'" in str(caught.value)
    assert expected in str(caught.value)


def test_all_mistakes_are_told_at_once(study, claims_file):
    wrong = CLAIM | {"decide": ["gap of cell/a > 0"]}
    path = claims_file(wrong, wrong | {"id": "d", "protocol": "lap"}, CLAIM)
    with pytest.raises(ClaimsError) as caught:
        load_claims(path, study)
    assert len(caught.value.problems) == 4
    assert "the id is used twice" in caught.value.problems[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("claims: [", "not valid YAML"),
        ("claims: 3", "claims: 3 must be a list"),
        ("calims: []\nclaims: []", "did you mean 'claims'?"),
        ("claims: []\npublished: {numbers: nowhere.csv}", "nowhere.csv: cannot be read"),
    ],
)
def test_a_file_that_is_no_claims_file(study, tmp_path, text, expected):
    path = tmp_path / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ClaimsError, match=r"claims\.yaml has 1 mistake") as caught:
        load_claims(path, study)
    assert expected in str(caught.value)


def test_a_file_that_is_not_there(study, tmp_path):
    with pytest.raises(ClaimsError, match="cannot be read"):
        load_claims(tmp_path / "claims.yaml", study)


def test_a_claim_about_the_only_protocol_need_not_name_it(study, claims_file):
    own = {key: value for key, value in CLAIM.items() if key != "protocol"}
    (claim,) = load_claims(claims_file(own), study).claims
    assert claim.protocol == "lab"
    several = replace(study, declared_protocols=("lab", "home"))
    with pytest.raises(ClaimsError, match="'protocol' is missing; declared: 'lab', 'home'"):
        load_claims(claims_file(own), several)


HEADER = "protocol,question,metric,value,note,runs\n"


def test_printed_numbers_are_checked_too(study, claims_file, tmp_path):
    (tmp_path / "numbers.csv").write_text(HEADER + "lab,1,best,0.5,,cells/a\n", encoding="utf-8")
    item = {"metric": "bets", "measures": "best(test_accuracy)"}
    path = claims_file([SOUND], published={"numbers": "numbers.csv", "quantities": [item]})
    with pytest.raises(ClaimsError, match="no printed number is a 'bets'; did you mean 'best'"):
        load_claims(path, study)
