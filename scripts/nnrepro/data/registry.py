"""The registry of data sets: one decorated function makes one prepared input.

A new data set is one module in this package (its name without a leading underscore) with a function

    @prepares("image", dataset="svhn")
    def prepare_svhn(source: Mapping[str, Any], out_npz: Path, out_json: Path) -> None: ...

that turns the data set's section of the config into the two prepared files
(`prepare.write_prepared` writes them). It is found without being named anywhere: `preparations`,
`datasets` and `inputs` import all modules of the package first. If the data can also be downloaded
or generated, the module says so with `register_origin`.
"""

import importlib
import os
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnrepro.data.errors import DataError
from nnrepro.data.official import Official, check_own_sums
from nnrepro.data.places import file_problem, folder_problem
from nnrepro.study.messages import nearest

Prepare = Callable[[Mapping[str, Any], Path, Path], None]

_MOST_FILES = 50_000
"""How many files of a data set are watched; each is looked at whenever the workflow is read."""


@dataclass(frozen=True)
class Preparation:
    """How one input of one data set is made.

    `input` is what a model eats: `image`, `characters`, `words`, or a new name; `dataset` is named
    as in the config's `data` section; the prepared files are `<basename>.npz` and
    `<basename>.json`; `prepare` is called with the config section and the two paths to write.
    """

    input: str
    dataset: str
    basename: str
    prepare: Prepare


def files_below(folder: Path) -> list[Path]:
    """All regular files below a folder, by path; those whose name begins with a dot left out.

    One file stands for itself. Raises DataError where there is none, or more than can be watched.
    """
    if folder.is_file():
        return [folder]
    found: list[Path] = []
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        if os.path.realpath(place) in seen:
            folders.clear()  # a link that leads back
            continue
        seen.add(os.path.realpath(place))
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = (Path(place, name) for name in names if not name.startswith("."))
        found += [file for file in files if file.is_file()]
        if len(found) > _MOST_FILES:
            raise DataError(
                f"{folder} holds more than {_MOST_FILES} files, so that changes in them would not "
                "be noticed. Pack them into fewer files, or have the data set's module name those "
                "that it reads, with `register_origin`."
            )
    if not found:
        raise DataError(f"{folder} holds no files. Name the folder with the data set's files.")
    return sorted(found)


@dataclass(frozen=True)
class Origin:
    """Where a data set, as the config's `data` section names it, can come from.

    `official` are the published files, if any; `files` gives the source files in a folder, all
    below it unless the data set says more; `generate` writes made-up data of the same form to a
    folder, where that is offered.
    """

    dataset: str
    official: Official | None = None
    files: Callable[[Path], Sequence[Path]] = files_below
    generate: Callable[..., None] | None = None

    def problems(self, section: Mapping[str, Any], needed: Mapping[str, int]) -> list[str]:
        """Why the config's section, of the right shape, cannot serve the runs, each with its key.

        `needed` are the most examples that any run asks for, under `train` and `test`.
        """
        key, source = f"data.{self.dataset}", section["source"]
        if source == "download" and self.official is None:
            return [f"{key}: cannot be downloaded; name its folder as 'path'"]
        if source in ("archive", "folder") and not section.get("path"):
            return [f"{key}.path: missing; the source '{source}' needs it"]
        if source != "generated":
            return [*self._official_problems(section, needed)]
        if self.generate is None:
            return [f"{key}: cannot be generated; name its folder as 'path'"]
        return [*self._generated_problems(section.get("generate", {}), needed)]

    def place_problems(self, section: Mapping[str, Any]) -> list[str]:
        """What is wrong with the files that the section names, each with its key.

        It is one in which `problems` finds nothing wrong.
        """
        if section["source"] not in ("archive", "folder"):
            return []
        key, path = f"data.{self.dataset}.path", Path(section["path"])
        if section["source"] == "archive":
            problem = file_problem(path)
            return [f"{key}: {str(path)!r} {problem}"] if problem else []
        problem = folder_problem(path)
        if problem and not (path.is_file() and self.takes_any_files):
            return [f"{key}: {str(path)!r} {problem}"]
        try:
            files = self.files(path)
            if self.takes_any_files:
                return []  # nobody said what they should be: an empty one may be right
            found = {file: file_problem(file) for file in files}
            problems = [f"{key}: {str(file)!r} {it}" for file, it in found.items() if it]
            if self.official is not None:
                for file in files:
                    self.official.accepted(file.name, section.get("sha256"))
        except DataError as error:
            return [f"{key}: {error}"]
        return problems

    @property
    def takes_any_files(self) -> bool:
        """Whether nothing is said of its files, so that one file will do as well as a folder."""
        return self.files is files_below

    def _official_problems(
        self, section: Mapping[str, Any], needed: Mapping[str, int]
    ) -> Iterator[str]:
        """Sums of files that are none of its own, and more examples than the official files hold.

        Files of one's own, for which a sum is stated, may hold any number.
        """
        if self.official is None:
            return
        if section.get("sha256"):
            archive = Path(section.get("path") or "").name
            known = {*self.official.files, self.official.archive, archive}
            try:
                check_own_sums(section["sha256"], known)
            except DataError as error:
                yield f"data.{self.dataset}.sha256: {error}"
            return
        for split, examples in needed.items():
            there = self.official.examples.get(split, examples)
            if there < examples:
                yield (
                    f"data.{self.dataset}: holds {there} {split} examples, and runs ask for "
                    f"{examples}; lower their {split}_examples, or cap them with "
                    f"budget.{split}_examples"
                )

    def _generated_problems(
        self, generate: Mapping[str, Any], needed: Mapping[str, int]
    ) -> Iterator[str]:
        """Examples to generate that are not said, or too few."""
        key = f"data.{self.dataset}.generate"
        for split, examples in needed.items():
            size = generate.get(split)
            if size is None:
                yield f"{key}.{split}: missing; how many examples to make up?"
            elif size < examples:
                yield (
                    f"{key}.{split}: {size} examples are too few, as runs ask for {examples}; "
                    f"raise it, or cap the runs with budget.{split}_examples"
                )


