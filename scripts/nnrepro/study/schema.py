"""Checking the configuration's shape against `schemas/config.schema.yaml`.

The schema decides keys and types; what tables and figures may say comes from the signatures of
their kinds. Messages are ours, because a JSON schema validator's own show the whole sub-schema and
stop at the first mistake.
"""

import functools
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from nnrepro.files import read_text
from nnrepro.project import PROJECT
from nnrepro.study.kinds import ROOMS, Kind, Kinds, kinds
from nnrepro.study.messages import choice, one_of, quotation_hint, shown
from nnrepro.study.metrics import ALL_DEFAULTS, METRIC_WORDS, schema_of
from nnrepro.study.options import FILE_SOURCES, SOURCES
from nnrepro.study.values import value_errors
from nnrepro.yamlfile import parse_yaml

SCHEMA = PROJECT / "schemas" / "config.schema.yaml"

_TYPE_WORDS = {
    "object": "a section with keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}

_BOUNDS = {"minimum": "at least", "exclusiveMinimum": "greater than", "maximum": "at most"}


_GENERATED = "  # Written by scripts/write_schema.py: what kinds take, and the metrics of runs.\n"


def schema_text() -> str:
    """The schema's file with what the library's kinds take as they are now.

    An editor completes these kinds, and lets those of a study's own files stand.
    """
    defined = load_schema()["$defs"]
    taken = {word: defined[word] for word in (*METRIC_WORDS, "data_set", *ROOMS.values())}
    apart = json.loads(json.dumps(taken))  # or YAML would make anchors of what is the same
    for word in ROOMS.values():
        kind = apart[word]["properties"]["kind"]
        kind["anyOf"] = [{"enum": kind.pop("enum")}, {"type": "string"}]
    lines = yaml.safe_dump(apart, sort_keys=False, default_flow_style=None, width=100)
    return f"{_by_hand()}{_GENERATED}{textwrap.indent(lines, '  ')}"


def _by_hand() -> str:
    return read_text(SCHEMA).partition(_GENERATED)[0]


@functools.cache
def _written() -> dict[str, Any]:
    """The schema's file without what the kinds take."""
    schema: dict[str, Any] = parse_yaml(_by_hand()).value
    return schema


def load_schema(
    catalogue: Kinds | None = None, metrics: Iterable[str] = ALL_DEFAULTS
) -> dict[str, Any]:
    """The configuration's JSON schema (draft 2020-12), with the kinds, and the metrics recorded."""
    catalogue = catalogue or {room: kinds(room) for room in ROOMS}
    schema = _written()
    taken = {word: _by_kind(word, catalogue[room]) for room, word in ROOMS.items()}
    taken["data_set"] = _by_source(kinds(SOURCES))
    return {**schema, "$defs": {**schema["$defs"], **schema_of(metrics), **taken}}


def _by_source(known: Mapping[str, Kind]) -> dict[str, Any]:
    """What a data set may say, from the signatures of the sources.

    Of a source that is not the library's the data set's own function knows what it may say.
    """
    common = {
        "source": {"description": "Where it comes from.", "type": "string", "minLength": 1},
        "note": {
            "description": "A remark that the report repeats, for example on what was changed.",
            "type": "string",
            "default": "",
        },
        "licence": {"description": "The licence of the data, for the report.", "type": "string"},
        "citation": {"description": "How the data are cited, for the report.", "type": "string"},
    }
    files = {"required": ["source"], "properties": {"source": {"enum": [*FILE_SOURCES]}}}
    return {
        "description": "Where a data set comes from.",
        "type": "object",
        "properties": {**common, "like": {"description": "A data set of files.", "type": "string"}},
        "if": {"required": ["like"], "not": {"required": ["source"]}},
        "then": {"$ref": "#/$defs/files"},
        "else": {"required": ["source"]},
        "allOf": [
            {"if": files, "then": {"$ref": "#/$defs/files"}},
            *_branches("source", "a data set of source", known, common),
        ],
    }


def _branches(
    key: str, whose: str, known: Mapping[str, Kind], common: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What is taken beside `common`, by the kind that stands under a key."""
    return [
        {
            "if": {"required": [key], "properties": {key: {"const": name}}},
            "then": {
                "title": f"{whose} '{name}'",
                "description": kind.summary,
                "required": [own for own, option in kind.options.items() if option.required],
                "additionalProperties": False,
                "properties": {
                    **kind.schemas,
                    **{own: {} for own in common},
                },
            },
        }
        for name, kind in known.items()
    ]


def experiment_keys() -> tuple[str, ...]:
    """What a section of an experiment may say beside settings."""
    return tuple(_written()["properties"]["experiments"]["additionalProperties"]["properties"])


def _by_kind(word: str, known: Mapping[str, Kind]) -> dict[str, Any]:
    """What a table or figure may say, from the signatures of their kinds."""
    common = {
        "question": {"description": "Section of the report.", "type": "string"},
        "kind": {"description": f"Kind of {word}.", "enum": list(known)},
        "title": {"description": "Heading.", "type": "string"},
        "runs": {"$ref": "#/$defs/selectors"},
    }
    return {
        "type": ["object", "null"],
        "required": ["kind"],
        "properties": common,
        "allOf": _branches("kind", f"a {word} of kind", known, common),
    }


def _of_its_kind(
    schema: Mapping[str, Any], section: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The options that a section has by its kind, or by its source."""
    for rule in schema.get("allOf", ()):
        ((key, allowed),) = rule["if"]["properties"].items()
        if section.get(key) in allowed.get("enum", [allowed.get("const")]):
            return _resolved(rule["then"], definitions)["properties"]
    return {}


def normalised(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `config` with the schema's defaults, and whole numbers written as such.

    Text stays text, also where it spells a number.
    """
    return _normalised(schema, config, schema["$defs"])


def shape_errors(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Every way in which the configuration departs from the schema, as messages, sorted by key."""
    problems = list(value_errors(config))
    if problems:
        return problems
    validator = Draft202012Validator(schema)
    errors = sorted(validator.iter_errors(config), key=lambda e: [str(p) for p in e.absolute_path])
    return [message for error in errors for message in _messages(error, schema["$defs"])]


@functools.cache
def _schema_of(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = parse_yaml(read_text(SCHEMA.with_name(f"{kind}.schema.yaml"))).value
    return schema


def file_errors(kind: str, content: Any) -> list[str]:
    """Every way in which a file departs from `schemas/<kind>.schema.yaml`, as `shape_errors`."""
    whole = "the configuration: "
    errors = shape_errors(content, _schema_of(kind))
    return [f"the file: {e.removeprefix(whole)}" if e.startswith(whole) else e for e in errors]


def _normalised(schema: Mapping[str, Any], value: Any, definitions: Mapping[str, Any]) -> Any:
    schema = _resolved(schema, definitions)
    options = [_resolved(option, definitions) for option in schema.get("anyOf", [])]
    schema = next((option for option in options if _may_hold(option, value)), schema)
    if isinstance(value, Mapping):
        return _normalised_section(schema, value, definitions)
    if isinstance(value, list):
        return [_normalised(schema.get("items", {}), item, definitions) for item in value]
    return _scalar(schema.get("type", []), value)


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with its reference to a definition, if it has one, followed."""
    if "$ref" not in schema:
        return schema
    return {**definitions[schema["$ref"].rpartition("/")[2]], **schema}


def _may_hold(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a schema is for values of this form: a section, a list, or a single value."""
    forms = {"object": Mapping, "array": list}
    form = forms.get(str(schema.get("type")))
    return isinstance(value, form) if form else not isinstance(value, Mapping | list)


def _normalised_section(
    schema: Mapping[str, Any], section: Mapping[str, Any], definitions: Mapping[str, Any]
) -> dict[str, Any]:
    properties = {**_of_its_kind(schema, section, definitions), **schema.get("properties", {})}
    others = schema.get("additionalProperties")
    others = others if isinstance(others, Mapping) else {}
    filled = {
        key: _normalised(properties.get(key, others), item, definitions)
        for key, item in section.items()
    }
    for key, inner in properties.items():
        if key not in filled and "default" in inner:
            filled[key] = _normalised(inner, inner["default"], definitions)
    return filled


def _scalar(kinds: str | list[str], value: Any) -> Any:
    """`value`, as a whole number where it is one and so wanted."""
    if isinstance(value, float) and value.is_integer() and "integer" in kinds:
        return int(value)  # else a seed of 1.0 would make a run id of its own
    return value


def _messages(error: ValidationError, definitions: Mapping[str, Any]) -> Iterator[str]:
    key = ".".join(str(part) for part in error.absolute_path) or "the configuration"
    schema: Any = error.schema
    whose = f" of {schema['title']}" if error.absolute_path and "title" in schema else ""
    rule: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "additionalProperties":
            allowed = list(schema.get("properties", {}))
            yield from (
                f"{f'{key}.{unknown}' if error.absolute_path else unknown}: "
                f"unknown key{whose}{choice(unknown, allowed)}"
                for unknown in sorted(set(instance) - set(allowed), key=str)
            )
        case "propertyNames" | "pattern":
            yield f"{key}: {shown(instance)} is no allowed name; {_name_rule(schema)}"
        case "required":
            missing = [name for name in rule if name not in instance]
            yield f"{key}: the key {one_of(missing)}{whose} is missing"
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            hint = quotation_hint(instance, kinds)
            yield f"{key}: {shown(instance)} must be {_either(kinds)}{hint}"
        case "anyOf":
            yield from _messages_of_option(error, key, rule, definitions)
        case "enum":
            allowed = [shown(item) if isinstance(item, bool) else str(item) for item in rule]
            yield f"{key}: {shown(instance)} is not allowed{choice(instance, allowed)}"
        case "minimum" | "exclusiveMinimum" | "maximum" as bound:
            yield f"{key}: {instance!r} must be {_BOUNDS[bound]} {rule}"
        case (
            "minItems"
            | "minProperties"
            | "maxItems"
            | "maxProperties"
            | "maxLength"
            | "uniqueItems"
        ):
            yield f"{key}: {_length_message(error.validator, rule, instance)}"
        case _:
            yield f"{key}: {error.message}"


def _length_message(validator: str, rule: Any, instance: Any) -> str:
    """What is wrong with how long a value is, or how often it says the same."""
    if validator == "uniqueItems":
        return f"{shown(instance)} lists an item more than once{_repeated(instance)}"
    if validator == "maxLength":
        return f"{instance[:20]!r}... is longer than {rule} characters; shorten it"
    if validator in ("maxItems", "maxProperties"):
        return f"{shown(instance)} has {len(instance)} items, more than {rule}"
    count = f"has {len(instance)} of at least {rule}" if instance else "is empty"
    return f"{count}; give at least {rule}"


def _repeated(items: Iterable[Any]) -> str:
    """The first item that was there before, for a message; nothing where none can be told."""
    seen: set[tuple[bool, Any]] = set()
    for item in items:
        key = (isinstance(item, bool), str(item) if isinstance(item, Mapping | list) else item)
        if key in seen:
            return f": {shown(item)}"
        seen.add(key)
    return ""


def _either(kinds: Iterable[str]) -> str:
    return " or ".join(_TYPE_WORDS[kind] for kind in dict.fromkeys(kinds))


def _messages_of_option(
    error: ValidationError, key: str, rule: Any, definitions: Mapping[str, Any]
) -> Iterator[str]:
    """What is wrong with a value by the one schema of several that is for values of its form."""
    options = [_resolved(option, definitions) for option in rule]
    for at, option in enumerate(options):
        if _may_hold(option, error.instance):
            for inner in error.context:
                if inner.relative_schema_path[0] == at:
                    yield from _messages(inner, definitions)
            return
    kinds = [option["type"] for option in options]
    flat = [kind for some in kinds for kind in ([some] if isinstance(some, str) else some)]
    yield f"{key}: {shown(error.instance)} must be {_either(flat)}"


def _name_rule(schema: Mapping[str, Any]) -> str:
    return schema.get("description", "use letters, digits, '_', '-' and '.', a letter first")
