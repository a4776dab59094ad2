# What the rules take as inputs and parameters, by stage. The rules themselves are in the other files.
from snakemake.logging import logger

from nnrepro.data.content import files_sha256
from nnrepro.data.errors import DataError
from nnrepro.data.official import REMARKS
from nnrepro.data.prepared import mixtures, preparations_read
from nnrepro.data.registry import made_by, origin
from nnrepro.figures.specs import (
    AGREEMENT,
    CURVES,
    figure_runs,
    figure_specs,
    unavailable,
)
from nnrepro.planning.order import training_jobs
from nnrepro.planning.status import Asked, retrained
from nnrepro.published.inconsistencies import load_inconsistencies
from nnrepro.published.levels import prints_levels
from nnrepro.published.numbers import load_published
from nnrepro.study.architectures import ARCHITECTURES
from nnrepro.study.study import detailed_runs
from nnrepro.study.messages import nearest
from nnrepro.study.selections import candidates
from nnrepro.study.selectors import Selector
from nnrepro.study.settings import BUDGET_SETTINGS, SIZE_SETTINGS
from nnrepro.training.apart import try_models_apart
from nnrepro.training.installed import backend_problem

# ------------------------------------------------------------------------------------------- data
EXAMPLES = {
    "train": ("train_examples",),
    "test": ("test_examples", "comparison_test_examples"),
}


def data_preparations():
    """What prepares that which the study's runs read, by what they read."""
    if ARCHIVED:
        return {}  # nothing is trained, so nothing reads data
    try:
        return preparations_read(STUDY)
    except DataError as error:
        raise ConfigError(placed([str(error)], CONFIGURATION.places)) from None


def data_origins():
    """Where each data set in use comes from; its section of the configuration is checked.

    The files themselves are looked at once, where Snakemake was called: a node may not see them.
    """
    names = [p.dataset for p in READ.values()]
    origins = {name: origin(name, STUDY.data[name]) for name in names}
    problems = [] if ARCHIVED else [*mixtures(STUDY)]
    for name, known in origins.items():
        runs = [run for run in STUDY.runs if READ[run.reads].dataset == name]
        needed = {
            split: max(run.settings.get(size, 1) for run in runs for size in sizes)
            for split, sizes in EXAMPLES.items()
        }
        found = known.problems(STUDY.data[name], needed)
        if not found and workflow.is_main_process:
            found = known.place_problems(STUDY.data[name])
        problems += found
    if problems:
        raise ConfigError(placed(problems, CONFIGURATION.places))
    return origins


def prepared_from(basename):
    """A prepared input's source as `prepare` takes it, and the files that it depends on."""
    name = PREPARED[basename].dataset
    section = {
        key: item for key, item in STUDY.data[name].items() if key not in REMARKS
    }
    if section["source"] not in ("download", "generated"):
        return section, [str(file) for file in ORIGINS[name].source_files(section)]
    path = f"{ROOT}/generated/{name}"
    if section["source"] == "download":
        path = f"results/downloads/{ORIGINS[name].official.archive}"
    return ORIGINS[name].source(section, path), [path]


def preparation_code(basename):
    """Fingerprint of the code that an input is prepared with: its function's and its caller's.

    How the study is read is no part of it: it tells what the function is given, which is told
    apart.
    """
    caller, own = "nnrepro.data.registry", made_by(PREPARED[basename])
    inside = of_library(own.__module__)
    modules = [caller, own.__module__] if inside else [caller]
    files = [file_of(module, SCRIPTS) for module in modules]
    shared = code_fingerprint(files_behind(*files, root=SCRIPTS))
    if inside:
        return shared
    return value_fingerprint([shared, definition_fingerprint(own, SCRIPTS)])


def nameable(files):
    """Those files that an input can name, as `{word}` and `<word>` are Snakemake's own.

    Of the others `raw_content` alone tells whether they changed.
    """
    return [file for file in files if not re.search("[{}<>]", file)]