_registered: dict[str, Preparation] = {}
_origins: dict[str, Origin] = {}


def prepares(
    input: str, *, dataset: str, basename: str | None = None
) -> Callable[[Prepare], Prepare]:
    """Register the decorated function as what makes `input` from `dataset`.

    The prepared files are called `basename`; as the data set by default. Raises ValueError where
    another function has the same.
    """

    def register(function: Prepare) -> Prepare:
        name = basename or dataset
        known = _registered.get(name)
        if known and known.prepare is not function:
            raise ValueError(f"{name} is prepared by {known.prepare.__name__} already")
        _registered[name] = Preparation(input, dataset, name, function)
        return function

    return register


def register_origin(origin: Origin) -> Origin:
    """Say where a data set can come from; called once, when its module is imported."""
    _origins[origin.dataset] = origin
    return origin


def origin(dataset: str) -> Origin:
    """Where a data set can come from; a folder, if its module has not said. It must be known."""
    _check_known(dataset)
    return _origins.get(dataset, Origin(dataset))


def preparations() -> dict[str, Preparation]:
    """All registered preparations by basename, those of every module of the package."""
    package = importlib.import_module("nnrepro.data")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"nnrepro.data.{module.name}")
    return dict(sorted(_registered.items()))


def datasets() -> tuple[str, ...]:
    """The names of all data sets."""
    return tuple(sorted({each.dataset for each in preparations().values()}))


def inputs(configured: Collection[str]) -> dict[str, Preparation]:
    """Which preparation serves each input, given the names of data sets that the config has.

    Raises DataError where one is unknown (with the nearest spelling), or two make the same input,
    so that a model that eats it would not know which to take.
    """
    for name in configured:
        _check_known(name)
    chosen: dict[str, Preparation] = {}
    for each in preparations().values():
        if each.dataset not in configured:
            continue
        if each.input in chosen:
            raise DataError(
                f"data sets {chosen[each.input].dataset!r} and {each.dataset!r} both make the "
                f"input {each.input!r}. Name one of them in `data`."
            )
        chosen[each.input] = each
    return chosen


def _check_known(dataset: str) -> None:
    known = datasets()
    if dataset not in known:
        raise DataError(
            f"unknown data set {dataset!r}; allowed are {', '.join(known)}{nearest(dataset, known)}"
        )
