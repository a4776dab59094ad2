"""The archives that come with the project are whole, small, and of their studies."""

import hashlib
import json
import re
import shlex
from collections.abc import Sequence
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
from nnrepro.study.architectures import read_architectures
from nnrepro.study.config import load_study
from nnrepro.study.folders import ARCHITECTURES_FILE
from nnrepro.study.sources import read_configuration, read_source
from nnrepro.tables.columns import standings_by
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

LARGEST = 30_000_000
PAIRS = [(first, second) for first in (10, 30, 50, 70, 90) for second in (20, 40, 60, 80, 100)]
SGD_OF_PAIR = "90/40"


REPOSITORY = Path(__file__).resolve().parents[2]
ARCHIVES = ["archive", *(f"archives/{path.name}" for path in (REPOSITORY / "archives").iterdir())]
SEEDS = list(range(13))
"""Of the archive: Tan's texts have all, but for dropout five, Koh's texts five, images one."""
OFFICIAL = "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"
WITHOUT_IMAGES = ("archives/text_answers",)


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
    config["seeds"] = SEEDS
    runs = {run.id for run in load_study(config, catalogue()).runs}
    histories = sorted(archive.glob("*/*/*/*/history.json"))
    assert histories
    for path in histories:
        record = json.loads((path.parent / "run.json").read_text())
        assert path.parent.relative_to(archive).as_posix() in runs
        diverged = record["status"] == "diverged"
        assert read_history(path, allow_nonfinite=diverged).epochs == record["epochs_completed"]


