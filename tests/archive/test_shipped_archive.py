"""The archives that come with the project are whole, small, and of their studies."""

import hashlib
import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from nnrepro.claims.decide import decide_claims
from nnrepro.claims.loading import load_claims
from nnrepro.measures.history import read_history
from nnrepro.measures.runs import RunData, read_runs
from nnrepro.models.registry import catalogue
from nnrepro.published.comparison import compare_published, published_offsets
from nnrepro.published.numbers import load_published
from nnrepro.published.prediction import prediction_interval
from nnrepro.published.runs import StudyRuns
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration, read_source
from nnrepro.tables.runs import runs_table

LARGEST = 30_000_000


REPOSITORY = Path(__file__).resolve().parents[2]
ARCHIVES = ["archive", *(f"archives/{path.name}" for path in (REPOSITORY / "archives").iterdir())]


@pytest.mark.parametrize("name", ARCHIVES)
def test_files_are_those_of_the_manifest(name: str) -> None:
    archive = REPOSITORY / name
    listed = json.loads((archive / "manifest.json").read_text())["files"]
    found = {
        path.relative_to(archive).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in archive.glob("*/*/*/*/*")
    }
    assert found == {name: told["sha256"] for name, told in listed.items()}


def test_all_of_them_together_are_small() -> None:
    files = (path for name in ARCHIVES for path in (REPOSITORY / name).rglob("*"))
    assert sum(path.stat().st_size for path in files if path.is_file()) < LARGEST


@pytest.mark.parametrize("name", ARCHIVES)
def test_every_run_is_of_the_archives_study_and_as_long_as_its_record_says(name: str) -> None:
    archive = REPOSITORY / name
    config = yaml.safe_load((archive / "study.yaml").read_text(encoding="utf-8"))
    config["seeds"] = list(range(10))
    runs = {run.id for run in load_study(config, catalogue()).runs}
    histories = sorted(archive.glob("*/*/*/*/history.json"))
    assert histories
    for path in histories:
        record = json.loads((path.parent / "run.json").read_text())
        assert path.parent.relative_to(archive).as_posix() in runs
        diverged = record["status"] == "diverged"
        assert read_history(path, allow_nonfinite=diverged).epochs == record["epochs_completed"]


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_is_not_the_official_data_is_told_so(name: str) -> None:
    """The images are those of the official files but for having been a JPEG once."""
    groups = json.loads((REPOSITORY / name / "manifest.json").read_text())["groups"]
    data = [group["data"] for group in groups]
    assert all(set(sets) <= {"cifar10", "dbpedia"} and sets for sets in data)
    images = [sets["cifar10"] for sets in data if "cifar10" in sets]
    assert images
    for told in images:
        assert told["sha256"]["data_batch_1"].startswith("e3feb6a0")
        assert "JPEG" in told["note"]


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_command_of_a_group_asks_for_its_runs_at_their_length(name: str) -> None:
    """Beside them only for those that their parameters are selected from."""
    archive = REPOSITORY / name
    groups = json.loads((archive / "manifest.json").read_text())["groups"]
    for group in groups:
        words = shlex.split(group["command"])
        assert words[: words.index("--config")] == [
            *("snakemake", "--cores", "all"),
            *("--configfile", f"{name}/study.yaml"),
        ]
        files = (REPOSITORY / "config.yaml", archive / "study.yaml")
        settings = words[words.index("--config") + 1 : words.index("--")]
        asked = read_configuration(files, settings, on_study=False)
        study = load_study(asked.values, catalogue())
        source = study.experiments[group["experiment"]].selects_from
        assert set(study.experiments) == {group["experiment"], source} - {None}
        asked = study.runs_of(group["protocol"], group["experiment"])
        assert {(run.variant, run.seed) for run in asked} == {
            (path.parent.parent.name, int(path.parent.name.removeprefix("seed")))
            for path in archive.glob(f"{group['protocol']}/{group['experiment']}/*/*/history.json")
            if read_history(path).epochs == group["epochs"]
        }
        assert {run.settings["epochs"] for run in asked} == {group["epochs"]}
        assert len(asked) == group["runs"]