def raw_content(wildcards):
    """Fingerprint of a user's own files that an input is prepared from.

    Snakemake goes by the time of change; an edit may keep that, and copies may be older.
    """
    name = PREPARED[wildcards.prepared].dataset
    if STUDY.data[name]["source"] in ("download", "generated"):
        return ""
    with errors_shown():
        return files_sha256(map(Path, SOURCES[wildcards.prepared][1]))


with errors_shown():
    READ = data_preparations()
    PREPARED = {preparation.basename: preparation for preparation in READ.values()}
    ORIGINS = data_origins()
    SOURCES = {basename: prepared_from(basename) for basename in PREPARED}

DATA_FILES = {
    reads: (
        str(PATHS.data(f"{p.basename}.npz")),
        str(PATHS.data(f"{p.basename}.json")),
    )
    for reads, p in READ.items()
}
DOWNLOADS = {
    known.official.archive: known.official
    for name, known in ORIGINS.items()
    if STUDY.data[name]["source"] == "download"
}


def generated_data_sets():
    """The data sets that are made up."""
    return [name for name in ORIGINS if STUDY.data[name]["source"] == "generated"]


# --------------------------------------------------------------------------------------- training
def in_own_environments():
    """Whether jobs run in environments that Snakemake makes for them."""
    settings = workflow.deployment_settings
    return bool(settings and settings.deployment_method)


def check_backend():
    """Refuse a backend that is not installed where the study's runs are to be trained.

    Environments that Snakemake makes itself are looked at by the job that builds the models.
    """
    if in_own_environments() or not workflow.is_main_process:
        return
    meant = os.environ.get("KERAS_BACKEND") or STUDY.backend
    if meant != STUDY.backend:
        logger.warning(
            f"note: KERAS_BACKEND={meant} is not read: the study trains with {STUDY.backend}, until "
            f"its configuration says backend: {meant}"
        )
    problem = backend_problem(STUDY.backend)
    if problem and any(
        run.id in retrained_runs() or not PATHS.run(run.id, "record").is_file()
        for run in STUDY.runs
    ):
        raise ConfigError([f"backend: {problem}"])


def trial_basis():
    """What a trial of the models rests on, beside the data; part of the file that it leaves."""
    names = ("layout", *BUDGET_SETTINGS[1:], *SIZE_SETTINGS)
    own = set(chain.from_iterable(model.parameters for model in STUDY.models.values()))
    asked = {}
    for run in STUDY.runs:
        settings = {k: v for k, v in run.settings.items() if k in own or k in names}
        asked[f"{run.protocol}/{run.experiment}/{run.variant}"] = (run.model, settings)
    maps = [figure.runs for figure in figure_specs(STUDY, "feature_maps")]
    return {
        "asked": value_fingerprint([asked, maps]),
        "backend": STUDY.backend,
        "code": value_fingerprint(
            [code("check_models.py", "models")(None), model_codes()]
        ),
    }


def try_changed_models():
    """Build the models of a study that has changed since this was last done, if any is trained.

    Before its first training a job does so, and `prepare_data` for data that are prepared again. A
    job for every case would not do: where it is to run, Snakemake trains all that depends on it
    again, or, where its file is `ancient`, overlooks whatever else has changed.
    """
    if ARCHIVED or not MODELS_CHECKED.is_file() or in_own_environments():
        return
    made = {str(file) for job in workflow.dag.needrun_jobs() for file in job.output}
    if not made & {str(PATHS.run(run.id, "history")) for run in STUDY.runs}:
        return
    basis = trial_basis()
    try:
        known = read_json(MODELS_CHECKED)
    except NnreproError:
        known = None  # damaged: as good as none
    if isinstance(known, dict) and {ARCHITECTURES: [], **known, **basis} == known:
        return
    with errors_shown():
        there = [name for name, files in DATA_FILES.items() if not made & set(files)]
        if there:
            built = try_models_apart(SCRIPTS, CONFIGURATION.values, there)
            if len(there) == len(DATA_FILES):
                write_json(MODELS_CHECKED, {**basis, ARCHITECTURES: built})


