"""The parts of training, one by one."""

import math
import os
import platform
import signal

import keras
import numpy as np
import pytest

from nnrepro.metrics.registry import CLASSIFICATION, recorded_metrics
from nnrepro.training.checkpoint import CheckpointPolicy, Checkpoints, Origin, Progress
from nnrepro.training.device import describe_device, prepare_device
from nnrepro.training.engine import Evaluated, Pace
from nnrepro.training.errors import TrainingError
from nnrepro.training.history import History, add, fold_counts
from nnrepro.training.interruption import StopRequest
from nnrepro.training.losses import per_example_loss
from nnrepro.training.optimizers import make_optimizer
from nnrepro.training.progress import ProgressLog, clock
from nnrepro.training.scores import Scores
from nnrepro.training.seeding import batches, example_order

ORIGIN = Origin("computation", {"device": {"kind": "cpu"}, "packages": {}})


def test_order_follows_from_seed_and_epoch_alone():
    """Same pair, same order, whatever was drawn before; another pair, another permutation."""
    first = example_order(3, 5, 100)
    np.random.random(10)
    np.testing.assert_array_equal(first, example_order(3, 5, 100))
    assert sorted(first) == list(range(100))
    assert not np.array_equal(first, example_order(3, 6, 100))
    assert not np.array_equal(first, example_order(4, 5, 100))
    assert not np.array_equal(example_order(5, 3, 100), first)


def test_order_stays_what_it_is():
    """Archived runs are comparable with new ones only while the order does not change."""
    assert example_order(0, 0, 8).tolist() == [3, 6, 4, 0, 7, 5, 2, 1]


