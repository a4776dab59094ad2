"""Reading a claims file; every mistake in it is found here, before the first job."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnrepro.claims.claim import (
    OWN_NUMBERS,
    TEST_SETS,
    Claim,
    ClaimSet,
    PrintedList,
    PrintedMetric,
    Published,
)
from nnrepro.claims.errors import ClaimsError
from nnrepro.claims.language import EXAMPLE, parse_comparisons, parse_settling, parse_where
from nnrepro.claims.tree import Combination, Node, Part, all_of, negated
from nnrepro.measures.expressions import Mistake, Reading, parse_measure
from nnrepro.published.numbers import PublishedError, load_published
from nnrepro.published.variants import declared_variants, selector_problem
from nnrepro.study.settings import nearest, one_of, quotation_hint, shown
from nnrepro.study.study import Study
from nnrepro.yamlfile import YamlError, read_yaml

_TOP = ("runs", "definitions", "published", "claims")
_NEEDED = ("id", "protocol", "statement", "decide")
_WORDS = ("part", "question", "section", "kind", "why")
_OPTIONAL = (*_WORDS, "numbers", "test_set", "report_also", "holds_in_own_numbers")
_COMBINATORS = ("all", "any", "at_least", "not")
_PART = ("that", "name", "tie", "where")
_PRINTED = ("metric", "note", "measures")


@dataclass(frozen=True)
class Section:
    """A mapping of a claims file; every reader raises `Mistake` with the key it is about."""

    content: Mapping[str, Any]

    @classmethod
    def of(cls, value: Any, allowed: Sequence[str], needed: Sequence[str] = ()) -> "Section":
        """A section whose keys have been checked.

        Raises:
            Mistake: no mapping, an unknown key, or a needed one is missing.
        """
        if not isinstance(value, Mapping):
            raise Mistake(f"{value!r} must be a section with keys: {one_of(allowed)}")
        for key in value:
            if key not in allowed:
                raise Mistake(
                    f"'{key}': unknown key{nearest(key, allowed)}; allowed: {one_of(allowed)}"
                )
        missing = [key for key in needed if key not in value]
        if missing:
            raise Mistake(f"the key {one_of(missing)} is missing")
        return cls(value)

    def text(self, key: str, default: str | None = None) -> str:
        """Text; a number is read as its digits, for a question named 2."""
        value = self.content.get(key, default)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Mistake(f"{key}: {value!r} must be text")
        return str(value)

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value not in allowed:
            raise Mistake(
                f"{key}: '{value}' is not allowed{nearest(value, allowed)}; "
                f"allowed: {one_of(allowed)}"
            )
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A number; text that spells one is text."""
        value = self.content.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise Mistake(f"{key}: {shown(value)} must be a number{quotation_hint(value, ('number',))}")

    def listed(self, key: str) -> list[Any]:
        """One item or a list of them; nothing without the key."""
        value = self.content.get(key, [])
        return value if isinstance(value, list) else [value]


def load_claims(path: Path | str, study: Study) -> ClaimSet:
    """Read and check a claims file.

    Args:
        path: the YAML file.
        study: the study whose protocols, experiments and variants the claims are about.

    Raises:
        ClaimsError: the file is not there, is no YAML, or anything in it is wrong.
    """
    path = Path(path)
    try:
        top = Section.of(read_yaml(path), _TOP, ("claims",))
        if not isinstance(top.content["claims"], list):
            raise Mistake("claims: must be a list")
        published = _published(top.content.get("published"), path, study)
    except OSError as error:
        raise ClaimsError(path, [f"the file cannot be read: {error.strerror}"]) from error
    except (YamlError, Mistake) as error:
        raise ClaimsError(path, [str(error)]) from error
    problems: list[str] = []
    claims: dict[str, Claim] = {}
    for place, spec in enumerate(top.content["claims"], start=1):
        name = spec.get("id") if isinstance(spec, Mapping) else None
        where = f"claim '{name}'" if name else f"claim number {place}"
        if name in claims:
            problems.append(f"{where}: the id is used twice")
        try:
            claim = _claim(spec)
            problems += [f"{where}: {problem}" for problem in _references(claim, study)]
            claims[claim.id] = claim
        except Mistake as error:
            problems.append(f"{where}: {error}")
    if problems:
        raise ClaimsError(path, problems)
    return ClaimSet(tuple(claims.values()), published)


