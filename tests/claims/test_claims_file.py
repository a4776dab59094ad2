"""A claims file is checked as a whole before any job, and says what is wrong where."""

import pytest

from nnrepro.claims.errors import ClaimsError
from nnrepro.claims.loading import load_claims
from nnrepro.errors import NnreproError

SOUND = {"threshold": {"measure": "tail(test_accuracy)", "runs": "cells/a", "above": 0.4}}
CLAIM = {"id": "c", "protocol": "lab", "statement": "So it is.", "decide": [SOUND]}


def changed(**keys):
    return [{"threshold": {**SOUND["threshold"], **keys}}]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (CLAIM | {"decide": [{"treshold": {}}]}, "did you mean 'threshold'?"),
        (CLAIM | {"decide": changed(measure="tial(test_accuracy)")}, "did you mean 'tail'?"),
        (CLAIM | {"decide": changed(mesure="x")}, "'mesure': unknown key; did you mean 'measure'?"),
        (CLAIM | {"decide": changed(above="much")}, "above: 'much' must be a number"),
        (CLAIM | {"decide": changed(between=[2, 1])}, "2 is above 1"),
        (CLAIM | {"decide": changed(runs="cell/a")}, "no experiment 'cell'; did you mean 'cells'?"),
        (CLAIM | {"decide": changed(runs="cells/e")}, "'cells/e' matches no variant of 'cells'"),
        (CLAIM | {"decide": []}, "decide: is empty"),
        (CLAIM | {"decide": [{"at_least": {"count": 3, "of": [SOUND]}}]}, "from 1 to 1"),
        (CLAIM | {"decide": [{**SOUND, "not": [SOUND]}]}, "exactly one predicate or combinator"),
        (CLAIM | {"protocol": "lap"}, "'lap' is not declared; did you mean 'lab'?"),
        (CLAIM | {"section": "Q11"}, "no question of the study; did you mean 'Q1'?"),
        (CLAIM | {"test_set": "second"}, "allowed: 'primary', 'comparison'"),
        (CLAIM | {"holds_in_own_numbers": "maybe"}, "must be one of"),
        (CLAIM | {"holds": True}, "'holds': unknown key"),
        ({"id": "c", "protocol": "lab", "statement": "So."}, "the key 'decide' is missing"),
        (
            CLAIM | {"decide": [{"comparison": {"measure": "gap", "difference": {"above": 0}}}]},
            "give either 'pairs', or 'of' and 'to'",
        ),
        (
            CLAIM | {"decide": [{"ranking": {"measure": "gap", "runs": "cells"}}]},
            "give one of 'highest' and 'lowest'",
        ),
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
    wrong = CLAIM | {"decide": changed(runs="cell/a")}
    path = claims_file(wrong, wrong | {"id": "d", "protocol": "lap"}, CLAIM)
    with pytest.raises(ClaimsError) as caught:
        load_claims(path, study)
    assert len(caught.value.problems) == 4
    assert "the id is used twice" in caught.value.problems[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("claims: [", "not valid YAML"),
        ("claims: 3", "claims: must be a list"),
        ("calims: []", "did you mean 'claims'?"),
        ("claims: []\npublished: {numbers: nowhere.csv}", "nowhere.csv cannot be read"),
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


HEADER = "protocol,question,metric,value,note,runs\n"


def test_printed_numbers_are_checked_too(study, claims_file, tmp_path):
    (tmp_path / "numbers.csv").write_text(HEADER + "lab,1,best,0.5,,cells/a\n", encoding="utf-8")
    item = {"metric": "bets", "measures": "best(test_accuracy)"}
    path = claims_file([SOUND], published={"numbers": "numbers.csv", "quantities": [item]})
    with pytest.raises(ClaimsError, match="no printed number is a 'bets'; did you mean 'best'"):
        load_claims(path, study)
