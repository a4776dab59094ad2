"""Tables and figures under their questions: how a configuration is written, made one flat form.

    questions:
      A2:
        title: Which is best?
        runs: [grid]
        tables:
          ranked: {kind: ranking, title: Ranked, metrics: [max_test_accuracy], sort_by: selection}

says `tables: {ranked: {question: A2, ...}}`, of the question's runs where it names no others.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.study.kinds import ROOMS


class PlacementError(NnreproError):
    """A table or figure stands in two places; the message begins with its key."""


def unfolded(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with its tables and figures in sections of their own.

    Raises:
        PlacementError: a table or figure stands in two places.
    """
    flat = dict(config)
    for room, question, specs in _under_questions(config):
        for name, spec in specs.items():
            key = f"questions.{question}.{room}.{name}"
            if name in (flat.get(room) or {}):
                raise PlacementError(f"{key}: stands elsewhere, too; leave out one of the two")
            if isinstance(spec, Mapping) and "question" in spec:
                raise PlacementError(f"{key}.question: it stands under one; leave the key out")
            own = {"question": question, **spec} if isinstance(spec, Mapping) else spec
            flat[room] = {**(flat.get(room) or {}), name: own}
        inner = flat["questions"][question]
        rest = {key: value for key, value in inner.items() if key != room}
        flat["questions"] = {**flat["questions"], question: rest}
    return flat


def flat_places(config: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, str]:
    """Places of a configuration's keys, by the keys that `unfolded` gives them."""
    moved = dict(places)
    for room, question, _ in _under_questions(config):
        inside = f"questions.{question}.{room}"
        if inside in places:
            moved.setdefault(room, places[inside])
        for key, place in places.items():
            if key.startswith(f"{inside}."):
                moved[f"{room}{key.removeprefix(inside)}"] = place
    return moved


def completed(config: Mapping[str, Any]) -> dict[str, Any]:
    """A flat configuration of the right shape without what is null, and with runs filled in.

    With a part its questions are left out, with a question its tables and figures. What names no
    runs is of those of its question.
    """
    parts, _ = _kept(config["parts"], "", ())
    questions, gone = _kept(config["questions"], "part", config["parts"].keys() - parts)
    full = {**config, "parts": parts, "questions": questions}
    for room in ROOMS:
        specs, _ = _kept(config[room], "question", gone)
        full[room] = {
            name: {"runs": asked["runs"], **spec} if "runs" in asked else dict(spec)
            for name, spec in specs.items()
            for asked in [questions.get(spec.get("question"), {})]
        }
    return full


def _kept(
    section: Mapping[str, Any], of: str, gone: Collection[str]
) -> tuple[dict[str, Any], set[str]]:
    """Entries that are neither null nor of what is left out, and the names of the others."""
    kept = {
        name: entry
        for name, entry in section.items()
        if entry is not None and (not of or entry.get(of) not in gone)
    }
    return kept, section.keys() - kept


def _under_questions(config: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Room, question and specs of all that stands under questions, as far as it has that shape."""
    questions = config.get("questions")
    for question, own in questions.items() if isinstance(questions, Mapping) else ():
        for room in ROOMS if isinstance(own, Mapping) else ():
            if isinstance(own.get(room), Mapping) and isinstance(config.get(room, {}), Mapping):
                yield room, question, own[room]
