import math
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.library import SnapshotLibrary
from qa.answer.retriever import Retriever, rank
from qa.errors import FieldError
from qa.index.lexical import LexicalIndex
from qa.index.postings import Postings
from qa.index.snapshot import Snapshot
from qa.index.terms import content_terms, terms
from qa.index.vectors import VectorIndex
from qa.types import Passage, Text
from tests.conftest import Index


def test_terms_are_folded_stemmed_and_segmented() -> None:
    assert terms("Running RUNS ran") == ["run", "run", "ran"]
    assert terms("Yangpu's") == terms("yangpu’s") == ["yangpu"]
    assert terms("上海市") == ["上海", "海市"]
    assert terms("GPT-4 and C3PO") == ["gpt", "4", "and", "c3po"]
    assert terms("snake_case") == ["snake", "case"]
    assert set(terms("the imple-\n  mentation")) > set(terms("implementation"))
    assert set(terms("a long-\r\nterm plan")) > set(terms("long term plan"))
    assert terms("!? …") == []


@pytest.mark.parametrize("text", ["Curaçao", "한국어", "プログラム", "Ångström"])
def test_a_word_is_found_however_its_characters_are_put_together(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    assert terms(apart) == terms(text) == content_terms(apart) == content_terms(text)


def test_marks_beside_words_and_numbers_are_none_of_them() -> None:
    assert terms("Windows™ 3½ population¹") == terms("Windows 3 ½ population")
    assert terms("CO₂ m²") == terms("CO2 m2")


def test_letters_that_only_look_different_are_the_same() -> None:
    assert terms("ＡＩ ﬁnal docu\u00adment") == terms("AI final document")
    assert terms("José in the café, naïve in 1999²") == terms("Jose in the cafe, naive in 1999")
    assert terms("हिन्दी") != terms("हिन्द")


DOCS = ["red fox", "red red dog", "blue whale sings", "a dog and a fox"]


def test_scores_are_bm25() -> None:
    index = LexicalIndex(Postings.of(map(Text, DOCS)))
    split = [terms(d) for d in DOCS]
    mean = sum(map(len, split)) / len(split)
    expected = []
    for doc in split:
        score = 0.0
        for term in ("red", "fox"):
            df = sum(term in d for d in split)
            tf = Counter(doc)[term]
            idf = math.log(1 + (len(split) - df + 0.5) / (df + 0.5))
            score += idf * tf / (tf + 0.9 * (1 - 0.4 + 0.4 * len(doc) / mean))
        expected.append(score)
    every = np.arange(len(DOCS))
    assert index.scores("the RED foxes", every)[0] == pytest.approx(expected, rel=1e-5)
    assert not np.any(index.scores("unknown words", every))
    assert max(expected) < index.ceiling("the RED foxes") < index.ceiling("RED foxes unknown")


def test_a_corpus_without_words_can_be_indexed() -> None:
    index = LexicalIndex(Postings.of([Text("…"), Text("!")]))
    assert list(index.scores("a", np.arange(2))[0]) == [0.0, 0.0]
    assert not len(index.search("a", 5))


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 20))
def test_dense_search_with_a_filter_is_exact(seed: int, size: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(size, 8)).astype(np.float32)
    query = rng.normal(size=8).astype(np.float32)
    allowed = np.flatnonzero(rng.random(size) < 0.5).astype(np.int64)
    rows, scores = VectorIndex.build(vectors).search(query, k, allowed)
    expected = allowed[np.argsort(-(vectors[allowed] @ query), kind="stable")][:k]
    assert rows.tolist() == expected.tolist()
    assert np.allclose(scores, vectors[rows] @ query, atol=1e-4)


def test_the_passage_is_found_by_words_and_by_meaning(snapshot: Snapshot) -> None:
    retriever = Retriever(snapshot, candidates=100, dense_weight=0.5)
    by_words = retriever.search("Ingrid Solberg", 3)[0]
    assert by_words.passage.document == "windows"
    by_meaning = retriever.search("How much time off do workers get when they are ill?", 3)[0]
    assert "twelve days" in by_meaning.passage.text
    chinese = retriever.search("上海的市花是什么?", 3)[0]
    assert chinese.passage.document == "zh"


def test_hits_are_ranked_and_filtered_before_ranking(snapshot: Snapshot) -> None:
    retriever = Retriever(snapshot, candidates=2, dense_weight=0.5)
    hits = retriever.search("Who is the harbour master?", 50)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert len({h.passage.row for h in hits}) == len(hits)
    only = retriever.search("Who is the harbour master?", 50, ["emoji", "zh"])
    assert {h.passage.document for h in only} == {"emoji", "zh"}


