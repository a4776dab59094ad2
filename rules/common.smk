# The study as typed values, and the helpers that the rules share. Nothing here imports Keras.
import json
import re
import sys
import time
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

SCRIPTS = PROJECT / "scripts"

from nnrepro.commands import Outliving
from nnrepro.errors import explained
from nnrepro.files import read_json, stored, write_json
from nnrepro.fingerprint import code_fingerprint, value_fingerprint
from nnrepro.forkserver import job_python
from nnrepro.imports import file_of, files_behind, of_library
from nnrepro.locks import take_lock
from nnrepro.models.registry import catalogue
from nnrepro.planning.code import (
    codes_of,
    definition_fingerprint,
    fingerprint_of,
    training_codes,
)
from nnrepro.planning.order import priorities
from nnrepro.study.config import ConfigError, load_study, placed
from nnrepro.study.extent import Extent
from nnrepro.study.folders import FEATURE_MAPS, length_in
from nnrepro.study.kinds import replaced_kinds
from nnrepro.study.notices import command_problems, notify
from nnrepro.study.paths import RUN_FILES, SIDE_HISTORIES, SUPPLEMENTS, StudyPaths
from nnrepro.study.plugins import replacements

# `snakemake | head`: Snakemake goes on when nobody reads what it says.
for handler in logger.handlers:
    stream = getattr(handler, "stream", None)
    if stream is not None and not isinstance(stream, Outliving):
        handler.stream = Outliving(stream)


@contextmanager
def errors_shown():
    """Show an error that a user can mend as its message alone, without a traceback."""
    try:
        yield
    except NnreproError as error:
        raise WorkflowError(str(error)) from None
    except OSError as error:
        raise WorkflowError(explained(error) or str(error)) from None


with errors_shown():
    STUDY = load_study(CONFIGURATION.values, catalogue(), CONFIGURATION.places)
    PATHS = StudyPaths.of(STUDY)
    FOLDERS = PATHS.runs
    if workflow.is_main_process:
        for note in (*replacements(), *replaced_kinds()):
            logger.warning(f"note: {note}")

# Whom to tell of the end is no part of the study: it changes nothing that is made.
NOTIFY = config.pop("notify", None)
if NOTIFY is not None and workflow.is_main_process:
    with errors_shown():
        if problems := command_problems(NOTIFY):
            raise ConfigError(placed(problems, CONFIGURATION.places))

ROOT = str(PATHS.root)
ARCHIVED = STUDY.archive is not None
IS_SUPPLEMENT = PATHS.root.parent.name == SUPPLEMENTS


def hold_study():
    """Keep other calls off this study; the lock ends with this process, even with kill -9."""
    with errors_shown():
        take_lock(
            PATHS.lock("study"),
            f"{{holder}} is at work on the study '{STUDY.name}'; wait until it is done, or end it",
        )


def variants_by_experiment(runs):
    """The variants that runs have, by protocol and experiment."""
    variants = {}
    for run in runs:
        variants.setdefault((run.protocol, run.experiment), {})[run.variant] = True
    return variants


def combinations_pattern(runs):
    """A regular expression of the combinations of runs.

    Snakemake goes through it for each file of each job, so all variants of an experiment are given
    by their form; `one_of` says which there are.
    """
    return "|".join(
        f"{protocol}/{experiment}/"
        + ("[^/]+" if names == VARIANTS[protocol, experiment] else f"(?:{listed})")
        for (protocol, experiment), names in variants_by_experiment(runs).items()
        for listed in ["|".join(map(re.escape, names))]
    )


def ids_pattern(runs):
    """A regular expression of the ids of runs: combinations, and the seeds that each of them has."""
    seeds, alike = {}, {}
    for run in runs:
        seeds.setdefault(run.combination, []).append(run)
    for own in seeds.values():
        alike.setdefault("|".join(str(run.seed) for run in own), []).append(own[0])
    return "|".join(
        f"(?:{combinations_pattern(some)})/seed(?:{numbers})"
        for numbers, some in alike.items()
    )


VARIANTS = variants_by_experiment(STUDY.runs)


def name_missing_letters():
    """Say which letters of the study's words PNG figures and the PDF show as boxes."""
    words = json.dumps(config, ensure_ascii=False)
    if not words.isascii():
        from nnrepro.plots.fonts import missing, missing_words

        gone = missing_words(missing(words))
        if gone:
            print(f"In PNG figures and the PDF, {gone}.", file=sys.stderr)


def begin():
    """What is done once, before the first job."""
    hold_study()
    name_missing_letters()
    try_changed_models()
    if MIRROR:
        MIRROR.start()
    fork_jobs()
    ask_for_sizes_once()


def fork_jobs():
    """Have the jobs on this machine begin with their libraries imported."""
    here = workflow.local_exec and not in_own_environments()
    if here and not STUDY.resources.gpus and STUDY.backend == "tensorflow":
        sys.executable = job_python(SCRIPTS, STUDY.backend, json.dumps(config))


