"""Characters and words get the ids that the study's preparation gives them."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize import PunktSentenceTokenizer

from nnrepro.data import dbpedia, text

paragraphs = st.lists(st.text(max_size=150), max_size=8)


def test_characters_outside_the_studys_set_are_dropped() -> None:
    assert text.clean_characters("Ab-Z9^,.' é;\t\n(x)!?\"") == "abz9^,.' x"


def test_cleaning_for_words_turns_full_stops_and_carets_into_single_spaces() -> None:
    assert text.clean_words(" It's A.B^C, done.  End. ") == "it's a b c, done end"


@given(st.text())
def test_only_the_studys_characters_are_left(paragraph: str) -> None:
    kept = set(string.ascii_lowercase + string.digits + "^,.' ")
    assert set(text.clean_characters(paragraph)) <= kept
    assert set(text.clean_words(paragraph)) <= kept - set("^.")


def test_tokens_are_those_of_nltks_word_tokenizer() -> None:
    assert text.tokenize("The dog's owners can't, or cannot, pay 1,000.") == [
        *("the", "dog", "'s", "owners", "ca", "n't", ",", "or"),
        *("can", "not", ",", "pay", "1,000"),
    ]


@given(st.text(alphabet=st.sampled_from(string.ascii_letters + "0123456789 .,!?'\"()^é\n")))
def test_a_cleaned_paragraph_is_one_sentence_for_punkt(paragraph: str) -> None:
    """So leaving sentence splitting out changes nothing: Punkt finds no place to split."""
    cleaned = text.clean_words(paragraph)
    assert PunktSentenceTokenizer().tokenize(cleaned) == ([cleaned] if cleaned else [])


def test_character_ids_are_ranks_in_the_sorted_characters_of_both_splits() -> None:
    train, test, vocabulary = text.character_ids(["Cab"], ["z."], length=5)
    assert vocabulary == [" ", ".", "a", "b", "c", "z"]
    assert train.tolist() == [[4, 2, 3, 0, 0]]
    assert test.tolist() == [[5, 1, 0, 0, 0]]


def test_characters_beyond_the_cut_count_for_the_vocabulary() -> None:
    train, _, vocabulary = text.character_ids(["aaaz"], [], length=2)
    assert vocabulary == ["a", "z"]
    assert train.tolist() == [[0, 0]]


@given(paragraphs, paragraphs)
def test_characters_can_be_read_back(train: list[str], test: list[str]) -> None:
    *matrices, vocabulary = text.character_ids(train, test)
    for texts, matrix in zip((train, test), matrices, strict=True):
        assert matrix.shape == (len(texts), 100)
        read = ["".join(vocabulary[index] for index in row) for row in matrix]
        assert read == [text.clean_characters(each)[:100].ljust(100) for each in texts]


def test_word_ids_fall_with_frequency_and_ties_keep_first_appearance() -> None:
    train, test, vocabulary = text.word_ids(["b a b"], ["c a. d"], length=5)
    assert vocabulary == ["<pad>", "<unk>", "<eos>", "b", "a", "c", "d"]
    assert train.tolist() == [[3, 4, 3, 2, 0]]
    assert test.tolist() == [[5, 4, 6, 2, 0]]


@pytest.mark.parametrize(
    ("words", "expected"), [(1, [3, 2, 0]), (2, [3, 3, 2]), (3, [3, 3, 3]), (4, [3, 3, 3])]
)
def test_end_mark_is_appended_before_the_cut(words: int, expected: list[int]) -> None:
    train, _, _ = text.word_ids(["a " * words], [], length=3)
    assert train.tolist() == [expected]


@given(paragraphs, paragraphs)
def test_words_can_be_read_back(train: list[str], test: list[str]) -> None:
    *matrices, vocabulary = text.word_ids(train, test)
    for texts, matrix in zip((train, test), matrices, strict=True):
        assert matrix.shape == (len(texts), 100)
        for each, row in zip(texts, matrix, strict=True):
            read = [vocabulary[index] for index in row if index != 0]
            assert read == [*text.tokenize(each), "<eos>"][:100]


def test_real_vocabularies_have_their_known_sizes(real_data: Path) -> None:
    splits, _ = dbpedia.read_folder(real_data / "dbpedia")
    texts = splits["train"].texts, splits["test"].texts
    assert len(text.character_ids(*texts)[2]) == 39
    words = text.word_ids(*texts)[2]
    assert len(words) == 35_235
    assert words[:8] == ["<pad>", "<unk>", "<eos>", "the", "in", "of", "is", "a"]
