"""The typed study that the configuration describes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nnrepro.study.decisions import Decisions
from nnrepro.study.kinds import Kinds
from nnrepro.study.metrics import in_common
from nnrepro.study.run import Run
from nnrepro.study.selectors import Selector
from nnrepro.study.settings import ModelSpec


@dataclass(frozen=True)
class Protocol:
    """How one report's author did it.

    Attributes:
        name: key in the configuration and first part of its run ids.
        title: name for readers; empty for the only one of a study that declares none.
        selections: by experiment the metrics that may choose its best variant; the first does.
        reference: the work that it follows, for the list of references; empty without one.
    """

    name: str
    title: str
    selections: Mapping[str, Sequence[str]]
    reference: str = ""


@dataclass(frozen=True)
class Experiment:
    """One question's set of runs.

    Attributes:
        name: key in the configuration and second part of its run ids.
        title: name for readers.
        variants: names of its variants, in declared order.
        swept: parameters given as lists, with their values, in declared order.
        selects_from: the experiment whose selection supplies parameters; None without one.
        sampled: parameters that are drawn, each with the name of its distribution.
        varied: all parameters in which its variants differ: what a selection decides.
        top: how many of its variants go on into other experiments; 0 where it is the best alone.
        own_seeds: whether it says itself with which seeds it is trained.
    """

    name: str
    title: str
    variants: tuple[str, ...]
    swept: Mapping[str, tuple[Any, ...]]
    selects_from: str | None
    sampled: Mapping[str, str] = field(default_factory=dict)
    varied: tuple[str, ...] = ()
    top: int = 0
    own_seeds: bool = False


@dataclass(frozen=True)
class Question:
    """A question of the study, one section of the report, about the runs that it names, if any."""

    name: str
    part: str
    title: str
    text: str
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """A table or figure that the configuration asks for; a figure is drawn once per protocol.

    A figure without a question (its `question` is empty) stands on the report's first screen.
    """

    name: str
    kind: str
    question: str
    title: str
    runs: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


SEEDS_ON_A_GPU = 10
"""Seeds of a combination that JAX trains at once; all of them must fit into a GPU's memory."""


@dataclass(frozen=True)
class TrainingResources:
    """What one training job asks of the machine.

    Attributes:
        threads: CPU threads.
        gpus: GPUs per job; 0 trains on the CPU.
        gpu_slots_per_device: jobs that may use one GPU at a time.
        seeds_per_job: seeds of a combination that a job trains at most; None leaves it open.
        mem_mb: memory in MB.
        runtime: time limit in minutes, for schedulers.
        checkpoint_seconds: seconds of training between two checkpoints.
        resume_elsewhere: whether a run goes on from the checkpoint of another kind of device or of
            other package versions.
    """

    threads: int
    gpus: int
    gpu_slots_per_device: int
    mem_mb: int
    runtime: int
    checkpoint_seconds: float
    resume_elsewhere: bool
    seeds_per_job: int | None = None