@pytest.mark.parametrize("name", ARCHIVES)
def test_nothing_in_it_names_a_place_on_a_machine(name: str) -> None:
    """No absolute path, wherever it leads."""
    absolute = re.compile(r"(?<![\w./:-])/[\w.-]+/")
    assert absolute.search('{"path": "/home/me/data"}') and absolute.search("path: /tmp/x")
    for path in (REPOSITORY / name).rglob("*"):
        if path.is_file():
            found = absolute.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path}: {found}"


def test_its_study_is_the_shipped_one(repository: Path) -> None:
    """Or `make report` would show tables and figures that the configuration no longer asks for."""
    config, archived = (
        read_source(repository / name).values for name in ("config.yaml", "archive/study.yaml")
    )
    # Its runs were tested on the first 2,000 images, before a sample was drawn.
    left_out = ("tables", "figures", "questions", "training", "data")
    assert {key: own for key, own in archived.items() if key not in left_out} == {
        key: own for key, own in config.items() if key not in left_out
    }
    ours, theirs = (load_study(values, catalogue()) for values in (config, archived))
    assert (ours.tables, ours.questions) == (theirs.tables, theirs.questions)
    assert list(ours.figures.items()) == list(theirs.figures.items())  # the report's order, too


def printed_numbers(config: dict[str, Any], protocol: str, metric: str) -> dict[str, float]:
    """What a report printed on its primary test set, by the first selector of its runs."""
    study = load_study(config, catalogue())
    return {
        number.runs[0]: number.value
        for number in load_published(REPOSITORY / study.published["results"], study)
        if (number.protocol, number.metric, number.test_set) == (protocol, metric, "primary")
        and number.runs
    }


def test_the_table_of_texts_is_that_of_the_archive(repository: Path) -> None:
    """Printed numbers are those of the published file, reproduced ones means over the seeds."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    experiments = config["experiments"]
    labels = {
        section["label"]: f"{experiment}/{variant}"
        for experiment in ("text_models", "text_dropout", "rnn_variants")
        for variant, section in experiments[experiment]["variants"].items()
    }
    printed = printed_numbers(config, "koh", "max_test_accuracy")
    text = findings("The Koh report's text runs")
    rows = re.findall(r"^\| ([\w +]+) \| (0\.\d{4}) \| (0\.\d{3}) \| (0\.\d{3}) \|$", text, re.M)
    assert len(rows) == len(labels) == 16
    for label, published, reproduced, deviation in rows:
        folder = repository / "archive/koh" / labels[label]
        values = [max(read_history(f).val_accuracy) for f in sorted(folder.glob("*/history.json"))]
        assert float(published) == printed[labels[label]]
        assert f"{np.mean(values):.3f}" == reproduced
        assert f"{np.std(values, ddof=1):.3f}" == deviation


def shipped_runs(name: str, **sections: Any) -> list[RunData]:
    """All runs of an archive's own study, or of it with other sections; none may be missing."""
    own = yaml.safe_load((REPOSITORY / name / "study.yaml").read_text(encoding="utf-8"))
    study = load_study(own | sections | {"archive": name}, catalogue())
    found, problems = read_runs(study.runs, REPOSITORY / name)
    assert not problems
    return found


def findings(title: str) -> str:
    """The section of the findings that begins with these words."""
    text = (REPOSITORY / "docs/findings.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {title}")[2].partition("\n## ")[0]


def closing_means(item: RunData) -> list[str]:
    """Of the last fifth of the epochs, the reports' window: test and training accuracy."""
    window = item.history.epochs // 5
    curves = (item.history.val_accuracy, item.history.accuracy)
    return [f"{np.mean(curve[-window:]):.3f}" for curve in curves]


