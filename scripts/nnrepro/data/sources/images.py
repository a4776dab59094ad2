"""Data sets of source `images`: a folder of images for each class."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nnrepro.data import pictures, splits
from nnrepro.data.checksums import sha256_of
from nnrepro.data.content import Content
from nnrepro.data.errors import DataError
from nnrepro.study.kinds import source
from nnrepro.study.messages import one_of
from nnrepro.study.options import SPLIT, Place, Size, Split

_PARTS = {"train": "train", "test": "test", "validation": "validation", "val": "validation"}
"""Folders that hold examples split already, and what they are for."""
_MOST_BYTES = 2**32

Files = dict[str, list[tuple[Path, str]]]
"""Image files with their class, by part."""


def _problems(options: Mapping[str, Any]) -> list[str]:
    """Files in place of folders, and shares that are none."""
    files = [
        f"{name}: {str(options[name])!r} is a file, where a folder is wanted"
        for name in ("path", "test_path", "validation_path")
        if options.get(name) and Path(options[name]).is_file()
    ]
    return [*files, *splits.share_problems(options), *splits.nothing_to_test_on(options)]


@source(inputs="image", problems=_problems)
def images(
    _: str,
    *,
    path: Place,
    size: Size | None = None,
    colour: Literal["any", "rgb", "grey"] = "any",
    test_path: Place | None = None,
    validation_path: Place | None = None,
    split: Split = SPLIT,
) -> Content:
    """A folder with a folder of images for each class, or with train, test and validation first.

    Args:
        path: The folder.
        size: Height and width that all images are scaled to; without it that of the images.
        colour: In colour (`rgb`) or `grey`; `any` is in colour if one of the images is.
        test_path: A further folder to test on.
        validation_path: A further folder to validate by.
        split: How examples are split, by shares below 1 or numbers.
    """
    places = {"train": path, "test": test_path, "validation": validation_path}
    given = {name: Path(place) for name, place in places.items() if place is not None}
    files = _found(given, {**SPLIT, **split})
    pixels = _read(files, (size[0], size[1]) if size else None, grey=colour == "grey")
    height, width = _one_size(files, pixels)
    coloured = any(each.shape[-1] == 3 for own in pixels.values() for each in own)
    channels = 3 if coloured or colour == "rgb" else 1
    x = {name: pictures.rows(own, (height, width), channels) for name, own in pixels.items()}
    classes = sorted({name for _, name in files["train"]})
    ids = {name: at for at, name in enumerate(classes)}
    y = {
        part: np.array([ids[_known(name, ids, file)] for file, name in own], np.int32)
        for part, own in files.items()
    }
    if len(files) < 3:
        contents = [row.tobytes() for row in x["train"]]
        labels, asked = y["train"].tolist(), {**SPLIT, **split}
        x, y = splits.split_arrays(x, y, contents, labels, where=path, asked=asked)
    described = {
        "kind": "image",
        "image_shape": [channels, height, width],
        "classes": classes,
        "num_classes": len(classes),
        "vocabulary_size": 0,
        "preparation": {"form": "image", "fitted": size is not None or colour != "any"},
        "sha256": {place.name: _sum_below(place, files) for place in given.values()},
    }
    return Content.of(x, y, described)


def _found(given: Mapping[str, Path], asked: Mapping[str, Any]) -> Files:
    """The image files by part; a part that the folder has already is taken as it is."""
    folders = [place for place in _entries(given["train"]) if place.is_dir()]
    if "train" in [folder.name for folder in folders]:
        others = [folder.name for folder in folders if folder.name not in _PARTS]
        if others:
            raise DataError(
                f"{given['train']}: holds the folder 'train' and the folder '{others[0]}'; give a "
                f"folder with {one_of(_PARTS)} alone, or one with a folder for each class"
            )
        parts = [(_PARTS[folder.name], folder) for folder in folders]
        given, further = dict(parts), [own for own in given.items() if own[0] != "train"]
        for part, place in (*parts, *further):
            if given.setdefault(part, place) != place:
                raise DataError(
                    f"{given[part]} and {place} are both {part} examples; keep one of them"
                )
    files = {
        part: _of_classes(given[part]) for part in ("train", "test", "validation") if part in given
    }
    if not asked["validation"]:
        files.pop("validation", None)
    return files


def _of_classes(folder: Path) -> list[tuple[Path, str]]:
    """The images below a folder with the names of their classes, by path."""
    classes = _entries(folder)
    loose = [place for place in classes if not place.is_dir()]
    if loose or not classes:
        told = f"holds the file {loose[0].name!r}" if loose else "is empty"
        raise DataError(f"{folder}: {told}; it must hold a folder of images for each class, alone.")
    found = []
    for place in classes:
        files = _entries(place)
        if not files:
            raise DataError(f"{place}: holds no images; add some, or remove it.")
        for file in files:
            if file.is_dir():
                raise DataError(
                    f"{file}: is a folder, where images of the class '{place.name}' are wanted; "
                    "folders of parts are called train, test and validation"
                )
            if file.suffix.lower() not in pictures.SUFFIXES:
                raise DataError(
                    f"{file}: is no image by its name ({', '.join(pictures.SUFFIXES)}); remove it"
                )
        found += [(file, place.name) for file in files]
    return found


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, by name, but for names that begin with a dot."""
    try:
        return sorted(place for place in folder.iterdir() if not place.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read as a folder: {error.strerror}.") from error


def _read(files: Files, size: tuple[int, int] | None, *, grey: bool) -> dict[str, list[np.ndarray]]:
    """The pixels of all files; those that are scaled are never there in full at the same time."""
    pixels: dict[str, list[np.ndarray]] = {part: [] for part in files}
    total = 0
    for part, own in files.items():
        for file, _ in own:
            image = pictures.read(file)
            height, width, channels = image.shape
            scaled = pictures.resized(image, size or (height, width), 1 if grey else channels)
            pixels[part].append(scaled)
            total += scaled.nbytes
            if total > _MOST_BYTES:
                raise DataError(
                    f"{file}: up to here {total / 2**30:.1f} GiB of pixels; give a smaller size"
                )
    return pixels


def _one_size(files: Files, pixels: Mapping[str, list[np.ndarray]]) -> tuple[int, int]:
    """The size that all images have."""
    sizes: dict[tuple[int, int], Path] = {}
    for part, own in pixels.items():
        for (file, _), each in zip(files[part], own, strict=True):
            sizes.setdefault(each.shape[:2], file)
    if len(sizes) > 1:
        (one, first), (other, second) = [*sizes.items()][:2]
        raise DataError(
            f"{first} is {one[0]} x {one[1]} pixels (height x width), {second} {other[0]} x "
            f"{other[1]}; give one size for all, for example size: [{one[0]}, {one[1]}]"
        )
    return next(iter(sizes))


def _known(name: str, ids: Mapping[str, int], file: Path) -> str:
    if name not in ids:
        raise DataError(f"{file}: no training image is of the class '{name}'; give some.")
    return name


def _sum_below(place: Path, files: Files) -> str:
    """One sum of all images below a folder, of their names and what they hold."""
    digest = hashlib.sha256()
    for file in sorted({file for own in files.values() for file, _ in own}):
        if file.is_relative_to(place):
            digest.update(f"{file.relative_to(place)}\0{sha256_of(file)}\0".encode())
    return digest.hexdigest()
