"""Reading a claims file; every mistake in it is found here, before the first job."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnrepro.claims.claim import Claim, ClaimSet, PrintedList, PrintedMetric, Published
from nnrepro.claims.language import EXAMPLE, parse_comparisons, parse_settling, parse_where
from nnrepro.claims.tree import Combination, Node, Part, all_of, negated
from nnrepro.errors import Mistakes
from nnrepro.measures.expressions import Mistake, Reading, parse_measure, unit_of
from nnrepro.published.numbers import PRIMARY, PublishedError, load_published
from nnrepro.study.messages import nearest, one_of, undeclared
from nnrepro.study.schema import file_errors
from nnrepro.study.selectors import Selector
from nnrepro.study.study import Study
from nnrepro.yamlfile import YamlError, read_yaml


class ClaimsError(Mistakes):
    """A claims file is wrong; every mistake names claim and key."""


_WORDS = ("part", "question", "section", "kind", "why")
_COMBINATORS = ("all", "any", "at_least", "not")
_PLACE = re.compile(r"claims\.(\d+)(?:\.|: )")


def load_claims(path: Path | str, study: Study) -> ClaimSet:
    """Read and check a claims file.

    Raises:
        ClaimsError: the file is not there, is no YAML, or anything in it is wrong.
    """
    path = Path(path)
    try:
        content = read_yaml(path)
    except OSError as error:
        raise ClaimsError(f"{path} has", [f"the file cannot be read: {error.strerror}"]) from error
    except YamlError as error:
        raise ClaimsError(f"{path} has", [str(error)]) from error
    problems = file_errors("claims", content)
    if problems:
        raise ClaimsError(f"{path} has", [_placed(problem, content) for problem in problems])
    claims: dict[str, Claim] = {}
    published = None
    try:
        published = _published(content.get("published"), path, study)
    except Mistake as error:
        problems.append(f"published: {error}")
    for spec in content["claims"]:
        where = f"claim '{spec['id']}'"
        if spec["id"] in claims:
            problems.append(f"{where}: the id is used twice")
        try:
            claim = claims[spec["id"]] = _claim(spec, study.declared_protocols)
            problems += [f"{where}: {problem}" for problem in _references(claim, study)]
        except Mistake as error:
            problems.append(f"{where}: {error}")
    if problems:
        raise ClaimsError(f"{path} has", problems)
    return ClaimSet(tuple(claims.values()), published)


def _placed(problem: str, content: Mapping[str, Any]) -> str:
    """A message about the file's shape that names the claim by its id, and shows what it asks."""

    def whose(at: re.Match[str]) -> str:
        claim = content["claims"][int(at[1])]
        name = claim.get("id") if isinstance(claim, Mapping) else None
        return f"claim '{name}': " if name else f"claim number {int(at[1]) + 1}: "

    text = _PLACE.sub(whose, problem)
    of_a_part = ": decide." in text or ": report_also." in text
    return f"{text}; a part is written as in '{EXAMPLE}'" if of_a_part else text


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _claim(spec: Mapping[str, Any], protocols: Sequence[str]) -> Claim:
    if "protocol" not in spec and len(protocols) != 1:
        raise Mistake(f"the key 'protocol' is missing; declared: {one_of(protocols)}")
    return Claim(
        id=spec["id"],
        protocol=spec.get("protocol", protocols[0]),
        statement=spec["statement"],
        rule=_node(spec["decide"], "decide"),
        reported=tuple(_nodes(spec.get("report_also", []), "report_also")),
        test_set=spec.get("test_set", PRIMARY),
        numbers=tuple(map(str, _listed(spec.get("numbers", [])))),
        holds_in_own_numbers=str(spec.get("holds_in_own_numbers", "")).lower(),
        **{word: str(spec.get(word, "")) for word in _WORDS},
    )


def _nodes(specs: Sequence[Any], key: str) -> list[Node]:
    return [_node(spec, f"{key}.{place}") for place, spec in enumerate(specs)]


