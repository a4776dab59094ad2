"""What is said under figures and tables, and in place of those that could not be made."""

from collections.abc import Iterable, Sequence

from nnrepro.document import wording
from nnrepro.document.text import Text, bold, plain, text
from nnrepro.report import evidence
from nnrepro.report.source import Source
from nnrepro.study.run import Run


def longer_notes(source: Source, runs: Iterable[Run]) -> tuple[Text, ...]:
    """That some of the runs of a table or figure went on for longer than they are compared at."""
    groups: dict[tuple[int, int], list[str]] = {}
    for run, epochs, compared in source.longer(runs):
        groups.setdefault((epochs, compared), []).append(run.label)
    return tuple(
        plain(
            f"{', '.join(dict.fromkeys(labels))} went on to {wording.grouped(epochs)} epochs; "
            f"compared here at {wording.grouped(compared)}, as most others have no more."
        )
        for (epochs, compared), labels in groups.items()
    )


def nothing_selected(source: Source, protocol: str, selectors: Sequence[str]) -> tuple[Text, ...]:
    """That a table or figure lacks a variant which should have been selected, and why."""
    return tuple(
        text("Nothing was selected from ", bold(experiment), f": {why}")
        for experiment, why in source.undecided_among(protocol, selectors).items()
    )


def not_made(source: Source, kind: str, *parts: str) -> tuple[Text, ...]:
    """Why a table or figure could not be made; nothing where it failed in none of its parts."""
    why = source.why_failed(*parts)
    return () if why is None else (evidence.not_made(kind, why),)