@dataclass(frozen=True)
class Study:
    """Everything that `config.yaml` declares, resolved and checked.

    `runs` are the runs of this study in declared order; `declared_runs` counts those of the same
    study without the `only` section, so that a cut-down study can say so. `declared_protocols`,
    `declared_questions` and `declared_variants` (by experiment) are all names that are declared,
    with or without runs here. `published` holds the paths of the published numbers (`results`) and
    of their inconsistencies (`inconsistencies`), where the configuration names them, and
    `published_shared` tells whether the numbers may be about other studies, too, and
    `own_test_examples`, by input, of which sizes the reports' test sets were draws of their own;
    `claims` is the
    path of the claims file, None without one; `save_models` are selectors of the runs whose
    networks are kept. `supplements` are the archives of other studies whose
    parts the report shows after its own, by name. `archive` is the folder of histories that
    stand in for training, None where the study trains, and `strangers` those of its runs that pass
    for the study's and are others, with the reason, by id; `results` the folder of all that is
    made, None for its usual place; `allow_gaps` whether damaged histories are put up with; `about`
    what the study is, for readers of its report, and `watts_per_core` what a core at work is
    assumed to draw, None where nobody said. `kinds` are the kinds of tables and figures, and
    `models` the models that the configuration may name, the study's own among them.
    """

    name: str
    title: str
    seeds: tuple[int, ...]
    backend: str
    data: Mapping[str, Mapping[str, Any]]
    protocols: Mapping[str, Protocol]
    experiments: Mapping[str, Experiment]
    runs: tuple[Run, ...]
    declared_runs: int
    questions: Mapping[str, Question]
    tables: Mapping[str, Spec]
    figures: Mapping[str, Spec]
    resources: TrainingResources
    parts: Mapping[str, str]
    declared_protocols: tuple[str, ...] = ()
    declared_variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    declared_questions: tuple[str, ...] = ()
    published: Mapping[str, str] = field(default_factory=dict)
    published_shared: bool = False
    own_test_examples: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    claims: str | None = None
    save_models: tuple[str, ...] = ()
    supplements: Mapping[str, str] = field(default_factory=dict)
    archive: str | None = None
    strangers: Mapping[str, str] = field(default_factory=dict)
    results: str | None = None
    allow_gaps: bool = False
    about: str = ""
    watts_per_core: float | None = None
    kinds: Kinds = field(default_factory=dict)
    models: Mapping[str, ModelSpec] = field(default_factory=dict)

    def run(self, run_id: str) -> Run:
        """The run with this id.

        Raises:
            KeyError: the study has no such run.
        """
        return self._by_id[run_id]

    @property
    def seeds_per_job(self) -> int:
        """Seeds of a combination that a job trains: several at once is what JAX does on GPUs."""
        if self.resources.seeds_per_job is not None:
            return self.resources.seeds_per_job
        return SEEDS_ON_A_GPU if self.resources.gpus and self.backend == "jax" else 1

    @property
    def several_ways(self) -> bool:
        """Whether there are protocols that a reader is told of."""
        return any(protocol.title for protocol in self.protocols.values())

    @cached_property
    def _by_id(self) -> dict[str, Run]:
        return {run.id: run for run in self.runs}

    def runs_of(self, protocol: str, experiment: str | None = None) -> list[Run]:
        """Runs of a protocol, or of one of its experiments, in declared order."""
        return [
            run
            for run in self.runs
            if run.protocol == protocol and experiment in (None, run.experiment)
        ]

    def select(self, protocol: str, selectors: Iterable[str]) -> list[Run]:
        """Runs of a protocol that selectors name, in the selectors' order, without repeats.

        A selector is `experiment`, `experiment/variant-glob` or `experiment/selected`; the last
        gives all runs of that experiment, of which the selection's decision picks the variant.
        """
        chosen: dict[str, Run] = {}
        for selector in selectors:
            own = Selector.parse(selector)
            for run in self.runs_of(protocol, own.experiment):
                if own.may_name(run.experiment, run.variant):
                    chosen.setdefault(run.id, run)
        return list(chosen.values())

    def chosen(
        self,
        protocol: str,
        selectors: Iterable[str],
        decisions: Decisions,
    ) -> list[Run]:
        """Like `select`, with decisions carried out.

        `experiment/selected` gives the selected variant's runs alone, and runs that take parameters
        from a selection have them filled in. Without a decision, `experiment/selected` gives no
        runs, and parameters stay open.
        """
        chosen: dict[str, Run] = {}
        for selector in selectors:
            own = Selector.parse(selector)
            decision = decisions.get((protocol, own.experiment))
            for run in self.select(protocol, [selector]):
                if own.selected and (decision is None or not run.matches(decision)):
                    continue
                resolved = self.resolved(run, decisions)
                chosen.setdefault(run.id, resolved)
        return list(chosen.values())

    @staticmethod
    def resolved(run: Run, decisions: Decisions) -> Run:
        """`run` with the parameters that it takes from a selection filled in, if it takes any.

        Where nothing was decided, they stay open.
        """
        decision = decisions.get((run.protocol, run.selects_from or ""))
        return run if decision is None else run.resolved(decision)

    def selection_metric(self, protocol: str, selectors: Iterable[str] = ()) -> str:
        """The metric by which a protocol selects from the experiments that selectors name.

        Of several, or of all where none is named, it is the first that they have in common.
        """
        selections = self.protocols[protocol].selections
        asked = [Selector(Selector.parse(selector).experiment) for selector in selectors]
        named = [
            own for name, own in selections.items() if any(s.may_name(name, "") for s in asked)
        ]
        return in_common(named or selections.values())

    @property
    def selects_by_test(self) -> bool:
        """Whether any protocol selects by the test set, if it does select."""
        metrics = (self.selection_metric(name) for name in self.protocols)
        return any("_test_" in metric for metric in metrics)

    @property
    def selecting_experiments(self) -> tuple[str, ...]:
        """Experiments from which a variant is selected."""
        named = [e.selects_from for e in self.experiments.values() if e.selects_from]
        asked = (*self.tables.values(), *self.figures.values())
        selectors = [Selector.parse(selector) for spec in asked for selector in spec.runs]
        named += [selector.experiment for selector in selectors if selector.selected]
        return tuple(dict.fromkeys(name for name in named if name in self.experiments))

    @property
    def accuracy_levels(self) -> tuple[float, ...]:
        """Test accuracies of which a table tells the time to reach them, in rising order."""
        tables = self.tables.values()
        return tuple(sorted({a for table in tables for a in table.options.get("accuracies", ())}))

    @property
    def data_notes(self) -> dict[str, str]:
        """What the configuration remarks on each data set; empty where it says nothing."""
        return {name: str(section.get("note", "")) for name, section in self.data.items()}

    @property
    def generated_data(self) -> bool:
        """Whether any data set that the runs read is generated."""
        return any(section.get("source") == "generated" for section in self.data.values())

    def is_cut(self, runs: Sequence[Run]) -> bool:
        """Whether runs are less than protocols ask for: under a budget, or on generated data."""
        return self.generated_data or any(run.protocol_settings for run in runs)

    def stamp(self, runs: Sequence[Run], *, generated: bool = False) -> str:
        """The budget of `runs` in words, to stand on everything made from them.

        For example "1000 epochs, 5 seeds" in full, "40 of 1000 epochs, 1 seed" when cut short, or
        "2 of 250 epochs, 1 seed, generated data".

        The runs are as they are to be carried out, or as `Extent` has them, as they were;
        `generated` tells whether they are known to rest on generated data.
        """
        if not runs:
            return "no runs"
        parts = [_extent(runs, "epochs", "epochs", always=True)]
        parts.append(_extent(runs, "train_examples", "training examples"))
        parts.append(_extent(runs, "test_examples", "test examples"))
        parts.append(_seeds(runs))
        if generated or self.generated_data:
            parts.append("generated data")
        return ", ".join(part for part in parts if part)


