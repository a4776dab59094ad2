"""What a publisher states of its files, and which checksums a file may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnrepro.data.checksums import is_sha256
from nnrepro.data.errors import DataError
from nnrepro.study.messages import nearest


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
