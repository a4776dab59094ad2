"""YAML is read as its author wrote it, or a message says what can be misunderstood, and where."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.yamlfile import YamlError, dump_yaml, parse_yaml, plain_value, read_document, read_yaml

ODD_WORDS = """010 0o17 0x1F 0b1 08 1_000 1:30 4:00:00 2024-11-26 1e3 1e-3 .5 5. .inf .nan inf nan
yes no on off y n true True null Null ~ = << * & ! % @ - ? : # {} [] 1e999"""
TEXTS = st.one_of(
    st.sampled_from(ODD_WORDS.split()),
    st.text("0123456789_.:-+eExob", max_size=8),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seeds: [010]", "line 1: 010 is the number 8 to some readers"),
        ("a: 0x1F", "0x1F is the number 31 to some"),
        ("x: 1\na: 1_000", "line 2: 1_000 is the number 1000 to some"),
        ("runtime: 4:00:00", "4:00:00 is the number 14400 to some"),
        ("a: 2024-11-26", "2024-11-26 is a date to some"),
        ("a: 2024-11-26 10:00:00", "is a date to some"),
        (
            "label: no",
            "no may mean false, or the word; write false, or put it into quotation marks",
        ),
        ("label: ON", "ON may mean true, or the word"),
        ("a: .inf", ".inf is no finite number"),
        ("a: -.INF", "-.INF is no finite number"),
        ("a: .NaN", ".NaN is no finite number"),
        ("a: 1e999", "1e999 is too large a number"),
        (f"a: {'9' * 400}", "is too large a number"),
        (f"a: -{'9' * 5000}", "is too large a number"),
        ("a: =", "= has a meaning of its own"),
        ("a: !!binary aGk=", "line 1: the tag !!binary means nothing here"),
        ("a: !!python/object/apply:os.system [x]", "the tag !!python/object/apply:os.system means"),
        ("a: !mine {}", "the tag !mine means nothing here"),
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' stands twice in its section, first on line 1"),
        ('{"a": 1, a: 2}', "the key 'a' stands twice"),
        ("a: {b: 1,\n  b: 1}", "line 2: the key 'b' stands twice"),
        ("- {b: 1, b: 1}", "the key 'b' stands twice"),
        ("a: &b {c: 1}\nd:\n  <<: *b\n  <<: *b", "line 4: the key '<<' stands twice"),
        ("a: &b 1\nc: &b 2", "line 2: the anchor '&b' stands twice"),
        ("1: a", "line 1: the key 1 is no text; put it into quotation marks"),
        ("null: a", "the key null is no text"),
        ("yes: a", "yes may mean true"),
        ("? [a]\n: b", "a key must be text"),
        ("a: *b", "nothing above is marked '&b'"),
        ("a: &b [*b]", "'b' contains itself"),
        ("<<: 3", "takes over the keys of sections alone"),
        ("a: 1\n---\nb: 2", "line 2: a second document begins here"),
        ("a:\n\tb: 1", "line 2: a tab stands where YAML wants spaces"),
        ("a: b: c", "line 1: not valid YAML: mapping values are not allowed"),
        ("a: [1,\n2", "while parsing a flow sequence from line 1 on"),
        ("a: 1\nb: \0", "line 2: holds U+0000"),
        ("a: " + "[" * 101, "line 1: nested more than 100 sections deep"),
    ],
)
def test_what_can_be_misunderstood_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(YamlError, match=re.escape(words)):
        parse_yaml(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("+5", 5),
        ("-0.5", -0.5),
        (".5", 0.5),
        ("1e-3", 0.001),
        ("1.0e5", 100_000.0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("y", "y"),
        ("inf", "inf"),
        ("08", "08"),
        ("0o17", "0o17"),
        ("char_rnn", "char_rnn"),
        ("!!str 007", "007"),
        ("! 1", "1"),
        ("'1'", "1"),
        ('"no"', "no"),
        ("|\n  no\n", "no\n"),
        ("{}", {}),
    ],
)
def test_what_cannot_be_misunderstood_is_read(text: str, value: Any) -> None:
    read = parse_yaml(f"a: {text}").value["a"]
    assert (type(read), read) == (type(value), value)


