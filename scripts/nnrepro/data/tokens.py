"""Texts of any language as ids of characters or of words, by what the training texts hold.

Letters are lower-cased, Unicode's ways of writing one character made one (NFC), white space made
single spaces. Words are runs of letters and digits with the marks that are set on them or join
them, such as vowel signs of Hindi and Thai; every other mark is a word of its own. Ids go by
falling frequency in the training texts after `<pad>` 0 and `<unk>` 1, those alike in the order of
their characters; texts are cut, or padded, to one length.
"""

import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

PAD, UNKNOWN = "<pad>", "<unk>"
LEVELS = ("characters", "words")

_SHORTEST, _LONGEST = 100, {"characters": 1000, "words": 400}
"""The length that texts get at least, and at most, where nobody says which."""
_COVERED = 0.95
"""The share of the training texts that are not cut then."""
_JOINERS = "\u200c\u200d"


def tokens(text: str, level: str) -> list[str]:
    """A text's characters or words."""
    clean = " ".join(unicodedata.normalize("NFC", text).lower().split())
    return _words().findall(clean) if level == "words" else list(clean)


@cache
def _words() -> re.Pattern[str]:
    # Python's \w has no combining marks: their categories are Mn, Mc and Me. The first is U+0300:
    # that most letters are below it is seen at once, that they are none of 2,400 is not.
    every = map(chr, range(sys.maxunicode + 1))
    marks = "".join(one for one in every if unicodedata.category(one).startswith("M")) + _JOINERS
    return re.compile(rf"\w+(?:(?=[^\0-\u02ff])[{marks}][\w{marks}]*)?|[^\w\s]")


def fitted(
    texts: Sequence[str], level: str, *, length: int | None, most: int
) -> tuple[list[str], int]:
    """The vocabulary of training texts, `most` tokens at most, and the length that texts get."""
    found = [tokens(text, level) for text in texts]
    frequency = Counter(token for own in found for token in own)
    ranked = sorted(frequency, key=lambda token: (-frequency[token], token))
    if length is None:
        lengths = sorted(map(len, found))
        covered = lengths[max(0, math.ceil(_COVERED * len(lengths)) - 1)]
        length = min(max(_SHORTEST, covered), _LONGEST[level])
    return [PAD, UNKNOWN, *ranked[: most - 2]], length


def encoded(texts: Sequence[str], level: str, vocabulary: Sequence[str], length: int) -> np.ndarray:
    """Texts as ids, int32 [n, length]."""
    ids: Mapping[str, int] = {token: at for at, token in enumerate(vocabulary)}
    rows = np.zeros((len(texts), length), np.int32)
    for row, text in zip(rows, texts, strict=True):
        own = [ids.get(token, 1) for token in tokens(text, level)[:length]]
        row[: len(own)] = own
    return rows


def mostly_unknown(x: np.ndarray) -> int:
    """How many texts, as `encoded` gives them, hold more that is unknown than known."""
    unknown = np.count_nonzero(x == 1, axis=1)
    return int(np.count_nonzero(2 * unknown > np.count_nonzero(x, axis=1)))
