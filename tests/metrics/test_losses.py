"""Losses of one's own: declared as metrics are, for the tasks that they name."""

import pytest

from nnrepro.metrics.losses import LossError, loss, losses_for, own_losses
from nnrepro.metrics.registry import CLASSIFICATION, REGRESSION

pytestmark = pytest.mark.usefixtures("own_definitions")


def test_a_loss_is_for_the_tasks_that_it_names() -> None:
    @loss(task=["regression", "multi_label"])
    def mine(y_true, y_pred):
        """Mine."""

    assert own_losses()["mine"].function is mine
    assert losses_for(REGRESSION)[0] == "mean_squared_error"
    assert "mine" in losses_for(REGRESSION) and "mine" not in losses_for(CLASSIFICATION)


@pytest.mark.parametrize(
    ("name", "task", "said", "told"),
    [
        ("mine", "ranking", "Mine.", "loss mine: 'ranking' is no task; allowed: classification"),
        ("mine", (), "Mine.", "loss mine: it is for no task"),
        ("huber", "regression", "Mine.", "loss huber: this name means Keras's"),
        ("mine", "regression", "", "loss mine: its function has no docstring"),
    ],
)
def test_what_is_declared_wrongly_is_told(name: str, task: str, said: str, told: str) -> None:
    def mine(y_true, y_pred):
        return y_pred

    mine.__name__, mine.__doc__ = name, said
    with pytest.raises(LossError, match=told):
        loss(task=task)(mine)
    assert not own_losses()
