"""Archives are read member by member: nothing in one is ever put anywhere by its own name."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from nnrepro.data.archives import open_archive
from nnrepro.data.errors import DataError

WANTED = "data/batch"


def member(name: str, **fields: object) -> tarfile.TarInfo:
    """A member without content."""
    info = tarfile.TarInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def accepted(path: Path) -> set[str]:
    """The checksum that a user who trusts the file would state."""
    return {f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"}


def test_members_that_lead_elsewhere_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    path = tmp_path / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name in ("../escaped", str(tmp_path / "absolute"), "data/../../up"):
            tar.addfile(member(name, size=4), io.BytesIO(b"evil"))
        tar.addfile(member("link", type=tarfile.SYMTYPE, linkname="/etc"))
        tar.addfile(member("link/passwd", size=4), io.BytesIO(b"evil"))
        tar.addfile(member("zero", type=tarfile.CHRTYPE, devmajor=1, devminor=5))
        tar.addfile(member("pipe", type=tarfile.FIFOTYPE))
        tar.addfile(member(WANTED, size=4), io.BytesIO(b"good"))
    with open_archive(path, accepted(path)) as open_member:
        assert open_member(WANTED, 10).read() == b"good"
        for name in ("link", "zero", "pipe"):
            with pytest.raises(DataError, match=f"{name} is not a regular file"):
                open_member(name, 10)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["archive.tar.gz", "here"]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "is not a regular file"),
        ({"type": tarfile.SYMTYPE, "linkname": "../../secret"}, "is not a regular file"),
        ({"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}, "is not a regular file"),
        ({"type": tarfile.BLKTYPE, "devmajor": 8}, "is not a regular file"),
        ({"type": tarfile.DIRTYPE}, "is not a regular file"),
        ({"size": 11}, "has 11 bytes, more than the 10 it may have"),
    ],
)
def test_what_is_wanted_must_be_a_small_regular_file(
    tmp_path: Path, kind: dict[str, object], message: str
) -> None:
    path = tmp_path / "archive.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(member(WANTED, **kind), io.BytesIO(b"x" * 11))
    with (
        pytest.raises(DataError, match=message) as caught,
        open_archive(path, accepted(path)) as open_member,
    ):
        open_member(WANTED, 10)
    assert str(path) in str(caught.value)


def test_a_member_that_claims_to_be_endless_ends(tmp_path: Path) -> None:
    """Its header says 2**60 bytes, behind which the wanted one would come."""
    path = tmp_path / "archive.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(member("bomb", size=2**60))
        tar.addfile(member(WANTED, size=4), io.BytesIO(b"good"))
    with (
        pytest.raises(DataError, match=r"archive\.tar\.gz"),
        open_archive(path, accepted(path)) as open_member,
    ):
        open_member(WANTED, 10)
