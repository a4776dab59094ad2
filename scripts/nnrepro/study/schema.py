"""Checking the configuration's shape against `schemas/config.schema.yaml`.

The schema decides keys and types; messages are ours, because a JSON schema validator's own show the
whole sub-schema and stop at the first mistake.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from nnrepro.study.settings import nearest, number_hint, one_of

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


def load_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the configuration."""
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def shape_errors(config: Mapping[str, Any]) -> list[str]:
    """Every way in which the configuration departs from the schema, as messages, sorted by key."""
    validator = Draft202012Validator(load_schema())
    errors = sorted(validator.iter_errors(config), key=lambda e: [str(p) for p in e.absolute_path])
    return [message for error in errors for message in _messages(error)]


def with_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `config` with the schema's defaults filled in, also in nested sections."""
    return _fill(load_schema(), config)


def _fill(schema: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties")
    filled: dict[str, Any] = {}
    for key, item in value.items():
        inner = properties.get(key, others if isinstance(others, Mapping) else {})
        filled[key] = _fill(inner, item)
    for key, inner in properties.items():
        if key not in filled and "default" in inner:
            filled[key] = _fill(inner, inner["default"])
    return filled


def _messages(error: ValidationError) -> Iterator[str]:
    key = ".".join(str(part) for part in error.absolute_path) or "the configuration"
    schema: Any = error.schema
    rule: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "additionalProperties":
            allowed = list(schema.get("properties", {}))
            for unknown in sorted(set(instance) - set(allowed), key=str):
                where = f"{key}.{unknown}" if error.absolute_path else str(unknown)
                yield f"{where}: unknown key{nearest(unknown, allowed)}; allowed: {one_of(allowed)}"
        case "propertyNames" | "pattern":
            yield f"{key}: {instance!r} is no allowed name; {_name_rule(schema)}"
        case "required":
            missing = [name for name in rule if name not in instance]
            yield f"{key}: the key {one_of(missing)} is missing"
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            wanted = " or ".join(_TYPE_WORDS[kind] for kind in kinds)
            yield f"{key}: {instance!r} must be {wanted}{number_hint(instance)}"
        case "enum":
            allowed = [str(item) for item in rule]
            hint = nearest(str(instance), allowed)
            yield f"{key}: {instance!r} is not allowed{hint}; allowed: {one_of(allowed)}"
        case "minimum" | "exclusiveMinimum":
            word = "at least" if error.validator == "minimum" else "greater than"
            yield f"{key}: {instance!r} must be {word} {rule}"
        case "minItems" | "minProperties":
            yield f"{key}: is empty; give at least {rule}"
        case "uniqueItems":
            yield f"{key}: {instance!r} lists an item more than once"
        case _:
            yield f"{key}: {error.message}"


def _name_rule(schema: Mapping[str, Any]) -> str:
    return schema.get("description", "use letters, digits, '_', '-' and '.', a letter first")
