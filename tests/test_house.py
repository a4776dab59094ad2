"""Data flows down the rooms: no module imports from a room below its own, and none in a circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOMS = (
    *(
        "metrics",
        "study",
        "data",
        "models",
        "training",
        "planning",
        "measures",
        "statistics",
        "document",
    ),
    *(
        "tables",
        "published",
        "plots",
        "figures",
        "claims",
        "report",
        "archive",
        "crate",
        "export",
        "batch",
    ),
)
"""From above to below. Modules directly in the library stand above them all."""

DOORS = ("api", "cli", "__main__")
"""What brings the rooms together."""


@pytest.fixture(scope="module")
def imports(repository: Path) -> dict[str, set[str]]:
    """What each module of the library imports of the library, wherever the import stands."""
    library = repository / "scripts" / "nnrepro"
    files = {_name(file, library): file for file in library.rglob("*.py")}
    return {name: set(_imported(file, files)) - {name} for name, file in files.items()}


def _name(file: Path, library: Path) -> str:
    parts = file.relative_to(library.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(file: Path, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            inner = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else node.module for name in inner)


def _room(module: str) -> str:
    return [*module.split("."), ""][1]


def test_no_modules_import_each_other_in_a_circle(imports: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"imported in a circle: {' -> '.join(error.args[1])}")


def test_no_room_imports_from_one_below(imports: dict[str, set[str]]) -> None:
    def rank(module: str) -> int:
        room = _room(module)
        return len(ROOMS) if room in DOORS else ROOMS.index(room) if room in ROOMS else -1

    upwards = [
        f"{module} imports {other}"
        for module, others in imports.items()
        for other in others
        if rank(other) > rank(module)
    ]
    assert not upwards, "\n".join(upwards)


def test_every_room_has_its_place(imports: dict[str, set[str]], repository: Path) -> None:
    library = repository / "scripts" / "nnrepro"
    rooms = {_room(module) for module in imports if (library / _room(module)).is_dir()}
    assert rooms - {"", *DOORS} <= set(ROOMS)


def test_every_rule_says_in_a_line_what_it_does(repository: Path) -> None:
    """A job without a message shows its whole list of inputs, which in a study are hundreds."""
    for file in (repository / "Snakefile", *(repository / "rules").glob("*.smk")):
        lines = [line.split(":")[0].split() for line in file.read_text("utf-8").splitlines()]
        rules = sum(words[:1] in (["rule"], ["checkpoint"]) for words in lines)
        assert lines.count(["message"]) == rules, file