def architectures(_):
    """What says what the models are made of; of runs trained elsewhere or long ago there is none."""
    made = ARCHIVED or all(Path(file).is_file() for file in run_files("history"))
    return (
        [] if made and not PATHS.architectures.is_file() else [str(PATHS.architectures)]
    )


COMBINATIONS = {run.combination: run for run in STUDY.runs}


def one_of(wildcards):
    """A run of a training job, from whose others it differs by its seed alone."""
    run = wildcards.get("run")
    asked = run.rpartition("/")[0] if run else wildcards.combination
    if asked not in COMBINATIONS:
        near = nearest(asked, COMBINATIONS)
        logger.error(f"The study has no combination '{asked}'{near}")
        sys.exit(1)  # to an exception Snakemake adds a traceback
    return STUDY.run(run) if run else COMBINATIONS[asked]


def run_decision(wildcards):
    """The decision that a run takes parameters from, if it takes any."""
    run = one_of(wildcards)
    return decision(run.protocol, run.selects_from) if run.selects_from else []


def run_parameters(wildcards):
    """Everything that decides a run's result, but for its seed and the selected parameters.

    Those are an input: a function of the input would not do, as Snakemake does not look at its
    changes. Without the seed it is the same whatever seeds a job trains.
    """
    parameters = one_of(wildcards).for_training().to_dict()
    return {
        key: value for key, value in parameters.items() if key not in ("id", "seed")
    }


def run_code(wildcards):
    """Fingerprint of the code that trains a run, by model where a selection decides that."""
    run = one_of(wildcards)
    return codes_of(run, candidates(run, STUDY.runs), model_codes())


def run_data(part):
    """The prepared arrays (0) or their description (1) that a run reads."""
    return lambda wildcards: DATA_FILES[one_of(wildcards).reads][part]


@cache
def retrained_runs():
    """The runs whose records tell of other trainings than the study asks for."""
    with errors_shown():
        asked = Asked.of(STUDY, PATHS, model_codes())
        runs, lines = retrained(STUDY.runs, PATHS, asked)
    for line in lines:
        logger.warning(line)
    return runs


def rung_of(wildcards):
    """The rung to whose end a job trains a run, counted from 1; 0 outside a halving."""
    return int(wildcards.get("rung", len(one_of(wildcards).rungs)))


def rung_files(run, rung):
    """What a run leaves at the end of a rung that is not its last."""
    folder = PATHS.rung(rung).folder(run.id)
    return [str(folder / name) for name in (*RUN_FILES.values(), "checkpoint.npz")]


def rung_decision(wildcards):
    """The decision which variants go on from the rung before."""
    run, rung = one_of(wildcards), rung_of(wildcards)
    if rung < 2:
        return []
    return str(PATHS.rung_decision(run.protocol, run.experiment, rung - 1))


RUN_PRIORITIES = priorities(STUDY)
# Short jobs that trainings wait for start before any training.
AHEAD_OF_TRAINING = max(RUN_PRIORITIES.values()) * STUDY.seeds_per_job + 1