def test_batches_keep_the_last_one():
    """The remainder is filled up with weight 0."""
    indices, weights = batches(np.array([4, 2, 0, 1, 3], np.int32), 2)
    assert indices.tolist() == [[4, 2], [0, 1], [3, 0]]
    assert weights.tolist() == [[1, 1], [1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("settings", "kind", "expected"),
    [
        ({"optimizer": "sgd"}, keras.optimizers.SGD, {"momentum": 0.0, "clipvalue": None}),
        ({"optimizer": "sgd", "momentum": 0.1}, keras.optimizers.SGD, {"momentum": 0.1}),
        ({"optimizer": "rmsprop"}, keras.optimizers.RMSprop, {"rho": 0.9, "epsilon": 1e-7}),
        ({"optimizer": "adam", "clipvalue": 2.0}, keras.optimizers.Adam, {"clipvalue": 2.0}),
    ],
)
def test_optimizers_are_keras_defaults_but_for_the_settings(settings, kind, expected):
    """Learning rate, momentum and clipping are set; the rest stays Keras's."""
    optimizer = make_optimizer({"learning_rate": 0.25, **settings})
    assert type(optimizer) is kind
    assert float(optimizer.learning_rate) == 0.25
    for name, value in expected.items():
        assert getattr(optimizer, name) == value


def test_optimizers_that_do_not_exist_are_refused():
    """Unknown names and arguments that an optimiser has not are errors, not defaults."""
    with pytest.raises(TrainingError, match="unknown optimizer 'sdg'"):
        make_optimizer({"optimizer": "sdg", "learning_rate": 0.1})
    with pytest.raises(TrainingError, match="no argument of optimizer 'adam'"):
        make_optimizer({"optimizer": "adam", "learning_rate": 0.1, "momentum": 0.1})


def test_loss_on_probabilities_clips_as_keras_does():
    """A hopeless logit costs -log(1e-7), about 16.1; from logits it costs all of its 50."""
    logits = np.array([[50.0, 0.0], [1.0, 2.0]], "float32")
    labels = np.array([1, 1], "int32")
    clipped = np.asarray(per_example_loss("probabilities", labels, logits))
    plain = np.asarray(per_example_loss("logits", labels, logits))
    reference = keras.losses.SparseCategoricalCrossentropy(reduction=None)
    probabilities = np.asarray(keras.ops.softmax(logits))
    np.testing.assert_allclose(clipped, reference(labels, probabilities), rtol=1e-6)
    assert clipped[0] == pytest.approx(-math.log(1e-7), rel=1e-3)
    assert plain[0] == pytest.approx(50) and plain[1] == pytest.approx(clipped[1], rel=1e-4)


def test_history_writes_null_for_what_is_not_finite():
    """And names the first epoch that diverged."""
    test = {"loss": [1.0, math.inf], "auc": [math.nan, 0.5]}
    history = History({"loss": [1.0, math.nan], "accuracy": [0.5, 0.1]}, test)
    assert history.diverged_at() == 2
    assert history.to_json() == {
        "loss": [1.0, None],
        "accuracy": [0.5, 0.1],
        "val_loss": [1.0, None],
        "val_auc": [None, 0.5],
    }
    assert History({"loss": [1.0]}, {"loss": [math.inf]}).diverged_at() == 1
    assert History({"loss": [1.0]}, {"loss": [1.0]}).diverged_at() is None


def test_scores_of_sets_that_share_examples():
    """A smaller test set is the first part of the larger, and another set may follow."""
    losses = np.array([1, 3, 5, 7, 8], np.float32)
    right = np.array([[1], [1], [0], [0], [1]], np.float32)
    labels = np.array([0, 0, 1, 1, 0], np.int32)
    results = Evaluated(losses, right, np.eye(2, dtype=np.float32)[[0, 0, 0, 0, 0]])
    metrics = recorded_metrics("accuracy, recall_macro", CLASSIFICATION, 2)
    scores = Scores(metrics, ("accuracy",), labels)
    assert scores.of(results, slice(0, 2)) == {"loss": 2.0, "accuracy": 1.0, "recall_macro": 1.0}
    assert scores.of(results, slice(0, 4)) == {"loss": 4.0, "accuracy": 0.5, "recall_macro": 0.5}
    assert scores.of(results, slice(4, 5)) == {"loss": 8.0, "accuracy": 1.0, "recall_macro": 1.0}
    assert scores.right(results, slice(1, 4)).tolist() == [True, False, False]
    assert scores.trained([2.0, 4.0], [[1.0], [2.0]], 4) == {"loss": 1.5, "accuracy": 0.75}


def test_folds_go_round_the_test_set():
    """Example i is of fold i mod the number of folds; a fold without right answers counts 0."""
    right = np.array([True, False, False, True, False, True, True])
    assert fold_counts(right, 3) == [3, 0, 1]
    assert fold_counts(np.zeros(7, bool), 4) == [0, 0, 0, 0]


@pytest.mark.parametrize(("every_seconds", "written"), [(0, True), (3600, False)])
def test_checkpoints_are_written_when_they_are_due(tmp_path, every_seconds, written):
    checkpoints = Checkpoints(tmp_path, ORIGIN, CheckpointPolicy(every_seconds), print)
    checkpoints.save_if_due(Progress(), lambda: [np.ones(2)])
    assert checkpoints.path.is_file() == written


def test_a_checkpoint_gives_back_what_it_was_given(tmp_path):
    """Progress, history with NaN, and arrays of every type, exactly."""
    checkpoints = Checkpoints(tmp_path / "c", ORIGIN, CheckpointPolicy(), print)
    further = {"validation": {"loss": [0.3], "accuracy": [0.5]}}
    train, test = {"loss": [0.1 + 0.2], "accuracy": [0.5]}, {"loss": [math.nan]}
    history = History(train, test, further, [[3, 0, 1]])
    progress = Progress(1, [0.1, 0.7], [[3.0, 1.0], [4.0, 0.5]], history, {"setup": 1.5})
    variables = [np.arange(3), np.array(2.5, np.float32), np.ones((2, 2), np.uint32)]
    checkpoints.save(progress, variables)
    found = checkpoints.load()
    assert found is not None
    assert found[0].step == 2 and found[0].losses == [0.1, 0.7] and found[0].epoch == 1
    assert found[0].scores == [[3.0, 1.0], [4.0, 0.5]] and found[0].history.train == train
    assert math.isnan(found[0].history.test["loss"][0])
    assert found[0].history.further == further and found[0].history.folds == [[3, 0, 1]]
    for got, wanted in zip(found[1], variables, strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)
    checkpoints.remove()
    assert not (tmp_path / "c").exists() and checkpoints.load() is None


def test_removing_a_checkpoint_leaves_other_files_alone(tmp_path):
    """The folder goes only when it is empty."""
    (tmp_path / "other").touch()
    checkpoints = Checkpoints(tmp_path, ORIGIN, CheckpointPolicy(), print)
    checkpoints.save(Progress(), [])
    checkpoints.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_a_second_signal_acts_at_once(interruptible):
    """The first is noted, and the former handlers are back."""
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as stop:
        assert stop.signal is None
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.signal is signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_progress_is_told_about_once_a_second_and_at_the_end():
    """1,000 quick epochs do not fill the log."""
    lines = []
    told = ProgressLog(lines.append, 1000)
    history = History()
    for _ in range(1000):
        for curves in (history.train, history.test):
            add(curves, {"loss": 0.5, "accuracy": 0.5})
        told.epoch_done(history)
    assert 2 <= len(lines) <= 5
    assert lines[0].startswith("epoch    1/1000  loss 0.5000  accuracy 0.5000  val_loss 0.5000")
    assert lines[-1].startswith("epoch 1000/1000") and lines[-1].endswith("ETA 0:00:00")


def test_clock():
    """Hours are not wrapped."""
    assert clock(59.6) == "0:01:00" and clock(100 * 3600 + 61) == "100:01:01"


def test_pace_follows_the_time_of_steps():
    """A second's worth of steps, grown in leaps of four, never less than one."""
    pace = Pace(seconds=1.0, first=4)
    seen = []
    for elapsed in (0.04, 0.16, 0.5, 10.0, 100.0):
        pace.follow(min(pace.steps, 64), elapsed)
        seen.append(pace.steps)
    assert seen == [16, 64, 128, 6, 1]


def test_device_is_described():
    """Kind, name, processors and backend, and threads as they are in effect."""
    told = describe_device()
    assert told["kind"] in ("cpu", "gpu") and told["name"] and told["cpus"] >= 1
    assert told["backend"] == keras.backend.backend()
    assert prepare_device(1) >= 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_of_one_step_is_kept_for_the_next(printed):
    """Pages that were touched once are not asked of the system again."""
    faults = printed(
        "import resource, numpy as np\n"
        "from nnrepro.training.device import prepare_device\n"
        "def step():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    np.ones(10_000_000, np.float32)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "prepare_device(1)\n"
        "print(step(), step())"
    )
    first, second = map(int, faults.split()[-2:])
    assert first > 10 + 10 * second
