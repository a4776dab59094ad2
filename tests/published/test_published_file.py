"""Reading published numbers: every mistake is found before any job, with file and line."""

from dataclasses import replace
from pathlib import Path

import pytest

from nnrepro.published import numbers as module
from nnrepro.published.numbers import PublishedError, load_published
from nnrepro.tables.columns import COMPARISON, PRIMARY

SMALLEST = "protocol,metric,value,runs\ntan,max_test_accuracy,0.5300,text_models/char_cnn\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "numbers.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_is_right_and_read_in_its_order(numbers, results):
    lines = results.read_text(encoding="utf-8").splitlines()
    assert len(numbers) == len(lines) - 1
    assert [number.line for number in numbers] == list(range(2, len(lines) + 1))
    assert all(number.printed in lines[number.line - 1] for number in numbers)


def test_four_columns_are_enough_and_digits_are_kept(tmp_path, study):
    (number,) = load_published(write(tmp_path, SMALLEST), study)
    assert (number.printed, number.value, number.half_unit) == ("0.5300", 0.53, 0.00005)
    assert (number.test_set, number.remarks, number.baseline) == (PRIMARY, (), ())


def test_names_of_test_sets_are_those_of_the_analysis():
    assert module.TEST_SETS == (PRIMARY, COMPARISON)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("tann,max_test_accuracy,0.5,text_models", "line 3: protocol: 'tann' is not declared; did"),
        ("tan,max_test_accuracy,0.5a,text_models", "line 3: value: '0.5a' is no number"),
        ("tan,max_test_accuracy,nan,text_models", "line 3: value: 'nan' is no number"),
        ("tan,max_test_accuracy,,text_models", "line 3: value: '' is no number"),
        ("tan,,0.5,text_models", "line 3: metric: is empty"),
        (
            "tan,max_test_accuracy,88.5,text_models",
            "value: 88.5 is no max_test_accuracy, which is from 0 to 1; 80 % is written 0.80",
        ),
        ("tan,final_test_loss,-1,text_models", "is no final_test_loss, which is from 0 on"),
        ("tan,max_test_accuracy,0.5,text_model/*", "no experiment 'text_model'; did you mean"),
        ("tan,max_test_accuracy,0.5,text_models/char_cn", "matches no variant of 'text_models'"),
        ("tan,max_test_accuracy,0.5", "line 3: has 3 columns, the header 4"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path, study, row, message):
    path = write(tmp_path, f"{SMALLEST}{row}\n")
    with pytest.raises(PublishedError, match="1 mistake") as caught:
        load_published(path, study)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_of_a_shared_file_the_rows_of_other_studies_are_left_out(tmp_path, study):
    """What is wrong in any study stays a mistake."""
    shared = replace(study, published_shared=True)
    others = "tann,m,0.1,text_models\ntan,m,x,nowhere\ntan,m,0.2,text_models/nothing\n"
    assert len(load_published(write(tmp_path, SMALLEST + others), shared)) == 1
    with pytest.raises(PublishedError, match="1 mistake") as caught:
        load_published(write(tmp_path, f"{SMALLEST}{others}tan,m,x,text_models\n"), shared)
    assert "line 6: value" in str(caught.value)


def test_all_mistakes_are_listed_together(tmp_path, study):
    wrong = "tann,m,x,text_models\nkohh,m,y,nowhere\n"
    with pytest.raises(PublishedError) as caught:
        load_published(write(tmp_path, SMALLEST + wrong), study)
    assert len(caught.value.problems) == 5
    assert "leave out the section 'published'" in str(caught.value)


def test_a_long_list_of_mistakes_is_cut(tmp_path, study):
    wrong = "tan,m,1,nowhere\n" * 40
    with pytest.raises(PublishedError, match="40 mistakes") as caught:
        load_published(write(tmp_path, SMALLEST + wrong), study)
    assert len(str(caught.value).splitlines()) == 12
    assert str(caught.value).endswith("and 30 more")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("protocol,metric,value", "the column 'runs' is missing"),
        ("protocol,metric,value,run", "the column 'runs' is missing; did you mean 'run'?"),
        ("protocol,metric,value,runs,value", "two columns are called 'value'"),
        ("protocol,metric,value,runs,seeds", "'seeds' is a column that the comparison writes"),
    ],
)
def test_a_wrong_header_is_named(tmp_path, study, header, message):
    with pytest.raises(PublishedError) as caught:
        load_published(write(tmp_path, header + "\n"), study)
    assert message in str(caught.value)


def test_unknown_test_set_and_baseline(tmp_path, study):
    text = (
        "protocol,metric,value,runs,test_set,baseline\n"
        "tan,max_test_accuracy,0.5,text_models,comparsion,text_models/nothing\n"
    )
    with pytest.raises(PublishedError) as caught:
        load_published(write(tmp_path, text), study)
    assert "did you mean 'comparison'?" in str(caught.value)
    assert "baseline: 'text_models/nothing' matches no variant" in str(caught.value)


def test_a_missing_file_and_no_table(tmp_path, study):
    with pytest.raises(PublishedError, match=r"cannot be read"):
        load_published(tmp_path / "none.csv", study)
    (tmp_path / "bytes.csv").write_bytes(b"protocol\xff")
    with pytest.raises(PublishedError, match="not a CSV table in UTF-8"):
        load_published(tmp_path / "bytes.csv", study)


def test_rows_that_a_study_leaves_out_are_no_mistake(results, make_study):
    small = make_study(only={"protocols": ["tan"], "experiments": ["text_models"]})
    assert len(load_published(results, small)) == 343


def test_a_quoted_note_over_two_lines_does_not_shift_the_line_numbers(tmp_path, study):
    text = (
        "protocol,metric,value,runs,note\n"
        'tan,max_test_accuracy,0.5,text_models,"one\ntwo"\n'
        "tan,max_test_accuracy,oops,text_models,\n"
    )
    with pytest.raises(PublishedError, match="line 4: value"):
        load_published(write(tmp_path, text), study)
