"""A study's own files: found, read by their headers, imported when needed, and never mixed up."""

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnrepro.models.registry import Task, build_model, catalogue
from nnrepro.study import plugins
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.kinds import kinds, replaced_kinds
from nnrepro.study.plugins import PluginError, put_in_force, replacements

MODELS = '''
from typing import Annotated

import a_package_that_is_not_there
from nnrepro.models.registry import Range, Task, register
from sizes import WIDTH, counted

MOST = 2 * WIDTH


@register(input="image", operations=counted, speed=1e9)
def own(task: Task, *, units: Annotated[int, Range(1, MOST)] = WIDTH) -> "a_package.Model":
    """A model of one's own."""
    return a_package_that_is_not_there.Model(units)
'''


@pytest.fixture(autouse=True)
def _none_in_force() -> Iterator[None]:
    yield
    put_in_force(())


def written(folder: Path, **files: str) -> list[str]:
    """Files of one's own, all but those that others import."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return [str(folder / f"{name}.py") for name in files if name != "sizes"]


SIZES = "WIDTH = 8\n\n\ndef counted(settings):\n    return 2.0 * settings['units']\n"


def test_a_model_is_known_by_its_header_and_imported_to_be_built(tmp_path: Path) -> None:
    """What the file imports at its top, a package that takes long, does not matter until then."""
    put_in_force(written(tmp_path, models=MODELS, sizes=SIZES))
    spec = catalogue()["own"]
    assert (spec.input, spec.summary) == ("image", "A model of one's own.")
    assert spec.own_parameters({}) == {"units": 8}
    assert spec.parameters["units"].problem(17) == "must be at most 16"
    assert spec.operations is not None and spec.operations({"units": 3}) == 6.0
    pytest.importorskip("tensorflow")
    with pytest.raises(PluginError, match=r"models\.py, line 4: ModuleNotFoundError: No module"):
        build_model("own", {}, Task((4,), 2))
    model = MODELS.replace("import a_package_that_is_not_there\n", "import types\n")
    model = model.replace(
        "a_package_that_is_not_there.Model(units)", "types.SimpleNamespace(u=units)"
    )
    put_in_force(written(tmp_path, models=model, sizes=SIZES))
    assert build_model("own", {"units": 5}, Task((4,), 2)).u == 5
    assert not (tmp_path / "__pycache__").exists()


def test_files_of_one_study_at_a_time_are_in_force(tmp_path: Path) -> None:
    """Two studies may have files of the same names."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for number, folder in enumerate(folders):
        folder.mkdir()
        put_in_force(written(folder, models=MODELS, sizes=SIZES.replace("8", f"{number + 5}")))
        assert catalogue()["own"].own_parameters({}) == {"units": number + 5}
    put_in_force(())
    assert "own" not in catalogue() and not {"models", "sizes"} & set(sys.modules)
    assert not set(map(str, folders)) & set(sys.path)


def test_own_definitions_take_the_place_of_the_librarys_and_a_note_says_so(tmp_path: Path) -> None:
    model = MODELS.replace("def own", "def image_cnn")
    table = (
        "from nnrepro.study.kinds import table\n"
        '@table\ndef ranking(runs):\n    "Mine."\n    return runs\n'
    )
    put_in_force(written(tmp_path, models=model, plots=table, sizes=SIZES))
    assert catalogue()["image_cnn"].summary == "A model of one's own."
    assert kinds("tables")["ranking"].function()(3) == 3
    assert replacements() == [
        "model 'image_cnn' is the study's own, of models.py, in place of the library's"
    ]
    assert replaced_kinds() == [
        "the kind of table 'ranking' is the study's own, of plots.py, in place of the library's"
    ]


def test_a_study_has_what_its_plugins_define(config: dict[str, Any], tmp_path: Path) -> None:
    """Its settings are checked as those of the library's models, its kinds as theirs."""
    changed = copy.deepcopy(config)
    changed["plugins"] = written(tmp_path, models=MODELS, sizes=SIZES)
    changed["experiments"]["mine"] = {
        "title": "Mine",
        "model": "own",
        "parameters": {"units": [3, 17]},
    }
    with pytest.raises(ConfigError, match=r"units: 17 must be at most 16"):
        load_study(changed, catalogue())
    changed["experiments"]["mine"]["parameters"]["units"] = [3, 4]
    study = load_study(changed, catalogue())
    assert study.models["own"].parameters["units"].default == 8
    load_study(config, catalogue())
    assert "own" in study.models and "own" not in catalogue()
    changed["plugins"] = ["models.py", 3]
    with pytest.raises(ConfigError, match=r"plugins\.1: 3 must be text"):
        load_study(changed, catalogue())


