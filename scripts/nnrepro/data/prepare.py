"""From a data set's section of the config to the prepared arrays that training reads.

A prepared data set is two files. `<name>.npz`, uncompressed, holds `train_x`, `train_y`, `test_x`
and `test_y`; `<name>.json` says what they are. Both depend on the source files and the config
alone, so the same input gives the same bytes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.data import cifar10, dbpedia, generated, text
from nnrepro.data.checksums import read_sums, sha256_of
from nnrepro.data.content import CONTENT, content_sha256
from nnrepro.data.download import download
from nnrepro.data.errors import DataError
from nnrepro.data.kinds import typed
from nnrepro.data.official import Official
from nnrepro.data.registry import Origin, prepares, register_origin
from nnrepro.data.soundness import COUNTS, counted, refuse_blank
from nnrepro.data.sources import Source
from nnrepro.files import atomic_write, write_json

_DESCRIBED = {
    *("name", "input", "kind", "num_classes", "vocabulary_size"),
    *("generated", "source", "sha256"),
}
_LEVELS = {"characters": text.character_ids, "words": text.word_ids}


@prepares("image", dataset="cifar10")
def prepare_cifar10(source: Mapping[str, Any], out_npz: Path, out_json: Path) -> None:
    """Prepare CIFAR-10: x uint8 [n, 3072], planes one after another as in the batches; y int32 [n].

    Args:
        source: the config section: `source` (folder, archive, download, generated), `path`,
            and where they apply `sha256`, `url` and `generate` (`train`, `test`, `seed`).
        out_npz: the arrays.
        out_json: their description.

    Raises:
        DataError: the section or a data file is not as it must be.
    """
    where = Source.from_config(source, "cifar10")
    if where.generation:
        generated.write_cifar10(where.path, **vars(where.generation))
    if where.kind in ("archive", "download"):
        path = _archive(where, cifar10.OFFICIAL)
        arrays, classes = cifar10.read_archive(path, where.sha256)
        used = [path]
    else:
        arrays, classes = cifar10.read_folder(where.path, _sums(where))
        used = cifar10.source_files(where.path)
    write_prepared(
        out_npz,
        out_json,
        arrays,
        {
            "name": out_npz.stem,
            "input": "image",
            "kind": "image",
            "image_shape": list(cifar10.IMAGE_SHAPE),
            "classes": classes,
            "num_classes": len(classes),
            "vocabulary_size": 0,
            **_provenance(where, used),
        },
    )


def prepare_dbpedia(source: Mapping[str, Any], level: str, out_npz: Path, out_json: Path) -> None:
    """Prepare DBpedia: x int32 ids [n, 100]; y int32 [n], labels 1 to 14 as they are.

    Args:
        source: the config section, as for `prepare_cifar10`.
        level: `characters` or `words`.
        out_npz: the arrays.
        out_json: their description.

    Raises:
        DataError: the section or a data file is not as it must be.
    """
    where = Source.from_config(source, "dbpedia")
    if where.generation:
        generated.write_dbpedia(where.path, **vars(where.generation))
    if where.kind in ("archive", "download"):
        path = _archive(where, dbpedia.OFFICIAL)
        splits, classes = dbpedia.read_archive(path, where.sha256)
        used = [path]
    else:
        splits, classes = dbpedia.read_folder(where.path, _sums(where))
        used = dbpedia.source_files(where.path)
    train, test = splits["train"], splits["test"]
    lost = text.lost({name: split.texts for name, split in splits.items()}, level)
    examples = {name: len(split.texts) for name, split in splits.items()}
    refuse_blank(lost, examples, f"data set '{out_npz.stem}'")
    train_x, test_x, vocabulary = _LEVELS[level](train.texts, test.texts)
    arrays = {
        "train_x": train_x,
        "train_y": train.labels,
        "test_x": test_x,
        "test_y": test.labels,
    }
    write_prepared(
        out_npz,
        out_json,
        arrays,
        {
            "name": out_npz.stem,
            "input": level,
            "kind": "ids",
            "classes": classes,
            "num_classes": len(classes),
            "vocabulary_size": len(vocabulary),
            "vocabulary": vocabulary,
            **_provenance(where, used),
        },
        counts=lost,
    )


@prepares("characters", dataset="dbpedia", basename="dbpedia_characters")
def prepare_dbpedia_characters(source: Mapping[str, Any], out_npz: Path, out_json: Path) -> None:
    """Prepare DBpedia as character ids; see `prepare_dbpedia`."""
    prepare_dbpedia(source, "characters", out_npz, out_json)


@prepares("words", dataset="dbpedia", basename="dbpedia_words")
def prepare_dbpedia_words(source: Mapping[str, Any], out_npz: Path, out_json: Path) -> None:
    """Prepare DBpedia as word ids; see `prepare_dbpedia`."""
    prepare_dbpedia(source, "words", out_npz, out_json)


def write_prepared(
    out_npz: Path,
    out_json: Path,
    arrays: Mapping[str, np.ndarray],
    meta: Mapping[str, Any],
    *,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Write a prepared data set, each file atomically and with the same bytes for the same input.

    What is odd about the arrays is counted into the description (`nnrepro.data.soundness`).

    Args:
        out_npz: path of the arrays.
        out_json: path of the description.
        arrays: `train_x`, `train_y`, `test_x`, `test_y`; x [n, features], y [n].
        meta: the description; `num_classes`, `classes`, `input`, `kind` (see `nnrepro.data.kinds`:
            `image` with `image_shape` = [channels, height, width], `ids` with `vocabulary_size`,
            or `floats`), `generated`, `source`, `sha256`. Numbers of examples and the sum of all
            this, `content_sha256`, are added.
        counts: what the preparation itself found odd, as `nnrepro.data.soundness` calls it.

    Raises:
        DataError: the arrays are not of that kind, the description lacks something, or training
            on them is pointless; nothing is written.
    """
    for key in sorted(_DESCRIBED - set(meta)):
        raise DataError(
            f"data set '{meta.get('name', out_npz.stem)}': its description lacks {key}."
        )
    arrays = typed(arrays, meta, f"data set '{meta.get('name', out_npz.stem)}'")
    odd = {**counted(arrays, meta), **(counts or {})}
    with atomic_write(out_npz) as temporary, open(temporary, "wb") as handle:
        np.savez(handle, **{name: arrays[name] for name in sorted(arrays)})  # type: ignore[arg-type]
    sizes = {f"{split}_examples": len(arrays[f"{split}_y"]) for split in ("train", "test")}
    described = {**meta, **sizes}
    content = content_sha256(arrays, described)
    write_json(out_json, {**described, COUNTS: odd, CONTENT: content})


