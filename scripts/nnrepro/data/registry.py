"""The registry of data sets: what a section of `data` in the configuration prepares, and of what.

A data set of source `csv`, `npz` or `images` needs no code: see `nnrepro.data.sources`, which a
plug-in may have more of. Others are made by a function in a module of this package (its name
without a leading underscore), or in a plug-in:

    @prepares("image", dataset="svhn")
    def prepare_svhn(
        source: Mapping[str, Any], out_npz: Path, out_json: Path, *, path: Place, size: int = 32
    ) -> None: ...

It turns the data set's section of the config into the two prepared files (`prepare.write_prepared`
writes them). The section says `source: svhn`, and what the function's keyword-only parameters are
given; files that it reads are parameters of type `Place`. A function without such parameters can
also be told by the data set's name, with a source `folder` or `archive`; if the data can be
downloaded or generated, too, the module says so with `register_origin`.
"""

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from nnrepro.data.errors import DataError
from nnrepro.data.official import Official, check_own_sums
from nnrepro.data.places import file_problem, folder_problem
from nnrepro.data.prepare import write_prepared
from nnrepro.files import read_json
from nnrepro.registry import Registry
from nnrepro.study.declared import splits_validation
from nnrepro.study.kinds import Kind, kinds
from nnrepro.study.messages import nearest, one_of, shown
from nnrepro.study.options import FILE_SOURCES, PLACE, SOURCES, Parameter, parameters_of

Prepare = Callable[..., None]
"""Called with a data set's section of the config and the two paths to write."""
REMARKS = ("note", "licence", "citation")
"""Keys of every section that are for readers of the report alone."""
_COMMON = ("source", *REMARKS)
"""Keys of every section, which no source is told."""
_OF_FILES = (*_COMMON, "like", "path", "sha256", "generate")
"""Keys of a section that says where files are."""

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
    below it unless the data set says more, which the section's options are told; `generate` writes
    made-up data of the same form to a folder, where that is offered. `options` are what its section
    may say beside where the data are, and `problems_of` how they do not go together.
    """

    dataset: str
    official: Official | None = None
    files: Callable[..., Sequence[Path]] = files_below
    generate: Callable[..., None] | None = None
    options: Sequence[str] = ()
    problems_of: Callable[[Mapping[str, Any]], Sequence[str]] = lambda options: ()

    def problems(self, section: Mapping[str, Any], needed: Mapping[str, int]) -> list[str]:
        """Why the config's section, of the right shape, cannot serve the runs, each with its key.

        `needed` are the most examples that any run asks for, under `train` and `test`.
        """
        key, source = f"data.{self.dataset}", section["source"]
        if found := [*self._option_problems(section)]:
            return found
        if source == "download" and self.official is None:
            return [f"{key}: cannot be downloaded; name its folder as 'path'"]
        if source in ("archive", "folder") and not section.get("path"):
            return [f"{key}.path: missing; the source '{source}' needs it"]
        if source != "generated":
            return [*self._official_problems(section, needed)]
        if self.generate is None:
            return [f"{key}: cannot be generated; name its folder as 'path'"]
        return [*self._generated_problems(section.get("generate", {}), needed)]

    def source_files(self, section: Mapping[str, Any]) -> list[Path]:
        """The files of one's own that the section names; none of data that come otherwise."""
        if section["source"] == "archive":
            return [Path(section["path"])]
        return self._files(section) if section["source"] == "folder" else []

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
            files = self._files(section)
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

    def source(self, section: Mapping[str, Any], path: Path | str) -> dict[str, Any]:
        """The section as `prepare` takes it, of an archive that was downloaded or data made up."""
        kept = self._told(section)
        if section["source"] == "generated":
            return {**kept, "source": "generated", "path": str(path)}
        sums = {name: section[name] for name in ("sha256",) if name in section}
        return {**kept, **sums, "source": "archive", "path": str(path)}

    def _told(self, section: Mapping[str, Any]) -> dict[str, Any]:
        return {name: section[name] for name in self.options if name in section}

    def _files(self, section: Mapping[str, Any]) -> list[Path]:
        return [*self.files(Path(section["path"]), **self._told(section))]

    def _option_problems(self, section: Mapping[str, Any]) -> Iterator[str]:
        """Keys that this data set has not, and options that do not go together."""
        key, allowed = f"data.{self.dataset}", [*_OF_FILES, *self.options]
        for name in section:
            if name not in allowed:
                hint = f"{nearest(name, allowed)}; allowed: {one_of(allowed)}"
                yield f"{key}.{name}: unknown key of this data set{hint}"
        for problem in self.problems_of(self._told(section)):
            yield f"{key}.{problem}"

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