@pytest.mark.parametrize(
    ("protocol", "title", "metric"),
    [
        ("tan", "The Tan report's grid", "last200_mean_test_accuracy"),
        ("koh", "The Koh report's grid", "max_test_accuracy"),
    ],
    ids=["tan", "koh"],
)
def test_what_the_documentation_says_of_the_grids_is_so(
    protocol: str, title: str, metric: str
) -> None:
    """Every pair at the report's own length: what was reproduced, and what is printed."""
    own = yaml.safe_load((REPOSITORY / "archive/study.yaml").read_text(encoding="utf-8"))
    printed = printed_numbers(own, protocol, metric)
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", findings(title), re.M)
    told = {
        f"c1-{c1}_c2-{c2}": cell
        for c1, cells in rows
        for c2, cell in zip((20, 40, 60, 80, 100), cells.split(" | "), strict=True)
    }
    only = {"protocols": [protocol], "experiments": ["channel_grid"]}
    runs = shipped_runs("archive", only=only)
    assert len(told) == len(runs) == 25
    for item in runs:
        assert item.history.epochs == 1000
        reproduced, _ = closing_means(item)
        if metric == "max_test_accuracy":
            reproduced = f"{max(item.history.val_accuracy):.3f}"
        published = printed[f"channel_grid/{item.run.variant}"]
        assert told[item.run.variant] == f"{reproduced} ({published:.3f})"


def test_what_the_documentation_says_of_the_layout_of_pixels_is_so() -> None:
    """What rows read flat cost over the 25 pairs, and what reading off maxima adds."""
    of = {
        (item.run.protocol, item.run.variant): item.history.val_accuracy
        for item in shipped_runs("archive", seeds=[0], only={"experiments": ["channel_grid"]})
    }
    pairs = sorted(variant for protocol, variant in of if protocol == "tan")
    closing = {key: float(np.mean(accuracy[-200:])) for key, accuracy in of.items()}
    cost = [100 * (closing["tan", pair] - closing["koh", pair]) for pair in pairs]
    highest = np.mean([100 * (max(of["tan", pair]) - max(of["koh", pair])) for pair in pairs])
    above = np.mean([100 * (max(of["koh", pair]) - closing["koh", pair]) for pair in pairs])
    section = " ".join(findings("What explains the difference").split())
    assert f"cost {np.mean(cost):.1f} points of the mean of the last 200 epochs" in section
    assert f"(between {min(cost):.1f} and {max(cost):.1f} over the pairs)" in section
    assert f"and {highest:.1f} points of the highest accuracy" in section
    assert f"which under its protocol are {above:.1f} points above them" in section


def test_what_the_documentation_says_of_the_factors_on_texts_is_so() -> None:
    """Changes seed by seed at full length, with Student's t interval."""
    models = ("char_cnn", "word_cnn", "char_rnn_gru", "word_rnn_gru")
    found = {
        item.run.id: (np.mean(item.history.val_accuracy[-window:]), max(item.history.val_accuracy))
        for item in shipped_runs("archive", only={"experiments": ["text_models"]})
        if (window := item.run.settings["window"])
    }

    def shown(changes: list[float]) -> str:
        mean = float(np.mean(changes))
        half = float(stats.t.ppf(0.975, len(changes) - 1) * stats.sem(changes))
        return f"{mean:.1f} ({mean - half:.1f} to {mean + half:.1f})"

    expected = []
    for model in models:
        tan, koh = (
            [found[f"{name}/text_models/{model}/seed{seed}"] for seed in range(5)]
            for name in ("tan", "koh")
        )
        change = [100 * (b[0] - a[0]) for a, b in zip(tan, koh, strict=True)]
        expected.append((shown(change), shown([100 * (a[1] - a[0]) for a in tan])))
    cells = r"^\| \w+ (?:CNN|GRU) \| [\w ]+ \| ([^|]+) \| ([^|]+) \|$"
    assert re.findall(cells, findings("What explains the difference"), re.M) == expected


def test_what_the_documentation_says_of_optimisers_and_dropout_is_so() -> None:
    """Of every run its highest and its mean accuracies, on the test set of the report's table."""
    cells = r"^\| (Tan|Koh), (\w+) \| (.+) \|$"
    told = {
        (protocol.lower(), label): row
        for protocol, label, row in re.findall(cells, findings("Optimisers and dropout"), re.M)
    }
    expected = {}
    selected = {"tan": "c1-90_c2-20", "koh": "c1-90_c2-60"}
    only = {"experiments": ["channel_grid", "optimizers"]}
    for item in shipped_runs("archive", seeds=[0], only=only):
        grid = item.run.experiment == "channel_grid"
        if grid and item.run.variant != selected[item.run.protocol]:
            continue
        further = item.comparison if grid and item.run.protocol == "koh" else None
        accuracy = (further or item.history).val_accuracy
        numbers = (max(accuracy), np.mean(accuracy), np.mean(accuracy[-200:]))
        _, training = closing_means(item)
        row = " | ".join([*(f"{number:.3f}" for number in numbers), training])
        expected[item.run.protocol, "SGD" if grid else item.run.label] = row
    assert told == expected


