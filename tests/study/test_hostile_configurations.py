"""Any configuration gives a study that stays in its folder, or a message that names the key."""

import copy
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from forked import forked_python
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from nnrepro.errors import NnreproError
from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import RunId
from nnrepro.study.schema import load_schema

MODELS = catalogue()
TEXT = {"question": "B1", "title": "Text", "runs": ["text"]}
SMALL: dict[str, Any] = {
    "name": "small",
    "title": "A small study",
    "seeds": [0, 1],
    "data": {"dbpedia": {"source": "generated", "generate": {"train": 28, "test": 14}}},
    "settings": {
        "all": {
            "train_examples": 28,
            "test_examples": 14,
            "comparison_test_examples": 0,
            "epochs": 3,
            "batch_size": 7,
            "optimizer": "adam",
            "learning_rate": 0.01,
            "momentum": 0.0,
            "clipvalue": 0.0,
            "loss": "logits",
            "on_divergence": "stop",
            "window": 2,
            "smoothing": 3,
        }
    },
    "protocols": {"mine": {"title": "My own", "selection": "max_test_accuracy"}},
    "experiments": {
        "text": {
            "title": "Text models",
            "parameters": {"dropout_rate": [0.0, 0.5]},
            "variants": {
                "one": {"label": "one", "model": "char_rnn"},
                "two": {"label": "two at {dropout_rate}", "model": "word_rnn"},
            },
        }
    },
    "budget": {"epochs": 2},
    "only": {"experiments": ["text"], "variants": ["text/*"]},
    "parts": {"B": "Texts"},
    "questions": {"B1": {"part": "B", "title": "Which?"}},
    "tables": {"ranking": {**TEXT, "kind": "convergence"}},
    "figures": {"curves": {**TEXT, "kind": "curves"}},
}

ODD_TEXT = st.sampled_from(
    [
        "",
        " ",
        "..",
        ".",
        "/",
        "../out",
        "/etc/passwd",
        "~",
        "~root/x",
        "a\0b",
        "a\nb",
        "one\n",
        "selected",
        "a" * 300,
        "{",
        "{dropout_rate.real}",
        "{0}",
        "{dropout_rate:>9999999999}",
        "text/[",
        "*",
        "nan",
        "1e999",
        "9" * 5000,
        "\ud800",
        "\u202e",
        "<script>",
        "$(id)",
    ]
)
ODD_NUMBERS = st.sampled_from(
    [0, -1, 1.0, 2.5, 10**15, 10**400, -(10**400), 1e308, float("nan"), float("inf"), -0.0, 5e-324]
)
LEAVES = st.one_of(ODD_TEXT, ODD_NUMBERS, st.text(max_size=8), st.none(), st.booleans())
KEYS = st.one_of(ODD_TEXT, st.text(max_size=6), st.integers(), st.none(), st.booleans())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


