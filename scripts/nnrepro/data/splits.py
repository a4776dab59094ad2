"""Examples split into those to train on, to validate by, and to test on, by shares.

Which examples go where follows from what they hold and the seed, not from the order in which they
stand: they are ranked by a digest of both, class by class where the shares are to hold in each, and
the first go to the test set, the next to validation. So a file that is sorted otherwise is split
alike. Of examples that hold the same, each has a digest of its own, as a table of few categories is
full of them: ranked as one they would fall into one set together, and make it unlike the others.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from nnrepro.data.errors import DataError
from nnrepro.study.options import SPLIT

Indices = dict[str, list[int]]
"""Which examples are in which set, `train`, `validation`, `test`, each in the order of the file."""


def split(
    contents: Sequence[bytes],
    classes: Sequence[Any] | None,
    asked: Mapping[str, Any],
    where: str,
    *,
    tested: bool = True,
    validated: bool = True,
) -> Indices:
    """Split examples into `train`, `validation` and `test`; a set that is not asked for is absent.

    Args:
        contents: what each example holds.
        classes: its class, where each class is to be split by the same shares; None without.
        asked: `validation` and `test`, shares below 1 or numbers of examples, and `seed`.
        where: whose they are, for messages.
        tested: whether a test set is to be taken; False where there is one already.
        validated: likewise for validation.

    Raises:
        DataError: a set would be empty, or nothing would be left to train on.
    """
    if tested and not asked["test"]:
        raise DataError(f"split.test: is 0, and {where} has no examples to test on; give a share")
    wanted = {
        name: _count(asked[name], len(contents), f"{where}: split.{name}")
        for name, taken in (("test", tested), ("validation", validated))
        if taken and asked[name]
    }
    groups: dict[Any, list[int]] = {}
    for index, name in enumerate([None] * len(contents) if classes is None else classes):
        groups.setdefault(name, []).append(index)
    if sum(wanted.values()) > len(contents) - len(groups):
        raise DataError(
            f"{where}: split asks for {' and '.join(f'{n} {name}' for name, n in wanted.items())} "
            f"examples of {len(contents)}, which leaves too few to train on; ask for fewer"
        )
    for members in groups.values():
        members.sort(key=_ranks(contents, members, int(asked["seed"])).__getitem__)
    chosen: dict[str, list[int]] = {}
    for name, count in wanted.items():
        taken = _dealt(count, {own: len(members) for own, members in groups.items()})
        chosen[name] = [index for own in groups for index in groups[own][: taken[own]]]
        groups = {own: members[taken[own] :] for own, members in groups.items()}
    chosen["train"] = [index for members in groups.values() for index in members]
    return {
        name: sorted(chosen[name]) for name in ("train", "validation", "test") if name in chosen
    }


def split_arrays(
    x: dict[str, np.ndarray],
    y: dict[str, np.ndarray],
    contents: Sequence[bytes],
    classes: Sequence[Any] | None,
    *,
    asked: Mapping[str, Any],
    where: str,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Examples and answers by part, those that are missing split off `train`; see `split`."""
    chosen = split(
        contents,
        classes if asked["stratify"] else None,
        asked,
        where,
        tested="test" not in x,
        validated="validation" not in x,
    )
    return (
        {**x, **{part: x["train"][rows] for part, rows in chosen.items()}},
        {**y, **{part: y["train"][rows] for part, rows in chosen.items()}},
    )


def drawn_first(labels: np.ndarray, asked: Mapping[str, Any], where: str) -> np.ndarray:
    """An order of examples in which those of a random draw come first, then the rest as they stand.

    Those drawn are in random order, so that the first of them are a draw, too. The random numbers
    are of `numpy.random.RandomState`, whose streams NumPy keeps unchanged for good.

    Args:
        labels: int [n], the class of each example.
        asked: `examples` to draw, `per_class` if so many are to be of each class, and `seed`.
        where: whose they are, for messages.

    Returns:
        Indices, int [n].

    Raises:
        DataError: there are too few, of a class or altogether.
    """
    order = np.random.RandomState(int(asked.get("seed", 0))).permutation(len(labels))
    examples, per_class = int(asked["examples"]), asked.get("per_class")
    chosen = order
    if per_class is not None:
        classes, sizes = np.unique(labels, return_counts=True)
        if sizes.min() < per_class:
            raise DataError(
                f"{where}: asks for {per_class} examples of each class, and there are "
                f"{sizes.min()} of class {classes[sizes.argmin()]}. Ask for fewer, or write null "
                "to take examples as they stand."
            )
        ranks = np.empty(len(labels), np.intp)
        for each in classes:
            members = labels[order] == each
            ranks[members] = np.arange(np.count_nonzero(members))
        chosen = order[ranks < per_class]
    if len(chosen) < examples:
        raise DataError(
            f"{where}: asks for {examples} examples of {len(chosen)}. Ask for fewer, or write null "
            "to take examples as they stand."
        )
    first = chosen[:examples]
    rest = np.ones(len(labels), dtype=bool)
    rest[first] = False
    return np.concatenate((first, np.flatnonzero(rest)))


def share_problems(options: Mapping[str, Any]) -> list[str]:
    """What is wrong with shares of a source's option `split`, whatever it splits."""
    shares = {name: (options.get("split") or {}).get(name) or 0 for name in ("validation", "test")}
    return [
        f"split.{name}: {share} is neither a share below 1 nor a whole number of examples"
        for name, share in shares.items()
        if share >= 1 and share != int(share)
    ]


def nothing_to_test_on(options: Mapping[str, Any]) -> list[str]:
    """What is wrong with a source whose examples to test on are split off or stand in a place."""
    asked = {**SPLIT, **(options.get("split") or {})}
    told = "split.test: is 0; give a share to test on, or a place of its own as 'test_path'"
    return [] if asked["test"] or options.get("test_path") else [told]


def _count(share: float, examples: int, key: str) -> int:
    """How many examples a share, or a number of them, is; at least one."""
    count = int(share) if share >= 1 else round(share * examples)
    if count < 1:
        raise DataError(
            f"{key}: {share} of {examples:,} example{'s' * (examples != 1)} is none; give more of "
            "them, or ask for a larger share"
        )
    return count


def _ranks(contents: Sequence[bytes], members: Sequence[int], seed: int) -> dict[int, bytes]:
    """What examples are sorted by: a digest of what each holds and how many before it do, too."""
    key = seed.to_bytes(8, "big")
    earlier: Counter[bytes] = Counter()
    ranks = {}
    for index in members:
        digest = blake2b(contents[index], digest_size=16, key=key)
        if repeated := earlier[contents[index]]:
            digest.update(b"\0repeated %d" % repeated)
        earlier[contents[index]] += 1
        ranks[index] = digest.digest()
    return ranks


def _dealt(count: int, sizes: Mapping[Any, int]) -> dict[Any, int]:
    """`count` examples by class, in proportion to its size; one of each class at least is left.

    What rounding down leaves over goes to the classes with the largest remainders.
    """
    left = sum(sizes.values())
    shares = {own: count * size / left for own, size in sizes.items()}
    dealt = {own: min(math.floor(share), sizes[own] - 1) for own, share in shares.items()}
    order = sorted(sizes, key=lambda own: (dealt[own] - shares[own], -sizes[own], str(own)))
    while sum(dealt.values()) < count:
        for own in order:
            if sum(dealt.values()) < count and dealt[own] < sizes[own] - 1:
                dealt[own] += 1
    return dealt
