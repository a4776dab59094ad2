"""Which runs are one training, told by what they were asked to be."""

from dataclasses import replace

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.identity import beginnings
from nnrepro.study.sources import read_configuration


def test_runs_that_differ_in_epochs_alone_begin_as_one() -> None:
    """RNNs of the shipped study were trained alike by both reports, 100 and 250 epochs long."""
    runs = load_study(read_configuration([]).values, catalogue()).runs
    begun = beginnings(runs)
    assert {run.protocol for run in begun} == {"tan"}
    assert {run.model for run in begun} == {"char_rnn", "word_rnn"}
    assert len(begun) == 12
    longer = [run for run in runs if run.protocol == "koh"]
    assert beginnings([begun[0], *longer]) == [begun[0]]

    def changed(**settings: object) -> object:
        return replace(begun[0], settings={**begun[0].settings, **settings})

    for other in (
        replace(begun[0], seed=1),
        changed(learning_rate=0.5),
        changed(schedule="cosine"),
        changed(early_stopping=5),
    ):
        assert beginnings([other, *longer]) == []
