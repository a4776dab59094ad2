"""No words from elsewhere become an element, an attribute or an address of the report."""

import csv
from pathlib import Path
from typing import Any

import pytest

EVIL = (
    "</td></title></style></script><script>alert(1)</script>\"' onload=alert(2) x=`"
    "<img src=x onerror=alert(3)><a href=javascript:alert(4)>{{ 7*7 }}{% endraw %}&lt;b&gt;<!--]]>"
    "<svg/onload=alert(5)><iframe src=data:text/html,x>\ud800\u202e"
)
WORDS = {
    "claims": ("statement", "reason", "deciding_part", "threshold", "unit", "why", "runs"),
    "published": ("note", "reason", "remark", "model", "variant"),
    "inconsistencies": ("statement", "shown", "relation"),
}


def rewrite(table: Path, columns: tuple[str, ...], word: str) -> None:
    """Put a word behind whatever stands in these columns of a table."""
    with open(table, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update({name: f"{row[name]} {word}" for name in columns})
    with open(table, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def page(results: Any, word: str) -> str:
    """The report with a word in everything that comes from files: tables, records, an archive."""
    in_file = word.encode("utf-8", "backslashreplace").decode()
    for name, columns in WORDS.items():
        rewrite(results.tables / f"{name}.csv", columns, in_file)
    run = results.study.runs[0].id
    other = f"{word.replace('/', '|')}/e/v/seed1"
    inventory = {
        "problems": [
            {"run": run, "file": word, "status": "damaged", "message": word},
            {"run": run, "file": word, "status": "completed", "message": word},
            {"run": other, "file": word, "status": "missing", "message": word},
        ],
        "several": [
            {"run": run, "folder": word, "epochs": 3, "others": [{"folder": word, "epochs": 0}]}
        ],
        "extra": [other],
    }
    return results.build(
        {
            "data": {word: {"source": word, "note": word, "sha256": {word: word}}},
            "python": [word],
            "packages": {word: [word]},
            "platform": [word],
            "devices": [word],
            "code": [word],
            "threads": [word],
        },
        inventory=inventory,
    )


@pytest.fixture
def finished(small: Any, tmp_path: Path) -> Any:
    """A function that makes everything the report reads, a word in each name for readers."""

    def make(word: str) -> Any:
        results = small(
            title=word,
            parts={"A": word, "B": word},
            only={"protocols": ["tan"], "experiments": ["text_models"]},
        )
        results.write_runs()
        results.write_tables()
        results.write_figures()
        return results

    return make


def test_the_page_has_the_elements_and_attributes_that_it_has_with_plain_words(
    finished: Any, outline: Any
) -> None:
    plain = outline(page(finished("word"), "word"))
    html = page(finished(EVIL.replace("\ud800", "")), EVIL)
    hostile = outline(html)
    assert [(tag, sorted(a)) for tag, a in hostile.elements] == [
        (tag, sorted(a)) for tag, a in plain.elements
    ]
    for tag, attributes in hostile.elements:
        assert tag not in ("iframe", "object", "base", "form")
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/svg+xml,"))
    assert hostile.text.count("alert(1)") > 30
    assert "49" not in hostile.text.split("{{ 7*7 }}")[0][-10:] and "{{ 7*7 }}" in hostile.text
    assert html.count("</style>") == html.count("</title>") == html.count("</script>") == 1
