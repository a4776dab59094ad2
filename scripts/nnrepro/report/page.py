"""The report as data, ready for the templates: no file is read and no number computed from here on.

A `Section` (a question) holds `Block`s (one figure or table of the configuration), a block holds
`Strip`s (for example one per variant), and a strip holds one `Panel` per protocol, side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnrepro.document.grid import Column, Grid, Row
from nnrepro.document.text import Text
from nnrepro.report.references import Reference

FIGURE = "figure"
TABLE = "table"


@dataclass(frozen=True)
class Statement:
    """A sentence to be made: the macro of `sentences.html.j2` that makes it, and its facts."""

    macro: str
    facts: Any


Said = Statement | Text
"""A sentence, whether still to be made or made."""


@dataclass(frozen=True)
class Panel:
    """A numbered figure or table of one protocol.

    Attributes:
        kind: `figure` or `table`.
        number: its number among the figures or the tables of the report.
        anchor: id of its element.
        title: what its caption says.
        protocol: the protocol's title; empty where the study has one protocol only.
        stamp: the budget of the runs behind it.
        cut: whether that budget is less than what the protocol asks for.
        image: data URI of a figure.
        drawing: kind of a figure, for example `curves`.
        alt: text in place of a figure.
        grid: a table's content.
        notes: sentences that explain it.
        reading: how to read a figure; None where one before it says so.
        missing: name of the file that is not there; the panel then shows that.
    """

    kind: str
    number: int
    anchor: str
    title: str
    protocol: str
    stamp: str
    cut: bool
    image: str = ""
    drawing: str = ""
    alt: str = ""
    grid: Grid | None = None
    notes: tuple[Said, ...] = ()
    reading: Said | None = None
    missing: str = ""

    @property
    def empty(self) -> bool:
        """Whether it is a table without rows."""
        return self.kind == TABLE and not self.missing and not (self.grid and self.grid.rows)


@dataclass(frozen=True)
class Strip:
    """Panels side by side, one per protocol."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Finding:
    """What a table says in words.

    Attributes:
        protocol: the protocol's title; empty where the study has one protocol only.
        statements: sentences.
        anchor: id of the table.
        number: the table's number.
    """

    protocol: str
    statements: tuple[Said, ...]
    anchor: str
    number: int


