"""Claims decided from printed numbers: the rules, and all claims of the two reports."""

import pytest
import yaml

from nnrepro.claims.lists import printed_lists
from nnrepro.claims.loading import load_claims
from nnrepro.claims.own_numbers import PrintedNumbers, own_verdict
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study

HEADER = "protocol,question,metric,value,note,runs\n"
BEST, TAIL = "max_test_accuracy", "last_window_mean_test_accuracy"
EPOCH = "test_accuracy_convergence_epoch"


@pytest.fixture
def own(study, claims_file, tmp_path):
    """The verdict of printed rows on one rule."""

    def decided(rule, *rows, lists=(), quantities=(), **claim):
        (tmp_path / "numbers.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
        published = {
            "numbers": "numbers.csv",
            "selected": {"lab": {"sizes": "units-6"}},
            "lists": list(lists),
            "quantities": list(quantities),
        }
        whole = {"id": "c", "protocol": "lab", "statement": "So.", "decide": rule, **claim}
        claims = load_claims(claims_file(whole, published=published), study)
        numbers = PrintedNumbers.of(claims.published, study, "lab")
        return own_verdict(claims.claims[0], numbers)[0]

    return decided


ROW = f"lab,1,{BEST},0.5,,cells/a"


def test_a_conjunction_is_true_only_if_every_part_can_be_checked(own):
    met, missed = "best(test_accuracy) of cells/a > 0.4", "best(test_accuracy) of cells/a > 0.6"
    unknown = "jitter(test_accuracy) of cells/a < 1"
    assert own([met], ROW) == "true"
    assert own([missed], ROW) == "false"
    assert own([met, unknown], ROW) == "not_checkable"
    assert own([missed, unknown], ROW) == "false"


def test_bounds_are_half_lines(own):
    row = f"lab,1,{EPOCH},50,upper_bound,cells/a"
    measure = "conv_epoch(test_accuracy)"
    assert own([f"{measure} of cells/a < 60"], row) == "true"
    assert own([f"{measure} of cells/a > 60"], row) == "false"
    assert own([f"{measure} of cells/a < 40"], row) == "not_checkable"
    row = f"lab,1,{EPOCH},50,lower_bound,cells/a"
    assert own([f"{measure} of cells/a >= 50"], row) == "true"


def test_a_tail_cannot_exceed_the_printed_maximum(own):
    assert own(["tail(test_accuracy) of cells/a > 0.6"], ROW) == "false"
    assert own(["tail(test_accuracy) of cells/a > 0.4"], ROW) == "not_checkable"


def test_the_questions_own_numbers_come_first(own):
    rows = (f"lab,1,{BEST},0.5,,cells/a", f"lab,2,{BEST},0.7,,cells/a")
    rule = ["best(test_accuracy) of cells/a > 0.6"]
    assert own(rule, *rows, question="1") == "false"
    assert own(rule, *rows, question="2") == "true"
    assert own(rule, *rows, question="1", numbers=["2"]) == "true"
    # Where neither is meant, both are taken seriously.
    assert own(rule, *rows, question="3") == "not_checkable"


def test_numbers_that_contradict_the_range_of_one_another_leave_it_open(own):
    rows = (f"lab,1,{BEST},0.5,,cells/a", f"lab,1,{BEST},0.7,,cells/a")
    assert own(["best(test_accuracy) of cells/a > 0.6"], *rows) == "not_checkable"
    assert own(["best(test_accuracy) of cells/a > 0.4"], *rows) == "true"


def test_a_runs_own_number_goes_before_one_for_a_group(own):
    rows = (f"lab,1,{BEST},0.5,,cells/a", f"lab,1,{BEST},0.9,,cells/a cells/b")
    assert own(["best(test_accuracy) of cells/a > 0.6"], *rows) == "false"
    assert own(["best(test_accuracy) of cells/b > 0.6"], *rows) == "true"


def test_the_reports_own_selection_counts(own):
    rule = ["best(test_accuracy) of sizes/selected > 0.6"]
    assert (
        own(rule, f"lab,1,{BEST},0.7,,sizes/units-6", f"lab,1,{BEST},0.5,,sizes/units-4") == "true"
    )


def test_a_list_tells_of_those_that_it_leaves_out(own):
    rows = (
        f"lab,1,{TAIL},0.5,,cells/a",
        f"lab,1,{TAIL},0.6,,cells/b",
        f"lab,1,{TAIL},0.5,steady list,cells/a",
    )
    lists = [{"metric": TAIL, "note": "steady*", "measures": "range(test_accuracy)", "below": 0.15}]
    ranking = {
        "that": "tail(test_accuracy) of cells/a > tail(test_accuracy) of each(cells/a, cells/b)",
        "where": "range(test_accuracy) < 0.15",
    }
    assert own(["range(test_accuracy) of cells/a < 0.15"], *rows, lists=lists) == "true"
    assert own(["range(test_accuracy) of cells/b < 0.15"], *rows, lists=lists) == "false"
    assert own([ranking], *rows, lists=lists) == "not_checkable"  # nobody to compare with
    assert own([ranking], *rows) == "not_checkable"


def test_a_list_stands_beside_what_the_runs_give(study, claims_file, tmp_path, run_of):
    rows = [f"lab,1,{TAIL},0.5,{'steady' * (v in 'ab')},cells/{v}" for v in "abcd"]
    (tmp_path / "numbers.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    steady = {"metric": TAIL, "note": "steady", "measures": "range(test_accuracy)", "below": 0.15}
    claim = {"id": "c", "protocol": "lab", "statement": "So.", "decide": ["epochs of cells/a > 1"]}
    published = {"numbers": "numbers.csv", "lists": [steady]}
    claims = load_claims(claims_file(claim, published=published), study)
    wide = [0.5, 0.8] * 10
    curves = {"a": wide, "b": 0.5, "c": 0.5, "d": 0.6}
    runs = [run_of(f"cells/{name}", accuracy=curve) for name, curve in curves.items()]
    (row,) = printed_lists(claims, runs, study, {}).to_dict("records")
    assert row["measure"] == "range(test_accuracy)" and row["question"] == "1"
    counts = {name: row[name] for name in ("variants", "listed", "here", "both")}
    assert counts == {"variants": 4, "listed": 2, "here": 3, "both": 1}
    assert printed_lists(claims, runs[1:], study, {}).empty  # one is not here


def test_a_metric_whose_name_says_nothing_is_what_the_file_says(own):
    row = "lab,1,plateau,0.5,long run,cells/a"
    rule = ["tail(test_accuracy) of cells/a > 0.4"]
    item = {"metric": "plateau", "note": "long*", "measures": "tail(test_accuracy)"}
    assert own(rule, row) == "not_checkable"
    assert own(rule, row, quantities=[item]) == "true"
    assert own(rule, row, quantities=[item | {"note": "short*"}]) == "not_checkable"


@pytest.fixture(scope="module")
def shipped(repository):
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    study = load_study(config, catalogue())
    claims = load_claims(repository / "published" / "claims.yaml", study)
    numbers = {name: PrintedNumbers.of(claims.published, study, name) for name in study.protocols}
    return claims, numbers


def test_every_claim_of_the_two_reports_is_as_recorded_in_their_own_numbers(shipped):
    claims, numbers = shipped
    assert len(claims.claims) == 53
    found = {claim.id: own_verdict(claim, numbers[claim.protocol])[0] for claim in claims.claims}
    assert found == {claim.id: claim.holds_in_own_numbers for claim in claims.claims}


def test_every_claim_of_the_two_reports_is_shown_under_a_question(shipped):
    assert all(claim.section for claim in shipped[0].claims)
