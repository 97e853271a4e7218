"""Every term is found by its number and its number by the term, also from a file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.index.vocabulary import Vocabulary

TERMS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), unique=True
).map(sorted)


@given(TERMS, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
def test_numbers_and_terms_belong_to_each_other(terms: list[str], other: str) -> None:
    words = Vocabulary.of(terms)
    assert list(words) == terms and len(words) == len(terms)
    assert [words[number] for number in range(len(terms))] == terms
    assert [words.number(term) for term in terms] == list(range(len(terms)))
    assert (words.number(other) is None) == (other not in terms)


def test_a_saved_one_is_the_same(tmp_path: Path) -> None:
    terms = sorted(["boat", "boats", "bo", "échelle", "上海", "🚢"])
    Vocabulary.of(terms).save(tmp_path)
    words = Vocabulary.load(tmp_path)
    assert list(words) == terms and words[-1] == terms[-1] and words[1:3] == terms[1:3]
    assert words.number("上海") == terms.index("上海") and words.number("boa") is None


@pytest.mark.parametrize("ends", [[2, 5], [3, 2, 4], []])
def test_ends_that_fit_no_text_are_refused(ends: list[int]) -> None:
    with pytest.raises(ValueError, match="don't end where"):
        Vocabulary(np.frombuffer(b"abcd", dtype=np.uint8), np.array(ends, dtype=np.int64))
