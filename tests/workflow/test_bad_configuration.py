"""Who mistypes the configuration sees the place and the key: no traceback, no job."""

from typing import Any

import pytest
import yaml


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name: mine\n  title: Mine\n", "config.yaml: line 2: not valid YAML: mapping values"),
        (b"a: " + b"[" * 3000, "config.yaml: line 1: nested more than 100 sections deep"),
    ],
)
def test_a_file_that_is_no_yaml_is_named_with_the_place(
    workflow: Any, content: bytes, words: str
) -> None:
    (workflow.folder / "config.yaml").write_bytes(content)
    done = workflow.snakemake("--dry-run", check=False)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (workflow.folder / "results").exists()


def test_values_that_would_break_something_later_are_named_together(workflow: Any) -> None:
    bad = {"title": "x\0y", "seeds": [10**40], "1": "x", "name": "../elsewhere"}
    (workflow.folder / "bad.yaml").write_text(yaml.safe_dump(bad))
    done = workflow.snakemake("--dry-run", "--configfile", "bad.yaml", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    for words in ("title: 'x\\x00y' holds U+0000", "seeds.0: the number is too large"):
        assert words in said
    assert "(bad.yaml, line 4)" in said
    assert "Traceback" not in said
    assert not (workflow.folder.parent / "elsewhere").exists()
