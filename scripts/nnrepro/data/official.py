"""Data sets in published files: what publishers state, and which checksums a file may have."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnrepro.data.checksums import is_sha256
from nnrepro.data.errors import DataError
from nnrepro.data.places import file_problem, folder_problem
from nnrepro.study.messages import choice, nearest

REMARKS = ("note", "licence", "citation")
"""Keys of every section of `data` that are for readers of the report alone."""
COMMON = ("source", *REMARKS)
"""Keys of every section, which no source is told."""

_OF_FILES = (*COMMON, "like", "path", "sha256", "generate")
"""Keys of a section that says where files are."""
_WITH_PATH = ("archive", "folder")


@dataclass(frozen=True)
class Official:
    """The published files of a data set, whose archive can be fetched at `url`.

    `archive_sums` are accepted checksums of the archive, each `algorithm:hex`; `files` are
    published files outside it, by name, with theirs (none where the publisher states none);
    `examples` tells how many the files give, under `train` and `test`, where that is known.
    """

    url: str
    archive: str
    archive_sums: frozenset[str]
    archive_bytes: int
    files: Mapping[str, frozenset[str]]
    examples: Mapping[str, int] = field(default_factory=dict)

    def accepted(self, name: str, own: Mapping[str, str] | None) -> frozenset[str]:
        """The checksums that file `name` may have: the one the user states, or else the official.

        Raises DataError where neither exists, so that nothing can vouch for the file.
        """
        if own and name in own:
            return frozenset({f"sha256:{own[name].lower()}"})
        sums = self.archive_sums if name == self.archive else self.files.get(name, frozenset())
        if not sums:
            raise DataError(
                f"no checksum of {name} is published, so nothing can vouch for it. State its own "
                f"in the config, under `sha256` of the data set, as `{name}: <hex>` "
                f"(`sha256sum {name}` prints it), or use the official archive {self.archive}."
            )
        return sums

    def accepted_archive(self, name: str, own: Mapping[str, str] | None) -> frozenset[str]:
        """The checksums that the archive, kept by the user as `name`, may have.

        Raises DataError where `own` names neither that archive nor a file of the data set.
        """
        check_own_sums(own, {*self.files, self.archive, name})
        return self.accepted(name if own and name in own else self.archive, own)


def check_own_sums(own: Mapping[str, str] | None, known: set[str]) -> None:
    """Check the `sha256` section of a data set's config: known file names, well-formed sums.

    Raises DataError, naming the entry, what is allowed and the nearest spelling.
    """
    for name, digest in (own or {}).items():
        if name not in known:
            raise DataError(
                f"sha256 names {name!r}, which is no file of this data set; "
                f"known files: {', '.join(sorted(known))}{nearest(name, sorted(known))}"
            )
        if not is_sha256(digest):
            raise DataError(f"sha256 of {name} is {digest!r}, which is not 64 hex digits.")


@dataclass(frozen=True)
class Origin:
    """Where a data set that the library has a function for can come from.

    `dataset` is its name in the config, `official` are the published files, `prepare` makes each
    input, `files` gives the source files in a folder, which the section's options are told, and
    `generate` writes made-up data of the same form to one. `options` are what its section may say
    beside where the data are, and `problems_of` how they do not go together.
    """

    dataset: str
    official: Official
    prepare: Mapping[str, Callable[..., None]]
    files: Callable[..., Sequence[Path]]
    generate: Callable[..., None]
    options: Sequence[str] = ()
    problems_of: Callable[[Mapping[str, Any]], Sequence[str]] = lambda options: ()

    def problems(self, section: Mapping[str, Any], needed: Mapping[str, int]) -> list[str]:
        """Why the config's section, of the right shape, cannot serve the runs, each with its key.

        `needed` are the most examples that any run asks for, under `train` and `test`.
        """
        source = section["source"]
        if found := [*self._option_problems(section)]:
            return found
        if source in _WITH_PATH and not section.get("path"):
            return [f"data.{self.dataset}.path: missing; the source '{source}' needs it"]
        if source == "generated":
            return [*self._generated_problems(section.get("generate", {}), needed)]
        return [*self._official_problems(section, needed)]

    def source_files(self, section: Mapping[str, Any]) -> list[Path]:
        """The files of one's own that the section names; none of data that come otherwise."""
        if section["source"] == "archive":
            return [Path(section["path"])]
        return self._files(section) if section["source"] == "folder" else []

    def place_problems(self, section: Mapping[str, Any]) -> list[str]:
        """What is wrong with the files that the section names, each with its key.

        It is one in which `problems` finds nothing wrong.
        """
        if section["source"] not in _WITH_PATH:
            return []
        key, path = f"data.{self.dataset}.path", Path(section["path"])
        of_folder = section["source"] == "folder"
        if problem := folder_problem(path) if of_folder else file_problem(path):
            return [f"{key}: {str(path)!r} {problem}"]
        try:
            files = self._files(section) if of_folder else []
            found = {file: file_problem(file) for file in files}
            for file in files:
                self.official.accepted(file.name, section.get("sha256"))
        except DataError as error:
            return [f"{key}: {error}"]
        return [f"{key}: {str(file)!r} {it}" for file, it in found.items() if it]

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
                yield f"{key}.{name}: unknown key of this data set{choice(name, allowed)}"
        for problem in self.problems_of(self._told(section)):
            yield f"{key}.{problem}"

    def _official_problems(
        self, section: Mapping[str, Any], needed: Mapping[str, int]
    ) -> Iterator[str]:
        """Sums of files that are none of its own, and more examples than the official files hold.

        Files of one's own, for which a sum is stated, may hold any number.
        """
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
