"""The first screen: a sentence per part, the tally of claims, what was published; and methods."""

import re
from typing import Any

import yaml
from tests.report.conftest import BUDGET, study_of

from nnrepro.document import wording
from nnrepro.tables.csvfile import read_csv, write_csv


def part(report: str, anchor: str) -> str:
    """A section of the page, from its heading to the end of its element, tags removed."""
    text = report.partition(f'aria-labelledby="{anchor}"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_first_screen_answers_three_questions(whole: Any, brief: str) -> None:
    """Do the numbers come out again, do the conclusions hold, how far can it be trusted."""
    opening = part(brief, "answers")
    summary = read_csv(whole.tables / "published_summary.csv").iloc[-1]
    given = f"{summary['reproduced']} of {summary['rows']} printed numbers have a counterpart here."
    assert given in opening
    claims = read_csv(whole.tables / "claims.csv")
    assert f"Not decided All {len(claims)} claims would need more evidence." in opening
    assert opening.index("printed numbers") < opening.index("conclusions hold")
    short = f"All {len(whole.study.runs)} runs were cut short."
    assert f"1 seed {short} Every variant has only one seed, so nobody knows" in opening


def test_a_study_of_ones_own_is_asked_what_is_best(small: Any) -> None:
    """It printed nothing and claims nothing."""
    results = small(claims=None, published=None)
    results.write_runs()
    results.write_tables()
    opening = part(results.report(), "answers")
    assert "What is best? Clear in " in opening and "How sure is that?" in opening
    assert "printed" not in opening and "claim" not in opening
    # On the terminal each answer begins a line of its own.
    best = (results.root / "report/in_short.txt").read_text().split("\n\n")[0].splitlines()
    assert re.fullmatch(r"What is best\? Clear in \d+ of \d+", best[0])
    assert sum(line.startswith("  - ") for line in best) > 1 and max(map(len, best)) <= 100


def test_claims_are_named_in_the_group_they_belong_to(whole: Any, brief: str) -> None:
    """Each once, and open ones by what they lack."""
    groups = brief.partition('id="claim-groups"')[2].partition("<footer")[0]
    claims = read_csv(whole.tables / "claims.csv")
    undecided = claims[claims["verdict"] == "undecided"]
    assert len(undecided) == len(claims)  # under a budget that cuts every run
    times = {"koh-b-06", "koh-b-10", "tan-b-06", "tan-b-07", "tan-b-11", "tan-b-13"}
    assert f"Would need more ({len(claims) - len(times)})" in groups
    short = int((undecided["cause"].eq("short runs") & ~undecided["id"].isin(times)).sum())
    assert f"<b>{short}</b> would need runs of full length." in groups
    assert f"On computing time ({len(times)})" in groups
    assert f"{len(times)} of them are about computing time." in part(brief, "answers")
    named = re.findall(r'href="details/claims.html#claim-([^"]+)"', groups)
    assert len(named) == len(set(named)) and set(named) <= set(claims["id"])


def test_a_claim_of_which_one_part_holds_and_another_does_not_holds_partly(small: Any) -> None:
    results = small(only={"protocols": ["tan"], "experiments": ["text_models"]})
    results.write_runs()
    results.write_tables()
    parts = read_csv(results.tables / "claim_parts.csv").astype({"verdict": "object"})
    several = parts[parts["decides"].astype(bool)].groupby("id").filter(lambda own: len(own) > 1)
    first, second = several.index[:2]
    name = str(parts.loc[first, "id"])
    parts.loc[[first, second], "verdict"] = ["holds", "fails"]
    write_csv(parts, results.tables / "claim_parts.csv")
    report = results.report()
    groups = report.partition("Partly: one part holds")[2].partition("Would need more")[0]
    assert f"claims.html#claim-{name}" in groups
    said = [str(parts.loc[row, "name"]).replace(": ", " (") + ")" for row in (first, second)]
    assert f"Holds: {said[0]}. Does not: {said[1]}." in groups
    assert "1 holds in part" in part(report, "answers")


def test_a_decided_claim_on_time_stands_apart_from_all_others(small: Any) -> None:
    results = small(only={"protocols": ["tan"], "experiments": ["text_models"]})
    results.write_runs()
    results.write_tables()
    claims = read_csv(results.tables / "claims.csv").astype({"verdict": "object"})
    claims.loc[claims["id"].isin(["tan-b-06", "tan-b-01"]), "verdict"] = "holds"
    write_csv(claims, results.tables / "claims.csv")
    groups = results.report().partition('id="claim-groups"')[2].partition("<footer")[0]
    others, _, times = groups.partition("On computing time")
    assert "Supported (1)" in others and "claim-tan-b-01" in others
    assert "claim-tan-b-06" not in others
    assert "<b>Supported:</b>" in times and "claim-tan-b-06" in times


def test_variants_that_give_the_same_numbers_are_named_with_how_often(small: Any) -> None:
    """By their curves, not by their times; nothing is said of variants that differ."""
    results = small(only={"protocols": ["tan"], "experiments": ["text_models"]})
    results.write_runs()
    results.write_tables()
    question = "brief-question-B5"
    assert "to the last digit" not in part(results.report(), question)
    runs = read_csv(results.tables / "runs.csv")
    own = [name for name in runs.columns if name.startswith(("max_", "min_", "mean_", "final_"))]
    rows = runs.index[runs["variant"].isin(["char_cnn", "word_cnn"])]
    runs.loc[rows[1], own] = runs.loc[rows[0], own]
    write_csv(runs, results.tables / "runs.csv")
    said = part(results.report(), question)
    same = "Two variants give the same numbers to the last digit in the one seed"
    assert f"{same}: char CNN and word CNN" in said


def test_the_first_screen_tells_how_many_verdicts_outlast_the_correction(small: Any) -> None:
    """A verdict stands by itself at 95 %; of many, some are wrong by chance."""
    results = small(only={"protocols": ["tan"], "experiments": ["text_models"]})
    results.write_runs()
    results.write_tables()
    assert "(Holm)" not in part(results.report(), "answers")  # nothing is decided
    claims = read_csv(results.tables / "claims.csv").astype({"verdict": "object"})
    claims["p_holm"] = [0.01, 0.2, 0.04] + [1.0] * (len(claims) - 3)
    claims["verdict"] = ["holds", "fails", "undecided"] + ["undecided"] * (len(claims) - 3)
    write_csv(claims, results.tables / "claims.csv")
    report = results.report()
    assert "(Holm), 1 of 2 stands" in part(report, "answers")
    assert "1 is supported, 1 is contradicted and " in part(report, "answers")


def test_a_question_names_its_best_variant_and_its_value(whole: Any, brief: str) -> None:
    """The best of its variants, by the protocol's own metric; a tie is no winner."""
    variants = read_csv(whole.tables / "variants.csv")
    text = variants[
        variants["protocol"].eq("koh")
        & variants["experiment"].isin(["text_models", "text_dropout"])
    ]
    best = text.loc[text["max_test_accuracy"].idxmax()]
    said = part(brief, "brief-question-B5")
    assert f"{100 * best['max_test_accuracy']:.2f} %" in said
    assert str(best["label"]) in said
    assert "cannot be told apart from" in said or "clearly behind" in said


def test_a_question_says_what_was_printed_of_its_variants(brief: str) -> None:
    """Of one its number; of several which led there, if more than one was printed."""
    assert "In print: 53.0 %." in part(brief, "brief-question-A1")
    assert "In print, 90/40 leads with 55.9 %." in part(brief, "brief-question-A2")
    assert "In print, 90/100 leads with 54.2 %." in part(brief, "brief-question-A2")
    # Nothing is said where nothing was printed: the Tan report has no such number on texts.
    assert part(brief, "brief-question-B1").count("In print") == 1


def test_a_single_claim_on_a_question_stands_there_in_words(brief: str) -> None:
    said = part(brief, "brief-question-B2")
    assert "The one claim made here would need more evidence: The word CNN is still" in said


def test_who_leads_among_the_same_variants_is_said_once(brief: str) -> None:
    """The reports ask of the best pair and its four variants twice."""
    first, second = (part(brief, f"brief-question-{name}") for name in ("A3", "A4"))
    assert "Best mean test accuracy" in first and "Best mean test accuracy" not in second
    assert "The same variants as in A3 , and the same lead." in second


def test_the_first_picture_is_the_figure_without_a_question(whole: Any, brief: str) -> None:
    """It stands on the first screen, once per protocol."""
    opening = brief.partition('id="answers"')[2].partition('id="contents"')[0]
    (key,) = [spec for spec in whole.study.figures.values() if not spec.question]
    assert opening.count("<figure") == len(whole.study.protocols)
    assert key.title in opening


def test_claims_stand_where_their_question_is_answered(report: str) -> None:
    """With verdict, margin or reason, and a link to the table of claims."""
    question = report.partition('id="question-B6"')[2].partition('class="block')[0]
    assert "What was claimed, and what the runs say" in question
    assert 'href="#claim-koh-b-11"' in question
    assert "Swapping the GRU for a vanilla cell wrecks both models" in question


def test_settings_that_differ_are_those_of_the_configuration(report: str) -> None:
    """A reader sees at once that the CNNs were trained by other optimisers."""
    table = report.partition('id="protocol-differences"')[2].partition("</table>")[0]
    row = next(row for row in table.split("<tr") if "word_cnn" in row and "optimizer" in row)
    assert row.index("sgd") < row.index("adam")
    assert "batch_size" not in table


def test_a_question_without_any_run_says_so_once(small: Any) -> None:
    """Instead of an empty panel for each of its tables and figures."""
    results = small()
    for run in results.study.runs:
        if not run.variant.startswith("char_cnn"):
            results.write_run(run)
    results.write_tables()
    report = results.build()
    question = report.partition('id="question-B1"')[2].partition('id="question-')[0]
    assert "that this question is about is" in question
    assert "<table" not in question
    assert "<figure" not in question
    brief = results.report()
    assert "that this question is about is" in part(brief, "brief-question-B1")
    assert "the 6 of 8 variants that have a value" in part(brief, "brief-question-B5")


def test_a_protocol_without_any_run_of_a_question_is_named_once_and_not_shown(
    repository: Any, tmp_path: Any, whole: Any
) -> None:
    """Empty tables and figures of one report would bury what there is of the other."""
    only = {"experiments": ["channel_grid", "text_models"]}
    results = type(whole)(study_of(repository, {"budget": BUDGET, "only": only}), tmp_path)
    for run in results.study.runs:
        if run.protocol == "tan" or run.input != "image":
            results.write_run(run)
    results.write_tables()
    results.write_figures()
    report = results.build()
    question = report.partition('id="question-A2"')[2].partition('id="question-')[0]
    assert question.count("Koh report: none of the 25 runs") == 1
    assert "Test accuracy over the grid, Tan report" in question
    assert "Test accuracy over the grid, Koh report" not in question
    assert "No cell has a value" not in question
    assert "none of the 25 runs" in part(results.report(), "brief-question-A2")
    text = report.partition('id="question-B1"')[2].partition('id="question-')[0]
    assert "nothing of it is shown" not in text and "Koh report" in text


def test_the_first_screen_says_what_the_study_is_and_how_far_each_part_went(
    repository: Any, tmp_path: Any, whole: Any
) -> None:
    """A mixed budget in one line would be a riddle."""
    about = "Somebody asked a question & wants it answered."
    config = {"budget": {"epochs": {"image": 20}}, "about": about}
    only = {"experiments": ["optimizers", "text_models"], "protocols": ["koh"]}
    pair = {"title": "O", "model": "image_cnn", "parameters": {"c1": 10, "c2": 20}}
    experiments = {
        "optimizers": {**pair, "variants": {"adam": {"optimizer": "adam"}}},
        "text_models": {"title": "T", "variants": {"char_cnn": {"model": "char_cnn"}}},
    }
    changes = config | {"only": only, "experiments": experiments, "claims": None}
    changes |= {"published": None, "tables": {}, "figures": {}}
    results = type(whole)(study_of(repository, changes), tmp_path)
    results.write_runs()
    results.write_tables()
    opening = results.build().partition("<header")[2].partition("</header>")[0]
    assert "Somebody asked a question &amp; wants it answered." in opening
    assert f"<b>O</b> {wording.DASH} 20 of 1000 epochs, 1 seed." in opening
    assert f"<b>T</b> {wording.DASH} 250 epochs, 1 seed." in opening


def test_the_works_that_protocols_follow_are_cited(
    report: str, small: Any, repository: Any
) -> None:
    """As the configuration describes them; without a description nothing is cited."""
    works = report.partition('id="references"')[2].partition("</section>")[0]
    assert "Tan report: A student" in works and "Koh report: Another student" in works
    assert part(report, "methods").count("Tan report") == 3  # runs, published numbers, the list
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    for protocol in config["protocols"].values():
        del protocol["reference"]
    own = small(
        protocols=config["protocols"],
        claims=None,
        published=None,
        tables={},
    )
    assert "Tan report:" not in part(own.build(), "methods")


def test_methods_are_those_that_the_study_uses(small: Any, report: str) -> None:
    """With the works they rest on; a study without tests and claims does not explain them."""
    assert "Holm 1979" in part(report, "methods")
    plain = small(
        only={"protocols": ["tan"], "experiments": ["text_models"]},
        claims=None,
        published=None,
        tables={},
    ).build()
    methods = part(plain, "methods")
    assert "Uncertainty" in methods
    assert "Holm" not in methods
    assert "Hahn" not in methods
