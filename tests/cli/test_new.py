"""`nnrepro new` makes a study of a table that it makes up, or of somebody's CSV file."""

from pathlib import Path
from typing import Any

import pytest

from nnrepro.cli import main
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration
from nnrepro.study.study import Study

HOUSES = "id,rooms,town,price\n" + "".join(
    f"{row},{row % 5},{('north', 'south')[row % 2]},{row % 5 * 1000 + row % 2 * 10}\n"
    for row in range(40)
)
REVIEWS = "review,stars\n" + "".join(
    f'"{word}, a film to remember",{word}\n' for word in ("good", "bad") * 20
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with two tables."""
    (tmp_path / "houses.csv").write_text(HOUSES)
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    (tmp_path / "gaps.csv").write_text(HOUSES.replace(",3,", ",NA,"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def study(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """The study that a folder holds."""
    monkeypatch.chdir(folder)
    read = read_configuration([])
    return load_study(read.values, catalogue(), read.places)


def test_a_new_study_is_short_and_brings_its_table(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["new", "work/digits"]) == 0
    folder = here / "work/digits"
    assert len((folder / "config.yaml").read_text().splitlines()) <= 20
    assert len((folder / "digits.csv").read_text().splitlines()) == 361
    assert "made up" in (folder / "README.md").read_text()
    assert (folder / "profiles/default/config.yaml").is_file()
    made = study(folder, monkeypatch)
    assert made.name == "digits"
    assert len(made.runs) == 11


def test_the_page_on_studies_of_ones_own_shows_the_one_that_is_made(
    here: Path, repository: Path
) -> None:
    rows = (f"{5 + row % 7 / 10},{row % 3 + row % 5 / 10},{'abc'[row % 3]}\n" for row in range(60))
    (here / "iris.csv").write_text("sepal_length,petal_length,species\n" + "".join(rows))
    assert main(["new", "flowers", "--data", "iris.csv", "--label", "species"]) == 0
    made = (here / "flowers/config.yaml").read_text()
    assert f"```yaml\n{made}```" in (repository / "docs/own_study.md").read_text(encoding="utf-8")


def test_the_same_call_gives_the_same_bytes(here: Path) -> None:
    for folder in ("a/same", "b/same"):
        assert main(["new", folder]) == 0
    one, other = (
        {path.name: path.read_bytes() for path in (here / top).rglob("*") if path.is_file()}
        for top in "ab"
    )
    assert one == other


@pytest.mark.parametrize(
    ("words", "model", "says"),
    [
        (["--data", "houses.csv", "--label", "town", "--ignore", "id"], "mlp", {"label": "town"}),
        (
            ["--data", "houses.csv", "--target", "price", "--ignore", "id"],
            "mlp",
            {"ignore": ["id"]},
        ),
        (
            ["--data", "reviews.csv", "--text", "review", "--label", "stars"],
            "word_rnn",
            {"text": "review"},
        ),
    ],
)
def test_a_study_of_a_given_file_holds_a_copy_of_it(
    here: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], model: str, says: dict[str, Any]
) -> None:
    assert main(["new", "Flowers of 2026", *words]) == 0
    folder = here / "Flowers of 2026"
    assert (folder / words[1]).read_text() == (here / words[1]).read_text()
    made = study(folder, monkeypatch)
    assert made.name == "Flowers-of-2026"
    assert {run.model for run in made.runs} == {model}
    (section,) = made.data.values()
    assert says.items() <= section.items()


def test_a_file_that_nobody_described_is_looked_at_and_told(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a spreadsheet writes it, with a column for each trap."""
    lines = ["id;Größe;born;ward;note;same;cost;owner;asked"]
    lines += [
        f'{i};{i % 7},5;{i % 28 + 1}.3.{1900 + i};{9 * i + 1000};"a\n{i}";x;{i} €;O{i % 25};{i % 2}'
        for i in range(80)
    ]
    (here / "export.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    assert main(["new", "export", "--data", "export.csv", "--target", "asked"]) == 0
    said = capsys.readouterr().out
    assert "80 rows: 56 to train on, 12 to validate by, 12 to test on" in said
    assert "read as numbers: Größe, ward" in said
    assert "'asked' has only 2 different values; if they are classes" in said
    assert "'owner' has 24 values; if rows of one belong together" in said
    assert "'ward' is another whole number in nearly every row" in said
    (section,) = study(here / "export", monkeypatch).data.values()
    assert (section["separator"], section["decimal"]) == (";", ",")
    assert section["ignore"] == ["id", "born", "note", "same", "cost"]
    assert said.count("left out: ") == 5
    assert "80 rows; if '0 €' is a number, write it in digits and a decimal mark alone" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--data", "houses.csv"], "say what is to be predicted"),
        (["--data", "houses.csv", "--label", "twon"], "did you mean 'town'?"),
        (["--data", "gaps.csv", "--label", "town"], "an option: --missing drop"),
        (["--data", "houses.csv", "--target", "town", "--ignore", "id"], "which is no number"),
        (["--data", "missing.csv", "--label", "town"], "missing.csv does not exist"),
        (["--data", ".", "--label", "town"], "a folder, and a CSV file is wanted"),
        (["--label", "town"], "--label: says something of a CSV file; name it: --data FILE"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["new", "mine", *words]) == 1
    assert told in capsys.readouterr().err
    assert not (here / "mine").exists()


def test_what_is_there_is_not_written_over(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "full").mkdir()
    (here / "full/notes").write_text("mine")
    for place in ("full", "houses.csv"):
        assert main(["new", place]) == 1
        assert f"'{place}' is there already" in capsys.readouterr().err
    assert [path.name for path in (here / "full").iterdir()] == ["notes"]
    (here / "empty").mkdir()
    assert main(["new", "empty"]) == 0


def test_a_folder_whose_name_no_study_can_have_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["new", "…"]) == 1
    assert "a study is named by letters" in capsys.readouterr().err


def test_a_profile_for_a_cluster_is_copied_to_be_edited(here: Path) -> None:
    assert main(["new", "mine", "--profile", "submit"]) == 0
    assert (here / "mine/profiles/submit/submit").stat().st_mode & 0o111