LOSS = """import a_package_that_is_not_there
from nnrepro.metrics.losses import loss


@loss(task="classification")
def focal(y_true, y_pred):
    "Mine."
"""


def test_a_loss_of_ones_own_is_named_as_keras_own_are(
    config: dict[str, Any], tmp_path: Path
) -> None:
    changed = copy.deepcopy(config)
    changed["settings"]["all"]["loss"] = "focal"
    with pytest.raises(ConfigError, match=r"'focal' must be one of 'logits', .*, 'huber'"):
        load_study(changed, catalogue())
    changed["plugins"] = written(tmp_path, losses=LOSS)
    study = load_study(changed, catalogue())
    assert any(run.settings["loss"] == "focal" for run in study.runs)
    load_study(config, catalogue())
    with pytest.raises(ConfigError, match="'focal' must be one of"):
        load_study({**changed, "plugins": []}, catalogue())


METRIC = """from nnrepro.metrics import registry as r
@r.metric(task="regression")
def {}(labels, predictions):
    "Mine."
"""
OTHER = MODELS.replace("from sizes", "from widths")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"models": "def f(:\n"}, r"models\.py, line 1: invalid syntax"),
        ({"models": "x = 1\n"}, r"models\.py: defines no model, .*, metric, table or figure"),
        ({"models": OTHER}, r"models\.py, line 6: ModuleNotFoundError: No module named 'widths'"),
        ({"random": MODELS}, r"random\.py: 'random' is the name of another module, .*; rename the"),
        ({"a": MODELS, "b": MODELS}, r"b\.py, line 12: two models are called 'own': a and b"),
        (
            {"scores": METRIC.format("Acc")},
            r"scores\.py, line 3: metric Acc: .* small letters a to z",
        ),
        ({"scores": METRIC.format("_acc")}, r"scores\.py, line 3: metric _acc: .* a letter first"),
        ({"models": MODELS + MODELS}, r"models\.py, line 12: 'own' is defined twice"),
        ({"models": MODELS.replace("(1, MOST)", "(MOST())")}, r"line 12: TypeError: 'int' object"),
        (
            {"models": MODELS.replace('    """A', "    x = 3  # A")},
            r"line 12: model own: its function has no",
        ),
        ({"models": MODELS + "\nregister(inputs='x')\n"}, r"models\.py, line 16: TypeError: regis"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_line(
    tmp_path: Path, files: dict[str, str], told: str
) -> None:
    with pytest.raises(PluginError, match=told):
        put_in_force(written(tmp_path, **files, sizes=SIZES))
    assert plugins.plugin_files() == () and "own" not in catalogue()


def test_a_file_comes_before_one_of_its_name_in_the_working_folder_of_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the archive of a study lies in its folder, with a copy of the study's file."""
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.chdir(tmp_path)
    written(tmp_path, models="raise ValueError", sizes="MOST = 1")
    (tmp_path / "kept").mkdir()
    put_in_force(written(tmp_path / "kept", models=MODELS, sizes=SIZES))
    assert catalogue()["own"].parameters["units"].default == 8
    put_in_force([])


def test_a_file_that_is_not_there_is_named_with_the_nearest(
    config: dict[str, Any], tmp_path: Path
) -> None:
    written(tmp_path, models=MODELS)
    study = {**config, "plugins": [str(tmp_path / "model.py")]}
    with pytest.raises(ConfigError) as refused:
        load_study(study, catalogue(), {"plugins": "config.yaml, line 2"})
    assert "model.py: No such file or directory; did you mean 'models.py'?" in str(refused.value)
    assert "(config.yaml, line 2)" in str(refused.value)
    for name, text in (("notes.txt", ""), ("my-model.py", MODELS)):
        (tmp_path / name).write_text(text)
        with pytest.raises(PluginError, match="is no Python file with a name of letters, digits"):
            put_in_force([tmp_path / name])
