"""What was found when the runs and the data were read, and what could not be made of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nnrepro.document import wording
from nnrepro.document.elements import Bullets, Element, Paragraph, Section
from nnrepro.document.text import Text, Words, bold, code, joined, linked, text
from nnrepro.measures.inventory import damaged, failed
from nnrepro.report.source import Source
from nnrepro.study.paths import RUN_FILES

ANCHOR = "reading"


def problems(source: Source, unmade: Mapping[str, str]) -> Section | None:
    """Odd data, damaged, missing, further and additional runs; None where all is well.

    `unmade` tells why parts could not be made, by part.
    """
    found = tuple(_problems(source, unmade))
    if not found:
        return None
    return Section("What was read", found, ANCHOR, "back", listed=True)


def telling_data(source: Source) -> Text:
    """That something about the data bears on the numbers; nothing where nothing does."""
    arrays = dict.fromkeys(str(odd["arrays"]) for odd in _odd_data(source) if odd["telling"])
    if not arrays:
        return ()
    said = f"Something about the data bears on the numbers ({wording.joined(list(arrays))}). "
    return text(said, linked(ANCHOR, "What it is."))


def unfitting_runs(source: Source) -> Iterator[Text]:
    """That runs are on record as others than were asked for: those left out, those that count."""
    every = source.inventory.get("problems", ())
    if left := len(source.inventory.get("strangers", ())):
        runs = wording.counted(left, "run of the archive is", "runs of the archive are")
        said = f"{runs} left out, as made otherwise than the study's: "
        yield text(said, linked(ANCHOR, "which ones"), ".")
    odd = {p["run"] for p in every if p["file"] == RUN_FILES["record"] and p["status"] is None}
    if not odd:
        return
    records = "records of" if len(odd) > 1 else "record of"
    do = "do" if len(odd) > 1 else "does"
    said = (
        f"The {records} {wording.counted(len(odd), 'run')} {do} not fit the study or the others: "
    )
    yield text(said, linked(ANCHOR, "which ones"), ".")


def _problems(source: Source, unmade: Mapping[str, str]) -> Iterator[Section]:
    found = source.inventory
    every = found.get("problems", ())
    severe, broken = damaged(every), failed(every)
    missing = [problem["run"] for problem in every if problem["status"] == "missing"]
    told = (*severe, *broken)
    others = [item for item in every if item["status"] != "missing" and item not in told]
    runs, them = wording.counted(len(broken), "run"), "it" if len(broken) == 1 else "them"
    yield from _listed(
        "Failed runs",
        f"{runs} could not be trained. Everything else is made without {them}.",
        _remarks(source, broken),
        "warning",
    )
    yield from _listed(
        "Selections of nothing",
        "No variant of these could be chosen. What shows the chosen one, or depends on it, is left "
        "out.",
        _unmade((source.group_title(*key), why) for key, why in source.undecided.items()),
        "warning",
    )
    yield from _listed(
        "What could not be made",
        "Everything else is made without these.",
        _unmade(unmade.items()),
        "warning",
    )
    yield from _listed(
        "Data",
        "Counted over all prepared examples, of which a run may take the first only.",
        [f"{odd['arrays']}: {odd['message']}" for odd in _odd_data(source)],
    )
    histories = wording.counted(len(severe), "history is", "histories are")
    yield from _listed(
        "Damaged histories",
        f"{histories} damaged. No number of this report rests on what is named here.",
        _remarks(source, severe),
        "warning",
    )
    yield from _listed(
        "Missing runs",
        "The study asks for these runs, and there is no history of them. Everything else is made "
        "without them.",
        _names(missing),
    )
    yield from _listed(
        "Runs with several histories",
        "Of each run the longest history is used.",
        [_histories(source, item) for item in found.get("several", ())],
    )
    yield from _listed(
        "Runs that went on for longer",
        "A run that went on for longer than most of its experiment is compared with the others at "
        "the epochs that they have. By itself it is shown in full, and published numbers and "
        "claims about it alone are judged by all its epochs.",
        _longer(source),
    )
    yield from _listed(
        "Runs that are not the study's",
        "Their records tell of other data, or at further seeds of other settings, than those of "
        "the runs that the study asks for; nothing in this report is made from them.",
        _unmade(found.get("strangers", {}).items()),
        "warning",
    )
    yield from _listed(
        "Runs that are no part of this study",
        "The archive holds them; nothing in this report is made from them.",
        _names(found.get("extra", ())),
    )
    yield from _listed("Remarks", "", _remarks(source, others))


def _listed(title: str, said: str, items: Iterable[Words], role: str = "") -> Iterator[Section]:
    """A list under its title and what is said of it; nothing without items."""
    if listed := tuple(items):
        contents: tuple[Element, ...] = (Bullets(listed),)
        if said:
            contents = (Paragraph(said, role), *contents)
        yield Section(title, contents)


def _odd_data(source: Source) -> Iterator[Mapping[str, Any]]:
    recorded: Mapping[str, Any] = source.provenance.get("data") or {}
    for name in sorted(recorded):
        yield from recorded[name].get("remarks") or ()


def _remarks(source: Source, items: Iterable[Mapping[str, Any]]) -> Iterator[Text]:
    for item in items:
        run = linked(source.run_anchor(item["run"]), item["run"])
        yield text(run, f": {item['message']}")


def _unmade(reasons: Iterable[tuple[str, str]]) -> Iterator[Text]:
    for what, why in reasons:
        yield text(bold(what), f": {why}")


def _names(run_ids: Iterable[str]) -> Iterator[Text]:
    """Runs by protocol and experiment, in the order in which these come."""
    groups: dict[str, list[str]] = {}
    for run_id in run_ids:
        # By the text: a further run may lie in `seed007`, which is not the folder of seed 7.
        *group, variant, seed = run_id.split("/")
        groups.setdefault("/".join(group), []).append(f"{variant}/{seed}")
    for title, names in groups.items():
        count = wording.counted(len(names), "run")
        yield text(bold(title), f" ({count}): {', '.join(names)}")


def _histories(source: Source, item: Mapping[str, Any]) -> Text:
    """Which of several histories of a run is used, and which are not."""
    others = joined(", ", (_history(other) for other in item["others"]))
    run = linked(source.run_anchor(item["run"]), item["run"])
    return text(run, ": used ", _history(item), ", not ", others)


def _history(item: Mapping[str, Any]) -> Text:
    count = int(item["epochs"])
    epochs = wording.counted(count, "epoch") if count else "unreadable"
    return text(code(item["folder"]), f" ({epochs})")


def _longer(source: Source) -> Iterator[Text]:
    """Runs that are compared at fewer epochs than they have, by experiment and lengths."""
    groups: dict[tuple[str, int, int], list[str]] = {}
    longer = source.longer(source.study.runs, source.extent.compared_epochs)
    for run, epochs, compared in longer:
        group = f"{run.protocol}/{run.experiment}"
        groups.setdefault((group, epochs, compared), []).append(f"{run.variant}/seed{run.seed}")
    for (title, epochs, compared), names in groups.items():
        lengths = f"{wording.grouped(epochs)} epochs, compared at {wording.grouped(compared)}"
        yield text(bold(title), f": {', '.join(names)}: {lengths}")
