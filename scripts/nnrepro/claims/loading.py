"""Reading a claims file; every mistake in it is found here, before the first job."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nnrepro.claims.claim import OWN_NUMBERS, TEST_SETS, Claim, ClaimSet
from nnrepro.claims.errors import ClaimsError
from nnrepro.claims.predicates import PREDICATES, parse_predicate
from nnrepro.claims.printed import parse_published
from nnrepro.claims.section import Section
from nnrepro.claims.tree import ANY, AT_LEAST, COMBINATORS, NOT, Combination, Node, all_of, negated
from nnrepro.measures.expressions import Mistake
from nnrepro.published.comparison import ALL
from nnrepro.study.settings import nearest, one_of
from nnrepro.study.study import SELECTED, Study
from nnrepro.yamlfile import YamlError, read_yaml

_TOP = ("runs", "definitions", "published", "claims")
_NEEDED = ("id", "protocol", "statement", "decide")
_OPTIONAL = (
    "part",
    "question",
    "section",
    "kind",
    "subject",
    "predicate",
    "numbers",
    "test_set",
    "report_also",
    "holds_in_own_numbers",
    "why",
)


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
        content = read_yaml(path)
    except OSError as error:
        raise ClaimsError(path, [f"the file cannot be read: {error.strerror}"]) from error
    except YamlError as error:
        raise ClaimsError(path, [str(error)]) from error
    problems: list[str] = []
    try:
        top = Section.of(content, _TOP, ("claims",))
        if not isinstance(top.content["claims"], list):
            raise Mistake("claims: must be a list")
        published = parse_published(top.content.get("published"), path, study)
    except Mistake as error:
        raise ClaimsError(path, [str(error)]) from error
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
    numbers = section.content.get("numbers", [])
    return Claim(
        id=section.text("id"),
        protocol=section.text("protocol"),
        statement=section.text("statement"),
        rule=parse_rule(section.content["decide"], "decide"),
        reported=tuple(_nodes(section.content.get("report_also", []), "report_also")),
        part=section.text("part", ""),
        question=section.text("question", ""),
        section=section.text("section", ""),
        kind=section.text("kind", ""),
        test_set=section.choice("test_set", TEST_SETS, TEST_SETS[0]),
        numbers=tuple(str(item) for item in (numbers if isinstance(numbers, list) else [numbers])),
        holds_in_own_numbers=own,
        why=section.text("why", ""),
    )


def parse_rule(spec: Any, key: str) -> Node:
    """A rule: a list of nodes that must all hold, or one node.

    Raises:
        Mistake: anything is wrong in it.
    """
    return all_of(_nodes(spec, key)) if isinstance(spec, list) else _node(spec, key)


def _nodes(specs: Any, key: str) -> list[Node]:
    if not isinstance(specs, list):
        raise Mistake(f"{key}: must be a list")
    if not specs and key != "report_also":
        raise Mistake(f"{key}: is empty; give at least one part")
    return [_node(spec, f"{key}[{place}]") for place, spec in enumerate(specs, start=1)]


def _node(spec: Any, key: str) -> Node:
    words = (*COMBINATORS, *PREDICATES)
    if not isinstance(spec, Mapping):
        raise Mistake(f"{key}: {spec!r} must be a section with one of {one_of(words)}")
    found = [word for word in spec if word != "name"]
    unknown = [word for word in found if word not in words]
    if unknown:
        raise Mistake(
            f"{key}: '{unknown[0]}' is neither a predicate nor a combinator"
            f"{nearest(unknown[0], words)}; allowed: {one_of(words)}"
        )
    if len(found) != 1:
        raise Mistake(f"{key}: give exactly one predicate or combinator, not {one_of(found)}")
    word = found[0]
    where = f"{key}.{word}"
    if word == ALL:
        return all_of(_nodes(spec[word], where))
    if word == ANY:
        return Combination(tuple(_nodes(spec[word], where)), 1)
    if word == NOT:
        return negated(parse_rule(spec[word], where))
    if word == AT_LEAST:
        return _at_least(spec[word], where)
    try:
        return parse_predicate(word, spec[word], str(spec.get("name", "")))
    except Mistake as error:
        raise Mistake(f"{key}.{error}") from error


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
    if claim.protocol not in study.declared_protocols:
        names = study.declared_protocols
        yield (
            f"protocol: '{claim.protocol}' is not declared{nearest(claim.protocol, names)}; "
            f"declared: {one_of(names)}"
        )
    questions = study.declared_questions
    if questions and claim.section and claim.section not in questions:
        yield (
            f"section: '{claim.section}' is no question of the study"
            f"{nearest(claim.section, questions)}; questions: {one_of(questions)}"
        )
    selectors = [s for part in (*claim.deciding, *claim.further) for s in part.selectors]
    for selector in dict.fromkeys(selectors):
        yield from selector_problems(selector, study)


def selector_problems(selector: str, study: Study) -> Iterator[str]:
    """What is wrong with a selector."""
    experiment, _, pattern = selector.partition("/")
    declared = study.declared_variants
    if experiment not in declared:
        yield (
            f"'{selector}': no experiment '{experiment}'{nearest(experiment, declared)}; "
            f"declared: {one_of(declared)}"
        )
    elif pattern not in ("", SELECTED):
        names = declared[experiment]
        if not any(fnmatchcase(name, pattern) for name in names):
            yield (
                f"'{selector}' matches no variant of '{experiment}'{nearest(pattern, names)}; "
                f"variants: {one_of(names)}"
            )
