# The study as typed values, and the helpers that the rules share. Nothing here imports Keras.
import re
import sys
from contextlib import contextmanager
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "scripts"
sys.path.insert(0, str(SCRIPTS))

from nnrepro.errors import NnreproError
from nnrepro.fingerprint import code_fingerprint, value_fingerprint
from nnrepro.models import catalogue
from nnrepro.planning.code import training_codes
from nnrepro.planning.order import priorities
from nnrepro.study import StudyPaths, load_study


@contextmanager
def errors_shown():
    """Show an error that a user can mend as its message alone, without a traceback."""
    try:
        yield
    except NnreproError as error:
        raise WorkflowError(str(error)) from None


with errors_shown():
    STUDY = load_study(config, catalogue())

PATHS = StudyPaths.of(STUDY)
ROOT = str(PATHS.root)


wildcard_constraints:
    protocol="|".join(STUDY.protocols),
    experiment="|".join(STUDY.experiments),
    run=r"[^/]+/[^/]+/[^/]+/seed\d+",


def code(script, *rooms):
    """Fingerprint of a script and the rooms it uses: comments and formatting do not change it."""
    library = SCRIPTS / "nnrepro"
    return code_fingerprint([SCRIPTS / script, *(library / room for room in rooms)])


TRAINING_CODES = training_codes(SCRIPTS, catalogue())


def run_files(file, runs=None):
    """One file of each run, by its key in `RUN_FILES`."""
    return [
        str(PATHS.run(run.id, file)) for run in (STUDY.runs if runs is None else runs)
    ]


def decision(protocol, experiment):
    """The file with a selection's decision."""
    return str(PATHS.selection(protocol, experiment))


def decisions_of(protocol):
    """The files with a protocol's decisions."""
    return [
        decision(protocol, experiment)
        for experiment in STUDY.selecting_experiments
        if STUDY.runs_of(protocol, experiment)
    ]


DECISIONS = [file for protocol in STUDY.protocols for file in decisions_of(protocol)]


def described(runs):
    """What the analysis shows of runs; part of a rule's parameters, so that a change is noticed."""
    return value_fingerprint([run.to_dict() for run in runs])