def places(section: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every key and list item."""
    if isinstance(section, dict):
        items = list(section.items())
    else:
        items = list(enumerate(section)) if isinstance(section, list) else []
    return [place for key, item in items for place in [(*path, key), *places(item, (*path, key))]]


def changed(config: Any, place: tuple[Any, ...], kind: str, value: Any, key: Any) -> None:
    """Replace, remove or rename what stands at a place, or put something new beside it."""
    for step in place[:-1]:
        config = config[step]
    last = place[-1]
    if kind == "replace" or isinstance(config, list):
        config[last] = value
    elif kind == "remove":
        del config[last]
    elif kind == "rename":
        config[key] = config.pop(last)
    else:
        config[key] = value


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_change_gives_a_study_in_its_folder_or_a_message_that_names_a_key(
    data: st.DataObject,
) -> None:
    config = copy.deepcopy(SMALL)
    place = data.draw(st.sampled_from(places(SMALL)), "place")
    kind = data.draw(st.sampled_from(["replace", "remove", "rename", "add"]), "kind")
    key = data.draw(KEYS, "key")
    changed(config, place, kind, data.draw(VALUES, "value"), key)
    known = {*load_schema()["properties"], *map(str, config), "the configuration"}
    try:
        study = load_study(config, MODELS)
    except ConfigError as error:
        for problem in error.problems:
            assert any(problem.startswith((f"{name}:", f"{name}.")) for name in known), problem
        return
    except NnreproError as error:  # an archive that is none
        assert str(error).startswith("archive:")
        return
    paths = StudyPaths.of(study)
    assert study.results or paths.root.parent == Path("results")
    for run in study.runs:
        assert str(RunId.parse(run.id)) == run.id
        assert all(re.fullmatch(r"[A-Za-z0-9][\w.+-]*", part) for part in run.id.split("/"))
    for name in (*study.tables, *study.figures):
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name)


GOOD = st.fixed_dictionaries(
    {
        ("seeds",): st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True),
        ("title",): st.text("abc <>&{}'\"#$%\u00e9\u4e2d", min_size=1, max_size=20).filter(
            str.strip
        ),
        ("budget", "epochs"): st.integers(1, 3),
        ("settings", "all", "optimizer"): st.sampled_from(["adam", "sgd", "rmsprop"]),
        ("experiments", "text", "parameters", "dropout_rate"): st.one_of(
            st.floats(0, 0.9), st.lists(st.sampled_from([0.0, 0.1, 0.5]), min_size=1, unique=True)
        ),
        ("experiments", "text", "variants", "one", "model"): st.sampled_from(
            ["char_rnn", "char_cnn", "word_cnn", "image_cnn"]
        ),
    }
)


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_accepted_configuration_is_a_dag_of_its_runs(
    repository: Path, data: st.DataObject
) -> None:
    """Good ones, with a change that may be one for the worse; what only the rules see is named."""
    config = copy.deepcopy(SMALL)
    for place, value in data.draw(GOOD, "good").items():
        changed(config, place, "replace", value, None)
    place = data.draw(st.sampled_from(places(config)), "place")
    kind = data.draw(st.sampled_from(["replace", "remove", "add"]), "kind")
    changed(config, place, kind, data.draw(VALUES, "value"), data.draw(KEYS, "key"))
    try:
        study = load_study(config, MODELS)
    except NnreproError:
        reject()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        command = [forked_python(), "-m", "snakemake", "--dry-run", "--directory", folder]
        done = subprocess.run(
            [*command, "--snakefile", str(repository / "Snakefile")],
            capture_output=True,
            text=True,
            check=False,
        )
    said = done.stdout + done.stderr
    if done.returncode == 0:
        count = re.search(r"^train_run +(\d+)$", said, re.MULTILINE)
        assert count and int(count[1]) == len(study.runs)
    else:
        assert "Traceback" not in said, said
        places_of = r"^(  - )?(data|archive|results|published|claims)\b"
        assert re.search(rf"{places_of}|(read|of) the data sets '", said, re.MULTILINE), said


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("name", "small\n", "name: 'small\\n' is no allowed name"),
        ("name", "a" * 101, "is longer than 100 characters; shorten it"),
        ("name", "..", "name: '..' is no allowed name"),
        ("results", "a\0b", "results: 'a\\x00b' holds U+0000, which no page or figure can show"),
        ("results", "a\nb", "results: 'a\\nb' holds '\\n'"),
        ("results", "~/out", "begins with '~', which nothing here replaces; write "),
        ("results", "out/{run}", "holds '{', which Snakemake reads as a mark of its own"),
        ("results", "out/<run>", "holds '<', which Snakemake reads as a mark of its own"),
        ("claims", "{old}.yaml", "claims: '{old}.yaml' holds '{'"),
        ("supplements", {"s": "a<b>"}, "supplements.s: 'a<b>' holds '<'"),
        ("results", "..", "holds the project itself; name a folder of its own"),
        ("results", "", "results: '' is empty; name a folder, or leave the key out"),
        ("results", "b" * 300, "is too long for a path"),
        ("archive", "a\0b", "archive: 'a\\x00b' holds U+0000"),
        ("title", "a\ud800", "title: 'a\\ud800' holds U+D800"),
        ("parts", {"B\x1b": "x"}, "parts: the key 'B\\x1b' holds U+001B"),
        ("seeds", [2**32], "seeds.0: 4294967296 must be at most 4294967295"),
        ("budget", {"epochs": float("nan")}, "budget.epochs: nan is no number"),
        ("budget", {"epochs": 10**400}, "budget.epochs: the number is too large"),
        ("data", {1: {"source": "generated"}}, "data: the key 1 is no text; put it into quotation"),
    ],
)
def test_what_would_leave_the_folder_or_break_later_is_named(
    key: str, value: Any, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_study({**SMALL, key: value}, MODELS)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        (
            {"selected": {"model": "char_rnn", "dropout_rate": 0.5}},
            "a variant cannot be called 'selected'",
        ),
        ({"one\n": {"model": "char_rnn"}}, "'one\\n' is no allowed name"),
        (
            {"one": {"model": "char_rnn", "label": "{dropout_rate.__class__}"}},
            "label: '{dropout_rate.__class__}' cannot be filled in (only parameters",
        ),
        (
            {"one": {"model": "char_rnn", "label": "{dropout_rate:>99999999}"}},
            "a format may be 99 characters wide at most",
        ),
        (
            {"one": {"model": "char_rnn", "cell": ["gru\n", "lstm"]}},
            "experiments.text.variants.one.cell: 'gru\\n'",
        ),
        (
            {"a" * 90: {"model": "char_rnn"}},
            "has 107 characters, more than 100; use named variants",
        ),
    ],
)
def test_variants_that_would_make_bad_folders_or_labels_are_named(
    variants: dict[str, Any], words: str
) -> None:
    experiment = {**SMALL["experiments"]["text"], "variants": variants}
    config = {**SMALL, "experiments": {"text": experiment}}
    with pytest.raises(ConfigError) as caught:
        load_study({**config, "only": {}}, MODELS)
    assert words in str(caught.value)


def test_a_seed_written_with_a_point_is_the_same_seed() -> None:
    study = load_study({**SMALL, "seeds": [1.0]}, MODELS)
    assert {run.id.rpartition("/")[2] for run in study.runs} == {"seed1"}
