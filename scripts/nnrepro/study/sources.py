"""The configuration from its sources: the study's file, overlays on it, and the command line.

Snakemake merges the same sources in the same order, but by YAML 1.1, with the last of two equal
keys, and with everything inside a list or a section of its command line as text. What is read here
means what its author wrote, and remembers where it stands.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.study.folders import STUDY_FILE
from nnrepro.study.questions import PlacementError, flat_places, unfolded
from nnrepro.yamlfile import Document, YamlError, parse_yaml, read_document

CONFIG_FILE = Path("config.yaml")
_LONGEST_SHOWN = 80
_PROJECT = Path(__file__).resolve().parents[3]


class SourceError(NnreproError):
    """A source of the configuration cannot be read; the message names it, and the line."""


@dataclass(frozen=True)
class Configuration:
    """The merged configuration.

    Attributes:
        values: what it says.
        places: where a key or list item stands, by the keys that lead to it with dots between,
            for example "config.yaml, line 12".
        file: the file that it is laid over, or was read from.
    """

    values: dict[str, Any]
    places: Mapping[str, str] = field(default_factory=dict)
    file: Path = CONFIG_FILE

    def over(self, base: "Configuration") -> "Configuration":
        """This configuration laid over another."""
        values = merge(base.values, self.values)
        return Configuration(values, {**base.places, **self.places}, base.file)


def read_configuration(
    overlays: Iterable[Path], assignments: Iterable[str] = (), *, on_study: bool = True
) -> Configuration:
    """Merge the study's file, overlays in order, then `key=value` assignments; later ones win.

    Args:
        overlays: YAML or JSON files.
        assignments: top-level keys with values in YAML, for example `only={protocols: [tan]}`.
        on_study: whether they are laid over the study's file: that of the archive that they name,
            where it has its own, else `config.yaml`.

    Raises:
        SourceError: a file cannot be read or holds no keys, or an assignment cannot be read.
    """
    merged = Configuration({})
    for source in [*map(read_source, overlays), *map(_assigned, assignments)]:
        merged = source.over(merged)
    return merged.over(read_source(_study_file(merged.values))) if on_study else merged


def _study_file(overlay: Mapping[str, Any]) -> Path:
    archive = overlay.get("archive")
    if isinstance(archive, str) and "\0" not in archive and (Path(archive) / STUDY_FILE).is_file():
        return Path(archive) / STUDY_FILE
    if not CONFIG_FILE.exists():
        raise SourceError(
            f"there is no {CONFIG_FILE} in {Path.cwd()}; call Snakemake in the project's folder or "
            f"with --directory {_PROJECT}, or keep a study of your own as {CONFIG_FILE} here"
        )
    return CONFIG_FILE


def read_source(file: Path) -> Configuration:
    """What one file says of the configuration, alone.

    Raises:
        SourceError: it cannot be read, or holds no keys.
    """
    name = _shown(file)
    try:
        document = read_document(file)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror}") from error
    except YamlError as error:
        raise SourceError(f"{name}: {error}") from error
    if document.value is None:
        raise SourceError(f"{name} holds no keys; write some, or {{}}, or leave the file out")
    return replace(_configuration(document, name, lines=True), file=Path(file))


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


def _assigned(assignment: str) -> Configuration:
    name = f"--config {assignment[:_LONGEST_SHOWN]}{'...' * (len(assignment) > _LONGEST_SHOWN)}"
    key, equals, text = assignment.partition("=")
    if not equals or not key:
        raise SourceError(f"{name}: write key=value")
    try:
        document = parse_yaml(text)
    except YamlError as error:
        remedy = f", inside those of the shell: --config '{key}=\"...\"'"
        advice = remedy if str(error).endswith("quotation marks") else ""
        raise SourceError(f"{name}: {str(error).removeprefix('line 1: ')}{advice}") from error
    below = {(key, *path): line for path, line in document.lines.items()}
    return _configuration(Document({key: document.value}, {(key,): 1, **below}), name, lines=False)


def _configuration(document: Document, name: str, *, lines: bool) -> Configuration:
    if not isinstance(document.value, dict):
        raise SourceError(f"{name} must hold keys at its top level, as {CONFIG_FILE} does")
    places = {
        ".".join(map(str, path)): f"{name}, line {line}" if lines else name
        for path, line in document.lines.items()
    }
    try:
        return Configuration(unfolded(document.value), flat_places(document.value, places))
    except PlacementError as error:
        place = re.sub(r", (line \d+)$", r": \1", places[str(error).partition(": ")[0]])
        raise SourceError(f"{place}: {error}") from error


def _shown(file: Path) -> str:
    """A file's path, from this folder on where it lies below."""
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
