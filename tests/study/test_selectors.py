"""One room says what a selector names."""

import pytest

from nnrepro.study.selectors import Selector, covered

DECLARED = {"grid": ["c-1", "c-2"], "text": ["char_cnn", "word_cnn", "word_rnn"]}


@pytest.mark.parametrize(
    ("text", "names", "selected", "single"),
    [
        ("text", ["char_cnn", "word_cnn", "word_rnn"], False, False),
        ("text/word_*", ["word_cnn", "word_rnn"], False, False),
        ("text/?ord_cnn", ["word_cnn"], False, False),
        ("text/word_cnn", ["word_cnn"], False, True),
        ("text/selected", ["char_cnn", "word_cnn", "word_rnn"], True, True),
        ("text/char_rnn", [], False, True),
        ("grid/[", [], False, False),
    ],
)
def test_what_a_selector_names(text: str, names: list[str], selected: bool, single: bool) -> None:
    selector = Selector.parse(text)
    assert str(selector) == text
    assert selector.named(DECLARED[selector.experiment]) == names
    assert (selector.selected, selector.single) == (selected, single)
    assert (selector.problem(DECLARED) is None) == bool(names)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("txt", "there is no experiment 'txt'; did you mean 'text'?"),
        ("text/char_cn", "matches no variant of 'text'; did you mean 'char_cnn'?"),
    ],
)
def test_what_names_nothing_is_told(text: str, told: str) -> None:
    assert told in str(Selector.parse(text).problem(DECLARED))


@pytest.mark.parametrize(
    ("name", "selectors", "maybe", "surely"),
    [
        ("grid/c-1", ["grid"], True, True),
        ("grid/c-1", ["text", "grid/c-*"], True, True),
        ("grid/c-1", ["grid/selected"], True, False),
        ("grid/selected", ["grid/c-1"], True, False),
        ("grid/c-1", ["text", "grid/c-2"], False, False),
    ],
)
def test_a_variant_is_among_runs_for_sure_or_once_it_is_selected(
    name: str, selectors: list[str], maybe: bool, surely: bool
) -> None:
    assert covered(name, selectors) == maybe
    assert covered(name, selectors, surely=True) == surely