_MOST_NAMED = 3
"""Numbers that are named one by one."""


def _extent(runs: Sequence[Run], setting: str, noun: str, *, always: bool = False) -> str:
    """`done of asked noun` over the distinct pairs among `runs`, the largest asked first.

    What was done in full is left out unless `always`, and then given as one number.
    """
    pairs = {
        (int(run.protocol_settings.get(setting, run.settings[setting])), int(run.settings[setting]))
        for run in runs
        if setting in run.settings
    }
    if not always:
        pairs = {(asked, done) for asked, done in pairs if done != asked}
    if not pairs:
        return ""
    by_asked: dict[int, list[int]] = {}
    for asked, done in sorted(pairs):
        if done != asked:
            by_asked.setdefault(asked, []).append(done)
    cut = [
        f"{one} of {asked or 'all'}"
        for asked, counts in reversed(by_asked.items())
        for one in _in_few_words(counts)
    ]
    full = _in_few_words(sorted(done for asked, done in pairs if done == asked))
    if cut and full:
        return f"{_listed(cut)} {noun}, {_listed(full)} {noun} in full"
    return f"{_listed(cut or full)} {noun}"


def _in_few_words(counts: Sequence[int]) -> list[str]:
    """Rising numbers, the largest first; of more than three, from which to which they go."""
    if len(counts) > _MOST_NAMED:
        return [f"{counts[0]} to {counts[-1]}"]
    return [str(count) for count in reversed(counts)]


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def seed_counts(runs: Iterable[Run]) -> list[int]:
    """The numbers of seeds that variants have, each under one protocol; distinct, rising."""
    found: dict[tuple[str, str, str], set[int]] = {}
    for run in runs:
        found.setdefault((run.protocol, run.experiment, run.variant), set()).add(run.seed)
    return sorted({len(seeds) for seeds in found.values()})


def _seeds(runs: Iterable[Run]) -> str:
    """How many seeds the variants among `runs` have: "3 seeds", or "1 to 3 seeds"."""
    counts = seed_counts(runs)
    words = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])
    return f"{words} seed" if words == "1" else f"{words} seeds"


MOST_DETAILED = 200
"""Of so many runs a report holds the histories; a page of thousands could not be used."""


def detailed_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs of which a report gives details, in their own order.

    Where there are too many, first seeds go before further ones: every variant is then shown
    before any is shown twice.
    """
    chosen = sorted(runs, key=lambda run: run.seed)[:MOST_DETAILED]
    ids = {run.id for run in chosen}
    return [run for run in runs if run.id in ids]