def ask_for_sizes_once():
    """Keep the sizes of inputs, by which Snakemake orders the jobs that are ready.

    It asks for all of them whenever a job ends, which costs more than to schedule them.
    """
    sizes = getattr(workflow.scheduler, "_input_sizes", None)
    if sizes is None:  # another version of Snakemake
        return

    asked = set()

    async def ask(jobs):
        new = set(jobs) - asked
        for path in {path for job in new for path in job.input}.difference(sizes):
            sizes[path] = await path.size() if await path.exists() else None
        asked.update(new)

    workflow.scheduler.update_input_sizes = ask


STARTED = time.time()


def tell():
    """Say what the report says first and where it is, if this call has made it."""
    in_short = PATHS.beside_report("in_short.txt")
    if in_short.is_file() and in_short.stat().st_mtime >= STARTED:
        said = in_short.read_text(encoding="utf-8")
        print(f"\n{said}\nThe report: {PATHS.report}", file=sys.stderr)


def notify_of(status):
    """Call the command of `notify`, if there is one; a failure of it is told and fails nothing."""
    if NOTIFY is not None:
        place = str(PATHS.report.resolve())
        told = {"status": status, "study": STUDY.name, "report": place}
        problem = notify(NOTIFY, told)
        if problem:
            logger.warning(problem)


def finish_mirror():
    """Put into the storage what is left; what cannot be put there fails the call."""
    if MIRROR:
        with errors_shown():
            MIRROR.finish()


def succeed():
    """What is done once, after the last job."""
    tell()
    finish_mirror()
    notify_of("success")


def fail():
    """What is done once a job has failed and nothing more can be done."""
    finish_mirror()
    notify_of("failure")


def with_this_study(others, own):
    """What other workflows do at the start or the end, and after it what this one does, once."""
    begun = getattr(others, "studies", frozenset())
    if ROOT in begun:  # each `use rule` reads all files again
        return others

    def both(log):
        others(log)
        own()

    both.studies = begun | {ROOT}
    return both


wildcard_constraints:
    protocol="|".join(STUDY.protocols),
    experiment="|".join(STUDY.experiments),
    run=ids_pattern(STUDY.runs),


# What a rule's inputs and parameters are is worked out when a job asks for it: every cluster job reads
# the whole workflow again, and asks for its own rule's alone.


def code(script, *rooms):
    """A parameter: the fingerprint of a script's code; comments and formatting do not change it.

    That is the script, what it imports of the library, and rooms whose modules are found at run
    time.
    """

    @cache
    def fingerprint():
        library = SCRIPTS / "nnrepro"
        files = files_behind(SCRIPTS / script, root=SCRIPTS)
        return code_fingerprint([*files, *(library / room for room in rooms)])

    return lambda _: fingerprint()


@cache
def model_codes():
    """Fingerprint of the code that trains each model, by the model's name."""
    return training_codes(SCRIPTS, STUDY.models)


def run_files(file, runs=None):
    """One file of each run, by its key in `RUN_FILES`; of an archive, those that are there."""
    runs = STUDY.runs if runs is None else runs
    paths = [PATHS.run(run.id, file) for run in runs]
    if not ARCHIVED:
        return [str(path) for path in paths]
    if file == "history":
        paths += [
            FOLDERS.folder(run.id) / name for run in runs for name in SIDE_HISTORIES
        ]
    return [str(place) for place in map(stored, paths) if place is not None]


def archived_extent():
    """How far the runs of the archive go, by their histories."""
    found = {run.id: length_in(FOLDERS.folder(run.id)) for run in STUDY.runs}
    return Extent.by_epochs(
        STUDY,
        {run: length.epochs for run, length in found.items() if length.epochs},
        {run for run, length in found.items() if not length.finite},
    )


EXTENT = archived_extent() if ARCHIVED else Extent.as_asked(STUDY)


def compared_epochs(runs):
    """The epochs at which those of the runs are compared that went on for longer than others."""
    return {
        run.id: EXTENT.compared_epochs[run.id]
        for run in runs
        if run.id in EXTENT.compared_epochs
    }


def vouched(runs):
    """Fingerprint of what an archive's manifest says of runs."""
    return value_fingerprint({run.id: FOLDERS.vouched(run.id) for run in runs})


def decision(protocol, experiment):
    """The file with a selection's decision."""
    return str(PATHS.selection(protocol, experiment))


def decisions_of(protocol):
    """The files with a protocol's decisions."""
    return [str(file) for file in PATHS.decisions(STUDY, protocol)]


DECISIONS = [str(file) for file in PATHS.decisions(STUDY)]


def failures(made):
    """The file that tells what could not be made of a file or folder."""
    return str(PATHS.failures(Path(made)))


def shelf(category):
    """A category of Snakemake's own report; that of a supplement says whose it is."""
    return as_written(f"{STUDY.title}: {category}") if IS_SUPPLEMENT else category


def as_written(words):
    """Somebody's words for a label or a category of Snakemake's own report.

    There `{word}` is a wildcard and some marks are markup, which knows no escape; a character that
    nobody sees, on either side of each mark, takes its meaning away.
    """
    return re.sub(r"([^\w\s])", "\N{WORD JOINER}\\1\N{WORD JOINER}", words)


def described(runs):
    """What the analysis shows of runs; part of a rule's parameters, so that a change is noticed."""
    return value_fingerprint([run.to_dict() for run in runs])
