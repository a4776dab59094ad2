"""What the documents tell a reader to type: blocks of code, and commands within sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
PROGRAMS = (
    *("make", "snakemake", "nnrepro", "python", "pip", "git", "rocrate-validator"),
    *("kubectl", "salloc", "squeue"),
)
_PROGRAM = re.compile(rf"(\w+=\S* )*(\.venv/bin/\w+|scripts/\w+\.py|{'|'.join(PROGRAMS)}) .*")
_NAMED = re.compile(r"nnrepro \w+")
"""A command's name, which is typed with more words; blocks of code show how."""
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        place: file and line.
        language: as the fence says; empty where it says nothing.
        text: without the fence.
    """

    place: str
    language: str
    text: str


def documents(repository: Path) -> list[Path]:
    """The README and all pages of the documentation."""
    return [
        repository / "README.md",
        *sorted(repository.glob("docs/**/*.md")),
        repository / "published/README.md",
    ]


def blocks(document: Path) -> Iterator[Block]:
    """The fenced blocks of a document."""
    text = document.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        indent, language, code = found.groups()
        line = text.count("\n", 0, found.start()) + 1
        code = re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)
        yield Block(f"{document.name}:{line}", language, code)


def commands(document: Path) -> Iterator[Block]:
    """The commands within a document's sentences and tables: a program with arguments."""
    text = FENCE.sub(lambda found: "\n" * found[0].count("\n"), document.read_text("utf-8"))
    for found in _CODE.finditer(text):
        command = " ".join(found[1].split())
        if _PROGRAM.fullmatch(command) and not _NAMED.fullmatch(command):
            line = text.count("\n", 0, found.start()) + 1
            yield Block(f"{document.name}:{line}", "sh", command)


def unfenced(document: Path) -> list[str]:
    """Lines of code blocks that are indented, and so have no language; not those of lists."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    parts = re.split(r"\n\s*\n", text)
    return [part for part in parts if part.startswith("    ")]
