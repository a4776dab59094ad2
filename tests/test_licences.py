"""The list of licences is that of the lock file."""

import re
import tomllib
from pathlib import Path

import pytest

from licences import licence, licences_page, pins
from nnrepro.errors import NnreproError


def test_the_page_lists_every_locked_package_and_tells_who_wants_it(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    page = (repository / "docs/reference/licences.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| ([a-z0-9._-]+) \| \S+ \| (\w+) \|", page, re.MULTILINE))
    assert listed == {pin.name: pin.wanted_by for pin in pins(lock)}
    assert all(f"| {pin.name} | {pin.version} |" in page for pin in pins(lock))


def test_direct_dependencies_are_those_of_the_project_and_name_a_licence(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    page = (repository / "docs/reference/licences.md").read_text(encoding="utf-8")
    declared = {
        re.match(r"[a-z0-9-]+", line)[0]  # type: ignore[index]
        for line in project["project"]["dependencies"]
    }
    assert {pin.name for pin in pins(lock) if pin.wanted_by == "study"} == declared
    for name in declared:
        told = licence(name)
        assert told is not None and f"| {told.replace('|', '')[:40]}" in page


def test_a_lock_file_that_is_not_what_is_installed_is_refused() -> None:
    lock = "numpy==0.0.1 \\\n    # via nnrepro (pyproject.toml)\n"
    with pytest.raises(NnreproError, match=r"is installed, the lock file has 0\.0\.1"):
        licences_page(lock)


def test_a_licence_that_nobody_tells_is_not_guessed() -> None:
    assert licence("there-is-no-such-package") is None