def test_what_the_documentation_says_of_the_tan_pair_is_so() -> None:
    """Of every run of the archive the printed number and the closing means."""
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    printed = printed_numbers(config, "tan", "last200_mean_test_accuracy")
    expected = set()
    for item in shipped_runs("archives/tan_pair"):
        variant = f"{item.run.experiment}/{item.run.variant}"
        label = "SGD" if item.run.experiment == "channel_grid" else item.run.label
        number = f"{printed[variant]:.3f}" if variant in printed else "none"
        expected.add((label, number, *closing_means(item)))
    cells = r"^\| ([\w +]+) \| (0\.\d{3}|none) \| (0\.\d{3}) \| (0\.\d{3}) \|$"
    section = findings("The pair that the Tan report selected")
    assert set(re.findall(cells, section, re.M)) == expected


def test_what_the_documentation_says_of_learning_rates_is_so() -> None:
    """Highest test accuracy and first training loss, seed by seed."""
    only = {"protocols": ["koh"], "experiments": ["adaptive_rates"]}
    expected: dict[str, dict[str, list[list[str]]]] = {}
    for item in shipped_runs("archives/adaptive_rates", only=only):
        optimizer, rate = item.run.label.split()
        highest, first = expected.setdefault(rate, {}).setdefault(optimizer, [[], []])
        highest.append(f"{max(item.history.val_accuracy):.3f}")
        first.append(f"{item.history.loss[0]:.2f}")
    rows = re.findall(r"^\| (0\.\d+) \| (.+) \|$", findings("When Adam never learns"), re.M)
    told = {rate: [cell.split(", ") for cell in cells.split(" | ")] for rate, cells in rows}
    assert told == {
        rate: [*columns["Adam"], *columns["RMSProp"]] for rate, columns in expected.items()
    }


def test_what_the_documentation_says_of_the_image_extensions_is_so() -> None:
    """Of every run the closing means, the best first; all are equally long."""
    only = {"protocols": ["tan"], "experiments": ["image_extensions"]}
    runs = shipped_runs("archives/extensions", seeds=[0], only=only)
    section = findings("Combining what helped")
    rows = re.findall(r"^\| ([\w +.]+) \| (0\.\d{3}) \| (0\.\d{3}) \|$", section, re.M)
    assert set(rows) == {(item.run.label, *closing_means(item)) for item in runs}
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    assert {f"at {item.history.epochs} of" for item in runs} == set(
        re.findall(r"nine ways, (at \d+ of)", section)
    )


def test_what_the_documentation_says_of_masking_is_so() -> None:
    """Highest test accuracies, their mean and deviation over seeds, without masking and with."""
    only = {"protocols": ["tan"], "experiments": ["text_extensions"]}
    highest: dict[str, list[float]] = {}
    for item in shipped_runs("archives/extensions", only=only):
        highest.setdefault(item.run.label, []).append(max(item.history.val_accuracy))
    cells = {
        label: f"{np.mean(values):.3f} ({np.std(values, ddof=1):.3f})"
        for label, values in highest.items()
    }
    rows = re.findall(r"^\| (\w+ \w+) \| (0[^|]+) \| (0[^|]+) \|$", findings("Masking"), re.M)
    assert set(rows) == {
        (label, cell, cells[f"{label}, masked"])
        for label, cell in cells.items()
        if not label.endswith(", masked")
    }


