"""Runs for MLflow."""

from pathlib import Path
from typing import Any

import pandas as pd

from nnrepro.export.registry import needed
from nnrepro.files import atomic_write
from nnrepro.tables.columns import setting_columns

_FILE = "mlflow.db"
_AT_ONCE = 1000
"""Values that MLflow takes in one call."""


def mlflow(runs: pd.DataFrame, curves: pd.DataFrame, *, to: Path) -> list[Path]:
    """Settings and curves of all runs for MLflow: `mlflow ui --backend-store-uri sqlite:///FILE`.

    Each experiment of the study is one there, `<protocol>/<experiment>`.
    """
    tracking = needed("mlflow.tracking", "mlflow", "MLflow")
    needed("alembic", "mlflow", "MLflow's database")
    path = to / _FILE
    by_run = dict(iter(curves.groupby("run_id", sort=False, observed=True)))
    with atomic_write(path) as temporary:
        client = tracking.MlflowClient(f"sqlite:///{temporary.resolve()}")
        for (protocol, experiment), rows in runs.groupby(["protocol", "experiment"], sort=False):
            place = (to / "artifacts").resolve().as_uri()
            number = client.create_experiment(f"{protocol}/{experiment}", place)
            for _, row in rows.iterrows():
                if row["run_id"] in by_run:
                    _log(client, number, row, by_run[row["run_id"]])
    return [path]


def _log(client: Any, experiment: str, row: pd.Series, curves: pd.DataFrame) -> None:
    """One run, with its settings as parameters and its curves as metrics."""
    from mlflow.entities import Metric, Param, RunTag

    made = client.create_run(experiment, start_time=0, run_name=row["run_id"])
    settings = {name: row[name] for name in setting_columns(row.to_frame().T)}
    told = {"model": row["model"], "seed": row["seed"], **settings}
    values = [
        Metric(f"{of}_{metric}", float(value), 0, int(epoch))
        for of, metric, epoch, value in zip(
            *(curves[name] for name in ("set", "metric", "epoch", "value")), strict=True
        )
    ]
    parameters = [Param(name, str(value)) for name, value in told.items() if not pd.isna(value)]
    tags = [RunTag("status", row["status"]), RunTag("variant", row["variant"])]
    client.log_batch(made.info.run_id, params=parameters, tags=tags)
    for start in range(0, len(values), _AT_ONCE):
        client.log_batch(made.info.run_id, metrics=values[start : start + _AT_ONCE])
    client.set_terminated(made.info.run_id, end_time=0)