@dataclass(frozen=True)
class Block:
    """A figure or a table that the configuration asks for."""

    kind: str
    title: str
    anchor: str
    strips: tuple[Strip, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ClaimFinding:
    """A claim where its question is answered.

    Attributes:
        name: its name.
        anchor: id of its row in the table of claims.
        protocol: title of the protocol whose report makes it.
        statement: what it says.
        verdict: one of `nnrepro.claims.tree.VERDICTS`.
        margin: how clearly its condition is met, signed, with its unit; empty where not known.
        interval: of the margin; empty where not known.
        seeds: in how many seeds it holds; empty where none was there to judge by.
        reason: what the verdict rests on.
        own: what the published numbers say of it; empty where nothing.
    """

    name: str
    anchor: str
    protocol: str
    statement: str
    verdict: str
    margin: str = ""
    interval: str = ""
    seeds: str = ""
    reason: str = ""
    own: str = ""


@dataclass(frozen=True)
class Absent:
    """Runs of which there is nothing.

    Attributes:
        protocol: the protocol's title; empty for those of all protocols.
        runs: how many there should be.
    """

    protocol: str
    runs: int


@dataclass(frozen=True)
class Section:
    """A question with its answer: what was claimed, findings, figures, tables.

    Attributes:
        anchor: id of its heading.
        name: short name.
        title: the question.
        text: what it asks, at more length.
        blocks: figures and tables; none where no run of it is there.
        claims: what was claimed of it.
        absent: protocols of which no run that it is about is there, and what is said of them
            alone; a single one without a title where nothing is there at all.
    """

    anchor: str
    name: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    claims: tuple[ClaimFinding, ...] = ()
    absent: tuple[Absent, ...] = ()

    @property
    def findings(self) -> tuple[Block, ...]:
        """The blocks that have something to say."""
        return tuple(block for block in self.blocks if block.findings)


@dataclass(frozen=True)
class Part:
    """A part of the report and its questions."""

    anchor: str
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Supplement:
    """Another study's questions.

    Attributes:
        anchor: id of its heading.
        title: the study's.
        about: what it is.
        extent: how far it went, and where the rest of it is.
        sections: its questions, of all its parts.
    """

    anchor: str
    title: str
    about: str
    extent: Said
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Highlight:
    """What the summary says of an experiment under one protocol."""

    protocol: str
    statement: Said


@dataclass(frozen=True)
class HighlightGroup:
    """What the summary says of an experiment, one member per protocol."""

    title: str
    members: tuple[Highlight, ...]


@dataclass(frozen=True)
class RunStatus:
    """How many runs are in which state; states that no run is in are left out.

    Attributes:
        declared: runs that the study declares.
        asked: runs that are left of them.
        counts: runs by their state.
        busy: runs that waited for a processor for so long that their times tell little.
    """

    declared: int
    asked: int
    counts: Mapping[str, int]
    busy: int = 0

    @property
    def incomplete(self) -> bool:
        """Whether the report lacks runs that the study asks for."""
        return any(self.counts.get(name, 0) for name in ("failed", "missing", "damaged"))


@dataclass(frozen=True)
class ExtentGroup:
    """Experiments whose runs went as far, and how far under which protocols.

    Attributes:
        experiments: titles.
        members: titles of protocols with the budget of their runs; without a title where the
            study has one protocol.
    """

    experiments: tuple[str, ...]
    members: tuple[tuple[tuple[str, ...], str], ...]


@dataclass(frozen=True)
class Budget:
    """Why this study is less than what its protocols ask for.

    Attributes:
        stamp: epochs, examples and seeds in words.
        shortened: whether any run has fewer epochs or examples than its protocol asks for.
        runs: runs of this study.
        declared: runs that the configuration declares before some are left out.
        generated: names of the data sets that are made up.
        data_notes: remarks on the data, by data set.
        extents: how far which experiments went; none where all went as far.
    """

    stamp: str
    shortened: bool
    runs: int
    declared: int
    generated: tuple[str, ...]
    data_notes: Mapping[str, str] = field(default_factory=dict)
    extents: tuple[ExtentGroup, ...] = ()

    @property
    def cut(self) -> bool:
        """Whether a reader has to be warned."""
        return bool(self.shortened or self.runs < self.declared or self.generated)


@dataclass(frozen=True)
class Method:
    """How something was done.

    Attributes:
        title: heading.
        statement: what there is to say.
        references: works that it rests on.
    """

    title: str
    statement: Said
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class RunGroup:
    """The runs of one experiment under one protocol, for the table of all runs."""

    title: str
    rows: tuple[tuple[str, Row], ...]


@dataclass(frozen=True)
class RunDetails:
    """What there is to say of one run.

    Attributes:
        run_id: the run.
        anchor: id of its element.
        name: variant and seed, for the line that opens it.
        status: how it ended.
        facts: names and values, such as its seconds and the machine.
        settings: parameters by name, selected ones filled in.
        sums: names and checksums of the code and of each data file.
        log: the last lines of its log; none where there is no log.
        charted: whether the page holds its history.
    """

    run_id: str
    anchor: str
    name: str
    status: str
    facts: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    sums: tuple[tuple[str, str], ...] = ()
    log: tuple[str, ...] = ()
    charted: bool = False


@dataclass(frozen=True)
class DetailGroup:
    """Details of the runs of one experiment under one protocol."""

    title: str
    runs: tuple[RunDetails, ...]


@dataclass(frozen=True)
class RunList:
    """The table of all runs, and details of some or all of them.

    Attributes:
        columns: headings of the table.
        groups: its rows.
        notes: what explains them.
        details: the runs one by one.
        total: how many runs there are, for a study of which not all are detailed.
        histories: series by run and metric as `analysis.compact` writes them, as JSON.
    """

    columns: tuple[Column, ...]
    groups: tuple[RunGroup, ...]
    notes: tuple[Said, ...]
    details: tuple[DetailGroup, ...] = ()
    total: int = 0
    histories: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def detailed(self) -> int:
        """How many runs have details."""
        return sum(len(group.runs) for group in self.details)


@dataclass(frozen=True)
class DataOrigin:
    """Where a data set came from, with the SHA-256 sum of each file."""

    name: str
    source: str
    generated: bool | None
    note: str
    sums: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Provenance:
    """What the report's numbers were made from.

    Attributes:
        data: where each data set came from.
        code: checksums of the code that trained.
        packages: versions by name.
        facts: names and values, such as the machine.
        seconds: what took how long.
        energy: what that took by estimate, or why there is no estimate.
        again: commands that make all of it again, each with what it does.
    """

    data: tuple[DataOrigin, ...]
    code: tuple[str, ...]
    packages: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    seconds: tuple[tuple[str, str], ...]
    energy: Said
    again: tuple[tuple[Said, str], ...]


@dataclass(frozen=True)
class Remark:
    """Something about one run.

    Attributes:
        run_id: the run.
        anchor: id of its row in the table of all runs.
        message: what is the matter.
    """

    run_id: str
    anchor: str
    message: str


@dataclass(frozen=True)
class Unmade:
    """Something that is not there: what it is, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class FoundHistory:
    """One history of a run: the folder that it lies in, and its epochs in words."""

    folder: str
    epochs: str


@dataclass(frozen=True)
class Several:
    """A run of which there are several histories: the one that is used, and the others."""

    run_id: str
    anchor: str
    used: FoundHistory
    others: tuple[FoundHistory, ...]


@dataclass(frozen=True)
class RunNames:
    """Runs of one protocol and experiment, each by variant and seed."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class LongerRuns:
    """Runs that are compared with others at fewer epochs than they have.

    Attributes:
        title: whose runs they are; empty where that is clear.
        names: each by variant and seed, or by label.
        epochs: the epochs that they have.
        compared: the epochs at which they are compared.
    """

    title: str
    names: tuple[str, ...]
    epochs: str
    compared: str


@dataclass(frozen=True)
class OddData:
    """Something odd about a data set.

    Attributes:
        arrays: the prepared arrays.
        message: what it is.
        telling: whether it bears on the numbers.
    """

    arrays: str
    message: str
    telling: bool


@dataclass(frozen=True)
class Reading:
    """What a reader has to know of the runs beside their numbers.

    Attributes:
        failed: runs that could not be trained.
        undecided: experiments from which nothing could be selected.
        unmade: tables, figures and sections that could not be made.
        damaged: histories that could not be used.
        missing: runs of which there is no history.
        remarks: what else was found wrong.
        several: runs with more than one history.
        longer: runs that went on for longer than most of their experiment.
        extra: runs that are no part of the study.
        data: what is odd about the data.
    """

    failed: tuple[Remark, ...] = ()
    undecided: tuple[Unmade, ...] = ()
    unmade: tuple[Unmade, ...] = ()
    damaged: tuple[Remark, ...] = ()
    missing: tuple[RunNames, ...] = ()
    remarks: tuple[Remark, ...] = ()
    several: tuple[Several, ...] = ()
    longer: tuple[LongerRuns, ...] = ()
    extra: tuple[RunNames, ...] = ()
    data: tuple[OddData, ...] = ()

    @property
    def telling(self) -> tuple[str, ...]:
        """The prepared arrays of which something is odd that bears on the numbers."""
        return tuple(dict.fromkeys(odd.arrays for odd in self.data if odd.telling))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        runs = (self.failed, self.missing, self.several, self.longer, self.extra)
        parts = (self.undecided, self.unmade, self.damaged, self.remarks, self.data)
        return not any((*parts, *runs))


@dataclass(frozen=True)
class Fold:
    """A long table behind a line that opens it."""

    title: str
    panel: Panel


@dataclass(frozen=True)
class Comparison:
    """Published numbers beside reproduced ones.

    Attributes:
        facts: how many of how many, for the sentence above the tables.
        summary: the table by question.
        figures: published against reproduced, one per protocol.
        folds: every number, by part and protocol.
    """

    facts: Any
    summary: Panel
    figures: tuple[Panel, ...]
    folds: tuple[Fold, ...]


@dataclass(frozen=True)
class ClaimGroup:
    """The claims of one protocol: the table's caption and headings, and rows with their ids."""

    title: str
    panel: Panel
    rows: tuple[tuple[str, Row], ...]


@dataclass(frozen=True)
class Claims:
    """Claims and their verdicts; without facts where the table of claims is missing."""

    facts: Any
    summary: Panel
    groups: tuple[ClaimGroup, ...]


@dataclass(frozen=True)
class Measured:
    """A place of the report that tells how much single changes carry: its heading's id and text."""

    anchor: str
    title: str


@dataclass(frozen=True)
class Differences:
    """What the protocols do differently.

    Attributes:
        panel: the settings that differ.
        measured: where the report tells what they come to.
    """

    panel: Panel
    measured: tuple[Measured, ...]


@dataclass(frozen=True)
class Page:
    """The whole report."""

    title: str
    study: str
    about: str
    counts: Mapping[str, int]
    protocols: tuple[str, ...]
    budget: Budget
    status: RunStatus | None
    answers: tuple[Said, ...]
    key_figures: tuple[Block, ...]
    highlights: tuple[HighlightGroup, ...]
    differences: Differences | None
    methods: tuple[Method, ...]
    references: tuple[Reference, ...]
    parts: tuple[Part, ...]
    runs: RunList
    provenance: Provenance
    reading: Reading = field(default_factory=Reading)
    published: Comparison | None = None
    inconsistencies: tuple[Panel, ...] = ()
    claims: Claims | None = None
    supplements: tuple[Supplement, ...] = ()