@given(TEXTS)
def test_text_in_quotation_marks_is_text(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert parse_yaml(f"a: [{quoted}, {{{quoted}: 1}}]").value == {"a": [text, {text: 1}]}


@given(TEXTS)
def test_a_word_without_quotation_marks_is_read_as_by_yaml_1_1_or_refused(text: str) -> None:
    """But for numbers such as 1e-3, which 1.1 takes for text."""
    try:
        mine = plain_value(text)
    except YamlError:
        return
    node = yaml.ScalarNode(
        yaml.resolver.Resolver().resolve(yaml.ScalarNode, text, (True, False)), text
    )
    theirs = yaml.constructor.SafeConstructor().construct_object(node)
    if isinstance(mine, float) and isinstance(theirs, str):
        assert mine == float(text)
    else:
        assert (type(mine), mine) == (type(theirs), theirs)


@given(
    st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.booleans(), st.none()), max_size=4)
)
def test_what_is_written_is_read_back_by_every_reader(values: dict[str, Any]) -> None:
    written = dump_yaml(values)
    assert parse_yaml(written).value == values
    assert yaml.safe_load(written) == values


@pytest.mark.parametrize(
    "level",
    [
        "[{}]".format(", ".join(["*{below}"] * 9)),
        "{{{{{}}}}}".format(", ".join(f"{key}: *{{below}}" for key in "abcdefghi")),
        "{{{{<<: [{}]}}}}".format(", ".join(["*{below}"] * 9)),
    ],
    ids=["lists", "sections", "merge keys"],
)
def test_aliases_cannot_blow_up(level: str) -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{i}: &a{i} {level.format(below=f'a{i - 1}')}" for i in range(1, 40)]
    with pytest.raises(YamlError, match=r"line \d: holds more than 100,000 values, counting what"):
        parse_yaml("\n".join(lines))


def test_aliases_of_aliases_cannot_go_deep() -> None:
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 300))]
    with pytest.raises(YamlError, match="nested more than 100 sections deep"):
        parse_yaml("\n".join(lines))


def test_merge_keys_take_over_what_a_section_does_not_say_itself() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  z: 3"
    assert parse_yaml(text).value["c"] == {"x": 1, "y": 1, "z": 3}
    assert parse_yaml(text).value == yaml.safe_load(text)


def test_every_key_and_item_has_its_line() -> None:
    lines = parse_yaml("a: 1\nb:\n  c:\n  - 1\n  - {d: 2,\n     e: 3}").lines
    assert lines["a",] == 1
    assert lines["b", "c"] == 3
    assert lines["b", "c", 1] == 5
    assert lines["b", "c", 1, "e"] == 6


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name: x\ntitle: Grün".encode("latin-1"), "line 2: the byte 0xFC is no UTF-8"),
        ("name: x".encode("utf-16"), "line 1: the file is in UTF-16; save it as UTF-8"),
        ("name: x".encode("utf-16-le"), "line 1: holds U+0000"),
        (b"a: 1\n" * (2**22), "holds more than 16 MiB"),
    ],
)
def test_a_file_in_another_encoding_or_too_large_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(content)
    with pytest.raises(YamlError, match=re.escape(words)):
        read_yaml(file)


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"---\n...\n"])
def test_a_file_without_content_is_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(content)
    assert read_yaml(file) is None


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_document(file).value == {"a": 1}


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(YamlError, match="no regular file"):
            read_yaml(file)


def test_every_yaml_file_of_the_project_can_be_read(repository: Path) -> None:
    files = [
        repository / "config.yaml",
        *repository.glob("*/*.yaml"),
        *repository.glob("a*/*/*.yaml"),
    ]
    assert len(files) > 15
    for file in files:
        assert read_yaml(file) == yaml.safe_load(file.read_text(encoding="utf-8")), file
