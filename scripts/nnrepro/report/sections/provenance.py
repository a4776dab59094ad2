"""Data, code, packages, machines and time behind the numbers, and how to make them again.

An archive need not tell more than histories; what nothing tells is unknown, never guessed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnrepro.document import wording
from nnrepro.document.elements import Code, Element, Facts, Paragraph, Section
from nnrepro.document.text import Words, code, plain, spaced, text
from nnrepro.report.exhibits import not_made
from nnrepro.report.source import Source
from nnrepro.tables.cards import data_card, model_cards

TITLE, ANCHOR = "Provenance", "provenance"

_COMMAND = "snakemake --cores all"
_REPORT_COMMAND = "make report ARCHIVE=path/to/the/archive"
_SECONDS_PER_HOUR = 3600
_UNKNOWN = wording.UNKNOWN

_PIXELS = {
    "official": "As published.",
    "jpeg": "Through JPEG once, at quality 75 with half the colour resolution.",
}
_OTHERS = "Other runs do not tell it."
_FACTS = {
    "python": "Python",
    "platform": "Platform",
    "devices": "Device",
    "threads": "Threads per run",
}
_SECONDS = {
    "setup": "Set-up",
    "training": "Training",
    "evaluation": "Evaluation",
    "total": "Total",
}


def provenance(source: Source) -> Section:
    """What the runs tell of their origin."""
    given = source.provenance
    seconds: Mapping[str, Any] = given.get("seconds") or {}
    times = [(title, wording.duration(seconds.get(n))) for n, title in _SECONDS.items()]
    contents = (
        Paragraph(
            "What the numbers in this report were made from, as the runs recorded it. What no "
            "run recorded is shown as unknown."
        ),
        Section("Data", tuple(_data(source)) or (Paragraph(_UNKNOWN),)),
        Section("Models", tuple(_models(source)) or (Paragraph(_UNKNOWN),)),
        Section("Code and machine", (_machine(given),)),
        Section(
            "Time, all runs together",
            (
                Facts(tuple((title, (time,)) for title, time in times), "facts"),
                Paragraph(energy(given.get("processor") or {}, source.study.watts_per_core)),
            ),
        ),
        Section("Making it again", tuple(_again(source))),
    )
    return Section(TITLE, contents, ANCHOR, "back", listed=True)


def no_provenance(why: str) -> Section:
    """The section where it could not be made."""
    return Section(TITLE, (Paragraph(not_made("section", why)),), ANCHOR, "back", listed=True)


def _data(source: Source) -> Iterator[Section]:
    """Data sets in the order of the configuration, then those that only the records name."""
    recorded: Mapping[str, Any] = source.provenance.get("data") or {}
    for name in dict.fromkeys((*source.study.data, *recorded)):
        item = recorded.get(name) or {}
        sums: Mapping[str, Any] = item.get("sha256") or {}
        told = [
            *((title, (said,)) for title, said in data_card(source.study, name, item).facts),
            *_examples(item),
            (
                "Checksums",
                tuple(text(f"{file} ", code(str(sums[file]))) for file in sorted(sums))
                or (_UNKNOWN,),
            ),
        ]
        facts = Facts(tuple((title, texts) for title, texts in told), "facts")
        yield Section(name, (facts,))


def _examples(item: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What became of pixels, and where test examples came from, as far as any run tells it."""
    for key, title, said in (
        ("pixels", "Pixels", lambda pixels: _PIXELS.get(pixels, str(pixels))),
        ("test", "Test examples", where_tested),
    ):
        if answers := item.get(key):
            yield title, tuple(_OTHERS if each is None else said(each) for each in answers)


def _models(source: Source) -> Iterator[Section]:
    """The cards of the models, where there is a table of variants."""
    table = source.variants
    if table is not None and "model" in table:
        for card in model_cards(source.study, table):
            facts = Facts(tuple((title, (said,)) for title, said in card.facts), "facts")
            yield Section(card.name, (facts,))


def where_tested(test: Mapping[str, Any]) -> str:
    """Where test examples came from, and which of them come first, as a record tells it."""
    sample: Mapping[str, Any] = test.get("sample") or {}
    said = f"Those of {test.get('file')}"
    if test.get("stands_in"):
        said += ", in place of the official test batch"
    if "file" in sample:
        return f"{said}; those of {sample['file']} come first."
    if "examples" in sample:
        each = f", {sample['per_class']} of each class" if sample.get("per_class") else ""
        drawn = wording.whole(sample["examples"])
        return f"{said}; {drawn}{each}, drawn with seed {sample.get('seed', 0)}, come first."
    return f"{said}."


def _machine(given: Mapping[str, Any]) -> Facts:
    packages: Mapping[str, Any] = given.get("packages") or {}
    versions = [f"{name} {_listed(packages[name])}" for name in sorted(packages)]
    code_sums = tuple(code(str(item)) for item in given.get("code") or ())
    facts = [(title, (_listed(given.get(name)),)) for name, title in _FACTS.items()]
    return Facts(
        (
            ("Code", code_sums or (_UNKNOWN,)),
            *facts,
            ("Packages", tuple(map(plain, versions)) or (_UNKNOWN,)),
        ),
        "facts",
    )


def energy(told: Mapping[str, Any], watts: float | None) -> Words:
    """What the time of the processors comes to, with what that rests on.

    `told` has the `seconds` for which `runs` had a processor, and how many `others` there are;
    `watts` are what a core at work is assumed to draw, None where nobody said.
    """
    seconds = told.get("seconds")
    if seconds is None:
        return "No energy is estimated: no run on a processor recorded how long it had one."
    runs = wording.counted(int(told.get("runs") or 0), "run")
    had = f"{runs} had a processor for {wording.duration(seconds)}."
    if watts is None:
        nobody_said = (
            "No energy is estimated: the configuration does not say what a core at work draws"
        )
        estimate: Words = text(f"{nobody_said} (", code("energy.watts_per_core"), ").")
    else:
        drawn = wording.energy(seconds * watts / _SECONDS_PER_HOUR)
        estimate = (
            f"At {wording.plain(watts)}\N{NO-BREAK SPACE}W for a core at work, which the "
            f"configuration assumes and nobody measured, that is {drawn}."
        )
    others = int(told.get("others") or 0)
    rest = (
        f"{wording.counted(others, 'further run')} recorded no such time or ran on another device, "
        f"and {'is' if others == 1 else 'are'} not in it."
    )
    return spaced(had, estimate, rest if others else ())


def _again(source: Source) -> Iterator[Element]:
    """The report from an archive where it was made from one; then everything, training too."""
    if source.study.archive is not None:
        from_archive = "This report was made from an archive of histories, without training."
        yield Paragraph(f"{from_archive} In the project\u2019s folder:")
        yield Code(_REPORT_COMMAND)
    anew = "All of it with every training, in the project\u2019s folder and with this study\u2019s"
    yield Paragraph(f"{anew} configuration:")
    yield Code(_COMMAND)
    kept = "Runs whose inputs have not changed are kept; only what a change affects is made again."
    yield Paragraph(kept)


def _listed(value: Any) -> str:
    """Distinct values as a list in words; what is absent or empty is unknown."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return wording.UNKNOWN if value is None or value == "" else str(value)
    return wording.joined([str(item) for item in value]) or wording.UNKNOWN