class Training:
    """A rule for training jobs of a run each or, where `seeds` says, of those of a combination.

    Of runs in a halving, `early` jobs train to the end of a rung that is not the last.
    """

    def __init__(self, jobs, seeds, early):
        self.early = early
        self._seeds = seeds
        self.name = "train_rung" if early else "train_run"
        job, run = "{run}", ["{run}"]
        if seeds:
            self.name += "_seeds_" + "_".join(map(str, seeds))
            job = "{combination}/seeds" + "_".join(map(str, seeds))
            run = [f"{{combination}}/seed{seed}" for seed in seeds]
        stage = "train_rung/{rung}" if early else "train_run"
        self.log = f"{ROOT}/logs/{stage}/{job}.log"
        self._place = f"{ROOT}/rungs/{{rung}}" if early else f"{ROOT}/runs"
        self._folders = [f"{self._place}/{each}" for each in run]
        rung = " to the end of rung {wildcards.rung}" if early else ""
        self.message = (
            f"Training {job.replace('{', '{wildcards.')}{rung}: "
            "{threads} threads, {resources.gpu} GPUs, log {log}"
        )
        self.constraints = {
            "run": ids_pattern(run for job in jobs for run in job),
            "combination": combinations_pattern(job[0] for job in jobs),
            "rung": r"\d+",
        }

    def output(self):
        """The files of each run, by their keys; what is finished is not deleted beforehand."""
        names = {
            **RUN_FILES,
            **({"checkpoint": "checkpoint.npz"} if self.early else {}),
        }
        return {
            key: [update(f"{folder}/{name}") for folder in self._folders]
            for key, name in names.items()
        }

    def runs(self, wildcards):
        """The runs of a job."""
        if not self._seeds:
            return [STUDY.run(wildcards.run)]
        ids = [f"{wildcards.combination}/seed{seed}" for seed in self._seeds]
        return [STUDY.run(each) for each in ids]

    def before(self, wildcards):
        """What the rung before left, from which runs go on."""
        rung = rung_of(wildcards)
        runs = self.runs(wildcards) if rung > 1 else []
        return [file for run in runs for file in rung_files(run, rung - 1)]

    def again(self, wildcards):
        """No input: has runs trained again whose records tell of another training.

        What Snakemake noted of earlier calls may be gone, or say what `--touch` made it say. Asked
        for an input, Snakemake has not decided yet which jobs to run.
        """
        if workflow.is_main_process:
            place = self._place.format(**wildcards)
            for run in self.runs(wildcards):
                if run.id in retrained_runs():
                    workflow.dag.forcefiles.add(f"{place}/{run.id}/run.json")
        return []

    def seeds(self, wildcards, output):
        """The seeds of a job; a function of its output, as which it never has the job run again."""
        return [run.seed for run in self.runs(wildcards)]

    def runtime(self, wildcards, attempt):
        """The minutes that a scheduler is asked for: those of a run for each of its runs."""
        return STUDY.resources.runtime * len(self.runs(wildcards)) * attempt

    def priority(self, wildcards):
        """Long jobs start first, so that none is left over at the end."""
        return sum(RUN_PRIORITIES[run.id] for run in self.runs(wildcards))


def training_rules():
    """A rule for all that are trained alone, and one for each set of seeds trained in one job."""
    by_seeds = {}
    for job in training_jobs(STUDY.runs, STUDY.seeds_per_job):
        seeds = tuple(run.seed for run in job) if len(job) > 1 else ()
        by_seeds.setdefault(seeds, []).append(job)
    for seeds, jobs in by_seeds.items():
        yield Training(jobs, seeds, early=False)
        halved = [job for job in jobs if job[0].rungs]
        if halved:
            yield Training(halved, seeds, early=True)


# --------------------------------------------------------------------------------------- analysis
def selection_basis(wildcards):
    """Fingerprint of what a selection rests on beside the histories: a label is no part of it."""
    runs = STUDY.runs_of(wildcards.protocol, wildcards.experiment)
    return value_fingerprint(
        [
            [(run.id, run.settings["window"], run.protocol_epochs) for run in runs],
            STUDY.experiments[wildcards.experiment].varied,
            STUDY.experiments[wildcards.experiment].top,
        ]
    )


# ---------------------------------------------------------------------------------------- figures
KINDS = STUDY.kinds["figures"]


def figure_decisions(wildcards):
    """All decisions of a protocol: they tell which variant to point out."""
    return decisions_of(wildcards.protocol)


def runs_drawn(wildcards):
    """Runs that a protocol's figures of a kind may show."""
    return figure_runs(STUDY, wildcards.protocol, wildcards.kind)