@dataclass(frozen=True)
class Told:
    """A data set whose section tells all options of what prepares it.

    `dataset` is its name in the config, `options` are what may be given, `files` gives the files
    that a section names, and `problems_of` what is wrong with how its options go together.
    """

    dataset: str
    options: Mapping[str, Parameter]
    problems_of: Callable[[Mapping[str, Any]], Sequence[str]] = lambda options: ()
    official: None = None

    def problems(self, section: Mapping[str, Any], needed: Mapping[str, int]) -> list[str]:
        """Why the config's section cannot serve the runs, each with its key; see `Origin`."""
        key, given = f"data.{self.dataset}", told(section)
        found = [
            f"{key}.{name}: unknown key{nearest(name, self.options)}; allowed: "
            f"{one_of([*_COMMON, *self.options])}"
            for name in given
            if name not in self.options
        ]
        found += [
            f"{key}: the key '{name}' is missing"
            for name, option in self.options.items()
            if option.required and name not in given
        ]
        found += [
            f"{key}.{name}: {shown(value)} {problem}"
            for name, value in given.items()
            if name in self.options
            and self.options[name].type in (bool, int, float, str)
            and (problem := self.options[name].problem(value))
        ]
        return found or [f"{key}: {problem}" for problem in self.problems_of(given)]

    def source_files(self, section: Mapping[str, Any]) -> list[Path]:
        """The files of one's own that the section names, those below folders too."""
        given = told(section)
        named = [name for name, option in self.options.items() if option.meaning is PLACE]
        places = [Path(given[name]) for name in named if given.get(name)]
        return [
            file for place in places for file in (files_below(place) if place.is_dir() else [place])
        ]

    def place_problems(self, section: Mapping[str, Any]) -> list[str]:
        """What is wrong with the files that the section names, each with its key."""
        key = f"data.{self.dataset}"
        try:
            files = self.source_files(section)
        except DataError as error:
            return [f"{key}.path: {error}"]
        return [f"{key}: {str(file)!r} {it}" for file in files if (it := file_problem(file))]


def told(section: Mapping[str, Any]) -> dict[str, Any]:
    """The options in a section, without what every section has."""
    return {name: value for name, value in section.items() if name not in _COMMON}


_registered: Registry[Preparation] = Registry("data set", DataError)
_origins: Registry[Origin] = Registry("origin", DataError)


def prepares(
    input: str, *, dataset: str, basename: str | None = None
) -> Callable[[Prepare], Prepare]:
    """Register the decorated function as what makes `input` from `dataset`.

    The prepared files are called `basename`; as the data set by default. Raises DataError where
    another function has the same.
    """

    def register(function: Prepare) -> Prepare:
        name = basename or dataset
        module, known = function.__module__, _registered.get(name)
        there = known.prepare if known and known.prepare.__module__ == module else function
        if there.__name__ != function.__name__:
            raise DataError(f"{name} is prepared by {there.__name__} already")
        _registered.add(name, Preparation(input, dataset, name, function), module)
        return function

    return register


def register_origin(origin: Origin) -> Origin:
    """Say where a data set can come from; called once, when its module is imported."""
    _origins.add(origin.dataset, origin, sys._getframe(1).f_globals["__name__"])
    return origin


def origin(dataset: str, section: Mapping[str, Any]) -> Origin | Told:
    """Where a data set of the config comes from, by its section, whose source must be known."""
    source = section["source"]
    library = kinds(SOURCES)
    if source in library:
        kind = library[source]
        function: Any = kind.function()
        return Told(dataset, kind.options, function.problems)
    if source in FILE_SOURCES:
        root = root_of(dataset, section)
        _check_known(root)
        return replace(_origins.get(root, Origin(root)), dataset=dataset)
    options = {
        name: option
        for each in _made_by(source, dataset)
        for name, option in parameters_of(each.prepare).items()
    }
    return Told(dataset, options)


def preparations() -> dict[str, Preparation]:
    """All registered preparations by basename, those of every module of the package.

    Of a data set of one's own, none of the package.
    """
    package = importlib.import_module("nnrepro.data")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"nnrepro.data.{module.name}")
    own = {name: _registered[name] for name in _registered.own()}
    taken = {each.dataset for each in own.values()}
    return {
        name: each for name, each in _registered.items() if name in own or each.dataset not in taken
    }


def made_by(preparation: Preparation) -> Callable[..., Any]:
    """The function of a source or a data set that makes an input."""
    function: Any = preparation.prepare
    while isinstance(function, partial):
        first = function.args[0]
        function = first.function() if isinstance(first, Kind) else first.prepare
    return function


def dataset_of(basename: str, names: Iterable[str] = ()) -> str:
    """The data set that prepared files are of, by their name; of the given ones if it can be."""
    registered = preparations().get(basename)
    if registered is not None:
        return registered.dataset
    own = [name for name in names if basename == name or basename.startswith(f"{name}_")]
    return max(own, key=len, default=basename)