def test_what_the_documentation_says_of_single_seeds_is_so(repository: Path) -> None:
    """Each seed of the text runs decides the claims by itself; none may contradict another."""
    config = yaml.safe_load((repository / "archive/study.yaml").read_text(encoding="utf-8"))
    every = list(range(5))
    study = load_study(config | {"seeds": every, "archive": "archive"}, catalogue())
    found, _ = read_runs(study.runs, repository / "archive")
    claims = load_claims(study.claims, study)
    verdicts = {}
    for name, seeds in [*((seed, [seed]) for seed in every), ("all", every)]:
        runs = [item for item in found if item.run.seed in seeds]
        table, _ = decide_claims(claims, runs, study, {})
        text = table[table["part"] == "B"]
        verdicts[name] = dict(zip(text["id"], text["verdict"], strict=True))
    table = pd.DataFrame(verdicts)
    decided = table.isin(["holds", "fails"])
    single, whole = decided[every], decided["all"]
    page = " ".join((repository / "docs/claims.md").read_text(encoding="utf-8").split())
    said = page.partition("How far one seed can be trusted")[2].partition("A claim about")[0]
    counts = [str(count) for count in single.sum()]
    assert f"of the {len(table)} claims on text" in said
    assert f"decide {', '.join(counts[:-1])} and {counts[-1]}, never against" in said
    assert not ((table == "holds").any(axis=1) & (table == "fails").any(axis=1)).any()
    assert f"all five together decide {whole.sum()}." in said


@pytest.fixture(scope="module")
def judged() -> dict[str, pd.DataFrame]:
    """The published numbers beside the shipped runs, and the claims; do not change them."""
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    study = load_study(config | {"seeds": list(range(5))}, catalogue())
    decisions = {
        ("tan", "channel_grid"): {"variant": "c1-90_c2-20", "c1": 90, "c2": 20},
        ("koh", "channel_grid"): {"variant": "c1-90_c2-60", "c1": 90, "c2": 60},
    }
    runs = [study.resolved(run, decisions) for run in study.runs]
    found, problems = read_runs(runs, REPOSITORY / "archive")
    data = {item.run.id: item for item in found}
    evidence = StudyRuns(study, runs_table(found, problems, runs), data, decisions)
    numbers = load_published(REPOSITORY / study.published["results"], study)
    claims, parts = decide_claims(load_claims(study.claims, study), found, study, decisions)
    return {
        "numbers": compare_published(numbers, evidence),
        "offsets": published_offsets(numbers, evidence),
        "claims": claims,
        "parts": parts,
    }


def test_what_the_documentation_says_of_both_levels_is_so(judged: dict[str, pd.DataFrame]) -> None:
    """What is judged, what lies outside, and what the numbers of a sample share."""
    numbers, offsets = judged["numbers"], judged["offsets"]
    page = " ".join(findings("What does not fit").split())
    outside = numbers[numbers["status"] == "outside"]
    images = outside["part"] == "A"
    count = numbers["inside"].notna().sum()
    assert f"Of the {count} numbers that can be judged, {len(outside)} lie outside" in page
    assert f"{images.sum()} of them are about images" in page
    for protocol, metric, title in (
        ("tan", "last200_mean_test_accuracy", "The Tan report's grid"),
        ("koh", "max_test_accuracy", "The Koh report's grid"),
    ):
        of = (offsets["protocol"] == protocol) & (offsets["metric"] == metric)
        (row,) = offsets[of].to_dict("records")
        said = " ".join(findings(title).split())
        assert row["fits"]
        assert f"{-100 * row['offset']:.1f}" in said and f"{100 * row['offset_high']:.1f}" in said
        assert f"{row['residuals_inside']} of {row['numbers']}" in said
        if protocol == "tan":
            spreads = (100 * row["residual_sd"], 100 * row["seed_sd"])
            assert "{:.2f} points, where two seeds give {:.2f}".format(*spreads) in said
    (means,) = offsets[offsets["metric"] == "mean_test_accuracy"].to_dict("records")
    assert not means["fits"]
    assert f"on the mean {-100 * means['offset']:.1f} points lower" in page
    assert f"explains ({100 * means['offset_high']:.1f})" in page


