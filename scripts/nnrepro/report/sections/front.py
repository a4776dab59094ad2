"""The first screen's head: what the study is, how far it goes, and how its runs ended."""

from collections.abc import Iterator, Mapping, Sequence

from nnrepro.document import wording
from nnrepro.document.elements import Bullets, Element, Paragraph, Section, Tiles
from nnrepro.document.text import Text, Words, bold, code, linked, spaced, text
from nnrepro.measures.runs import STATUSES
from nnrepro.report.sections import problems
from nnrepro.report.source import Source
from nnrepro.study.identity import beginnings
from nnrepro.study.run import Run
from nnrepro.study.study import Study, seed_counts

_LONGEST = 70
"""Words of what the study is about, in the report."""
_ANCHOR = "budget"


def lead(source: Source) -> Iterator[Element]:
    """What stands below the title of the report: what the study is, and how far it goes."""
    if source.study.about:
        yield Paragraph(wording.clipped(source.study.about, _LONGEST), "lead")
    yield Paragraph(_scope(source), "scope")
    yield _budget(source, brief=True)
    if source.runs is None:
        yield from _status(source)


def masthead(source: Source) -> Iterator[Element]:
    """What stands below the title of the appendix: the same in full, and how the runs ended."""
    if source.study.about:
        yield Paragraph(source.study.about, "lead")
    yield Paragraph(_scope(source), "scope")
    yield _budget(source)
    for name, note in _data_notes(source).items():
        yield Paragraph(spaced(bold(f"{name}:"), note), "remark")
    yield from _status(source)
    if telling := problems.telling_data(source):
        yield Paragraph(telling, "remark")


def _scope(source: Source) -> str:
    """How large the study is."""
    study = source.study
    variants = len({(run.experiment, run.variant) for run in study.runs})
    counts = seed_counts(study.runs)
    seeds, up_to = max(counts, default=0), "up to " if len(counts) > 1 else ""
    titles = wording.joined([own.title for own in study.protocols.values() if own.title])
    under = ""
    if titles:
        count = wording.counted(len(study.protocols), "protocol")
        under = f" under {count} (a way of training and selecting them: {titles}),"
    apart = _apart(study, beginnings(study.runs))
    return (
        f"{wording.counted(variants, 'variant')} (a model with its settings) in "
        f"{wording.counted(len(study.experiments), 'experiment')},{under} with {up_to}"
        f"{wording.counted(seeds, 'seed')}: {wording.counted(len(study.runs), 'run')}{apart}."
    )


def _apart(study: Study, begun: Sequence[Run]) -> str:
    """That some runs are the beginnings of others; nothing where none is."""
    if not begun:
        return ""
    titles = dict.fromkeys(study.protocols[run.protocol].title for run in begun)
    models = dict.fromkeys(run.model or wording.UNKNOWN for run in begun)
    epochs = {int(run.settings["epochs"]) for run in begun}
    first = f"first {wording.grouped(*epochs)}" if len(epochs) == 1 else "first"
    which = ", ".join([*filter(None, titles), wording.some([*models], 3)])
    are, others = ("is", "another run") if len(begun) == 1 else ("are", "other runs")
    return (
        f". {wording.grouped(len(begun))} of them ({which}) {are} the {first} epochs of {others}, "
        "and no evidence of their own"
    )


def _made_up(generated: Sequence[str]) -> str:
    return (
        f"The data are made up for a demonstration ({wording.joined(generated)}): no accuracy here "
        "says anything about real images or texts."
    )


