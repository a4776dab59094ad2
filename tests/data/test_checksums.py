"""Nothing is read before its checksum has been accepted, and a refusal says all that is needed."""

import hashlib
from pathlib import Path

import pytest

from nnrepro.data import checksums
from nnrepro.data.errors import DataError

CONTENT = b"some data\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with known content."""
    path = tmp_path / "batch"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("accepted", [f"sha256:{SHA256}", f"md5:{MD5}", f"sha256:{SHA256.upper()}"])
def test_any_accepted_sum_is_enough(file: Path, accepted: str) -> None:
    checksums.verify(file, {accepted, "sha256:" + "0" * 64})
    assert checksums.read_verified(file, {accepted}) == CONTENT


def test_refusal_names_file_expected_found_and_remedy(file: Path) -> None:
    expected = "md5:" + "a" * 32
    with pytest.raises(DataError) as caught:
        checksums.verify(file, {expected})
    for part in (str(file), expected, f"md5:{MD5}", f"sha256:{SHA256}", "config"):
        assert part in str(caught.value)


def test_sha256_hex_given_as_md5_is_refused(file: Path) -> None:
    with pytest.raises(DataError):
        checksums.verify(file, {f"md5:{SHA256}"})


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere does not exist"):
        checksums.sha256_of(tmp_path / "nowhere")


def test_folder_in_place_of_a_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        checksums.sha256_of(tmp_path)


def test_accepting_nothing_is_a_mistake_of_the_caller(file: Path) -> None:
    with pytest.raises(ValueError, match="no accepted checksum"):
        checksums.verify(file, set())
    with pytest.raises(ValueError, match="crc32"):
        checksums.verify(file, {"crc32:1"})


def test_sums_file_is_what_sha256sum_writes(file: Path) -> None:
    checksums.write_sums(file.parent, [file.name])
    text = (file.parent / "SHA256SUMS").read_text()
    assert text == f"{SHA256}  batch\n"
    assert checksums.read_sums(file.parent) == {"batch": SHA256}


def test_damaged_sums_file_is_refused_with_its_line(file: Path) -> None:
    (file.parent / "SHA256SUMS").write_text(f"{SHA256}  batch\n{SHA256[:-1]}  other\n")
    with pytest.raises(DataError, match="line 2"):
        checksums.read_sums(file.parent)
