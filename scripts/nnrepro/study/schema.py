"""Checking the configuration's shape against `schemas/config.schema.yaml`.

The schema decides keys and types; messages are ours, because a JSON schema validator's own show the
whole sub-schema and stop at the first mistake.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from nnrepro.study.settings import nearest, one_of, quotation_hint, shown
from nnrepro.study.values import value_errors
from nnrepro.yamlfile import read_yaml

SCHEMA = Path(__file__).resolve().parents[3] / "schemas" / "config.schema.yaml"

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


@functools.cache
def load_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the configuration."""
    schema: dict[str, Any] = read_yaml(SCHEMA)
    return schema


def normalised(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `config` with the schema's defaults, and whole numbers written as such.

    Text stays text, also where it spells a number.
    """
    schema = load_schema()
    return _normalised(schema, config, schema["$defs"])


def shape_errors(config: Mapping[str, Any]) -> list[str]:
    """Every way in which the configuration departs from the schema, as messages, sorted by key."""
    problems = list(value_errors(config))
    if problems:
        return problems
    validator = Draft202012Validator(load_schema())
    errors = sorted(validator.iter_errors(config), key=lambda e: [str(p) for p in e.absolute_path])
    return [message for error in errors for message in _messages(error)]


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
    properties = schema.get("properties", {})
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


def _messages(error: ValidationError) -> Iterator[str]:
    key = ".".join(str(part) for part in error.absolute_path) or "the configuration"
    schema: Any = error.schema
    rule: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "additionalProperties":
            allowed = list(schema.get("properties", {}))
            yield from (
                f"{f'{key}.{unknown}' if error.absolute_path else unknown}: "
                f"unknown key{nearest(unknown, allowed)}; allowed: {one_of(allowed)}"
                for unknown in sorted(set(instance) - set(allowed), key=str)
            )
        case "propertyNames" | "pattern":
            yield f"{key}: {shown(instance)} is no allowed name; {_name_rule(schema)}"
        case "required":
            missing = [name for name in rule if name not in instance]
            yield f"{key}: the key {one_of(missing)} is missing"
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            hint = quotation_hint(instance, kinds)
            yield f"{key}: {shown(instance)} must be {_either(kinds)}{hint}"
        case "anyOf":
            yield from _messages_of_option(error, key, rule)
        case "enum":
            allowed = [str(item) for item in rule]
            hint = nearest(str(instance), allowed)
            yield f"{key}: {shown(instance)} is not allowed{hint}; allowed: {one_of(allowed)}"
        case "minimum" | "exclusiveMinimum" | "maximum" as bound:
            yield f"{key}: {instance!r} must be {_BOUNDS[bound]} {rule}"
        case "minItems" | "minProperties" | "maxItems" | "maxLength" | "uniqueItems":
            yield f"{key}: {_length_message(error.validator, rule, instance)}"
        case _:
            yield f"{key}: {error.message}"


def _length_message(validator: str, rule: Any, instance: Any) -> str:
    """What is wrong with how long a value is, or how often it says the same."""
    if validator == "uniqueItems":
        return f"{shown(instance)} lists an item more than once{_repeated(instance)}"
    if validator == "maxLength":
        return f"{instance[:20]!r}... is longer than {rule} characters; shorten it"
    if validator == "maxItems":
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


def _messages_of_option(error: ValidationError, key: str, rule: Any) -> Iterator[str]:
    """What is wrong with a value by the one schema of several that is for values of its form."""
    definitions = load_schema()["$defs"]
    options = [_resolved(option, definitions) for option in rule]
    for at, option in enumerate(options):
        if _may_hold(option, error.instance):
            for inner in error.context:
                if inner.relative_schema_path[0] == at:
                    yield from _messages(inner)
            return
    kinds = [option["type"] for option in options]
    flat = [kind for some in kinds for kind in ([some] if isinstance(some, str) else some)]
    yield f"{key}: {shown(error.instance)} must be {_either(flat)}"


def _name_rule(schema: Mapping[str, Any]) -> str:
    return schema.get("description", "use letters, digits, '_', '-' and '.', a letter first")
