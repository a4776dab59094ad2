"""Deciding claims, and the two tables in which the verdicts stand."""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nnrepro.claims.claim import Claim, ClaimSet
from nnrepro.claims.conditions import FAILS, NOT_TESTABLE, UNDECIDED
from nnrepro.claims.evidence import RunEvidence
from nnrepro.claims.judge import Finding, judge
from nnrepro.claims.own_numbers import OWN, PrintedNumbers, own_verdict
from nnrepro.claims.tree import Part, verdict
from nnrepro.measures.predictions import AnswersOf
from nnrepro.measures.runs import RunData, other_data
from nnrepro.published.numbers import COMPARISON
from nnrepro.statistics.paired import holm
from nnrepro.study.decisions import Decisions
from nnrepro.study.selectors import Selector
from nnrepro.study.study import Study
from nnrepro.tables.csvfile import tidy_types

CLAIM_COLUMNS = (
    *("id", "protocol", "part", "question", "section", "kind", "statement", "verdict", "reason"),
    *("cause", "decided_at", "selected_verdict", "deciding_part", "effect", "unit", "ci95_low"),
    *("ci95_high", "interval", "threshold", "runs", "seeds", "seeds_holding", "p", "p_holm"),
    *("published_verdict", "holds_in_own_numbers", "agrees_with_report", "why"),
)
PART_COLUMNS = (
    *("id", "protocol", "number", "name", "decides", "condition", "verdict", "reason", "weakest"),
    *("value", "threshold", "effect", "unit", "ci95_low", "ci95_high", "interval", "runs", "seeds"),
    *("seeds_holding", "p", "published_verdict"),
)


@dataclass(frozen=True, eq=False)
class OtherStudy:
    """A study beside the one at hand, which may have been carried out at a report's own selection.

    Its `runs` are those that could be read.
    """

    name: str
    study: Study
    runs: Sequence[RunData]
    decisions: Decisions

    def evidence(self, claim: Claim) -> RunEvidence:
        """What its runs say under a claim's protocol, on its test set."""
        larger = claim.test_set == COMPARISON
        return RunEvidence.of(self.runs, self.study, self.decisions, claim.protocol, larger=larger)


