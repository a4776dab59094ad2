"""Raw inputs prepared as those were that a model was trained on, from their description alone.

A description of prepared data (`<name>.json`) says under `preparation` how its examples were made:

    {"form": "table", "features": [...]}                 columns by name: nnrepro.data.features
    {"form": "text", "level": "words", "length": 60}     texts of any language: nnrepro.data.tokens
    {"form": "study_text", "level": "words"}             texts as in the study: nnrepro.data.text
    {"form": "image", "fitted": true}                    images, maybe made alike before: pictures
    {"form": "array", "shape": [4], "mean": [...], "scale": [...]}    arrays, maybe scaled
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.data import features, pictures, text, tokens
from nnrepro.data.dataset import as_trained
from nnrepro.data.errors import DataError
from nnrepro.data.kinds import typed_examples
from nnrepro.data.table import is_missing
from nnrepro.study.messages import some_of

_WHERE = "the inputs"


class InputsWarning(UserWarning):
    """Inputs that can be prepared, and hold what training did not."""


def prepare_inputs(
    meta: Mapping[str, Any], raw: Any, settings: Mapping[str, Any] | None = None
) -> np.ndarray:
    """Raw inputs as the model reads them: float32 or int32, examples first.

    Args:
        meta: the description of the prepared data that the model was trained on.
        raw: of a table a data frame, columns by name, or mappings, one a row; texts, or a column
            with them; images as paths or as arrays uint8 [n, height, width] or [..., channels];
            arrays, where the data were arrays.
        settings: of the run, which may say the `layout` of its images.

    Raises:
        DataError: the description does not say how its examples were made, or what is given cannot
            be made alike; the message says what is missing.
    """
    made = meta.get("preparation") or {}
    form = made.get("form")
    if form not in _FORMS:
        raise DataError(
            f"data set '{meta.get('name')}' does not say how its examples were made, so that raw "
            "inputs cannot be made alike; give arrays of the form that the model reads instead"
        )
    x = _FORMS[form](raw, meta, made)
    if not len(x):
        raise DataError(f"{_WHERE}: there are none.")
    return as_trained(x, meta, {"layout": "planes", **(settings or {})})


def _table(raw: Any, meta: Mapping[str, Any], made: Mapping[str, Any]) -> np.ndarray:
    columns = {
        name: [_as_text(value).strip() for value in own] for name, own in _columns(raw).items()
    }
    x = features.encoded(made["features"], columns, _WHERE)
    for feature in made["features"]:
        _tell_unknown(feature, columns[feature["name"]])
    return x


def _warn(words: str) -> None:
    warnings.warn(f"{_WHERE}: {words}", InputsWarning, stacklevel=3)


def _tell_unknown(feature: features.Feature, values: Sequence[str]) -> None:
    """Warn of categories that no training row has, as a model takes all of them for none."""
    known = {*feature.get("categories", values)}
    others = [value for value in values if value not in known and not is_missing(value)]
    if others:
        _warn(
            f"'{feature['name']}' is {some_of(map(repr, others))} in {len(others)} of "
            f"{len(values)} rows, which it is in no training row, where it is "
            f"{some_of(map(repr, feature['categories']))}; the network takes it for none of these"
        )


def _columns(raw: Any) -> Mapping[str, Sequence[Any]]:
    """Columns by name, of a data frame, a mapping, or rows that are mappings."""
    if isinstance(raw, Mapping):
        return raw
    if hasattr(raw, "columns"):
        given = raw.astype(object).where(raw.notna(), None)
        return {str(name): given[name].tolist() for name in given.columns}
    rows = list(raw)
    if not all(isinstance(row, Mapping) for row in rows):
        raise DataError(f"{_WHERE}: rows must have their columns' names; give a data frame.")
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _as_text(value: Any) -> str:
    """A value as it would stand in a CSV file; empty where there is none."""
    if value is None or value != value:  # noqa: PLR0124  which is how a NaN is told
        return ""
    return str(value)


def _texts(raw: Any, made: Mapping[str, Any]) -> list[str]:
    named = isinstance(raw, Mapping) or hasattr(raw, "columns")
    if named:
        columns = _columns(raw)
        if made.get("column") not in columns:
            raise DataError(f"{_WHERE}: the column '{made.get('column')}' is missing.")
        raw = columns[made["column"]]
    if isinstance(raw, str):
        raise DataError(f"{_WHERE}: give a list of texts, where it is only one, too.")
    return [_as_text(value) for value in raw]


def _text(raw: Any, meta: Mapping[str, Any], made: Mapping[str, Any]) -> np.ndarray:
    own = _texts(raw, made)
    x = tokens.encoded(own, made["level"], meta["vocabulary"], made["length"])
    _tell_unread(own, x, meta, made)
    return x


def _study_text(raw: Any, meta: Mapping[str, Any], made: Mapping[str, Any]) -> np.ndarray:
    encode = {"characters": text.encoded_characters, "words": text.encoded_words}
    own = _texts(raw, made)
    x = encode[made["level"]](own, meta["vocabulary"])
    _tell_unread(own, x, meta, made)
    return x


def _tell_unread(
    own: Sequence[str], x: np.ndarray, meta: Mapping[str, Any], made: Mapping[str, Any]
) -> None:
    """Warn of texts in which nothing is known, as a model takes all of one length for the same."""
    apart = {tokens.PAD, tokens.UNKNOWN, text.EOS}
    known = [at for at, token in enumerate(meta["vocabulary"]) if {token.strip()} - {"", *apart}]
    unread = [each for each, row in zip(own, x, strict=True) if not np.isin(row, known).any()]
    if unread:
        _warn(
            f"{len(unread)} of {len(own)} texts have none of the {made['level']} that "
            f"training knew: {some_of(repr(each[:40]) for each in unread)}; what the network says "
            "of them, it says of any such text"
        )


def _image(raw: Any, meta: Mapping[str, Any], made: Mapping[str, Any]) -> np.ndarray:
    images = _pixels(raw)
    channels, *size = meta["image_shape"]
    others = [
        f"{height} x {width} pixels{' in colour' if own > channels else ''}"
        for height, width, own in (image.shape for image in images)
        if own > channels or [height, width] != size
    ]
    if others and not made.get("fitted"):
        _warn(
            f"{len(others)} of {len(images)} images are of another form than all that "
            f"were trained on: {some_of(others)}; they are made {size[0]} x {size[1]} pixels "
            f"{'in colour' if channels > 1 else 'of grey'}"
        )
    return pictures.rows(images, (size[0], size[1]), channels)


def _pixels(raw: Any) -> list[np.ndarray]:
    """Images uint8 [height, width, channels], from paths or an array."""
    if not isinstance(raw, np.ndarray):
        return [pictures.read(Path(place)) for place in _paths(raw)]
    if raw.dtype != np.uint8 or raw.ndim not in (3, 4):
        raise DataError(
            f"{_WHERE}: images are uint8 [n, height, width] or [n, height, width, channels], not "
            f"{raw.dtype} {list(raw.shape)}."
        )
    return list(raw[..., None] if raw.ndim == 3 else raw)


def _paths(raw: Any) -> Iterable[str | Path]:
    if isinstance(raw, str | Path):
        raise DataError(f"{_WHERE}: give a list of images, where it is only one, too.")
    return raw


def _array(raw: Any, meta: Mapping[str, Any], made: Mapping[str, Any]) -> np.ndarray:
    x = np.asarray(raw)
    if list(x.shape[1:]) != list(made["shape"]):
        raise DataError(
            f"{_WHERE}: examples have the shape {list(x.shape[1:])}, where those that were trained "
            f"on have {list(made['shape'])}."
        )
    return typed_examples(features.scaled(x, made) if "mean" in made else x, meta, _WHERE)


_FORMS = {
    "table": _table,
    "text": _text,
    "study_text": _study_text,
    "image": _image,
    "array": _array,
}
