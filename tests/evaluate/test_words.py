"""Gold answers as they stand in a text: beside anything, but never a part of a word."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qa.evaluate.judge import holds_gold
from qa.evaluate.words import find_words


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("“Vic” Upton—he came late", "Upton"),
        ("upset by “Upton”…", "Upton"),
        ("John Myhill's theorem", "John Myhill"),
        ("JOHN MYHILL’S THEOREM", "john myhill"),
        ("as Upton[3] wrote", "Upton"),
        ("the two Myhills' and Myhill's", "Myhill"),
        ("他走了两万多公里，到了上海。", "两万多公里"),
        ("公司在2019年成立", "2019"),
        ("它有25,000人", "25,000"),
        ("サーバーを起動する", "サーバー"),
        ("서울은 크다", "서울"),
        ("between 1990–1995", "1995"),
        ("“New\nYork”", "New York"),
        ("It rose by 5…", "5"),
        ("version “1.5”.", "1.5"),
        ("in the U.S.—", "U.S."),
    ],
)
def test_whole_words(text: str, gold: str) -> None:
    assert holds_gold(text, [gold])


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("a part of it", "art"),
        ("“party”", "part"),
        ("the artist's—", "art"),
        ("15", "5"),
        ("1.5", "5"),
        ("1.5", "1"),
        ("1,500", "1"),
        ("1,500", "500"),
        ("1’500", "500"),
        ("at 22:00", "22"),
        ("3/4 of it", "4"),
        ("50公里", "5"),
        ("１５公里", "５"),
        ("the 1990’s", "1990"),
        ("twenty-six weeks", "six weeks"),
        ("don’t", "don"),
        ("don’t", "t"),
        ("B.C.—", "C"),
        ("Cafe\u0301", "Cafe"),
        ("Ärzte", "rzte"),
        ("“U.S.A.”", "U.S."),
        ("他走了两万多公里", "三万"),
        ("“", ""),
    ],
)
def test_parts_of_words(text: str, gold: str) -> None:
    assert not holds_gold(text, [gold])


LETTERS = "abcxyzABCéжß0123456789"
WORD = st.text(LETTERS, min_size=1, max_size=6)
# Whatever stands beside a word and does not go on with it.
BESIDE = st.text(" \n—–“”„‘«»…[]()!?;@#%&*=<>|汉字かな。，", max_size=4)


@given(BESIDE, WORD, BESIDE)
def test_a_word_is_found_beside_anything(left: str, word: str, right: str) -> None:
    assert find_words(left + word + right, word) == len(left)
    # An article alone is no answer.
    assert holds_gold(left + word + right, [word]) == (word.lower() != "a")


@given(BESIDE, st.text(LETTERS, max_size=3), WORD, st.text(LETTERS, max_size=3), BESIDE)
def test_a_part_of_a_word_is_not(left: str, head: str, part: str, tail: str, right: str) -> None:
    assume((head or tail) and part.lower() != "a")
    word = head + part + tail
    assert find_words(left + word + right, part) is None
    assert not holds_gold(left + word + right, [part])


@given(st.integers(0, 999), st.sampled_from(".,:’'/"), st.integers(0, 999), BESIDE)
def test_a_part_of_a_number_is_not(whole: int, point: str, part: int, beside: str) -> None:
    text = f"{beside}{whole}{point}{part}{beside}"
    for gold in (whole, part):
        assert not holds_gold(text, [str(gold)])
    assert find_words(text, f"{whole}{point}{part}") == len(beside)


@given(st.text("汉字の漢ab1 ", max_size=8), st.text("汉字の漢", min_size=1, max_size=3))
def test_what_is_written_without_spaces_is_found_anywhere(text: str, gold: str) -> None:
    assert (find_words(text, gold) is not None) == (gold in text)
    assert holds_gold(text + gold + text, [gold])


def test_between_two_offsets() -> None:
    text = "red rose, red, redder"
    assert [find_words(text, "red", start) for start in (0, 1, 11)] == [0, 10, None]
    assert find_words(text, "red", 1, 12) is None
    # What stands just outside them still counts: "red" is no word of "redder".
    assert find_words(text, "red", 15, 18) is None