def _claim(spec: Any) -> Claim:
    section = Section.of(spec, (*_NEEDED, *_OPTIONAL), _NEEDED)
    own = section.content.get("holds_in_own_numbers", "")
    own = str(own).lower() if isinstance(own, bool) else own
    if own not in ("", *OWN_NUMBERS):
        raise Mistake(f"holds_in_own_numbers: {own!r} must be one of {one_of(OWN_NUMBERS)}")
    return Claim(
        id=section.text("id"),
        protocol=section.text("protocol"),
        statement=section.text("statement"),
        rule=_rule(section.content["decide"], "decide"),
        reported=tuple(_nodes(section.content.get("report_also", []), "report_also")),
        test_set=section.choice("test_set", TEST_SETS, TEST_SETS[0]),
        numbers=tuple(map(str, section.listed("numbers"))),
        holds_in_own_numbers=own,
        **{word: section.text(word, "") for word in _WORDS},
    )


def _rule(spec: Any, key: str) -> Node:
    """A list of nodes that must all hold, or one node."""
    return all_of(_nodes(spec, key)) if isinstance(spec, list) else _node(spec, key)


def _nodes(specs: Any, key: str) -> list[Node]:
    if not isinstance(specs, list):
        raise Mistake(f"{key}: must be a list")
    if not specs and key != "report_also":
        raise Mistake(f"{key}: is empty; give at least one part")
    return [_node(spec, f"{key}[{place}]") for place, spec in enumerate(specs, start=1)]


def _node(spec: Any, key: str) -> Node:
    if isinstance(spec, str):
        spec = {"that": spec}
    try:
        section = Section.of(spec, (*_PART, *_COMBINATORS))
        words = [word for word in spec if word in ("that", *_COMBINATORS)]
        if len(words) != 1 or (words != ["that"] and len(spec) > 1):
            raise Mistake(f"give either 'that' or one of {one_of(_COMBINATORS)}")
    except Mistake as error:
        raise Mistake(f"{key}: {error}; a part is written as in '{EXAMPLE}'") from error
    if words == ["that"]:
        try:
            return _part(section)
        except Mistake as error:
            raise Mistake(f"{key}: {error}") from error
    (word,) = words
    where = f"{key}.{word}"
    if word == "not":
        return negated(_rule(spec[word], where))
    if word == "at_least":
        return _at_least(spec[word], where)
    children = _nodes(spec[word], where)
    return all_of(children) if word == "all" else Combination(tuple(children), 1)


def _part(section: Section) -> Node:
    texts = section.listed("that")
    name, tie = section.text("name", ""), section.number("tie", 0.0)
    where = parse_where(section.content["where"]) if "where" in section.content else None
    settling = parse_settling(texts[0]) if len(texts) == 1 else {}
    if settling:
        parts = []
        for words, comparison in settling.items():
            curve = comparison.terms[0].measure.readings[0].curve
            parts.append(Part(f"{name}: {words}" if name else f"{curve} {words}", (comparison,)))
        return all_of(parts)
    comparisons = tuple(c for text in texts for c in parse_comparisons(text))
    if not comparisons:
        raise Mistake("that: is empty; give at least one comparison")
    part = Part(name or comparisons[0].name, comparisons, where, tie)
    units = {Part("", (comparison,)).unit for comparison in comparisons}
    if len(units) > 1:
        raise Mistake(
            f"that: numbers in {' and '.join(sorted(units))} cannot be judged together; make them "
            "parts of their own"
        )
    return part


