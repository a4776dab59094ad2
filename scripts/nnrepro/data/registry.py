"""The registry of data sets: what a section of `data` in the configuration prepares, and of what.

A data set of source `csv`, `npz` or `images` needs no code: see `nnrepro.data.sources`, which a
plug-in may have more of; `nnrepro.data.shipped` has CIFAR-10 and DBpedia. Others are made by a
function in a plug-in:

    @prepares("image", dataset="svhn")
    def prepare_svhn(
        source: Mapping[str, Any], out_npz: Path, out_json: Path, *, path: Place, size: int = 32
    ) -> None: ...

It turns the data set's section of the config into the two prepared files (`prepare.write_prepared`
writes them). The section says `source: svhn`, and what the function's keyword-only parameters are
given; files that it reads are parameters of type `Place`.
"""

import importlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from nnrepro.data.errors import DataError
from nnrepro.data.official import COMMON, Origin
from nnrepro.data.places import file_problem
from nnrepro.data.prepare import write_prepared
from nnrepro.files import read_json
from nnrepro.registry import Registry
from nnrepro.study.declared import splits_validation
from nnrepro.study.kinds import Kind, kinds
from nnrepro.study.messages import choice, nearest, one_of, shown
from nnrepro.study.options import FILE_SOURCES, PLACE, SOURCES, Parameter, parameters_of

Prepare = Callable[..., None]
"""Called with a data set's section of the config and the two paths to write."""
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
                "be noticed. Pack them into fewer files."
            )
    if not found:
        raise DataError(f"{folder} holds no files. Name the folder with the data set's files.")
    return sorted(found)


@dataclass(frozen=True)
class Told:
    """A data set whose section tells all options of what prepares it.

    `dataset` is its name in the config, `options` are what may be given, `files` gives the files
    that a section names, and `problems_of` what is wrong with how its options go together.
    """

    dataset: str
    options: Mapping[str, Parameter]
    problems_of: Callable[[Mapping[str, Any]], Sequence[str]] = lambda options: ()

    def problems(self, section: Mapping[str, Any], needed: Mapping[str, int]) -> list[str]:
        """Why the config's section cannot serve the runs, each with its key; see `Origin`."""
        key, given = f"data.{self.dataset}", told(section)
        found = [
            f"{key}.{name}: unknown key{choice(name, [*COMMON, *self.options])}"
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
    return {name: value for name, value in section.items() if name not in COMMON}


_registered: Registry[Preparation] = Registry("data set", DataError)


def prepares(input: str, *, dataset: str) -> Callable[[Prepare], Prepare]:
    """Register the decorated function as what makes `input` from `dataset`.

    Raises DataError where another function does.
    """

    def register(function: Prepare) -> Prepare:
        name, module = f"{dataset}, for models of {input}", function.__module__
        known = _registered.get(name)
        there = known.prepare if known and known.prepare.__module__ == module else function
        if there.__name__ != function.__name__:
            raise DataError(f"{name}, is prepared by {there.__name__} already")
        _registered.add(name, Preparation(input, dataset, dataset, function), module)
        return function

    return register


def shipped() -> Mapping[str, Origin]:
    """The data sets that the library has functions for, by name.

    Imported by a name that no fingerprint follows: what other data are prepared by is no part of
    them.
    """
    known: Mapping[str, Origin] = importlib.import_module("nnrepro.data.shipped").SHIPPED
    return known


def origin(dataset: str, section: Mapping[str, Any]) -> Origin | Told:
    """Where a data set of the config comes from, by its section, whose source must be known."""
    source = section["source"]
    library = kinds(SOURCES)
    if source in library:
        kind = library[source]
        function: Any = kind.function()
        return Told(dataset, kind.options, function.problems)
    if source in FILE_SOURCES:
        return _in_files(dataset, section)
    options = {
        name: option
        for each in _made_by(source, dataset)
        for name, option in parameters_of(each.prepare).items()
    }
    return Told(dataset, options)


def made_by(preparation: Preparation) -> Callable[..., Any]:
    """The function of a source or a data set that makes an input."""
    function: Any = preparation.prepare
    while isinstance(function, partial):
        first = function.args[0]
        function = first.function() if isinstance(first, Kind) else first.prepare
    return function


def dataset_of(basename: str, names: Iterable[str] = ()) -> str:
    """The data set that prepared files are of, by their name; of the given ones if it can be."""
    known = (*names, *datasets())
    own = [name for name in known if basename == name or basename.startswith(f"{name}_")]
    return max(own, key=len, default=basename)


def datasets() -> tuple[str, ...]:
    """The names of all data sets that functions prepare."""
    return tuple(sorted({*shipped(), *(each.dataset for each in _registered.values())}))


def prepared(data: Mapping[str, Mapping[str, Any]]) -> list[Preparation]:
    """Every prepared input that the sections of `data` in a configuration give.

    Raises DataError where a source or a data set is unknown (with the nearest spelling), or two
    have one name.
    """
    library = kinds(SOURCES)
    found: list[Preparation] = []
    for name, section in data.items():
        source = section["source"]
        made: Mapping[str, Prepare]
        if source in library:
            function: Any = library[source].function()
            given = function.inputs(told(section))
            made = {own: partial(_prepare, library[source], own) for own in given}
        elif source in FILE_SOURCES:
            made = _in_files(name, section).prepare
        else:
            made = {own.input: partial(_told_to, own) for own in _made_by(source, name)}
        several = len(made) > 1
        found += [
            Preparation(own, name, f"{name}_{own}" if several else name, prepare)
            for own, prepare in made.items()
        ]
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
            f"examples, and its section {'asks for none' if gives else 'asks for some'}; the "
            "function takes an option 'split', and gives `validation_x` and `validation_y`, by "
            "which the study then selects, where the section asks for them by 'split: "
            "{validation: 0.2}'"
        )


def _made_by(source: str, dataset: str) -> list[Preparation]:
    """What a function of one's own prepares that a section names as its source."""
    found = [each for each in _registered.values() if each.dataset == source]
    if not found:
        allowed = [*kinds(SOURCES), *FILE_SOURCES, *datasets()]
        raise DataError(f"data.{dataset}.source: '{source}' is unknown{choice(source, allowed)}")
    return found


def _in_files(dataset: str, section: Mapping[str, Any]) -> Origin:
    """Where a data set comes from whose section says where its files are."""
    root, known = root_of(dataset, section), shipped()
    if root not in known:
        raise DataError(
            f"data.{dataset}.source: '{section['source']}' is for files of {one_of(known)}"
            f"{nearest(root, known)}; a function of yours is named in its place, other files are "
            f"read as {one_of(kinds(SOURCES))}"
        )
    return replace(known[root], dataset=dataset)
