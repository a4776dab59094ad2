"""The configuration from its sources: the study's file, overlays on it, and the command line.

Snakemake merges the same sources in the same order, but by YAML 1.1, with the last of two equal
keys, and with everything inside a list or a section of its command line as text. What is read here
means what its author wrote, and remembers where it stands. Paths in a file are meant from that file
on, those on the command line from the working folder on; the merged configuration has them all from
the working folder on.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.files import from_here
from nnrepro.project import SNAKEFILE
from nnrepro.study.folders import MANIFEST, STUDY_FILE, plugins_named
from nnrepro.study.questions import PlacementError, flat_places, unfolded
from nnrepro.yamlfile import Document, YamlError, parse_yaml, read_document

CONFIG_FILE = Path("config.yaml")
_LONGEST_SHOWN = 80
_OF_A_STUDY = ("data", "experiments")
"""Keys of a file that is a study by itself, where no other stands below it."""

_WITH_SETTINGS = ("settings", "protocols", "experiments")

_PATHS = (
    *(("archive",), ("container",), ("claims",)),
    *(("published", "results"), ("published", "inconsistencies")),
    *(("supplements", "*"), ("plugins", "*"), ("data", "*", "path"), ("data", "*", "*_path")),
)
"""The keys whose values are paths of files that are there; `results` is what will be made."""


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
        folder: the folder that the study's own file lies in.
    """

    values: dict[str, Any]
    places: Mapping[str, str] = field(default_factory=dict)
    file: Path = CONFIG_FILE
    folder: Path = Path()

    def over(self, base: "Configuration") -> "Configuration":
        """This configuration laid over another."""
        values = merge(base.values, self.values)
        return replace(base, values=values, places={**base.places, **self.places})

    def onto(self, study: "Configuration") -> "Configuration":
        """This configuration laid over a study's, whose settings go where null is laid over."""
        laid = self.over(study)
        gone = {
            section: _without_null_over(laid.values[section], study.values.get(section))
            for section in _WITH_SETTINGS
            if section in laid.values
        }
        return replace(laid, values={**laid.values, **gone})

    def from_here(self) -> "Configuration":
        """The same with paths from the working folder on, where they are from `folder` on."""
        return replace(self, values=paths_moved(self.values, self.folder, Path()))


def read_configuration(
    overlays: Iterable[Path],
    assignments: Iterable[str] = (),
    *,
    on_study: bool = True,
    study: Sequence[Path] | None = None,
) -> Configuration:
    """Merge the study's files, overlays in order, then `key=value` assignments; later ones win.

    Args:
        overlays: YAML or JSON files.
        assignments: top-level keys with values in YAML, for example `only={protocols: [tan]}`.
        on_study: whether they are laid over a study's files.
        study: those files. Without them it is `config.yaml` here, or where there is none the first
            overlay, if that has the keys of a study. The study that an archive keeps, if an archive
            or that file of it is named, takes their place, and its paths are meant as theirs.

    Raises:
        SourceError: a file cannot be read or holds no keys, or an assignment cannot be read.
        ArchiveError: the archive's study has plug-ins that nobody else has named.
    """
    overlays, files = [*overlays], [*(study or ())]
    named = [file for file in overlays if on_study and _is_kept(file)]
    overlays = [file for file in overlays if file not in named]
    if on_study and study is None:
        if CONFIG_FILE.exists():
            files = [CONFIG_FILE]
        elif overlays and all(key in read_source(overlays[0]).values for key in _OF_A_STUDY):
            files = [overlays.pop(0)]
    merged = Configuration({})
    for source in (*map(read_source, overlays), *map(_assigned, assignments)):
        merged = source.from_here().over(merged)
    if not on_study:
        return merged
    folder = files[0].parent if files else Path()
    if archived := _archived_study(merged.values, named):
        kept = replace(read_source(archived), folder=folder).from_here()
        kept.values.pop("notify", None)  # a command of whoever made the archive
        if "plugins" not in merged.values and (asked := listed(kept.values, "plugins")):
            own = [read_source(file).from_here().values for file in files]
            known = [file for values in own for file in listed(values, "plugins")]
            how = f"{_naming(archived, named)} 'plugins={{files}}'"
            kept.values["plugins"] = plugins_named(archived.parent, asked, known, how)
        return merged.onto(kept)
    if not files and study is None:
        raise SourceError(_no_study(overlays))
    below = Configuration({})
    for source in map(read_source, files):
        below = replace(source.from_here().onto(below), file=files[0], folder=folder)
    return merged.onto(below)