@pytest.mark.parametrize("name", ARCHIVES)
def test_every_run_has_the_layers_of_its_model_told(name: str) -> None:
    archive = REPOSITORY / name
    told = read_architectures(archive / ARCHITECTURES_FILE)
    for path in archive.glob("*/*/*/*/run.json"):
        combination = path.parents[1].relative_to(archive).as_posix()
        record = json.loads(path.read_text())
        assert any(each.is_of(combination, record) for each in told), path


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_is_not_the_official_data_is_told_so(name: str) -> None:
    """The images are those of the official files, some but for having been a JPEG once."""
    groups = json.loads((REPOSITORY / name / "manifest.json").read_text())["groups"]
    data = [group["data"] for group in groups]
    assert all(set(sets) <= {"cifar10", "dbpedia"} and sets for sets in data)
    images = [sets["cifar10"] for sets in data if "cifar10" in sets]
    assert images or name in WITHOUT_IMAGES
    for told in images:
        if "data_batch_1.bin" in told["sha256"]:
            assert told["sha256"]["data_batch_1.bin"] == OFFICIAL
            continue
        assert told["sha256"]["data_batch_1"].startswith("e3feb6a0")
        assert "JPEG" in told["note"]


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_command_of_a_group_asks_for_its_runs_at_their_length(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside them only for those that their parameters are selected from; in the project."""
    monkeypatch.chdir(REPOSITORY)
    archive = REPOSITORY / name
    groups = json.loads((archive / "manifest.json").read_text())["groups"]
    for group in groups:
        words = shlex.split(group["command"])
        assert words[: words.index("--config")] == [
            *("snakemake", "--cores", "all"),
            *("--configfile", f"{name}/study.yaml"),
        ]
        settings = words[words.index("--config") + 1 : words.index("--")]
        asked = read_configuration([Path(name) / "study.yaml"], settings)
        study = load_study(asked.values, catalogue())
        assert all(map(Path.is_file, map(Path, study.published.values())))
        assert asked.values["data"] == yaml.safe_load((archive / "study.yaml").read_text())["data"]
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
        if path.is_file() and path.suffix != ".npz":
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


def shipped_runs(name: str, **sections: Any) -> list[RunData]:
    """All runs of an archive's own study, or of it with other sections; none may be missing."""
    own = yaml.safe_load((REPOSITORY / name / "study.yaml").read_text(encoding="utf-8"))
    study = load_study(own | sections | {"archive": name}, catalogue())
    found, problems = read_runs(study.runs, REPOSITORY / name)
    assert not problems
    return found


def findings(title: str) -> str:
    """The finding that begins with these words, in one line."""
    text = (REPOSITORY / "docs/findings.md").read_text(encoding="utf-8")
    _, begin, rest = text.partition(f"\n1. **{title}")
    assert begin
    return " ".join(rest.partition("\n1. **")[0].split())


def closing(curve: Sequence[float]) -> float:
    """The mean of the last fifth of the epochs, the reports' window."""
    return float(np.mean(curve[-(len(curve) // 5) :]))


def is_gain(told: re.Match[str] | None, new: Sequence[float], old: Sequence[float]) -> bool:
    """Whether points of the closing means of one run each, and their interval, are as is told.

    By the sampling error of 2,000 images; the noise between epochs widens it by up to 0.1.
    """
    assert told
    a, b = closing(new), closing(old)
    half = 1.96 * np.sqrt((a * (1 - a) + b * (1 - b)) / 2000)
    expected = [100 * (a - b), 100 * (a - b - half), 100 * (a - b + half)]
    return [float(value) for value in told.groups()] == pytest.approx(expected, abs=0.1)


def test_what_the_documentation_says_of_the_grids_is_so() -> None:
    """Which channels help, which pair comes first, and what averages of later epochs would be."""
    runs = shipped_runs("archive", seeds=[0], only={"experiments": ["channel_grid"]})
    of = {(item.run.protocol, item.run.variant): item.history.val_accuracy for item in runs}
    grid = np.reshape([closing(of["tan", f"c1-{a}_c2-{b}"]) for a, b in PAIRS], (5, 5))
    said = findings("Both grids")
    first, second = grid.mean(axis=1), grid.mean(axis=0)
    assert "({:.3f}, {:.3f}, {:.3f}, {:.3f} and {:.3f} on average)".format(*first) in said
    assert f"({second.min():.3f} to {second.max():.3f})" in said
    ten = [closing(item.history.val_accuracy) for item in shipped_runs("archives/ten_seeds")]
    assert f"One seed gives {closing(of['tan', 'c1-50_c2-60']):.3f} here" in said
    spread = float(np.std(ten, ddof=1))
    assert f"ten seeds give {np.mean(ten):.3f} (standard deviation {spread:.3f})" in said
    ranked = sorted(PAIRS, key=lambda pair: -grid[np.unravel_index(PAIRS.index(pair), (5, 5))])
    assert ranked[0] == (90, 20) and ranked.index((90, 40)) == 9
    highest = {pair: max(of["koh", "c1-{}_c2-{}".format(*pair)]) for pair in PAIRS}
    best = max(highest, key=lambda pair: highest[pair])
    lead = 100 * (highest[best] - highest[90, 100])
    assert "Tan's 90/40 is tenth here and 90/20 first" in (luck := findings("The selected pair"))
    assert f"Koh's 90/100 gives way to {best[0]}/{best[1]}, by {lead:.1f} points" in luck
    told = {}
    for protocol, metric in (("tan", "last200_mean_test_accuracy"), ("koh", "mean_test_accuracy")):
        own = [item for item in runs if item.run.protocol == protocol]
        place = standings_by(variants_table(runs_table(own)), metric)
        told[protocol] = place.tied.count(True) - 1, max(filter(None, place.probability))
    assert f"a probability of {told['tan'][1]:.2f} of being the best; {told['tan'][0]} oth" in luck
    counts = f"{told['tan'][0]} variants are tied with the best instead of 19, in Koh's"
    page = " ".join((REPOSITORY / "docs/statistics.md").read_text(encoding="utf-8").split())
    assert f"{counts} {told['koh'][0]} instead of 24" in page
    config = yaml.safe_load((REPOSITORY / "archive/study.yaml").read_text(encoding="utf-8"))
    printed = [
        (number.value, np.mean(of["koh", number.runs[0].partition("/")[2]][500:]))
        for number in load_published(
            REPOSITORY / config["published"]["results"], load_study(config, catalogue())
        )
        if (number.protocol, number.metric, number.test_set)
        == ("koh", "mean_test_accuracy", "primary")
        and number.runs
        and number.runs[0].startswith("channel_grid/c1-")
    ]
    assert len(printed) == 25
    below = 100 * np.mean([theirs - ours for theirs, ours in printed])
    assert f"without the first 500 they are {below:.1f} points lower" in findings("The averages")


def test_what_the_documentation_says_of_the_layout_of_pixels_is_so() -> None:
    """What rows read flat cost over the 25 pairs, and what reading off maxima adds."""
    of = {
        (item.run.protocol, item.run.variant): item.history.val_accuracy
        for item in shipped_runs("archive", seeds=[0], only={"experiments": ["channel_grid"]})
    }
    koh = [curve for (protocol, _), curve in of.items() if protocol == "koh"]
    pairs = [variant for protocol, variant in of if protocol == "tan"]
    cost = [100 * (closing(of["tan", pair]) - closing(of["koh", pair])) for pair in pairs]
    above = np.mean([100 * (max(curve) - closing(curve)) for curve in koh])
    said = findings("The reports differ")
    assert f"cost {np.mean(cost):.1f} points of the mean of the last 200 epochs" in said
    assert f"(between {min(cost):.1f} and {max(cost):.1f} over the pairs)" in said
    assert f"which are {above:.1f} points above its closing means" in said


def test_what_the_documentation_says_of_the_factors_on_texts_is_so() -> None:
    """Changes seed by seed at full length, with Student's t interval."""
    found = {
        item.run.id: np.mean(item.history.val_accuracy[-item.run.settings["window"] :])
        for item in shipped_runs("archive", only={"experiments": ["text_models"]})
    }

    def change(model: str) -> str:
        tan, koh = (
            np.array([found[f"{name}/text_models/{model}/seed{seed}"] for seed in range(5)])
            for name in ("tan", "koh")
        )
        mean = float(np.mean(100 * (koh - tan)))
        half = float(stats.t.ppf(0.975, 4) * stats.sem(100 * (koh - tan)))
        return f"{mean:.1f} ({mean - half:.1f} to {mean + half:.1f})"

    said = findings("The reports differ").replace(" points (", " (")
    assert f"the word CNN {change('word_cnn')}" in said
    assert f"the character CNN {change('char_cnn')}" in said


def test_what_the_documentation_says_of_learning_rates_is_so() -> None:
    """Adam's highest test accuracies and first training losses, over the seeds."""
    only = {"protocols": ["koh"], "experiments": ["adaptive_rates"]}
    highest: dict[str, list[float]] = {}
    first: dict[str, list[float]] = {}
    for item in shipped_runs("archives/adaptive_rates", only=only):
        optimizer, rate = item.run.label.split()
        if optimizer == "Adam":
            highest.setdefault(rate, []).append(max(item.history.val_accuracy))
            first.setdefault(rate, []).append(item.history.series["loss"][0])
    said = findings("Adam never learns")
    reached = re.findall(r"[Aa]t (0\.\d+) (?:they|three seeds) reach ([\d.]+) to (0\.\d+)", said)
    *learning, (_, too_high) = highest.items()
    assert reached == [(rate, f"{min(own):.3f}", f"{max(own):.3f}") for rate, own in learning]
    assert f"at 0.01 never more than {max(too_high):.3f}." in said
    near = first["0.005"]
    assert f"a rate near 0.005 ({min(near):.2f} to {max(near):.2f})." in said
    assert min(near) < 2.46 < max(near) and max(first["0.002"]) < 2.46 < min(first["0.01"])


def test_what_the_documentation_says_of_the_image_extensions_is_so() -> None:
    """What momentum, augmentation and dropout give in a tenth of the epochs, and at full length."""
    only = {"protocols": ["tan"], "experiments": ["image_extensions"]}
    found = {
        item.run.label: item.history
        for item in shipped_runs("archives/extensions", seeds=[0], only=only)
    }
    assert {history.epochs for history in found.values()} == {100}
    full = {item.run.label: item.history for item in shipped_runs("archives/tan_pair")}
    said = findings("A momentum of 0.9").replace(" points (", " (")
    plain = found["SGD"].val_accuracy
    shown = r"(-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\)"
    large = found["Momentum 0.9"].val_accuracy
    assert is_gain(re.search(f"the first gives {shown},", said), large, plain)
    gaps = [
        100 * (closing(found[label].series["accuracy"]) - closing(found[label].val_accuracy))
        for label in ("Momentum 0.9", "Momentum 0.9 + augmented")
    ]
    assert "from {:.1f} points to {:.1f}.".format(*gaps) in said
    both = found["Momentum 0.1 + dropout"].val_accuracy
    assert is_gain(re.search(f"gives {shown} there", said), both, plain)
    both, plain = (full[label].val_accuracy for label in ("Momentum + dropout", SGD_OF_PAIR))
    assert is_gain(re.search(f"and {shown} after 1,000 epochs", said), both, plain)


def test_what_the_documentation_says_of_masking_is_so() -> None:
    """Highest test accuracies, their mean and deviation over seeds, without masking and with."""
    only = {"protocols": ["tan"], "experiments": ["text_extensions"]}
    highest: dict[str, list[float]] = {}
    for item in shipped_runs("archives/extensions", only=only):
        highest.setdefault(item.run.label, []).append(max(item.history.val_accuracy))

    def written(label: str) -> str:
        return f"{np.mean(highest[label]):.3f} ({np.std(highest[label], ddof=1):.3f})"

    said = findings("Masking the padding").replace("(standard deviation ", "(")
    for label in ("word LSTM", "word vanilla", "word GRU"):
        assert f"from {written(label)} to {written(f'{label}, masked')}" in said


def test_what_the_documentation_says_of_single_seeds_is_so(repository: Path) -> None:
    """Each seed of the text runs decides the claims by itself; none may contradict another."""
    config = yaml.safe_load((repository / "archive/study.yaml").read_text(encoding="utf-8"))
    first = list(range(5))  # both reports' texts have them
    study = load_study(config | {"seeds": SEEDS, "archive": "archive"}, catalogue())
    found, _ = read_runs(study.runs, repository / "archive")
    claims = load_claims(study.claims, study)
    verdicts = {}
    for name, seeds in [*((seed, [seed]) for seed in first), ("all", SEEDS)]:
        runs = [item for item in found if item.run.seed in seeds]
        table, _ = decide_claims(claims, runs, study, {})
        text = table[table["part"] == "B"]
        verdicts[name] = dict(zip(text["id"], text["verdict"], strict=True))
    table = pd.DataFrame(verdicts)
    decided = table.isin(["holds", "fails"])
    single, whole = decided[first], decided["all"]
    page = " ".join((repository / "docs/claims.md").read_text(encoding="utf-8").split())
    said = page.partition("How far one seed can be trusted")[2].partition("A claim about")[0]
    counts = [str(count) for count in single.sum()]
    assert f"of the {len(table)} claims on text" in said
    assert f"decide {', '.join(counts[:-1])} and {counts[-1]}, never against" in said
    assert not ((table == "holds").any(axis=1) & (table == "fails").any(axis=1)).any()
    assert f"all together decide {whole.sum()}." in said


@pytest.fixture(scope="module")
def judged() -> dict[str, pd.DataFrame]:
    """The published numbers beside the shipped runs, and the claims; do not change them."""
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    study = load_study(config | {"seeds": SEEDS}, catalogue())
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
    highest = numbers[numbers["metric"].eq("max_test_accuracy") & numbers["part"].eq("B")]
    inside = highest["inside"].dropna()
    said = f"{inside.sum()} of the {len(inside)} highest test accuracies"
    assert said in findings("The Koh report's text runs")
    averages = findings("The averages")
    outside = numbers[numbers["status"] == "outside"]
    images = outside["part"] == "A"
    of_grid = outside["runs"].str.fullmatch(r"channel_grid/c1-\S+") & outside["test_set"].eq("")
    of_grid &= outside["metric"].eq("mean_test_accuracy")
    assert (
        f"Of the {numbers['inside'].notna().sum()} numbers that can be judged, {len(outside)} lie "
        f"outside, {images.sum()} of them about images, and {of_grid.sum()} of these"
    ) in averages
    by = offsets.set_index(["protocol", "metric"])
    tan = by.loc["tan", "last200_mean_test_accuracy"]
    koh = by.loc["koh", "max_test_accuracy"]
    means = by.loc["koh", "mean_test_accuracy"]
    assert tan["fits"] and koh["fits"] and not means["fits"]
    said = findings("Both grids")
    lower = (
        f"{-100 * tan['offset']:.1f} points lower here, Koh's 25 maxima {-100 * koh['offset']:.1f};"
    )
    assert lower in said
    assert f"gives up to {100 * tan['offset_high']:.1f}." in said
    for row in (tan, koh):
        assert f"{row['residuals_inside']} of {row['numbers']} are such" in said
    spreads = (100 * tan["residual_sd"], 100 * tan["seed_sd"])
    assert "{:.2f} points, where two seeds give {:.2f}".format(*spreads) in said
    assert f"on the mean {-100 * means['offset']:.1f} points lower" in averages
    assert f"does not explain ({100 * means['offset_high']:.1f})" in averages


def test_what_the_documentation_says_of_verdicts_is_so(judged: dict[str, pd.DataFrame]) -> None:
    """How many claims hold, fail and are undecided, and why."""
    claims = judged["claims"]
    counts = claims["verdict"].value_counts()
    causes = claims.loc[claims["verdict"] == "undecided", "cause"].value_counts()
    deciding = judged["parts"][judged["parts"]["decides"]]
    held = set(deciding.loc[deciding["verdict"] == "holds", "id"])
    partly = len(held & set(claims.loc[claims["verdict"] == "fails", "id"]))
    said = f"53 claims {counts['holds']} hold, {counts['fails']} fail ({partly} in one part"
    readme = " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    assert f"{said} of several) and {counts['undecided']}" in readme
    assert f"{causes['noise']} inside the noise, {causes['one seed']} about epochs" in readme
    page = " ".join((REPOSITORY / "docs/findings.md").read_text(encoding="utf-8").split())
    assert f"{said} of several), {counts['undecided']} are undecided." in page
    failing = set(claims.loc[(claims["part"] == "A") & (claims["verdict"] == "fails"), "id"])
    assert failing == {"tan-a-01", "koh-a-02", "koh-a-07"}
    of_text = claims[claims["part"] == "B"]
    holding = set(of_text.loc[of_text["verdict"] == "holds", "id"])
    told = findings("5 to 13 seeds decide 23 of the 29 claims on text")
    assert holding == set(re.findall(r"`([\w-]+)`", told))
    assert (len(of_text), of_text["verdict"].isin(["holds", "fails"]).sum()) == (29, 23)
    assert claims.groupby("part")["verdict"].value_counts()["A"].to_dict() == {
        "undecided": 19,
        "fails": 3,
        "holds": 2,
    }


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


def test_what_the_documentation_says_of_optimisers_and_dropout_is_so() -> None:
    """When plain SGD passes others on the same images, and what each does at the end."""

    def passed(first: Any, other: Any) -> int:
        ahead = [np.convolve(curve, np.ones(20) / 20, "valid") for curve in (other, first)]
        return int(np.flatnonzero(ahead[0] >= ahead[1])[-1]) + 21

    folder = REPOSITORY / "archive"
    told, behind, trained = [], [], []
    for protocol, pair, file in (
        ("tan", "c1-90_c2-20", "history.json"),
        ("koh", "c1-90_c2-60", "history_comparison.json"),
    ):
        path = folder / protocol / "channel_grid" / pair / "seed0" / file
        plain = json.loads(path.read_text())["val_accuracy"]
        for name in ("adam", "rmsprop"):
            other = read_history(folder / protocol / f"optimizers/{name}/seed0/history.json")
            told.append(passed(plain, other.val_accuracy))
            behind.append(100 * (closing(plain) - closing(other.val_accuracy)))
            trained.append(100 * closing(other.series["accuracy"]))
    dropout = read_history(folder / "koh/optimizers/sgd_dropout/seed0/history.json").val_accuracy
    said = findings("Adam and RMSProp lose on images")
    assert (
        "epochs {} (Adam) and {} (RMSProp) under the Tan protocol, {} and {} under".format(*told)
        in said
    )
    assert f"right on {min(trained):.1f} to {max(trained):.1f} % of the training images" in said
    assert f"and {min(behind):.1f} to {max(behind):.1f} points behind" in said
    runs = {item.run.label: item.history for item in shipped_runs("archives/tan_pair")}
    said = findings("Dropout keeps from overfitting").replace(" points (", " (")
    gaps = [
        100 * (closing(runs[label].series["accuracy"]) - closing(runs[label].val_accuracy))
        for label in ("Dropout", SGD_OF_PAIR)
    ]
    assert (
        "leaves {:.1f} points between training and test, where SGD leaves {:.1f}".format(*gaps)
        in said
    )
    shown = r"is (-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\) ahead"
    pair = (runs[label].val_accuracy for label in ("Dropout", SGD_OF_PAIR))
    assert is_gain(re.search(shown, said), *pair)
    leads = [100 * (of(dropout) - of(plain)) for of in (closing, max, np.mean)]
    assert (
        "is {:.1f} points ahead over the last 200 epochs, but {:.1f} in highest and {:.1f} in "
        "mean accuracy".format(*leads)
    ) in said