def datasets() -> tuple[str, ...]:
    """The names of all data sets."""
    return tuple(sorted({each.dataset for each in preparations().values()}))


def prepared(data: Mapping[str, Mapping[str, Any]]) -> list[Preparation]:
    """Every prepared input that the sections of `data` in a configuration give.

    Raises DataError where a source or a data set is unknown (with the nearest spelling), or two
    have one name.
    """
    library = kinds(SOURCES)
    found: list[Preparation] = []
    for name, section in data.items():
        source = section["source"]
        if source in library:
            function: Any = library[source].function()
            given = function.inputs(told(section))
            found += _named(
                [
                    Preparation(own, name, name, partial(_prepare, library[source], own))
                    for own in given
                ]
            )
        elif source in FILE_SOURCES:
            root = root_of(name, section)
            _check_known(root)
            own = [each for each in preparations().values() if each.dataset == root]
            if name != root:
                own = _named([replace(each, dataset=name, basename=name) for each in own])
            found += own
        else:
            found += _named(
                [
                    replace(own, dataset=name, basename=name, prepare=partial(_told_to, own))
                    for own in _made_by(source, name)
                ]
            )
    names = [each.basename for each in found]
    twice = [each for each in found if names.count(each.basename) > 1]
    if twice:
        raise DataError(
            f"data sets {one_of(dict.fromkeys(each.dataset for each in twice))} would both be "
            f"prepared as '{twice[0].basename}'; rename one"
        )
    return found


def chosen(found: Iterable[Preparation], input: str, dataset: str = "") -> Preparation:
    """What of some preparations gives an input: that of the data set, or else the only one.

    Raises DataError where there is none, or, without a data set, several.
    """
    found = list(found)
    giving = [each for each in found if each.input == input]
    if not giving:
        raise DataError(
            f"data: no data set gives the input '{input}', which a model of this study reads; "
            "name one under 'data'"
        )
    if not dataset and len(giving) > 1:
        names = [each.dataset for each in giving]
        raise DataError(
            f"data: the data sets {one_of(names)} all give the input '{input}'; say with "
            f"'data: {names[0]}' in an experiment which is meant"
        )
    own = [each for each in giving if dataset in ("", each.dataset)]
    if not own:
        names = [each.dataset for each in giving]
        raise DataError(
            f"data: '{dataset}' does not give the input '{input}', which a model of this study "
            f"reads{nearest(dataset, names)}; {one_of(names)} would"
        )
    return own[0]


def root_of(dataset: str, section: Mapping[str, Any]) -> str:
    """The data set that one is like, but for what its own section says; itself without another."""
    return str(section.get("like", dataset))


def _named(found: list[Preparation]) -> list[Preparation]:
    """Prepared files of their own for each of several inputs of one data set."""
    if len(found) < 2:
        return found
    return [replace(each, basename=f"{each.dataset}_{each.input}") for each in found]


def _prepare(
    kind: Kind, input: str, section: Mapping[str, Any], out_npz: Path, out_json: Path
) -> None:
    """Prepare an input by a source of the library."""
    content = kind.function()(input, **told(section))
    described = {
        "name": out_npz.stem,
        "input": input,
        "generated": False,
        "source": kind.name,
        **content.described,
    }
    write_prepared(out_npz, out_json, content.arrays, described, counts=content.counts)


def _told_to(
    registered: Preparation, section: Mapping[str, Any], out_npz: Path, out_json: Path
) -> None:
    """Prepare an input by a function that takes options."""
    known = parameters_of(registered.prepare)
    given = {name: value for name, value in told(section).items() if name in known}
    registered.prepare(section, out_npz, out_json, **given)
    gives = "validation_examples" in read_json(out_json)
    if gives != splits_validation(section):
        raise DataError(
            f"data.{out_npz.stem}: '{registered.dataset}' gives {'' if gives else 'no '}validation "
            f"examples, and its section {'asks for none' if gives else 'asks for some'}; the function takes an option 'split', and gives `validation_x` and "
            "`validation_y`, by which the study then selects, where the section asks for them by "
            "'split: {validation: 0.2}'"
        )


def _made_by(source: str, dataset: str) -> list[Preparation]:
    """What a function of one's own prepares that a section names as its source."""
    found = [each for each in preparations().values() if each.dataset == source]
    if not found:
        allowed = [*kinds(SOURCES), *FILE_SOURCES, *datasets()]
        raise DataError(
            f"data.{dataset}.source: '{source}' is unknown{nearest(source, allowed)}; allowed: "
            f"{one_of(allowed)}"
        )
    return found


def _check_known(dataset: str) -> None:
    known = datasets()
    if dataset not in known:
        raise DataError(
            f"data.{dataset}: there is no data set of this name{nearest(dataset, known)}; files "
            f"are prepared by a function of {one_of(known)}, or read as {one_of(kinds(SOURCES))}"
        )
