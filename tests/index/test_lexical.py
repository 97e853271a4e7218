"""Searching the postings gives what scoring every passage would, and so does taking them over."""

import random
from collections import Counter

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qa.index.lexical
from qa.index.lexical import LexicalIndex
from qa.index.postings import Postings
from qa.index.terms import content_terms, terms
from qa.types import Text

WORDS = [f"w{number}" for number in range(40)]


def texts(seed: int, size: int) -> list[str]:
    rng = random.Random(seed)
    # Zipfian: some words in nearly every text, some in hardly any.
    weights = [1 / (rank + 1) for rank in range(len(WORDS))]
    return [" ".join(rng.choices(WORDS, weights, k=rng.randint(0, 30))) for _ in range(size)]


def whole(*sentences: str, heading: str = "") -> Text:
    """Sentences after a heading, each on a line."""
    text, places = heading, []
    for sentence in sentences:
        places.append((len(text) + 1, len(text) + 1 + len(sentence)))
        text += f"\n{sentence}"
    return Text(text, tuple(places))


def built(corpus: list[str]) -> LexicalIndex:
    return LexicalIndex(Postings.of(map(whole, corpus)))


def every(index: LexicalIndex, question: str) -> np.ndarray:
    return index.scores(question, np.arange(len(index)))[0]


def best(scores: np.ndarray, rows: np.ndarray, k: int) -> list[float]:
    return sorted((float(s) for s in scores[rows] if s > 0), reverse=True)[:k]


@given(st.integers(0, 2**32 - 1), st.integers(2, 80), st.integers(1, 20), st.booleans())
def test_search_finds_what_scoring_every_row_finds(
    seed: int, size: int, k: int, filtered: bool
) -> None:
    rng = random.Random(seed)
    index = built(texts(seed, size))
    question = " ".join(rng.choices([*WORDS, "unknown"], k=rng.choice((1, 3, 6, 30))))
    allowed = np.array(sorted(rng.sample(range(size), size // 2)), dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        # Small enough that common terms are looked up, as in a large collection.
        patch.setattr(qa.index.lexical, "_COMMON", 3)
        rows = index.search(question, k, allowed if filtered else None)
    scores = every(index, question)
    among = allowed if filtered else np.arange(size)
    assert set(rows.tolist()) <= set(among.tolist())
    assert len(set(rows.tolist())) == len(rows)
    assert scores[rows].tolist() == pytest.approx(best(scores, among, k), rel=1e-5)
    assert not len(rows) or scores.max() < index.ceiling(question)
    # The sums kept for the next question are zero again.
    assert not index._zeros().any()


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("Who approves the US budget?", "approv us budget"),
        ("Who leads the WHO?", "lead who"),
        ("Is this IT's fault?", "it fault"),
        ("WHO 的总部", "who 的总 总部"),
        ("Who is John Doe?", "john doe"),
        ("What does Ann do, and is hers doing it?", "ann"),
        ("WHO IS THE HEAD OF IT?", "head"),
        ("WHO'S THE HEAD?", "head"),
        ("What's with vitamin A?", "vitamin"),
        ("What is it?", "what is it"),
    ],
)
def test_names_that_look_like_function_words_are_searched(question: str, content: str) -> None:
    assert sorted(content_terms(question)) == sorted(content.split())


@given(st.text(st.sampled_from("aIiTt'’sS 上海的US.")))
def test_what_is_searched_of_a_question_is_among_its_terms(question: str) -> None:
    found = content_terms(question)
    assert Counter(found) <= Counter(terms(question))
    assert bool(found) == bool(terms(question))


def test_a_name_that_looks_like_a_function_word_is_found() -> None:
    index = built(["The budget of the city", "The US budget", "Ask John", "Ask Ann Doe"])
    assert index.search("What is the US budget?", 1).tolist() == [1]
    assert index.search("Who is Doe?", 1).tolist() == [3]


def test_scores_are_those_of_bm25s() -> None:
    corpus = texts(1, 200)
    tokens = [terms(text) for text in corpus]
    peer = bm25s.BM25(method="lucene", k1=0.9, b=0.4)
    peer.index(tokens, show_progress=False)
    index = built(corpus)
    for question in ("w0 w1 w39", "w7 w7 w20", "w3"):
        known = [t for t in content_terms(question) if t in peer.vocab_dict]
        assert every(index, question) == pytest.approx(peer.get_scores(known), rel=1e-4, abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_taking_postings_over_gives_the_index_of_a_full_build(
    seed: int, before: int, after: int
) -> None:
    rng = random.Random(seed)
    former = texts(seed, before)
    source = [rng.randrange(before) if rng.random() < 0.7 else -1 for _ in range(after)]
    old = np.array(
        [s if s >= 0 and s not in source[:at] else -1 for at, s in enumerate(source)], np.int64
    )
    fresh = iter(texts(seed + 1, after))
    new = [former[s] if s >= 0 else next(fresh) for s in old.tolist()]
    index = LexicalIndex(
        built(former).postings.updated(
            old, [whole(text) for text, s in zip(new, old, strict=True) if s < 0]
        )
    )
    full = built(new)
    # Words of what is gone are gone, too.
    assert list(index.postings.words) == list(full.postings.words)
    for name in ("starts", "rows", "counts", "sentences", "lengths"):
        assert np.array_equal(getattr(index.postings, name), getattr(full.postings, name))
    for word in WORDS:
        assert np.array_equal(every(index, word), every(full, word))
        rows = np.arange(after)
        assert np.array_equal(index.scores(word, rows), full.scores(word, rows))


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6), max_size=40))
def test_words_together_are_those_of_the_best_sentence(sentences: list[list[str]]) -> None:
    row = whole(*map(" ".join, sentences), heading="w0 w1")
    index = LexicalIndex(Postings.of([row, whole("w0 w2 w3 w4")]))
    # Sentences beyond the 32nd don't count: the lines of a long table aren't one sentence.
    apart = [set(), *(set(s) for s in sentences[:32])]
    alone = {word: index.ceiling(word) for word in WORDS[:5]}
    expected = max(sum(alone[word] for word in found & alone.keys()) for found in apart)
    _, together = index.scores(" ".join(WORDS[:5]), np.arange(2))
    assert together.tolist() == pytest.approx(
        [expected, sum(alone[w] for w in ("w0", "w2", "w3", "w4"))], rel=1e-5
    )
