r"""The study's text preparation: paragraphs to character ids and to word ids.

Both levels first drop every character outside `a-z A-Z 0-9 ^ , . '` and space, then lower-case.

Characters: the sorted set of the characters of train + test gives the ids (from 0); a paragraph is
cut, or padded with spaces, to 100.

Words: what is outside `A-Za-z0-9(),!?'` `` ` `` `"` (after the first step: `^` and `.`) becomes a
space, runs of spaces are squeezed, and NLTK splits the rest into words. Ids go by falling frequency
over train + test, after `<pad>` 0, `<unk>` 1 and `<eos>` 2; words of equal frequency stand in the
order of their first appearance, train before test. `<eos>` is appended, and only then is the
paragraph cut or padded to 100, so a paragraph of 100 words or more ends without `<eos>`.

The study calls NLTK's `word_tokenize`, which splits sentences with the trained English Punkt model
and then words with `NLTKWordTokenizer`. Here `NLTKWordTokenizer` is called directly, which needs no
model data and gives the same tokens: Punkt ends sentences at `.`, `!` and `?` only, whatever its
training, and none of the three survives the two cleaning steps, so every paragraph is one sentence.
"""

import importlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

MAX_LENGTH = 100
PAD, UNK, EOS = "<pad>", "<unk>", "<eos>"
SPECIAL_WORDS = (PAD, UNK, EOS)

_OUTSIDE_CHARACTERS = re.compile(r"[^a-zA-Z0-9^,.' ]")
_OUTSIDE_WORDS = re.compile(r"[^A-Za-z0-9(),!?'`\"]")
_SPACES = re.compile(r"\s{2,}")


def clean_characters(text: str) -> str:
    """Drop every character outside `a-z A-Z 0-9 ^ , . '` and space, and lower-case the rest."""
    return _OUTSIDE_CHARACTERS.sub("", text).lower()


def clean_words(text: str) -> str:
    """Clean `text` as for characters, then replace what no word holds by single spaces."""
    return _SPACES.sub(" ", _OUTSIDE_WORDS.sub(" ", clean_characters(text))).strip()


def tokenize(text: str) -> list[str]:
    """The words of a paragraph, cleaned by `clean_words`."""
    return _tokenizer().tokenize(clean_words(text))


def character_ids(
    train: Sequence[str], test: Sequence[str], length: int = MAX_LENGTH
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Paragraphs as character ids, int32 [n, length], train and test; and the characters by id."""
    cleaned = [[clean_characters(text) for text in texts] for texts in (train, test)]
    used = set().union(*(set(text) for texts in cleaned for text in texts))
    if any(len(text) < length for texts in cleaned for text in texts):
        used.add(" ")
    vocabulary = sorted(used)
    first, second = (encoded_characters(texts, vocabulary, length) for texts in (train, test))
    return first, second, vocabulary


def encoded_characters(
    texts: Sequence[str], vocabulary: Sequence[str], length: int = MAX_LENGTH
) -> np.ndarray:
    """Paragraphs as ids of the characters of a vocabulary, int32 [n, length]; without others."""
    ids = {character: index for index, character in enumerate(vocabulary)}
    cleaned = ([c for c in clean_characters(text) if c in ids] for text in texts)
    rows = ([ids[c] for c in text[:length]] for text in cleaned)
    return _matrix((row + [ids.get(" ", 0)] * (length - len(row)) for row in rows), length)


def word_ids(
    train: Sequence[str], test: Sequence[str], length: int = MAX_LENGTH
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Paragraphs as word ids, int32 [n, length], train and test; and the words by id."""
    tokens = [[tokenize(text) for text in texts] for texts in (train, test)]
    frequency = Counter(word for texts in tokens for words in texts for word in words)
    # most_common sorts stably, so words of equal frequency keep the order of their insertion.
    vocabulary = [*SPECIAL_WORDS, *(word for word, _ in frequency.most_common())]
    first, second = (_word_ids(texts, vocabulary, length) for texts in tokens)
    return first, second, vocabulary


def encoded_words(
    texts: Sequence[str], vocabulary: Sequence[str], length: int = MAX_LENGTH
) -> np.ndarray:
    """Paragraphs as ids of the words of a vocabulary, int32 [n, length]; others are `<unk>`."""
    return _word_ids([tokenize(text) for text in texts], vocabulary, length)


def _word_ids(texts: Sequence[Sequence[str]], vocabulary: Sequence[str], length: int) -> np.ndarray:
    ids = {word: index for index, word in enumerate(vocabulary)}
    rows = ([*(ids.get(w, ids[UNK]) for w in words), ids[EOS]][:length] for words in texts)
    return _matrix((row + [ids[PAD]] * (length - len(row)) for row in rows), length)


def lost(splits: Mapping[str, Sequence[str]], level: str) -> dict[str, int]:
    """Count the texts of which cleaning leaves nothing, and those that it more than halves.

    By split, for a level (`characters` or `words`): `<split>_blank` and `<split>_mostly_dropped`; a
    text counts once.
    """
    clean = {"characters": clean_characters, "words": clean_words}[level]
    counts = {}
    for split, texts in splits.items():
        kept = [(_length(clean(text)), _length(text)) for text in texts]
        counts[f"{split}_blank"] = sum(left == 0 for left, _ in kept)
        counts[f"{split}_mostly_dropped"] = sum(0 < 2 * left < given for left, given in kept)
    return counts


def _length(text: str) -> int:
    """Characters of `text` without white space."""
    return sum(map(len, text.split()))


def _matrix(rows: Iterable[list[int]], length: int) -> np.ndarray:
    """Stack `rows` into int32 [n, length]; n may be 0."""
    return np.asarray(list(rows), dtype=np.int32).reshape(-1, length)


@cache
def _tokenizer() -> Any:
    # NLTK takes long to import; reading the data room's names must not.
    return importlib.import_module("nltk.tokenize").NLTKWordTokenizer()