def decide_claims(
    claims: ClaimSet,
    runs: Sequence[RunData],
    study: Study,
    decisions: Decisions,
    answers: AnswersOf | None = None,
    *,
    others: Sequence[OtherStudy] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Decide every claim from reproduced runs, and from printed numbers where there are any.

    `answers` gives those of a run on the test examples, for comparisons of runs of one seed;
    without it their errors are taken as independent. `others` are studies in which a claim is
    decided that rests on a selection, if the report's own selection is theirs and not that of the
    study at hand.

    Returns:
        A table with a row per claim (`CLAIM_COLUMNS`) and one with a row per part
        (`PART_COLUMNS`), claims and parts in written order, of the protocols that the study
        has. Margins (`effect`) are positive where a condition is met.
    """
    printed: dict[str, PrintedNumbers] = {}
    if claims.published:
        for protocol in study.declared_protocols:
            printed[protocol] = PrintedNumbers.of(claims.published, study, protocol)
    cached = functools.cache(answers) if answers else None  # one run is in many comparisons
    bases: dict[tuple[str, str], RunEvidence] = {}
    rows, parts = [], []
    for claim in claims.claims:
        if claim.protocol not in study.protocols:
            continue  # the study at hand leaves the whole protocol out
        key = (claim.protocol, claim.test_set)
        if key not in bases:
            bases[key] = RunEvidence.of(
                runs,
                study,
                decisions,
                claim.protocol,
                larger=claim.test_set == COMPARISON,
                answers=cached,
            )
        own, own_parts = "", dict[int, str]()
        if claim.protocol in printed:
            own, own_parts = own_verdict(claim, printed[claim.protocol])
        here = bases[key]
        findings, place = _findings(claim, here), ""
        elsewhere = _other_selection(claim, here, printed.get(claim.protocol))
        note = "; ".join(
            f"decided at {experiment}/{here.selected[experiment]}, where the report has {theirs}"
            for experiment, theirs in elsewhere.items()
        )
        selected = ""
        for other in others:
            found = _at_the_reports(claim, other, elsewhere, here)
            if found is not None:
                selected = _verdict(claim, findings)
                ours = " and ".join(f"{name}/{here.selected[name]}" for name in elsewhere)
                place = " ".join(map("/".join, elsewhere.items()))
                findings = found
                note = (
                    f"decided at the report's own {place}, from {other.name}; at {ours}, which is "
                    f"selected here: {selected}"
                )
                break
        place = place or " ".join(f"{name}/{here.selected[name]}" for name in elsewhere)
        row = _claim_row(claim, findings, own, note)
        rows.append(row | {"decided_at": place, "selected_verdict": selected})
        parts += _part_rows(claim, findings, own_parts)
    table = pd.DataFrame(rows, columns=list(CLAIM_COLUMNS), dtype="object")
    table["p_holm"] = holm(math.nan if p is None else p for p in table["p"])
    details = pd.DataFrame(parts, columns=list(PART_COLUMNS), dtype="object")
    return tidy_types(table), tidy_types(details)


def _claim_row(
    claim: Claim, findings: Mapping[int, Finding], own: str, note: str
) -> dict[str, Any]:
    word = _verdict(claim, findings)
    decisive = _decisive(claim.deciding, findings, word)
    finding = findings[id(decisive)]
    agrees = None
    if word in OWN and own in OWN.values():
        agrees = OWN[word] == own
    reason = f"{decisive.name}: {finding.reason}" if len(claim.deciding) > 1 else finding.reason
    return {
        **vars(claim),
        "verdict": word,
        "reason": f"{reason}; {note}" if note else reason,
        "cause": finding.cause if word == UNDECIDED else "",
        "deciding_part": decisive.name,
        **_numbers(decisive, finding),
        "runs": " ".join(sorted({r for p in claim.deciding for r in findings[id(p)].runs})),
        # Of the part with the fewest, parts without runs set aside.
        "seeds": min((n for p in claim.deciding if (n := len(findings[id(p)].seeds))), default=0),
        "published_verdict": own,
        "agrees_with_report": agrees,
    }


def _part_rows(
    claim: Claim, findings: Mapping[int, Finding], own: Mapping[int, str]
) -> list[dict[str, Any]]:
    deciding = {id(part) for part in claim.deciding}
    rows = []
    for number, part in enumerate((*claim.deciding, *claim.further), start=1):
        finding = findings[id(part)]
        rows.append(
            {
                "id": claim.id,
                "protocol": claim.protocol,
                "number": number,
                "name": part.name,
                "decides": id(part) in deciding,
                "condition": part.text,
                "verdict": finding.verdict,
                "reason": finding.reason,
                "weakest": finding.subject,
                "value": _known(finding.value),
                **_numbers(part, finding),
                "runs": " ".join(finding.runs),
                "seeds": len(finding.seeds),
                "published_verdict": own.get(id(part)),
            }
        )
    return rows


def _numbers(part: Part, finding: Finding) -> dict[str, Any]:
    """The columns that both tables have for a part's margin."""
    margin = finding.margin
    return {
        "effect": None if margin is None else _known(margin.effect),
        "unit": part.unit,
        "ci95_low": None if margin is None else _known(margin.low),
        "ci95_high": None if margin is None else _known(margin.high),
        "interval": (margin.kind or None) if margin else None,
        "threshold": part.threshold,
        "seeds_holding": finding.holding if margin else None,
        "p": None if margin is None else _known(margin.p),
    }


def _decisive(parts: Sequence[Part], findings: Mapping[int, Finding], word: str) -> Part:
    """The part that a verdict rests on most: of those with that verdict, the closest call.

    Closeness is the margin in half widths of its interval. Where no part has the verdict (too few
    of several hold, say) all parts count.
    """
    wanted = [part for part in parts if findings[id(part)].verdict == word] or list(parts)

    def closeness(part: Part) -> float:
        margin = findings[id(part)].margin
        if margin is None:
            return math.inf
        reach = margin.effect - margin.low if margin.effect > 0 else margin.high - margin.effect
        if not math.isfinite(reach) or reach <= 0:
            return math.inf
        # The clearest failure decides a failure, the weakest support a success.
        return -abs(margin.effect) / reach if word == FAILS else abs(margin.effect) / reach

    return min(wanted, key=closeness)


def _findings(claim: Claim, evidence: RunEvidence) -> dict[int, Finding]:
    """What runs say about each part of a claim, by the part's identity."""
    return {id(part): judge(part, evidence) for part in (*claim.deciding, *claim.further)}


def _verdict(claim: Claim, findings: Mapping[int, Finding]) -> str:
    return verdict(claim.rule, {part: finding.verdict for part, finding in findings.items()})


def _other_selection(
    claim: Claim, evidence: RunEvidence, printed: PrintedNumbers | None
) -> dict[str, str]:
    """What the report selected, by the experiments that a claim rests on and that differ here."""
    if printed is None:
        return {}
    selectors = {s for part in claim.deciding for s in part.selectors}
    used = {own.experiment for own in map(Selector.parse, selectors) if own.selected}
    used |= _selecting(selectors, evidence)
    return {
        experiment: printed.selected[experiment]
        for experiment in sorted(used & evidence.selected.keys() & printed.selected.keys())
        if evidence.selected[experiment] != printed.selected[experiment]
    }


def _at_the_reports(
    claim: Claim, other: OtherStudy, selected: Mapping[str, str], here: RunEvidence
) -> dict[int, Finding] | None:
    """What another study says of a claim, if it was carried out as the report selected.

    None where it was not, lacks a run that the claim needs, or made one otherwise or on other data
    than the study at hand has it.
    """
    if not selected or claim.protocol not in other.study.protocols:
        return None
    evidence = other.evidence(claim)
    if any(evidence.selected.get(name) != variant for name, variant in selected.items()):
        return None
    findings = _findings(claim, evidence)
    deciding = [findings[id(part)] for part in claim.deciding]
    used = {variant for finding in deciding for variant in finding.runs}
    if any(finding.verdict == NOT_TESTABLE for finding in deciding):
        return None
    ours, theirs = (_settings(own, claim.protocol) for own in (here.study, other.study))
    alike = all(ours.get(name) == theirs[name] for name in used)
    return findings if alike and not _on_other_data(here, evidence, used) else None


def _on_other_data(here: RunEvidence, there: RunEvidence, variants: Iterable[str]) -> bool:
    """Whether two studies had different data for a variant of which both have a run."""
    pairs = [
        (next(iter(here.runs[name].values())), next(iter(there.runs[name].values())))
        for name in variants
        if here.runs.get(name) and there.runs.get(name)
    ]
    return any(other_data(one.data, other.data) for one, other in pairs)


def _settings(study: Study, protocol: str) -> dict[str, Mapping[str, Any]]:
    """The settings of each variant of a protocol, as declared."""
    return {
        f"{run.experiment}/{run.variant}": run.settings
        for run in study.runs
        if run.protocol == protocol
    }


def _selecting(selectors: Iterable[str], evidence: RunEvidence) -> set[str]:
    """Experiments that the runs of a claim take parameters from."""
    experiments = evidence.study.experiments
    named = {Selector.parse(selector).experiment for selector in selectors} & set(experiments)
    return {source for name in named if (source := experiments[name].selects_from)}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
