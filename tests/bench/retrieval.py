"""Quality of the retrieval, and speed of the encoders.

A ranking of documents is that of their best passages. BM25 alone and dense alone are
the hybrid's own two searches in the same index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG
from numpy.typing import NDArray

from qa.answer.retriever import Retriever
from qa.config import RetrievalSettings, Settings
from qa.index.encoder import OnnxEncoder
from qa.index.models import PACKAGED, locate
from qa.index.quickest import quickest
from qa.index.snapshot import ENCODER, Snapshot
from qa.types import Text
from tests.bench import corpora

PASSAGES = 3  # looked at for each document to be found
TEXTS = 384

Ranking = Callable[[str], Iterable[str]]


def rankings(snapshot: Snapshot, settings: RetrievalSettings, depth: int) -> dict[str, Ranking]:
    """The hybrid and its two halves, of so many passages each."""

    def hybrid(weight: float) -> Ranking:
        retriever = Retriever(snapshot, settings.candidates, weight)
        return lambda question: corpora.by_document(
            snapshot, (hit.passage.row for hit in retriever.search(question, depth))
        )

    def bm25(question: str) -> Iterable[str]:
        return corpora.by_document(snapshot, snapshot.lexical.search(question, depth).tolist())

    def passages(question: str) -> Iterable[str]:
        query = snapshot.encoder.encode([question])[0]
        return corpora.by_document(snapshot, snapshot.vectors.search(query, depth)[0].tolist())

    return {
        "BM25": bm25,
        "dense, whole passages": passages,
        "dense, nearest sentence and tokens": hybrid(1.0),
        "**hybrid (default)**": hybrid(settings.dense_weight),
    }


def scored(ranked: Iterable[str], query: str, count: int) -> list[ir_measures.ScoredDoc]:
    return [
        ir_measures.ScoredDoc(query, found, -float(place))
        for place, found in zip(range(count), ranked, strict=False)
    ]


def table(
    snapshot: Snapshot,
    questions: dict[str, str],
    relevant: dict[str, set[str]],
    measures: list[ir_measures.Measure],
    documents: int,
) -> None:
    """Print what each ranking's first ``documents`` are worth."""
    judgements = [
        ir_measures.Qrel(query, found, 1) for query, ids in relevant.items() for found in ids
    ]
    print(f"| ranking | {' | '.join(map(str, measures))} |\n|---|{'---|' * len(measures)}")
    for name, ranking in rankings(snapshot, RetrievalSettings(), PASSAGES * documents).items():
        run = [
            entry
            for id, text in questions.items()
            for entry in scored(ranking(text), id, documents)
        ]
        means = ir_measures.calc_aggregate(measures, judgements, run)
        print(f"| {name} | {' | '.join(f'{means[m]:.4f}' for m in measures)} |", flush=True)


def scifact() -> None:
    documents, queries, relevant = corpora.scifact()
    snapshot = corpora.indexed("scifact", documents, Settings())
    print(f"\nSciFact: {len(queries)} claims, {len(documents):,} abstracts as", end=" ")
    print(f"{len(snapshot.store):,} passages\n")
    table(snapshot, queries, relevant, [nDCG @ 10, R @ 10, R @ 100, RR @ 10], 100)
    print("\nThe same with questions encoded by sentence-transformers, in 32 bits\n")
    original = Original(snapshot.encoder)
    snapshot.encoder = original  # type: ignore[assignment]
    table(snapshot, queries, relevant, [nDCG @ 10, R @ 10, R @ 100, RR @ 10], 100)


def squad() -> None:
    documents, questions, golds = corpora.squad()
    snapshot = corpora.indexed("squad", documents, Settings())
    print(f"\nSQuAD 1.1 dev: {len(questions):,} questions, {len(documents):,} paragraphs of")
    print(f"train and dev as {len(snapshot.store):,} passages\n")
    texts = {question.id: question.text for question in questions}
    relevant = {q.id: {gold} for q, gold in zip(questions, golds, strict=True)}
    table(snapshot, texts, relevant, [R @ 1, R @ 5, R @ 20, RR @ 10], 20)


class Original:
    """sentence-transformers in the place of the query encoder."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        from sentence_transformers import SentenceTransformer

        self.tokenizer = encoder.tokenizer
        self.dimension = encoder.dimension
        self.model = SentenceTransformer(str(locate(PACKAGED).folder), device="cpu")

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        return np.asarray(
            self.model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        )

    def encode_question(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        tokens = self.model.encode(text, output_value="token_embeddings", show_progress_bar=False)
        return self.encode([text])[0], np.asarray(tokens[1:-1])


def encoders() -> None:
    """Speed of embedding, ours and sentence-transformers' with its defaults, same texts."""
    documents, queries, _ = corpora.scifact()
    snapshot = corpora.indexed("scifact", documents, Settings())
    original = Original(snapshot.encoder)
    graph = OnnxEncoder(snapshot.folder / ENCODER, threads=1)
    rows = np.linspace(0, len(snapshot.store) - 1, TEXTS).astype(int).tolist()
    texts = [snapshot.store.passage(row).text for row in rows]
    rates: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(2):
        # As a build of the whole corpus embeds.
        with quickest(locate(PACKAGED), graph, len(snapshot.store)) as ours:
            took = _seconds(lambda found: ours.encode([Text(text) for text in found]), texts)
            rates["ours"].append(len(texts) / took)
            vectors = ours.encode([Text(text) for text in texts[:64]])[0]
        rates["theirs"].append(len(texts) / _seconds(original.encode, texts))
    best = {name: max(values) for name, values in rates.items()}
    agreement = (vectors * original.encode(texts[:64])).sum(1)
    asked = list(queries.values())[:100]
    times = {
        name: 1000 * median(_seconds(encode, [text]) for text in asked)
        for name, encode in (("ours", snapshot.encoder.encode), ("theirs", original.encode))
    }
    query = (snapshot.encoder.encode(asked) * original.encode(asked)).sum(1)
    print("\n| encoder | ours | sentence-transformers | |\n|---|---|---|---|")
    print(
        f"| passages a second, {TEXTS} SciFact passages | {best['ours']:.1f} | "
        f"{best['theirs']:.1f} | {best['ours'] / best['theirs']:.2f}× |"
    )
    print(
        f"| one question, median of {len(asked)} | {times['ours']:.1f} ms | "
        f"{times['theirs']:.1f} ms | {times['theirs'] / times['ours']:.2f}× |"
    )
    print(f"\nCosine of passage vectors with theirs at least {agreement.min():.6f}; of question")
    print(f"vectors {query.mean():.4f} on average, at least {query.min():.4f}.")


def _seconds(encode: Callable[[list[str]], object], texts: list[str]) -> float:
    began = time.perf_counter()
    encode(texts)
    return time.perf_counter() - began


def main() -> None:
    encoders()
    scifact()
    squad()