def test_hits_are_filtered_by_metadata(snapshot: Snapshot) -> None:
    retriever = Retriever(snapshot, candidates=2, dense_weight=0.5)

    def found(**where: str | int | bool) -> set[str]:
        hits = retriever.search("Who is the harbour master?", 50, where=where)
        return {hit.passage.document for hit in hits}

    assert found(department="HR") == found(year=2024) == {"handbook-leave"}
    assert found(department="HR", year=1999) == found(year=True) == set()
    both = retriever.search("leave", 50, ["zh"], {"department": "HR"})
    assert both == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("departement", "'departement'; the nearest name is 'department'"),
        ("YEAR", "'YEAR'; the nearest name is 'year'"),
        ("colour", "'colour'; the names are 'department', 'title', 'year'"),
        ("x" * 100_000, "x'; the names are 'department', 'title', 'year'"),
    ],
)
def test_a_metadata_name_that_no_document_has(snapshot: Snapshot, name: str, hint: str) -> None:
    with pytest.raises(FieldError) as caught:
        snapshot.store.rows_of(["zh"], {name: "HR"})
    assert caught.value.field == "where"
    assert str(caught.value).endswith(hint)
    assert len(str(caught.value)) < 300


def test_no_metadata_at_all(index: Index) -> None:
    with pytest.raises(FieldError, match=r"named 'year'; none has any$"):
        index({"a.txt": b"A."}).store.rows_of(None, {"year": 1})


def test_a_list_in_the_metadata_has_each_entry_as_a_value(index: Index) -> None:
    front = b"---\nissues: [2024, 2025.5, true, spring, 2024-05-01]\n---\n\n"
    store = index({"a.md": front + b"The harbour master is Ingrid Solberg.\n"}).store
    for value in (2024, 2025.5, True, "spring", "2024-05-01", ["9", 2024]):
        assert len(store.rows_of(where={"issues": value})) == 1
    for value in (1, "2024", "true", "pring", 2025, ["9", 9]):
        assert len(store.rows_of(where={"issues": value})) == 0


def test_scores_are_within_bounds_and_comparable(snapshot: Snapshot) -> None:
    retriever = Retriever(snapshot, candidates=100, dense_weight=0.6)
    known = retriever.search("The harbour master is Ingrid Solberg.", 50)
    unknown = retriever.search("Which enzyme unwinds plasmids?", 50)
    assert all(0 <= hit.score <= 1 for hit in known + unknown)
    assert known[0].score > 0.7
    assert unknown[0].score < 0.3


@pytest.mark.parametrize(
    "question",
    ["Who is the harbour master?", "How much leave do ill workers get?", "上海的市花是什么?"],
)
def test_passages_in_no_index_are_ranked_as_those_in_one(snapshot: Snapshot, question: str) -> None:
    passages = list(snapshot.store.passages())
    texts = [SnapshotLibrary(snapshot).text(passage) for passage in passages]
    found = rank(question, passages, texts, snapshot.encoder, len(passages))
    assert sorted(hit.passage.row for hit in found) == list(range(len(passages)))
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    expected = Retriever(snapshot, candidates=100, dense_weight=1.0).search(question, len(passages))
    assert found[0].passage == expected[0].passage
    assert rank(question, passages, texts, snapshot.encoder, 2) == found[:2]
    scores = {hit.passage.row: hit.score for hit in expected}
    # The index knows their titles too.
    assert np.corrcoef([(hit.score, scores[hit.passage.row]) for hit in found], rowvar=False)[
        0, 1
    ] == pytest.approx(1, abs=0.1)


def test_how_many_are_wanted_changes_nothing_in_who_comes_first(snapshot: Snapshot) -> None:
    kinds = ("red fox", "blue whale", "harbour master", "old bridge", "paid leave")
    lines = [f"Note {i} is about the {kinds[i % 5]} of pier {i * i}." for i in range(160)]
    passages = [Passage(i, "d", 0, len(line), line) for i, line in enumerate(lines)]
    texts = [Text(line, ((0, len(line)),)) for line in lines]
    found = rank("Which note is about the harbour master?", passages, texts, snapshot.encoder, 160)
    assert sorted(hit.passage.row for hit in found) == list(range(160))
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    few = rank("Which note is about the harbour master?", passages, texts, snapshot.encoder, 5)
    assert few == found[:5]