FIGURE_SOURCES = {
    "histories": lambda wildcards: {
        "histories": run_files("history", runs_drawn(wildcards))
    },
    "beside": lambda wildcards: {
        "beside": run_files(
            "history",
            [
                run
                for protocol in STUDY.protocols
                if protocol != wildcards.protocol
                for run in figure_runs(STUDY, protocol, wildcards.kind)
            ],
        ),
        "decisions": DECISIONS,
    },
    "predictions": lambda wildcards: {
        "predictions": run_files("predictions", runs_drawn(wildcards))
    },
    "runs": lambda _: {"runs": PATHS.table("runs")},
    "variants": lambda _: {"variants": PATHS.table("variants")},
    "tables_among": lambda _: {
        "comparable": COMPARABLE,
        "variants": PATHS.table("variants"),
    },
    "published": lambda _: {"published": COMPARED if PUBLISHED else []},
    "levels": lambda wildcards: {"results": published_levels(wildcards)},
    "samples": lambda wildcards: {
        "data": [
            file
            for reads in dict.fromkeys(run.reads for run in runs_drawn(wildcards))
            for file in DATA_FILES[reads]
        ]
    },
    "maps": lambda wildcards: {"maps": feature_map_files(wildcards.protocol)},
}
"""The files of what a kind of figure may read, by the names that its parameters have."""


def figure_inputs(wildcards):
    """What a kind of figure reads, decisions, and what tells how far the runs went."""
    reads = KINDS[wildcards.kind].reads[1:]
    files = {"decisions": figure_decisions(wildcards)}
    for name in (*reads, *([] if "histories" in reads else ["runs"])):
        files |= FIGURE_SOURCES[name](wildcards)
    return files


def figure_basis(wildcards):
    """Fingerprint of what a kind's figures show, so that a changed title redraws them."""
    return value_fingerprint(
        [spec.__dict__ for spec in figure_specs(STUDY, wildcards.kind)]
        + [run.to_dict() for run in runs_drawn(wildcards)]
        + [own.title for own in STUDY.protocols.values()]
    )


@cache
def kind_code(script, room, kind):
    """Fingerprint of the code that a script makes what is of a kind with, and no other."""
    own = STUDY.kinds[room][kind]
    return fingerprint_of(own.path, own.name, SCRIPTS, [SCRIPTS / script])


def feature_map_weights(wildcards):
    """Weights of the first seed of every variant whose maps may be shown: decisions tell which."""
    runs = STUDY.select(wildcards.protocol, STUDY.figures[wildcards.figure].runs)
    return run_files("weights", [run for run in runs if run.seed == runs[0].seed])


def feature_map_files(protocol):
    """Maps of all figures of a protocol, computed or, as far as it has them, of the archive."""
    files = [
        PATHS.feature_maps / protocol / f"{spec.name}.npz"
        for spec in figure_specs(STUDY, "feature_maps")
        if STUDY.select(protocol, spec.runs)
    ]
    return [str(file) for file in files if not ARCHIVED or file.is_file()]


# ----------------------------------------------------------------------------------------- tables
def table_predictions(wildcards):
    """What runs answered on each test example, for tables that look at them example by example."""
    spec = STUDY.tables[wildcards.table]
    if not {"answers", "predictions"} & set(STUDY.kinds["tables"][spec.kind].reads):
        return []
    return run_files(
        "predictions",
        [run for name in STUDY.protocols for run in STUDY.select(name, spec.runs)],
    )


def table_data(wildcards):
    """What a table's runs read, for tables that show test examples; an archive has none."""
    spec = STUDY.tables[wildcards.table]
    if ARCHIVED or "inputs" not in STUDY.kinds["tables"][spec.kind].reads:
        return []
    runs = [run for name in STUDY.protocols for run in STUDY.select(name, spec.runs)]
    return [
        file for reads in {run.reads: 0 for run in runs} for file in DATA_FILES[reads]
    ]


# ----------------------------------------------------------------------------------------- report
def report_templates():
    """What the report is printed by, beside Python."""
    room = SCRIPTS / "nnrepro/report"
    suffixes = (".j2", ".css", ".js", ".typ")
    return [path for path in room.rglob("*.*") if path.suffix in suffixes]


