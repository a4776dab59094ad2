"""Curves for TensorBoard."""

from pathlib import Path

import pandas as pd

from nnrepro.export.registry import needed
from nnrepro.files import atomic_write

_FILE = "events.out.tfevents.0.nnrepro"
"""TensorBoard knows an event file by its name; this one has no date, so that it comes again."""


def tensorboard(curves: pd.DataFrame, *, to: Path) -> list[Path]:
    """The curves of all runs as TensorBoard's event files (`tensorboard --logdir DIR`).

    A run's sets of examples are runs there, so that a metric's curves share a chart.
    """
    tensorflow = needed("tensorflow", "tensorflow", "TensorBoard")
    event = needed("tensorflow.core.util.event_pb2", "tensorflow", "TensorBoard").Event
    written = []
    for (run, of), rows in curves.groupby(["run_id", "set"], sort=False, observed=True):
        written.append(to / str(run) / str(of) / _FILE)
        with (
            atomic_write(written[-1]) as temporary,
            tensorflow.io.TFRecordWriter(str(temporary)) as writer,
        ):
            writer.write(event(file_version="brain.Event:2").SerializeToString())
            for metric, epoch, value in zip(
                rows["metric"], rows["epoch"], rows["value"], strict=True
            ):
                scalars = {"value": [{"tag": metric, "simple_value": value}]}
                writer.write(event(step=int(epoch), summary=scalars).SerializeToString())
    return written