def _budget(source: Source, *, brief: bool = False) -> Element:
    """How far the runs go; why the study is less than what its protocols ask for, where it is.

    In brief in two lines, of which the second leads to all that there is to say.
    """
    study, stamp = source.study, source.stamp(source.study.runs)
    generated, short = _generated(source), bool(source.short_runs(study.runs))
    fewer = len(study.runs) < study.declared_runs
    if not (short or fewer or generated):
        return Paragraph(stamp, "stamp plain")
    title = "Generated data" if generated else "A shortened study"
    declared, shown = map(wording.grouped, (study.declared_runs, len(study.runs)))
    contents: list[Element] = []
    if brief:
        less = [
            *(["runs were cut short"] if short else []),
            *([f"of {declared} declared runs the study has {shown}"] if fewer else []),
        ]
        contents.append(Paragraph(_made_up(generated)) if generated else Paragraph(stamp, "stamp"))
        if less:
            what = wording.capitalised(" and ".join(less))
            contents.append(Paragraph(text(f"{what}: ", linked(_ANCHOR, "how far they went"), ".")))
        return Section(title, tuple(contents), f"brief-{_ANCHOR}", "budget")
    extents = tuple(_extents(source))
    said: list[Words] = [*extents]
    if generated:
        said.append(_made_up(generated))
    if short:
        asker = "their protocols ask for" if study.several_ways else "the study asks for"
        said.append(
            f"Runs were cut short of what {asker}, in epochs or in examples; "
            "closing windows are shortened with them."
        )
    if fewer:
        declared = wording.counted(study.declared_runs, "run")
        said.append(f"Of {declared} that the configuration declares, this study has {shown}.")
    if not extents:
        contents.append(Paragraph(stamp, "stamp"))
    return Section(title, (*contents, Bullets(tuple(said))), _ANCHOR, "budget")


def _extents(source: Source) -> Iterator[Text]:
    """How far the experiments went; nothing where all went as far under every protocol."""
    study = source.study
    alike: dict[tuple[tuple[tuple[str, ...], str], ...], list[str]] = {}
    for experiment in study.experiments.values():
        by_stamp: dict[str, list[str]] = {}
        for protocol in study.protocols:
            runs = study.runs_of(protocol, experiment.name)
            if runs:
                titles = by_stamp.setdefault(source.stamp(runs), [])
                titles += filter(None, [source.protocol_title(protocol)])
        members = tuple((tuple(titles), stamp) for stamp, titles in by_stamp.items())
        alike.setdefault(members, []).append(experiment.title)
    if len({stamp for members in alike for _, stamp in members}) < 2:
        return
    for members, experiments in alike.items():
        budgets = (
            f"{wording.joined(titles)}: {stamp}" if titles else stamp for titles, stamp in members
        )
        yield text(bold("; ".join(experiments)), f" {wording.DASH} {'; '.join(budgets)}.")


def _recorded(source: Source) -> Mapping[str, Mapping[str, object]]:
    """What the runs tell of each data set, those of the configuration first."""
    told = source.provenance.get("data") or {}
    return {name: told.get(name, {}) for name in (*source.study.data, *told)}


def _generated(source: Source) -> list[str]:
    """Names of the data sets that are made up."""
    declared = source.study.data
    return [
        name
        for name, told in _recorded(source).items()
        if declared.get(name, {}).get("source") == "generated" or told.get("generated")
    ]


def _data_notes(source: Source) -> dict[str, str]:
    """Remarks on the data, by data set."""
    declared = source.study.data
    notes = {
        name: str(told.get("note") or declared.get(name, {}).get("note") or "")
        for name, told in _recorded(source).items()
    }
    return {name: note for name, note in notes.items() if note}


def _status(source: Source) -> Iterator[Element]:
    """How many runs are in which state, and whether the report lacks any."""
    if source.runs is None:
        said = "The table of runs is missing, so that nothing can be said of single runs: "
        yield Paragraph(text(said, code("tables/runs.csv"), "."), "warning")
        return
    found = source.runs["status"].value_counts().to_dict()
    counts = {name: int(found[name]) for name in STATUSES if found.get(name)}
    states = (
        ("without a record" if name == "unknown" else name, count) for name, count in counts.items()
    )
    every = (("runs asked for", len(source.study.runs)), *states)
    tiles = tuple((name, wording.grouped(count)) for name, count in every)
    yield Tiles("Runs", tiles, "states")
    lacking = [
        wording.counted(counts[name], f"run {one}", f"runs {several}")
        for name, one, several in (
            ("failed", "has failed", "have failed"),
            ("missing", "is missing", "are missing"),
            ("damaged", "is damaged", "are damaged"),
        )
        if counts.get(name)
    ]
    if lacking:
        said = f"{wording.joined(lacking)}; averages and rankings are made without what is not"
        link = linked(problems.ANCHOR, "Which ones.")
        yield Paragraph(spaced(f"{said} there.", link), "remark")