# ------------------------------------------------------------------------------ published numbers
def published_numbers():
    """The published numbers, checked; none without a file."""
    if not STUDY.published:
        return []
    return load_published(STUDY.published["results"], STUDY)


def published_files(numbers):
    """The files of published numbers, checked; none where they are about none of the runs."""
    if not STUDY.published:
        return {}
    if "inconsistencies" in STUDY.published:
        load_inconsistencies(STUDY.published["inconsistencies"], numbers)
    present = {(run.protocol, run.experiment) for run in STUDY.runs}
    shown = any(
        (number.protocol, Selector.parse(selector).experiment) in present
        for number in numbers
        for selector in number.runs
    )
    return dict(STUDY.published) if shown else {}


def published_levels(wildcards):
    """The file of published numbers, for a protocol whose report prints levels of curves."""
    if not PUBLISHED or not prints_levels(NUMBERS, wildcards.protocol):
        return []
    return PUBLISHED["results"]


# ---------------------------------------------------------------------------------------- targets
def trained_files(_):
    """All that training leaves: what is lost of it is made again, whatever else is there."""
    return [] if ARCHIVED else [path for file in RUN_FILES for path in run_files(file)]


def saved_models():
    """The networks that the study asks for."""
    chosen = chain.from_iterable(
        STUDY.select(protocol, STUDY.save_models) for protocol in STUDY.protocols
    )
    return [] if ARCHIVED else [str(PATHS.model(run.id)) for run in chosen]


MODELS = saved_models()


FIGURE_KINDS = [
    kind
    for kind in dict.fromkeys((CURVES, *(f.kind for f in STUDY.figures.values())))
    if not unavailable(STUDY, KINDS[kind].reads)
]
FIGURES = [
    str(PATHS.figures(protocol, kind))
    for protocol in STUDY.protocols
    for kind in FIGURE_KINDS
    if figure_runs(STUDY, protocol, kind)
]
TABLES = [str(PATHS.table(name)) for name in ("runs", "variants", *STUDY.tables)]
DETAILED = detailed_runs(STUDY.runs)
REPORT = [
    str(PATHS.report),
    *map(str, map(PATHS.beside_report, ("report.pdf", "details.pdf"))),
]
CRATE = str(PATHS.crate)
READING = str(PATHS.reading)
COMPARABLE = f"{ROOT}/comparable_runs.csv"  # the runs table, none longer than most
MODELS_CHECKED = PATHS.models_checked

# What could not be made of them: a job of which parts fail does not fail itself.
FAILURES = {
    "training": [*map(failures, MODELS)],
    "tables": [failures(PATHS.table(name)) for name in STUDY.tables],
    "figures": [
        *map(failures, FIGURES),
        *(
            failures(file)
            for protocol in STUDY.protocols
            if "feature_maps" in FIGURE_KINDS and not ARCHIVED
            for file in feature_map_files(protocol)
        ),
    ],
}


def checked(stage):
    """Says that nothing failed up to a stage; it is made after all that can be made of it."""
    return f"{ROOT}/checked/{stage}.txt"


def stage_outputs(wildcards):
    """What is made, as far as it can be, before it is checked that nothing of it failed."""
    if wildcards.stage == "training":
        return run_files("record")
    return {"tables": TABLES, "figures": FIGURES, "all": REPORT}[wildcards.stage]


def stage_readings(wildcards):
    """What reading the runs brought to light; training alone has them read by the check itself."""
    if wildcards.stage == "training":
        return []
    return [READING, *(SUPPLEMENT_READINGS if wildcards.stage == "all" else [])]


def stage_failures(wildcards):
    """What could not be made up to a stage."""
    if wildcards.stage != "all":
        return FAILURES.get(wildcards.stage, [])
    return [
        *chain.from_iterable(FAILURES.values()),
        *SUPPLEMENT_FAILURES,
        failures(PATHS.report),
    ]
