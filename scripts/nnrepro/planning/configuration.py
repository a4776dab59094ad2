"""The configuration as Snakemake would merge it from `config.yaml`, overlays and `--config`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from nnrepro.errors import NnreproError
from nnrepro.yamlfile import YamlError, read_yaml


class PlanError(NnreproError):
    """A plan cannot be made from what was asked for."""


def read_configuration(files: Iterable[Path], assignments: Iterable[str] = ()) -> dict[str, Any]:
    """Merge configuration files in order, then `key=value` assignments; later ones win.

    Args:
        files: YAML or JSON files, the base first.
        assignments: top-level keys with values in YAML, for example `only={protocols: [tan]}`.

    Raises:
        PlanError: a file is missing or no section of keys, or an assignment cannot be read.
    """
    merged: dict[str, Any] = {}
    for file in files:
        merged = merge(merged, _read(file))
    for assignment in assignments:
        merged = merge(merged, _assigned(assignment))
    return merged


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """`base` under `overlay`: sections are merged key by key, everything else is replaced."""
    merged = dict(base)
    for key, value in overlay.items():
        below = merged.get(key)
        if isinstance(value, Mapping):
            merged[key] = merge(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content = read_yaml(file)
    except OSError as error:
        raise PlanError(f"{file} cannot be read ({error.strerror}); check --configfile") from error
    except YamlError as error:
        raise PlanError(f"{file} is no YAML: {error}") from error
    if not isinstance(content, Mapping):
        raise PlanError(f"{file} must hold keys at its top level, as config.yaml does")
    return content


def _assigned(assignment: str) -> Mapping[str, Any]:
    key, equals, text = assignment.partition("=")
    if not equals or not key:
        raise PlanError(f"--config {assignment}: write key=value")
    try:
        return {key: yaml.safe_load(text)}
    except yaml.YAMLError as error:
        raise PlanError(f"--config {assignment}: the value is no YAML: {error}") from error
