"""What a script's code lies in: found by its imports, so that a rule reruns for what it uses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nnrepro.imports import files_behind
from nnrepro.study.kinds import kinds


def names(files: list[Path]) -> set[str]:
    """The files by their last two parts."""
    return {"/".join(file.parts[-2:]) for file in files}


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A script and a library of two rooms."""
    library = tmp_path / "nnrepro"
    contents = {
        tmp_path / "draw.py": "import json\nfrom nnrepro.plots import line\n",
        library / "__init__.py": "",
        library / "plots" / "__init__.py": "from nnrepro.plots.lines import line\n"
        "from nnrepro.plots.bars import bar\n",
        library / "plots" / "lines.py": "def line():\n    from nnrepro.maths.sums import add\n",
        library / "plots" / "bars.py": "import nnrepro.maths.products\n",
        library / "maths" / "__init__.py": "",
        library / "maths" / "sums.py": "",
        library / "maths" / "products.py": "from nnrepro.maths import sums\n",
    }
    for file, text in contents.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_names_are_followed_through_packages_to_where_they_are_defined(scripts: Path) -> None:
    """What else the package offers does not count, and imports inside functions do."""
    assert names(files_behind(scripts / "draw.py", root=scripts)) == {
        f"{scripts.name}/draw.py",
        "plots/lines.py",
        "maths/sums.py",
    }


def test_modules_imported_as_such_count(scripts: Path) -> None:
    """By their dotted name, or from their package."""
    found = files_behind(scripts / "nnrepro" / "plots" / "bars.py", root=scripts)
    assert names(found) == {"plots/bars.py", "maths/products.py", "maths/sums.py"}


def test_a_changed_import_is_seen(scripts: Path) -> None:
    """The answer is that of the file as it is."""
    draw = scripts / "draw.py"
    before = files_behind(draw, root=scripts)
    draw.write_text("from nnrepro.plots import bar\n")
    assert files_behind(draw, root=scripts) != before


@pytest.mark.parametrize(
    ("room", "script"), [("figures", "draw_figures.py"), ("tables", "make_table.py")]
)
def test_the_code_of_a_kind_concerns_that_kind_alone(
    repository: Path, room: str, script: str
) -> None:
    """A change in one makes only what is of it again."""
    scripts = repository / "scripts"
    for kind in kinds(room).values():
        found = set(files_behind(scripts / script, kind.path, root=scripts))
        assert found & {each.path for each in kinds(room).values()} == {kind.path}, kind.name


def test_tables_and_claims_reach_neither_figures_nor_keras(repository: Path) -> None:
    """Data flows one way."""
    scripts = repository / "scripts"
    for script in ("tabulate_runs", "make_table", "decide_claims", "compare_published"):
        rooms = {file.parent.name for file in files_behind(scripts / f"{script}.py", root=scripts)}
        assert not rooms & {"plots", "figures", "report", "models", "training", "backends"}, script


def test_a_job_can_choose_its_backend_before_anything_imports_keras(
    printed: Callable[[str], str],
) -> None:
    program = "import nnrepro.training.job, sys; print({'keras', 'tensorflow'} & {*sys.modules})"
    assert printed(program) == "set()\n"
