"""Inverted lists: filtered searches are exact, others find what they promise."""

from pathlib import Path

import numpy as np
import pytest

from qa.index.sentence_vectors import SentenceVectors, quantized
from qa.index.token_vectors import TokenVectors, TokenVectorsWriter, packed
from qa.index.vectors import CROSSOVER, VectorIndex, kind_for


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def clustered(size: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(40, 32))
    return unit(centres[rng.integers(0, 40, size)] + 0.7 * rng.normal(size=(size, 32)))


VECTORS = clustered(4000)
QUERIES = clustered(100, seed=1)


@pytest.fixture(scope="module")
def lists(tmp_path_factory) -> VectorIndex:
    index = VectorIndex.build(VECTORS, "lists")
    index.tune(VECTORS, QUERIES)
    folder = tmp_path_factory.mktemp("lists")
    index.save(folder)
    return VectorIndex.load(folder)


def exact(query: np.ndarray, rows: np.ndarray, k: int) -> list[int]:
    return rows[np.argsort(-(VECTORS[rows] @ query), kind="stable")][:k].tolist()


def test_the_kind_goes_by_size_unless_it_is_set() -> None:
    assert kind_for("auto", CROSSOVER - 1) == "exact"
    assert kind_for("auto", CROSSOVER) == "lists"
    assert kind_for("exact", 10**7) == "exact"
    assert kind_for("lists", 1) == "lists"


def test_lists_find_nearly_all_without_searching_all(lists: VectorIndex) -> None:
    count, searched = lists.lists
    assert searched < count
    found = [
        len(set(lists.search(query, 10)[0]) & set(exact(query, np.arange(4000), 10))) / 10
        for query in QUERIES
    ]
    assert np.mean(found) >= 0.97


def test_any_ten_of_equal_vectors_are_the_nearest() -> None:
    vectors = np.tile(clustered(200, seed=2), (20, 1))
    index = VectorIndex.build(vectors, "lists")
    assert index.tune(vectors, clustered(100, seed=3)) >= 0.97
    count, searched = index.lists
    assert searched < count / 2


@pytest.mark.parametrize("share", [0.001, 0.02, 0.5])
def test_a_filtered_search_of_lists_is_exact(lists: VectorIndex, share: float) -> None:
    rng = np.random.default_rng(3)
    for query in QUERIES[:20]:
        allowed = np.flatnonzero(rng.random(4000) < share)
        rows, scores = lists.search(query, 10, allowed)
        assert set(rows) <= set(allowed)
        expected = VECTORS[exact(query, allowed, 10)] @ query
        # 16 bits may swap neighbours, but not lose one.
        assert scores == pytest.approx(expected, abs=2e-3)


def test_vectors_come_back_as_they_were_put_in(lists: VectorIndex) -> None:
    rows = np.array([3999, 0, 17])
    assert np.allclose(lists.reconstruct(rows), VECTORS[rows], atol=2e-3)


def test_lists_are_kept_for_what_did_not_change(lists: VectorIndex) -> None:
    old = np.concatenate([np.arange(1, 4000), [-1, -1]])
    new = np.concatenate([VECTORS[1:], clustered(2, seed=9)])
    index = VectorIndex.build(new, "lists", lists, old)
    assert index.lists[0] == lists.lists[0]
    assert index._assigned()[:-2].tolist() == lists._assigned()[1:].tolist()
    index.tune(new, QUERIES)
    assert index.search(new[-1], 1)[0].tolist() == [len(new) - 1]


def test_the_nearest_sentence_of_each_passage(tmp_path: Path) -> None:
    counts = np.array([3, 1, 2])
    vectors = unit(np.random.default_rng(5).normal(size=(6, 32)))
    SentenceVectors.create(tmp_path, counts, 32)[:] = quantized(vectors)
    found = SentenceVectors(tmp_path).nearest(QUERIES[0], np.array([2, 0]))
    cosines = vectors @ QUERIES[0]
    assert found == pytest.approx([cosines[4:].max(), cosines[:3].max()], abs=0.01)


def test_tokens_are_compared_by_signs(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    # Not a multiple of eight, as some models' vectors.
    passages = [rng.normal(size=(n, 20)).astype(np.float32) for n in (3, 1, 7)]
    writer = TokenVectorsWriter(tmp_path, len(passages))
    for row in (2, 0, 1):
        writer.add(row, packed(passages[row]))
    writer.close()
    stored = TokenVectors(tmp_path)
    question = rng.normal(size=(4, 20)).astype(np.float32)
    lengths = np.linalg.norm(question, axis=1)
    expected = []
    for vectors in (passages[1], passages[2]):
        signs = np.where(vectors > 0, 1, -1) / np.sqrt(20)
        cosines = (question / lengths[:, None]) @ signs.T
        expected.append((cosines.max(axis=1) * lengths).sum() / lengths.sum())
    assert stored.similarity(question, np.array([1, 2])) == pytest.approx(expected, abs=1e-5)
    assert [len(stored.of(row)) for row in range(3)] == [3, 1, 7]
    assert stored.similarity(question[:0], np.array([1])) is None


def test_a_model_without_vectors_of_tokens(tmp_path: Path) -> None:
    writer = TokenVectorsWriter(tmp_path, 2)
    for row in range(2):
        writer.add(row, np.zeros((0, 0), dtype=np.uint8))
    writer.close()
    stored = TokenVectors(tmp_path)
    assert stored.similarity(np.ones((2, 20), dtype=np.float32), np.array([0, 1])) is None
    assert stored.of(1).shape == (0, 0)
