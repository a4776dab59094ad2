"""What is odd about prepared data: repeats, contradictions, leaks, texts that are lost.

Counted once, when data are prepared, over all examples; the counts stand in their description and
go into the records of the runs that read them.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from nnrepro.data.errors import DataError
from nnrepro.data.kinds import splits_of
from nnrepro.metrics.registry import CLASSIFICATION

COUNTS = "counts"
"""Where a description has them."""

_SPLITS = {"train": "training", "test": "test", "validation": "validation"}
_SIZES = tuple(f"{split}_examples" for split in _SPLITS)
_TELLING = 0.01
"""From this share on, an oddity bears on what a study finds."""

_REMARKS = {
    "{split}_blank": "cleaning leaves nothing of {count} of the {examples} {kind} texts",
    "{split}_mostly_dropped": (
        "cleaning drops more than half of the characters of {count} of the {examples} {kind} texts"
    ),
    "{split}_mostly_unknown": (
        "most of what {count} of the {examples} {kind} texts hold is outside the vocabulary of the "
        "training texts, and read alike"
    ),
    "{split}_in_training": "{count} of the {examples} {kind} examples are training examples, too",
    "test_in_validation": "{count} of the {examples} {kind} examples are validation examples, too",
    "{split}_repeated": "{count} of the {examples} {kind} examples repeat an earlier one",
    "train_contradicted_targets": (
        "{count} of the {examples} {kind} examples have the same content as one with another answer"
    ),
    "train_contradicted": (
        "{count} of the {examples} {kind} examples have the same content as one of another class"
    ),
    "{split}_unknown_categories": (
        "{count} of the {examples} {kind} examples have a text that no training example has"
    ),
    "{split}_dropped": "{count} rows beside the {examples} {kind} examples lack a value; left out",
    "test_of_unseen_classes": (
        "{count} of the {examples} {kind} examples are of a class without any training example"
    ),
    "test_missing_classes": (
        "classes with training examples of which none of the {examples} {kind} examples is: {count}"
    ),
    "train_classes_alike": (
        "classes whose names differ in capital letters, blanks or the way in which Unicode writes "
        "them alone: {count}"
    ),
    "test_one_class": "all of the {examples} {kind} examples are of one class",
    "train_constant_features": "features alike in all {examples} {kind} examples: {count}",
}


_OF_THE_WHOLE = frozenset(
    {"test_missing_classes", "train_classes_alike", "test_one_class", "train_constant_features"}
)
"""Remarks that count no examples."""

_STAND_IN = (
    "the images of {file}, which are not trained on, stand in for the official test batch: another "
    "draw from the same images, as their split into batches is random"
)


class DataRemark(NamedTuple):
    """Something odd about a data set, in words, and whether it bears on what is found."""

    message: str
    telling: bool


def counted(arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> dict[str, int]:
    """Count what is odd about arrays, typed as `nnrepro.data.kinds.typed` does it.

    Read of their description are `kind`, `task`, `name` and `classes`. Raises DataError where
    training on them is pointless: one class only, or every example the same.
    """
    train_y, test_y = arrays["train_y"], arrays["test_y"]
    name = f"data set '{meta.get('name')}'"
    refuse_one_class(train_y, name, meta.get("classes") or ())
    digests = {split: _digests(arrays[f"{split}_x"]) for split in splits_of(arrays)}
    train, test = digests["train"], digests["test"]
    if len(set(train)) == 1 and len(train) > 1:
        raise DataError(f"{name}: all {len(train)} training examples are the same.")
    labels: dict[bytes, set[bytes]] = {}
    for digest, label in zip(train, train_y, strict=True):
        labels.setdefault(digest, set()).add(label.tobytes())
    classes = meta.get("task", CLASSIFICATION) == CLASSIFICATION
    contradicted = "train_contradicted" if classes else "train_contradicted_targets"
    counts = {
        "train_repeated": len(train) - len(labels),
        "test_repeated": len(test) - len(set(test)),
        contradicted: sum(len(labels[digest]) > 1 for digest in train),
        "test_in_training": sum(digest in labels for digest in test),
    }
    if "validation" in digests:
        held_out = set(digests["validation"])
        counts["validation_in_training"] = sum(own in labels for own in digests["validation"])
        counts["test_in_validation"] = sum(digest in held_out for digest in test)
    if classes:
        counts["test_of_unseen_classes"] = int(np.count_nonzero(~np.isin(test_y, train_y)))
        counts["test_missing_classes"] = len(np.setdiff1d(train_y, test_y))
        if alike := classes_alike(meta.get("classes") or ()):
            counts["train_classes_alike"] = len(alike)
    if meta["kind"] == "floats":
        same = (arrays["train_x"] == arrays["train_x"][:1]).all(axis=0)
        counts["train_constant_features"] = int(np.count_nonzero(same))
    return counts


def classes_alike(names: Sequence[str]) -> list[str]:
    """Those names of classes that are another one's but for capitals, blanks or Unicode's form."""
    plain = [" ".join(unicodedata.normalize("NFC", name).casefold().split()) for name in names]
    often = Counter(plain)
    return [name for name, own in zip(names, plain, strict=True) if often[own] > 1]


def refuse_one_class(labels: np.ndarray, whose: str, names: Sequence[str] = ()) -> None:
    """Raise DataError where there are several labels, all the same: nothing to tell apart.

    `labels` are classes [n], or labels or targets [n, outputs]; `names` those of the classes.
    """
    if len(labels) > 1 and labels.ndim > 1 and (labels == labels[0]).all():
        raise DataError(
            f"{whose}: all {len(labels)} training examples have the same answer, "
            f"{labels[0].tolist()}, so that there is nothing to learn. Give others, too."
        )
    if len(labels) > 1 and (labels == labels[0]).all():
        named = f"'{names[labels[0]]}'" if names else labels[0]
        raise DataError(
            f"{whose}: all {len(labels)} training examples are of class {named}, so that there "
            "is nothing to learn. Give examples of other classes, too; where a study takes only "
            "the first of a data set, they must not be sorted by class."
        )


def refuse_blank(counts: Mapping[str, int], examples: Mapping[str, int], whose: str) -> None:
    """Raise DataError where cleaning leaves nothing of all training or all test texts."""
    for split, count in examples.items():
        if counts[f"{split}_blank"] == count:
            raise DataError(
                f"{whose}: cleaning leaves nothing of any of the {count} {_SPLITS[split]} texts, "
                "as it keeps a-z A-Z 0-9 ^ , . ' and space only. Other scripts need a "
                "preparation of their own."
            )


def examined(description: Mapping[str, Any]) -> dict[str, Any]:
    """What of a description `remarks` reads; empty where nothing was counted."""
    if COUNTS not in description:
        return {}
    sizes = [name for name in _SIZES if name in description]
    return {key: description[key] for key in (COUNTS, *sizes)}


def remarks(description: Mapping[str, Any]) -> list[DataRemark]:
    """What is odd, in words, the weightiest kind first; nothing where nothing is known.

    Read are `counts`, the numbers of examples and `test` of the description of prepared data, or of
    what `examined` and a run's record kept of it.
    """
    counts = description.get(COUNTS)
    odd = list(_remarks(counts, description)) if isinstance(counts, Mapping) else []
    tested: Mapping[str, Any] = description.get("test") or {}
    return [DataRemark(_STAND_IN.format(**tested), True), *odd] if tested.get("stands_in") else odd


def _remarks(counts: Mapping[str, Any], description: Mapping[str, Any]) -> Iterator[DataRemark]:
    for pattern, words in _REMARKS.items():
        for split, kind in _SPLITS.items():
            key = pattern.format(split=split)
            if not key.startswith(split):
                continue
            count, examples = counts.get(key), description.get(f"{split}_examples")
            if type(count) is not int or type(examples) is not int or not count or not examples:
                continue
            whole = key in _OF_THE_WHOLE
            message = words.format(count=f"{count:,}", examples=f"{examples:,}", kind=kind)
            yield DataRemark(message, whole or count >= _TELLING * examples)


def _digests(x: np.ndarray) -> Sequence[bytes]:
    """A digest of each example's content; -0.0 is 0.0."""
    rows = np.ascontiguousarray(x + 0.0 if x.dtype.kind == "f" else x).reshape(len(x), -1)
    return [blake2b(row.tobytes(), digest_size=16).digest() for row in rows]
