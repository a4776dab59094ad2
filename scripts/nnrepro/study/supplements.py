"""Supplements: archives of other studies, whose parts a study's report shows after its own.

A supplement is carried out like any archived study, only that its results lie below those of the
study that it supplements.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.study.folders import STUDY_FILE, plugins_named
from nnrepro.study.paths import StudyPaths
from nnrepro.study.plugins import plugin_files
from nnrepro.study.sources import SourceError, listed, paths_moved, read_source
from nnrepro.study.study import Study


class SupplementError(NnreproError):
    """A supplement cannot be read; the message names its key in the configuration."""


def supplement_config(study: Study, name: str, folder: Path = Path()) -> dict[str, Any]:
    """The configuration of a supplement.

    That is the one that its archive keeps, without claims, inconsistencies and supplements: those
    are for a report of the archive by itself. Published numbers it has where they are the ones of
    the study that it supplements, and of these the ones about what it declares. Its plug-ins must
    be among those of that study.

    Args:
        study: the study that it supplements.
        name: one of `study.supplements`.
        folder: that of the study's own file, from which the supplement's paths are meant, too.

    Raises:
        SupplementError: the archive, or the configuration that it should keep, cannot be read.
        ArchiveError: it has plug-ins, and the study that it supplements does not name them.
    """
    archive = Path(study.supplements[name])
    own = paths_moved(_read(f"supplements.{name}", archive / STUDY_FILE), folder, Path())
    how = "under 'plugins' of the study that it supplements: {files}"
    plugins_named(archive, listed(own, "plugins"), plugin_files(), how)
    return {
        **own,
        **dict.fromkeys(("claims", "supplements")),
        **({"plugins": [*map(str, plugin_files())]} if plugin_files() else {}),
        "published": _published(study, own.get("published")),
        "archive": str(archive),
        "results": str(StudyPaths.of(study).supplement(name)),
        "allow_gaps": study.allow_gaps,
    }


def _published(study: Study, own: Any) -> dict[str, Any] | None:
    """The published numbers of a supplement whose archive names the same file as the study."""
    results = own.get("results") if isinstance(own, Mapping) else None
    if results is None or results != study.published.get("results"):
        return None
    own_examples = {name: list(sizes) for name, sizes in study.own_test_examples.items()}
    return {"results": results, "shared": True, "own_test_examples": own_examples}


def _read(key: str, file: Path) -> Mapping[str, Any]:
    try:
        return read_source(file).values
    except SourceError as error:
        raise SupplementError(
            f"{key}: {error}; name the folder of an archive that `make archive` has made, or leave "
            "the supplement out (`supplements: null` leaves out all)"
        ) from error
