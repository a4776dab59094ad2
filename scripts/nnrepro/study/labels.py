"""Labels that people can tell apart."""

import unicodedata
from collections import Counter
from collections.abc import Sequence


def titled(name: str) -> str:
    """A name for readers: "Learning rate" of `learning_rate`."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def told_apart(labels: Sequence[str], *tellers: Sequence[str]) -> list[str]:
    """The labels, those that look the same with a word in brackets that tells them apart.

    Each of `tellers` has a word for every label; a later one is used where labels still look the
    same with the ones before.
    """
    shown = list(labels)
    for words in tellers:
        counts = Counter(map(_looks, shown))
        shown = [
            f"{label} ({word})" if counts[_looks(label)] > 1 else label
            for label, word in zip(shown, words, strict=True)
        ]
    return shown


def _looks(label: str) -> str:
    """What a reader sees of a label: spaces are all the same, and so are ways to write a letter."""
    return " ".join(unicodedata.normalize("NFKC", label).split())
