"""The data sets that the library has functions for: CIFAR-10 and DBpedia, as in the study."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from nnrepro.data import cifar10, dbpedia, generated, pictures, text
from nnrepro.data.checksums import read_sums, sha256_of
from nnrepro.data.official import Origin
from nnrepro.data.prepare import write_prepared
from nnrepro.data.soundness import refuse_blank

Ids = Callable[[Sequence[str], Sequence[str]], tuple[np.ndarray, np.ndarray, list[str]]]
"""Turns training and test texts into ids, with the vocabulary."""


def prepare_cifar10(source: Mapping[str, Any], out_npz: Path, out_json: Path) -> None:
    """Prepare CIFAR-10: x uint8 [n, 3072], planes one after another as in the batches; y int32 [n].

    `source` is the config section as it stands where the files are: `source` (folder, archive,
    generated), `path`, and where it applies `sha256`, by file name, `test_file`, `test_sample` and
    `pixels`. Of generated data the test examples are taken as they stand. Raises DataError where a
    data file is not as it must be.
    """
    chosen = {
        name: source[name]
        for name in ("test_file", "test_sample")
        if source.get(name) and source["source"] != "generated"
    }
    arrays, classes, origin = _read(source, cifar10, **chosen)
    if source.get("pixels") == "jpeg":
        for name in ("train_x", "test_x"):
            arrays[name] = pictures.through_jpeg(arrays[name], cifar10.IMAGE_SHAPE)
        origin["pixels"] = "jpeg"
    elif not source.get("sha256") and not origin["generated"]:
        origin["pixels"] = "official"
    if chosen:
        origin["test"] = cifar10.told_of_test(
            chosen.get("test_file", cifar10.TEST_FILE),
            chosen.get("test_sample"),
            [*origin["sha256"]],
        )
    described = {
        "name": out_npz.stem,
        "input": "image",
        "kind": "image",
        "image_shape": list(cifar10.IMAGE_SHAPE),
        "classes": classes,
        "num_classes": len(classes),
        "vocabulary_size": 0,
        "preparation": {"form": "image"},
        **origin,
    }
    write_prepared(out_npz, out_json, arrays, described)


def prepare_dbpedia_characters(source: Mapping[str, Any], out_npz: Path, out_json: Path) -> None:
    """Prepare DBpedia: x int32 character ids [n, 100]; y int32 [n], labels 1 to 14 as they are."""
    _prepare_dbpedia("characters", text.character_ids, source, out_npz, out_json)


def prepare_dbpedia_words(source: Mapping[str, Any], out_npz: Path, out_json: Path) -> None:
    """Prepare DBpedia: x int32 word ids [n, 100]; y int32 [n], labels 1 to 14 as they are."""
    _prepare_dbpedia("words", text.word_ids, source, out_npz, out_json)


def _prepare_dbpedia(
    level: str, ids: Ids, source: Mapping[str, Any], out_npz: Path, out_json: Path
) -> None:
    splits, classes, origin = _read(source, dbpedia)
    train, test = splits["train"], splits["test"]
    lost = text.lost({name: split.texts for name, split in splits.items()}, level)
    examples = {name: len(split.texts) for name, split in splits.items()}
    refuse_blank(lost, examples, f"data set '{out_npz.stem}'")
    train_x, test_x, vocabulary = ids(train.texts, test.texts)
    arrays = {"train_x": train_x, "train_y": train.labels, "test_x": test_x, "test_y": test.labels}
    described = {
        "name": out_npz.stem,
        "input": level,
        "kind": "ids",
        "classes": classes,
        "num_classes": len(classes),
        "vocabulary_size": len(vocabulary),
        "vocabulary": vocabulary,
        "preparation": {"form": "study_text", "level": level},
        **origin,
    }
    write_prepared(out_npz, out_json, arrays, described, counts=lost)


def _read(
    source: Mapping[str, Any], reader: ModuleType, **options: Any
) -> tuple[Any, list[str], dict[str, Any]]:
    """What the module of a data set reads, its class names, and what is told of the files.

    No path is told, so that the description is the same everywhere.
    """
    kind, path, sums = source["source"], Path(source["path"]), source.get("sha256")
    if kind == "archive":
        used = [path]
        content, classes = reader.read_archive(path, sums, **options)
    else:
        if kind == "generated":
            sums = read_sums(path)
        used = reader.source_files(path, **options)
        content, classes = reader.read_folder(path, sums, **options)
    made = kind == "generated" or generated.is_generated(used[0].parent)
    origin = {
        "generated": made,
        "source": f"{kind} (generated data)" if made else kind,
        "sha256": {file.name: sha256_of(file) for file in used},
    }
    return content, classes, origin


SHIPPED = {
    "cifar10": Origin(
        dataset="cifar10",
        official=cifar10.OFFICIAL,
        prepare={"image": prepare_cifar10},
        files=cifar10.source_files,
        generate=generated.write_cifar10,
        options=cifar10.OPTIONS,
        problems_of=cifar10.option_problems,
    ),
    "dbpedia": Origin(
        dataset="dbpedia",
        official=dbpedia.OFFICIAL,
        prepare={"characters": prepare_dbpedia_characters, "words": prepare_dbpedia_words},
        files=dbpedia.source_files,
        generate=generated.write_dbpedia,
    ),
}
