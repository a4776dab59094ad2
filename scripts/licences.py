"""Under which licences the locked packages are, by the metadata that each brings along.

make licences
"""

import argparse
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from nnrepro.commands import carried_out
from nnrepro.errors import NnreproError
from nnrepro.files import read_text, write_text

_PINNED = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)(?: *; *([^\\\n]+?))? *\\?$", re.MULTILINE)
_COPYLEFT = re.compile(r"\b(?:A?GPL|LGPL|MPL|EPL|CDDL|EUPL)|General Public|Mozilla", re.IGNORECASE)
_LONGEST = 80
_NOT_STATED = "not stated"

PAGE = """\
# Under which licences are the packages?

Made by `make licences` from `requirements.lock` and the metadata of the installed packages; each
tells its licence itself, and nothing here was looked into further. The project's own licence is in
`LICENSE`; it ships none of these packages, `make` installs them.

{summary}

| package | version | needed for | licence |
| --- | --- | --- | --- |
{rows}

Next: [which page do I need?](../index.md)
"""


@dataclass(frozen=True)
class Pin:
    """A package of the lock file.

    `marker` says where it is installed, empty for everywhere; `wanted_by` is "study" or
    "development" where pyproject.toml names it, else "others".
    """

    name: str
    version: str
    marker: str
    wanted_by: str


def pins(lock: str) -> list[Pin]:
    """The packages of a lock file that uv wrote, in its order."""
    found = list(_PINNED.finditer(lock))
    ends = [match.start() for match in found[1:]] + [len(lock)]
    return [
        Pin(match[1], match[2], match[3] or "", _wanted_by(lock[match.end() : end]))
        for match, end in zip(found, ends, strict=True)
    ]


def licence(name: str) -> str | None:
    """The licence that an installed package names; None where it is not installed.

    An SPDX expression comes before a classifier, and that before free text, of which the first line
    counts. A package that names none has "not stated".
    """
    try:
        fields = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return None
    if expression := fields.get("license_expression"):
        return str(expression)
    classifiers = [c for c in fields.get("classifier", []) if c.startswith("License ::")]
    kinds = {c.rpartition(" :: ")[2] for c in classifiers} - {"OSI Approved"}
    if kinds:
        return ", ".join(sorted(kinds))
    text = str(fields.get("license", "")).strip().splitlines()
    return text[0].strip() if text and text[0].strip() not in ("", "UNKNOWN") else _NOT_STATED


def licences_page(lock: str) -> str:
    """The list of licences in Markdown, from the content of the lock file.

    Raises NnreproError where an installed package has another version.
    """
    packages = pins(lock)
    told = {pin.name: licence(pin.name) for pin in packages}
    _check_versions(packages)
    copyleft = [name for name, text in told.items() if _COPYLEFT.search(text or "")]
    silent = [name for name, text in told.items() if text == _NOT_STATED]
    elsewhere = [name for name, text in told.items() if text is None]
    summary = [
        f"{len(told)} packages.",
        f"Copyleft, by what they say (weak or strong): {_names(copyleft)}.",
        f"Not stated in the metadata: {_names(silent)}.",
        f"Not installed on the system that made this list: {_names(elsewhere)}.",
    ]
    rows = [
        f"| {pin.name} | {pin.version} | {pin.wanted_by} | {_cell(told[pin.name])} |"
        for pin in packages
    ]
    return PAGE.format(summary="\n".join(f"- {line}" for line in summary), rows="\n".join(rows))


def _wanted_by(comment: str) -> str:
    if "nnrepro (pyproject.toml)" in comment:
        return "study"
    return "development" if "nnrepro (pyproject.toml:dev)" in comment else "others"


def _check_versions(packages: list[Pin]) -> None:
    for pin in packages:
        try:
            found = metadata.version(pin.name)
        except metadata.PackageNotFoundError:
            continue
        # A package may be locked twice, for different versions of Python.
        locked = sorted({other.version for other in packages if other.name == pin.name})
        if found not in locked:
            raise NnreproError(
                f"{pin.name} {found} is installed, the lock file has {' and '.join(locked)}; "
                "run `make` with any target to install what is locked"
            )


def _names(packages: list[str]) -> str:
    return ", ".join(packages) or "none"


def _cell(text: str | None) -> str:
    if text is None:
        return "not installed here"
    return text.replace("|", "\\|") if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def main() -> int:
    """Write the page; 1 with a message when it cannot be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", type=Path, help="the lock file")
    parser.add_argument("page", type=Path, help="where the list goes")
    asked = parser.parse_args()
    write_text(asked.page, licences_page(read_text(asked.lock)))
    return 0


if __name__ == "__main__":
    sys.exit(carried_out(main))
