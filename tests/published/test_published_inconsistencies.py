"""Inconsistencies are shown by the printed numbers themselves, and mistakes in rules are named."""

from pathlib import Path

import pytest
import yaml
from scipy.stats import spearmanr

from nnrepro.published.inconsistencies import load_inconsistencies
from nnrepro.published.inconsistency_table import inconsistencies_table
from nnrepro.published.numbers import PublishedError
from nnrepro.published.relations import RELATIONS


@pytest.fixture(scope="module")
def shipped_file(repository):
    return repository / "published" / "inconsistencies.yaml"


@pytest.fixture(scope="module")
def table(shipped_file, numbers):
    return inconsistencies_table(load_inconsistencies(shipped_file, numbers))


@pytest.fixture
def decide(tmp_path, numbers):
    """Write items of one rule each about the published file, and give their outcomes."""

    def outcome(relation, rows, protocol="koh", **options):
        item = {
            "id": "x",
            "protocol": protocol,
            "statement": "s",
            "rules": [{"relation": relation, "rows": rows, **options}],
        }
        path = Path(tmp_path) / "items.yaml"
        path.write_text(yaml.dump([item]), encoding="utf-8")
        return inconsistencies_table(load_inconsistencies(path, numbers)).iloc[0]

    return outcome


def test_every_numeric_item_is_confirmed_from_the_published_file(table):
    numeric = table[table["shown_by"] == "numbers"]
    unconfirmed = numeric[~numeric["confirmed"].astype(bool)]["id"].tolist()
    assert unconfirmed == []
    assert len(numeric) == 7 + 17 + 9


def test_all_items_are_there_and_those_of_prose_claim_no_numbers(table):
    counts = table[table["kind"] == "inconsistency"]["protocol"].value_counts()
    assert (counts["tan"], counts["koh"]) == (12, 20)
    prose = table[table["shown_by"] == "text"]
    assert prose["confirmed"].isna().all() and (prose["shown"] == "").all()


def test_statements_type_no_number_that_the_table_holds(table, numbers):
    printed = {number.printed for number in numbers if "." in number.printed}
    for statement in table["statement"]:
        assert not printed & set(statement.replace(",", " ").split())


def test_a_changed_number_is_noticed(shipped_file, numbers):
    """The table follows the published file, not what its items expect."""
    from dataclasses import replace

    items = load_inconsistencies(
        shipped_file,
        [
            replace(number, printed="0.5000") if number.printed == "0.5681024992465973" else number
            for number in numbers
        ],
    )
    rows = inconsistencies_table(items).set_index("id")
    assert not rows.loc["tan-01", "confirmed"]
    assert "sgd_momentum 0.5000" in rows.loc["tan-01", "shown"]
    assert rows.loc["koh-01", "confirmed"]


GRID = {"question": "2", "metric": "max_test_accuracy"}
FINAL = {"question": "4", "metric": "mean_test_accuracy"}


@pytest.mark.parametrize(
    ("relation", "rows", "options"),
    [
        ("descending", [FINAL | {"variant": "adam"}, FINAL | {"variant": "rmsprop"}], {}),
        ("differ", [GRID, GRID], {}),
        ("same", [GRID, {"question": "2", "metric": "mean_test_accuracy"}], {}),
        ("multiples", [GRID | {"question": "4"}], {"of": 2000}),
        ("no_multiples", [GRID], {"of": 2000}),
        ("cut_shares", [{"part": "B", "metric": "max_test_accuracy"}], {"of": 701}),
        ("spread_at_least", [GRID], {"limit": 0.05}),
        ("lowest_mean", [GRID], {"by": "c1", "value": 30}),
        ("place", [GRID | {"c1": "90", "c2": "40"}, GRID], {"value": 6}),
        ("rank_correlation_below", [GRID, GRID], {"by": ["c1", "c2"], "limit": 0.9}),
        ("decimals_differ", [GRID], {}),
        ("at_least", [GRID], {"limit": 0.5}),
        ("rounds_to", [GRID], {"constant": 0.5}),
    ],
)
def test_relations_that_do_not_hold_are_not_confirmed(decide, relation, rows, options):
    assert not decide(relation, rows, **options)["confirmed"]


def test_rank_correlation_is_that_of_scipy(decide, numbers):
    means = {"question": "2", "metric": "mean_test_accuracy"}
    row = decide("rank_correlation_below", [GRID, means], by=["c1", "c2"], limit=1)
    chosen = {
        metric: {
            (n.cells["c1"], n.cells["c2"]): n.value
            for n in numbers
            if n.protocol == "koh" and n.cells["question"] == "2" and n.metric == metric
        }
        for metric in ("max_test_accuracy", "mean_test_accuracy")
    }
    first, second = chosen.values()
    wanted = spearmanr([first[key] for key in first], [second[key] for key in first])
    assert f"Spearman {wanted.statistic:.2f}" in row["shown"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"protocol": "khoh"}, "'khoh' prints no number; did you mean 'koh'?"),
        ({"statment": "x"}, "statment: unknown key; did you mean 'statement'?"),
        ({"kind": "chek"}, "did you mean 'check'?"),
        ({"shown_by": "text"}, "give either rules or 'shown_by: text'"),
        ({"rules": [{"relation": "difer", "rows": [GRID, GRID]}]}, "did you mean 'differ'?"),
        ({"rules": [{"relation": "differ", "rows": [GRID]}]}, "takes 2 groups, there are 1"),
        ({"rules": [{"relation": "multiples", "rows": GRID}]}, "needs the key 'of'"),
        ({"rules": [{"relation": "multiples"}]}, "rules.0: the key 'rows' is missing"),
        (
            {"rules": [{"relation": "multiples", "of": 2, "rows": {"metrik": "a"}}]},
            "no column 'metrik'; did you mean 'metric'?",
        ),
        (
            {"rules": [{"relation": "multiples", "of": 2, "rows": {"metric": "none"}}]},
            "matches no row",
        ),
        (
            {"rules": [{"relation": "descending", "rows": [GRID, GRID]}]},
            "matches 25 rows, expected one",
        ),
        ({"rules": [{"relation": "same", "rows": [GRID, {"part": "B"}]}]}, "expected as many"),
    ],
)
def test_mistakes_name_the_item_the_key_and_what_is_allowed(tmp_path, numbers, item, message):
    base = {
        "id": "an-item",
        "protocol": "koh",
        "statement": "s",
        "rules": [{"relation": "multiples", "of": 2000, "rows": GRID}],
    }
    path = tmp_path / "items.yaml"
    path.write_text(yaml.dump([base | item]), encoding="utf-8")
    with pytest.raises(PublishedError) as caught:
        load_inconsistencies(path, numbers)
    assert message in str(caught.value)
    assert f"{path}, an-item" in str(caught.value)


def test_every_relation_says_what_it_is():
    assert all(relation.decide.__doc__ for relation in RELATIONS.values())