def _at_least(spec: Any, key: str) -> Node:
    try:
        section = Section.of(spec, ("count", "of"), ("count", "of"))
    except Mistake as error:
        raise Mistake(f"{key}: {error}") from error
    children = _nodes(section.content["of"], f"{key}.of")
    count = section.content["count"]
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= len(children):
        raise Mistake(f"{key}.count: {count!r} must be a whole number from 1 to {len(children)}")
    return Combination(tuple(children), count)


def _references(claim: Claim, study: Study) -> Iterator[str]:
    """Names in a claim that the study does not declare."""
    for key, name, declared in (
        ("protocol", claim.protocol, study.declared_protocols),
        ("section", claim.section, study.declared_questions),
    ):
        if name and declared and name not in declared:
            kind = "is no question of the study" if key == "section" else "is not declared"
            yield f"{key}: '{name}' {kind}{nearest(name, declared)}; declared: {one_of(declared)}"
    terms = [t for p in (*claim.deciding, *claim.further) for c in p.comparisons for t in c.terms]
    for selector in dict.fromkeys(selector for term in terms for selector in term.selectors):
        problem = selector_problem(selector, study)
        if problem:
            yield problem
    for selector in dict.fromkeys(selector for term in terms for selector in term.single):
        count = len(declared_variants(study, [selector], {selector.partition("/")[0]: ""}))
        if count > 1:
            both = f"mean({selector}) or each({selector})"
            yield f"'{selector}' names {count} variants; write {both}"


def _published(spec: Any, path: Path, study: Study) -> Published | None:
    """The section on printed numbers, and these numbers; None without one."""
    if spec is None:
        return None
    try:
        section = Section.of(spec, ("numbers", "selected", "quantities", "lists"), ("numbers",))
        numbers = path.parent / section.text("numbers")
        try:
            printed = tuple(load_published(numbers, study, shared=True))
        except PublishedError as error:
            raise Mistake(f"numbers: {'; '.join(error.problems)}") from error
        metrics = list(dict.fromkeys(number.metric for number in printed))
        return Published(
            numbers,
            printed,
            _selected(section.content.get("selected", {}), study),
            tuple(_metric(item, metrics) for item in section.listed("quantities")),
            tuple(_list(item, metrics) for item in section.listed("lists")),
        )
    except Mistake as error:
        raise Mistake(f"published: {error}") from error


def _selected(spec: Any, study: Study) -> dict[tuple[str, str], str]:
    chosen = {}
    for protocol, experiments in Section.of(spec, tuple(study.declared_protocols)).content.items():
        section = Section.of(experiments, tuple(study.declared_variants))
        for experiment in section.content:
            names = study.declared_variants[experiment]
            chosen[protocol, experiment] = section.choice(experiment, names, "")
    return chosen


def _metric(item: Any, metrics: Sequence[str]) -> PrintedMetric:
    return _printed(Section.of(item, _PRINTED, ("metric", "measures")), metrics)


def _list(item: Any, metrics: Sequence[str]) -> PrintedList:
    section = Section.of(item, (*_PRINTED, "below"), (*_PRINTED, "below"))
    return PrintedList(_printed(section, metrics), section.number("below"))


def _printed(section: Section, metrics: Sequence[str]) -> PrintedMetric:
    name = section.text("metric")
    if name not in metrics:
        raise Mistake(f"metric: no printed number is a '{name}'{nearest(name, metrics)}")
    measures = [parse_measure(text) for text in section.listed("measures")]
    for measure in measures:
        if not isinstance(measure.expression, Reading):
            raise Mistake(f"measures: '{measure.text}' must be a single function or quantity")
    readings = tuple(measure.readings[0] for measure in measures)
    return PrintedMetric(name, tuple(map(str, section.listed("note"))), readings)
