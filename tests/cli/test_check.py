"""`nnrepro check` finds what is wrong with a study's own definitions, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nnrepro.cli import main
from nnrepro.metrics.conduct import metric_problems
from nnrepro.metrics.registry import CLASSIFICATION, REGRESSION, Metric, catalogue
from nnrepro.study.plugins import put_in_force

CONFIG = """\
name: checked
plugins: [models.py, rest.py]
claims: claims.yaml
data:
  flowers: {source: csv, path: flowers.csv, label: kind}
  dice: {source: dice}
metrics: [accuracy, backwards]
experiments:
  all:
    epochs: 2
    data: flowers
    variants:
      good: {model: good, units: 3}
      soft: {model: soft}
      moody: {model: moody}
      crowd: {model: crowd}
      idle: {model: idle}
  cast: {model: good, epochs: 2, data: dice}
  five: {model: good, epochs: 2, data: flowers, metrics: [top_5_accuracy]}
"""

MODELS = '''
import keras
import numpy as np

from nnrepro.models.registry import Task, register


def made(task, change=lambda x: x, **options):
    inputs = keras.Input(task.input_shape)
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs, **options)(change(inputs)))


@register(input="table")
def good(task: Task, *, units: int = 2):
    """As it should be."""
    return made(task, keras.layers.Dense(units))


@register(input="table")
def soft(task: Task):
    """Gives probabilities."""
    return made(task, activation="softmax")


@register(input="table")
def moody(task: Task):
    """Begins with other weights each time."""
    start = keras.initializers.Constant(np.random.default_rng().normal())
    return made(task, kernel_initializer=start)


@register(input="table")
def crowd(task: Task):
    """Compares each example with the others."""
    return made(task, lambda x: x - keras.ops.mean(x, axis=0, keepdims=True))


class Idle(keras.layers.Layer):
    """Has a weight that it does not use."""

    def build(self, shape):
        self.unused = self.add_weight(name="unused", shape=(1,))

    def call(self, x):
        return x + 0 * self.unused


@register(input="table")
def idle(task: Task):
    """Has a weight that learns nothing."""
    return made(task, Idle())
'''

REST = '''
import numpy as np

from nnrepro.data.prepare import write_prepared
from nnrepro.data.registry import prepares
from nnrepro.metrics.registry import metric
from nnrepro.study.kinds import table


@prepares("table", dataset="dice")
def dice(source, out_npz, out_json):
    """Other examples whenever they are prepared."""
    x = np.random.default_rng().random((40, 4), dtype=np.float32)
    y = np.arange(40, dtype=np.int32) % 2
    arrays = {"train_x": x[:30], "train_y": y[:30], "test_x": x[30:], "test_y": y[30:]}
    meta = {"name": "dice", "input": "table", "kind": "floats", "num_classes": 2}
    meta |= {"vocabulary_size": 0, "generated": True, "source": "dice", "sha256": {}}
    write_prepared(out_npz, out_json, arrays, {**meta, "classes": ["a", "b"]})


@metric(task="classification", better="lower")
def backwards(y_true, y_pred):
    """The share of right answers, as if fewer were better."""
    return (y_pred.argmax(axis=1) == y_true).mean()


@table
def sums(variant):
    """Reads what there is not."""
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A study with a fault of each sort."""
    random = np.random.RandomState(0)
    rows = [
        f"{a:.3f},{b:.3f},{'iris' if a > b else 'rose'}" for a, b in random.random_sample((80, 2))
    ]
    files = {"config.yaml": CONFIG, "models.py": MODELS, "rest.py": REST}
    files["claims.yaml"] = "claims: [{id: c, statement: So., decide: speed of all/good > 1}]"
    files["flowers.csv"] = "\n".join(["a,b,kind", *rows, ""])
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    put_in_force(())


@pytest.mark.slow
def test_what_is_wrong_is_told_a_line_each(
    folder: Path, capsys: pytest.CaptureFixture[str], forking: None
) -> None:
    assert main(["check", "--backend", "tensorflow"]) == 1
    said = capsys.readouterr().out.splitlines()
    failed = {line.removeprefix("failed  ") for line in said if line.startswith("failed")}
    expected = (
        "metric backwards: it gives 1 on perfect answers and",
        "claims of claims.yaml: claim 'c': ",
        "tensorflow: sizes, losses and metrics are possible with the data: metrics: 'top_5_accu",
        "kind of table sums: it reads 'variant'; did you mean 'variants'?",
        "data set dice, for models of table: prepared twice, it gives other bytes;",
        "tensorflow: model soft can be built: it ends in a softmax; leave it out",
        "tensorflow: model moody has the same initial weights for the same seed: built twice",
        "tensorflow: model crowd answers about an example whatever else is in its batch: alone",
        "tensorflow: model idle learns: a few steps give finite losses and change its weights: tr",
    )
    assert len(failed) == len(expected), failed
    assert all(any(line.startswith(start) for line in failed) for start in expected), failed
    for told in (
        "ok      configuration: 7 runs of study 'checked'",
        "ok      tensorflow: model good can be built with units = 3",
        "ok      tensorflow: model good learns: a few steps give finite losses and change its "
        "weights",
    ):
        assert told in said
    assert any(line.startswith("ok      data set flowers, for models of table: p") for line in said)


@pytest.mark.parametrize(
    "name", [name for name, metric in catalogue().items() if metric.function is not None]
)
def test_the_librarys_metrics_behave(name: str) -> None:
    assert list(metric_problems(catalogue()[name])) == []


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (Metric("m", (REGRESSION,), function=lambda y, p: float("nan")), "gives nan"),
        (Metric("m", (REGRESSION,), function=lambda y, p: p[0, 0]), "depends on the order"),
        (Metric("m", (REGRESSION,), function=lambda y, p: 1 / 0), "ZeroDivisionError"),
        (
            Metric("m", (CLASSIFICATION,), low=2, function=lambda y, p: (p.argmax(1) == y).mean()),
            "outside its range of 2 to None",
        ),
        (
            Metric(
                "m", (REGRESSION,), True, function=lambda y, p: np.abs(p.sort(0) or 0 - y).sum()
            ),
            "changes the labels or answers",
        ),
    ],
)
def test_a_metric_that_misbehaves_is_told(metric: Metric, told: str) -> None:
    assert any(told in problem for problem in metric_problems(metric))
