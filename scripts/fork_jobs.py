"""The process that the jobs of a workflow are forked from; see nnrepro.forkserver."""

from nnrepro.start import start_fast

start_fast()  # before everything else is imported

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from nnrepro.environment import keras_environment
from nnrepro.files import read_json
from nnrepro.forkserver import serve
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study

ALWAYS = ("snakemake.iocontainers", "snakemake.logging", "numpy")
KERAS = ("keras", "h5py", "nnrepro.training.job", "nnrepro.training.trial")
ANALYSIS = (
    *("scipy.stats", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
    *("nnrepro.tables.sources", "nnrepro.figures.drawing", "nnrepro.claims.decide"),
)
NEEDED = {
    **dict.fromkeys(("check_models", "train_run", "save_model", "compute_feature_maps"), KERAS),
    **dict.fromkeys(("download_data", "generate_data", "prepare_data"), ()),
    **dict.fromkeys(("select_variant", "select_rung", "tabulate_runs", "make_table"), ANALYSIS),
    **dict.fromkeys(("compare_published", "list_inconsistencies", "decide_claims"), ANALYSIS),
    **dict.fromkeys(("draw_figures", "build_report"), ANALYSIS),
    **dict.fromkeys(("describe_results", "check_results"), ANALYSIS),
}
"""What the scripts of rules need beside what all do."""


WRITTEN: dict[str, int] = {}
"""When the files of the library's modules were written, as of their import."""
MOST_COMPILED = 64
"""Compiled functions that are kept; a text model has two, of some megabyte."""


def prepare(words: Sequence[str]) -> None:
    """Import what a script needs; KeyError for one of another workflow.

    Of a library that has been edited meanwhile, a job gets nothing: it would mix old and new code.
    Snakemake calls Python with a copy of it, under a name that begins with one of its own.
    """
    needed = NEEDED[Path(words[0]).name.split(".")[-2]]
    for module in (*ALWAYS, *needed):
        import_module(module)
    check_library()
    if needed is KERAS:
        from tensorflow.python import pywrap_tfe  # noqa: PLC0415  not before it is needed

        pywrap_tfe.TF_GetXlaConstantFoldingDisabled()  # reads TF_XLA_FLAGS
    for compiled in sorted(COMPILED.glob("*.pb"), key=os.path.getmtime)[:-MOST_COMPILED]:
        compiled.unlink()


def check_library() -> None:
    """RuntimeError if a file of the library is not what it was when it was imported."""
    for name, module in [*sys.modules.items()]:
        if name.startswith("nnrepro.") and module.__file__:
            written = Path(module.__file__).stat().st_mtime_ns
            if WRITTEN.setdefault(name, written) != written:
                raise RuntimeError(f"{name} has been edited")


def read_study(config: Path) -> None:
    """Read the study once: the schema and what is known of kinds stay, which is most of the work.

    Plug-ins are the business of jobs: nobody knows what they start.
    """
    values = read_json(config)
    if not values.get("plugins"):
        load_study(values, catalogue())


os.environ.update(keras_environment(sys.argv[1]))  # before anything imports Keras
# What XLA has compiled for one training it takes for all that differ in their seeds or data alone:
# the same code, and so the same numbers. TensorFlow reads this when it is imported.
COMPILED = Path(sys.argv[2], "compiled")
COMPILED.mkdir()
os.environ["TF_XLA_FLAGS"] = " ".join(
    (
        os.environ.get("TF_XLA_FLAGS", ""),
        f"--tf_xla_persistent_cache_directory={COMPILED}",
        "--tf_xla_persistent_cache_device_types=CPU",
    )
)
read_study(Path(sys.argv[2], "config.json"))
check_library()
serve(int(sys.argv[3]), prepare)