def listed(values: Mapping[str, Any], key: str) -> list[str]:
    """The words of a list in a configuration; none where it is of another form, which is told."""
    found = values.get(key)
    well = isinstance(found, list) and all(isinstance(item, str) for item in found)
    return list(found) if well and found else []


def _is_kept(file: Path) -> bool:
    """Whether a file is the study that an archive keeps."""
    return Path(file).name == STUDY_FILE and Path(file).with_name(MANIFEST).is_file()


def _archived_study(overlay: Mapping[str, Any], named: Sequence[Path]) -> Path | None:
    """The study that an archive keeps, of the archive or the file that is named."""
    archive = overlay.get("archive")
    if isinstance(archive, str) and "\0" not in archive and (Path(archive) / STUDY_FILE).is_file():
        named = [Path(archive) / STUDY_FILE, *named]
    if len(different := dict.fromkeys(file.resolve() for file in map(Path, named))) > 1:
        files = " and ".join(from_here(file) for file in different)
        raise SourceError(f"{files} are studies of two archives; name one of them")
    return Path(named[0]) if named else None


def _naming(archived: Path, named: Sequence[Path]) -> str:
    """What a call says to have an archive's study in place of its own."""
    if archived in named:
        return f"--configfile {archived} --config"
    return f"--config archive={archived.parent}"


def _no_study(overlays: Sequence[Path]) -> str:
    advice = f"call Snakemake in a folder with a study, or with --directory {SNAKEFILE.parent}"
    if overlays:
        advice += (
            f"; or let the first file of --configfile be a study by itself, with the keys "
            f"{' and '.join(_OF_A_STUDY)} ({from_here(overlays[0])} lacks one)"
        )
    return f"there is no {CONFIG_FILE} in {Path.cwd()}; {advice}"


def paths_moved(values: Mapping[str, Any], old: Path, new: Path) -> dict[str, Any]:
    """A configuration whose paths, relative to the folder `old`, are relative to `new` instead.

    Absolute paths and addresses stay, and so does what is no path, for the checks to tell.
    """
    before, after = Path(old).resolve(), Path(new).resolve()
    if before == after:
        return dict(values)

    def moved(path: Any) -> Any:
        if not isinstance(path, str) or not path.strip() or path.startswith("~") or "\0" in path:
            return path
        if "://" in path:
            return path
        return path if Path(path).is_absolute() else os.path.relpath(before / path, after)

    changed: Any = values
    for keys in _PATHS:
        changed = _at(changed, keys, moved)
    return dict(changed)


def _at(value: Any, keys: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """A value with all changed that keys lead to; `*` stands for anything in a key."""
    if not keys:
        return change(value)
    if isinstance(value, Mapping):
        return {
            name: _at(item, keys[1:], change) if fnmatchcase(str(name), keys[0]) else item
            for name, item in value.items()
        }
    if isinstance(value, list) and keys[0] == "*":
        return [_at(item, keys[1:], change) for item in value]
    return value


def read_source(file: Path) -> Configuration:
    """What one file says of the configuration, alone, with paths as they stand there.

    Raises:
        SourceError: it cannot be read, or holds no keys.
    """
    name = from_here(file)
    try:
        document = read_document(file)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror}") from error
    except YamlError as error:
        raise SourceError(f"{name}: {error}") from error
    if document.value is None:
        raise SourceError(f"{name} holds no keys; write some, or {{}}, or leave the file out")
    source = _configuration(document, name, lines=True)
    return replace(source, file=Path(file), folder=Path(file).parent)


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


def _without_null_over(merged: Any, below: Any) -> Any:
    """A merged section without the null that was laid over a value, but not over a section."""
    if not isinstance(merged, Mapping) or not isinstance(below, Mapping):
        return merged
    kept = (key for key in merged if merged[key] is not None or _no_value(below.get(key)))
    return {key: _without_null_over(merged[key], below.get(key)) for key in kept}


def _no_value(below: Any) -> bool:
    return below is None or isinstance(below, Mapping)


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