def test_what_the_documentation_says_of_verdicts_is_so(judged: dict[str, pd.DataFrame]) -> None:
    """How many claims hold, fail and are undecided, and why."""
    claims = judged["claims"]
    counts = claims["verdict"].value_counts()
    causes = claims.loc[claims["verdict"] == "undecided", "cause"].value_counts()
    readme = " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    said = f"53 claims {counts['holds']} hold, {counts['fails']} fail and {counts['undecided']}"
    assert said in readme
    assert f"{causes['noise']} inside the noise, {causes['one seed']} about epochs" in readme
    failing = set(claims.loc[(claims["part"] == "A") & (claims["verdict"] == "fails"), "id"])
    assert failing == {"tan-a-01", "koh-a-02", "koh-a-07"}


def test_what_the_documentation_says_of_rnns_after_100_epochs_is_so(
    judged: dict[str, pd.DataFrame],
) -> None:
    """The highest and mean accuracies of the Koh report's RNNs tell no number of epochs."""
    numbers = judged["numbers"]
    asked = numbers["metric"].isin(["max_test_accuracy", "mean_test_accuracy"])
    asked &= (numbers["protocol"] == "koh") & numbers["runs"].str.fullmatch(r"\S*rnn\S*")
    rows = numbers[asked & numbers["inside"].notna()]
    inside = {100: 0, 250: 0}
    for row in rows.to_dict("records"):
        files = sorted((REPOSITORY / "archive/koh" / row["runs"]).glob("*/history.json"))
        read = np.max if row["metric"].startswith("max") else np.mean
        for epochs in inside:
            values = [float(read(read_history(file).val_accuracy[:epochs])) for file in files]
            interval = prediction_interval(np.array(values))
            assert interval is not None
            value, unit = float(row["value"]), 0.5 * 10.0 ** -len(row["value"].partition(".")[2])
            inside[epochs] += interval.low - unit <= value <= interval.high + unit
    said = " ".join(findings("The Koh report's text runs").split())
    assert inside == {100: 23, 250: 23}
    highest = numbers[numbers["metric"].eq("max_test_accuracy") & numbers["part"].eq("B")]
    ends = highest.set_index("runs")[["interval_low", "interval_high"]].astype(float)
    low, high = ends.loc["rnn_variants/word_rnn_lstm"]
    assert f"one further word LSTM may lie anywhere from {low:.2f} to {high:.0f}" in said
    low, high = ends.loc["rnn_variants/word_rnn_vanilla"]
    assert f"a word vanilla RNN from {low:.0f} to {high:.2f}." in said


def test_what_the_documentation_says_of_adam_and_rmsprop_is_so() -> None:
    """When plain SGD passes them on the same images, and what they do on the training images."""

    def passed(first: Any, other: Any) -> int:
        ahead = [np.convolve(curve, np.ones(20) / 20, "valid") for curve in (other, first)]
        return int(np.flatnonzero(ahead[0] >= ahead[1])[-1]) + 21

    folder = REPOSITORY / "archive"
    told = []
    for protocol, pair, file in (
        ("tan", "c1-90_c2-20", "history.json"),
        ("koh", "c1-90_c2-60", "history_comparison.json"),
    ):
        plain = json.loads((folder / protocol / "channel_grid" / pair / "seed0" / file).read_text())
        for name in ("adam", "rmsprop"):
            other = read_history(folder / protocol / f"optimizers/{name}/seed0/history.json")
            told.append(passed(plain["val_accuracy"], other.val_accuracy))
    section = " ".join(findings("Optimisers and dropout").split())
    assert "at epochs {} (Adam) and {} (RMSProp) under the Tan protocol, {} and {}".format(
        *told
    ) in (section)
    pair = " ".join(findings("The pair that the Tan report selected").split())
    runs = REPOSITORY / "archives/tan_pair/tan/optimizers"
    accuracy = np.array(read_history(runs / "adam/seed0/history.json").accuracy)
    first = int(np.argmax(accuracy == 1)) + 1
    later = accuracy[first:]
    assert f"right on {100 * accuracy[-200:].mean():.1f} % of the training images" in pair
    assert f"at epoch {first}; {(later < 1).sum()} of the {len(later)} later epochs" in pair
    assert f"again, {(later < 0.99).sum()} of them more than 1 %" in pair
    loss = np.array(read_history(runs / "rmsprop/seed0/history.json").val_loss)
    assert f"to {loss[-200:].mean():.1f} over the last 200 epochs ({loss.max():.1f} at" in pair