def _node(spec: Any, key: str) -> Node:
    """A part, several in a combination, or a list of which all must hold."""
    if isinstance(spec, list):
        return all_of(_nodes(spec, key))
    spec = {"that": spec} if isinstance(spec, str) else spec
    words = [word for word in spec if word in ("that", *_COMBINATORS)]
    if len(words) != 1 or (words != ["that"] and len(spec) > 1):
        allowed = one_of(_COMBINATORS)
        raise Mistake(f"{key}: give either 'that', as in '{EXAMPLE}', or one of {allowed}")
    (word,) = words
    inner, where = spec[word], f"{key}.{word}"
    match word:
        case "that":
            try:
                return _part(spec)
            except Mistake as error:
                raise Mistake(f"{key}: {error}") from error
        case "not":
            return negated(_node(inner, where))
        case "at_least":
            children = _nodes(inner["of"], f"{where}.of")
            if inner["count"] > len(children):
                raise Mistake(
                    f"{where}: {len(children)} parts, of which {inner['count']} must hold"
                )
            return Combination(tuple(children), inner["count"])
    children = _nodes(inner, where)
    return Combination(tuple(children), len(children) if word == "all" else 1)


def _part(spec: Mapping[str, Any]) -> Node:
    texts, name = _listed(spec["that"]), spec.get("name", "")
    settling = parse_settling(texts[0]) if len(texts) == 1 else {}
    if settling:
        parts = []
        for words, comparison in settling.items():
            curve = comparison.terms[0].measure.readings[0].curve
            parts.append(Part(f"{name}: {words}" if name else f"{curve} {words}", (comparison,)))
        return all_of(parts)
    comparisons = tuple(c for text in texts for c in parse_comparisons(text))
    units = {unit_of(comparison.value) for comparison in comparisons}
    if len(units) > 1:
        names = " and ".join(unit or "no unit" for unit in sorted(units))
        raise Mistake(
            f"that: numbers in {names} cannot be judged together; make them parts of their own"
        )
    where = parse_where(spec["where"]) if "where" in spec else None
    return Part(name or comparisons[0].name, comparisons, where, float(spec.get("tie", 0)))


def _references(claim: Claim, study: Study) -> Iterator[str]:
    """Names in a claim that the study does not declare."""
    yield from undeclared("protocol", claim.protocol, study.declared_protocols)
    if claim.section and study.declared_questions:
        yield from undeclared("section", claim.section, study.declared_questions)
    declared = study.declared_variants
    terms = [t for p in (*claim.deciding, *claim.further) for c in p.comparisons for t in c.terms]
    for text in dict.fromkeys(selector for term in terms for selector in term.selectors):
        problem = Selector.parse(text).problem(declared)
        if problem:
            yield problem
    for text in dict.fromkeys(selector for term in terms for selector in term.single):
        selector = Selector.parse(text)
        names = selector.named(declared.get(selector.experiment, ()))
        if len(names) > 1 and not selector.selected:
            yield f"'{text}' names {len(names)} variants; write mean({text}) or each({text})"


def _published(spec: Mapping[str, Any] | None, path: Path, study: Study) -> Published | None:
    """The section on printed numbers, and these numbers; None without one."""
    if spec is None:
        return None
    numbers = path.parent / spec["numbers"]
    try:
        printed = tuple(load_published(numbers, study, shared=True))
    except PublishedError as error:
        raise Mistake(f"numbers: {'; '.join(error.problems)}") from error
    selected = {}
    for protocol, experiments in spec.get("selected", {}).items():
        for experiment, variant in experiments.items():
            problem = Selector(experiment, variant).problem(study.declared_variants)
            if problem:
                raise Mistake(f"selected.{protocol}: {problem}")
            selected[protocol, experiment] = variant
    metrics = dict.fromkeys(number.metric for number in printed)
    return Published(
        numbers,
        printed,
        selected,
        tuple(_printed(item, metrics) for item in spec.get("quantities", [])),
        tuple(PrintedList(_printed(i, metrics), i["below"]) for i in spec.get("lists", [])),
    )


def _printed(item: Mapping[str, Any], metrics: Iterable[str]) -> PrintedMetric:
    name = item["metric"]
    if name not in metrics:
        raise Mistake(f"metric: no printed number is a '{name}'{nearest(name, metrics)}")
    measures = [parse_measure(text) for text in _listed(item["measures"])]
    for measure in measures:
        if not isinstance(measure.expression, Reading):
            raise Mistake(f"measures: '{measure.text}' must be a single function or quantity")
    notes = tuple(_listed(item.get("note", [])))
    return PrintedMetric(name, notes, tuple(measure.readings[0] for measure in measures))
