"""Analysis: from the histories of runs to metrics, selections, statistics and tables.

Pure NumPy, SciPy and pandas; nothing here knows how a run was trained or how a figure is drawn.
"""

from nnrepro.analysis.archive import Problem, RunData, read_runs
from nnrepro.analysis.columns import metric_name, metric_values, rows_of, window_mean
from nnrepro.analysis.convergence_table import convergence_table
from nnrepro.analysis.cross import cross_matrix, cross_table
from nnrepro.analysis.csvfile import TableError, read_csv, write_csv
from nnrepro.analysis.runs_table import runs_table
from nnrepro.analysis.selection import SelectionError, select, selection_table
from nnrepro.analysis.stability_table import stability_table
from nnrepro.analysis.statistics import Interval, Summary, summarise
from nnrepro.analysis.table_kinds import (
    TABLE_KINDS,
    make_table,
    pairs_table,
    ranking_table,
)
from nnrepro.analysis.tests_table import tests_table
from nnrepro.analysis.variants_table import variants_table
from nnrepro.measures.curves import MetricError, Window, windows
from nnrepro.measures.history import (
    ComparisonHistory,
    History,
    HistoryError,
    read_comparison_history,
    read_history,
)

__all__ = [
    "TABLE_KINDS",
    "ComparisonHistory",
    "History",
    "HistoryError",
    "Interval",
    "MetricError",
    "Problem",
    "RunData",
    "SelectionError",
    "Summary",
    "TableError",
    "Window",
    "convergence_table",
    "cross_matrix",
    "cross_table",
    "make_table",
    "metric_name",
    "metric_values",
    "pairs_table",
    "ranking_table",
    "read_comparison_history",
    "read_csv",
    "read_history",
    "read_runs",
    "rows_of",
    "runs_table",
    "select",
    "selection_table",
    "stability_table",
    "summarise",
    "tests_table",
    "variants_table",
    "window_mean",
    "windows",
    "write_csv",
]