def _archive(where: Source, official: Official) -> Path:
    """The archive's path, after fetching it where the config asks for that."""
    if where.kind == "archive":
        return where.path
    sums = official.accepted(official.archive, where.sha256)
    stated = dict(checksum.split(":") for checksum in sums)
    path = where.path / official.archive
    download(where.url or official.url, path, sha256=stated.get("sha256"), md5=stated.get("md5"))
    return path


def _sums(where: Source) -> Mapping[str, str]:
    """The checksums that the files may have beside the published ones."""
    if where.kind != "generated":
        return where.sha256
    if not generated.is_generated(where.path):
        raise DataError(
            f"{where.path} holds no generated data: {generated.MARKER} is missing. "
            "Give `generate`, with train, test and seed, to have it made."
        )
    return read_sums(where.path)


def _provenance(where: Source, used: list[Path]) -> dict[str, Any]:
    """What the metadata says of the files `used`; no path, so that it is the same everywhere."""
    made = where.kind == "generated" or generated.is_generated(used[0].parent)
    return {
        "generated": made,
        "source": f"{where.kind} (generated data)" if made else where.kind,
        "sha256": {path.name: sha256_of(path) for path in used},
    }


register_origin(
    Origin(
        dataset="cifar10",
        official=cifar10.OFFICIAL,
        files=cifar10.source_files,
        generate=generated.write_cifar10,
    )
)
register_origin(
    Origin(
        dataset="dbpedia",
        official=dbpedia.OFFICIAL,
        files=dbpedia.source_files,
        generate=generated.write_dbpedia,
    )
)
