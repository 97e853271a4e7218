"""Stored passages → vectors, of sentences and tokens too, lexical index, encoder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.index.context import Context
from qa.index.encoder import OnnxEncoder
from qa.index.models import CONTEXT_TOKENS, ModelFiles
from qa.index.postings import Postings
from qa.index.progress import progress_bar
from qa.index.quickest import quickest
from qa.index.sentence_vectors import SentenceVectors
from qa.index.snapshot import ENCODER, Snapshot, VectorsMade
from qa.index.store import KEY_BYTES, KEYS, Store
from qa.index.token_vectors import TokenVectorsWriter
from qa.index.vectors import VectorIndex, kind_for
from qa.types import Text

# Texts sorted by length together before they are embedded.
_BLOCK = 8192
# What a new vector index is tuned with: beginnings of sentences. Ten words alone are as
# far from their nearest passages as questions are (cosine .60 and .61 on SQuAD); whole
# sentences are so near theirs that far too few lists seemed to be enough.
_TUNING_QUERIES, _TUNING_WORDS, _TUNING_CHARACTERS = 256, 10, 80


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of the indexes.

    Attributes:
        embedded: how many passages are new; equal ones each count, though they are
            embedded once. The others were taken over.
    """

    dimension: int
    terms: int
    vectors: VectorsMade
    embedded: int


def write_indexes(
    folder: Path,
    store: Store,
    model: ModelFiles,
    former: Snapshot | None,
    tokenizer: Tokenizer,
    vectors_setting: str,
) -> Written:
    """Write all indexes of a folder's passages, taking over what ``former`` has of them.

    ``tokenizer`` is the one the passages were counted with.

    Raises:
        ModelError: the model can't be loaded or exported.
    """
    if former is None:
        # Imported here: torch takes seconds, and a model is exported once.
        from qa.index.embedder import export

        (folder / ENCODER).mkdir()
        export(model, folder / ENCODER)
    else:
        shutil.copytree(former.folder / ENCODER, folder / ENCODER)
    graph = OnnxEncoder(folder / ENCODER, threads=1)
    # Two tokens are the model's own, one may come of joining heading and text.
    context = Context(tokenizer, CONTEXT_TOKENS - 3, graph.document_prompt)
    texts = _Texts(store, context)
    counts = np.ones(len(store), dtype=np.int64)
    keys = np.zeros((len(store), KEY_BYTES), dtype=np.uint8)
    for row, text in enumerate(texts.of(range(len(store)))):
        counts[row] = len(text.sentences)
        keys[row] = np.frombuffer(_key(model, text), dtype=np.uint8)
    np.save(folder / KEYS, keys)
    old = _taken_over(keys, former)
    vectors, embedded = _embed(folder, model, graph, texts, counts, keys, old, former)
    kind = kind_for(vectors_setting, len(vectors))
    index = VectorIndex.build(vectors, kind, former.vectors if former else None, old)
    recall = 1.0
    if kind == "lists":
        sample = np.random.default_rng(0).choice(len(store), _TUNING_QUERIES)
        questions = like_questions(texts.of(sample.tolist()))
        encoded = [graph.encode_question(question)[0] for question in questions]
        recall = index.tune(vectors, np.stack(encoded))
    index.save(folder)
    same = former is not None and former.manifest.by_this_program
    postings = _postings(texts, old, former if same else None)
    postings.save(folder)
    lists, searched = index.lists
    made = VectorsMade(kind=kind, lists=lists, searched=searched, recall=round(recall, 4))
    return Written(vectors.shape[1], len(postings.words), made, embedded)


class _Texts:
    """What is embedded and indexed of passages, with their sentences' places in it."""

    def __init__(self, store: Store, context: Context) -> None:
        self._store = store
        self._context = context

    def of(self, rows: Iterable[int]) -> Iterator[Text]:
        for row in rows:
            passage = self._store.passage(row)
            text = self._context(passage, self._store.record_of(row).title)
            shift = len(text) - len(passage.text) - passage.start
            sentences = self._store.sentences_within(passage)
            yield Text(
                text,
                tuple((start + shift, end + shift) for start, end in sentences)
                or ((len(text) - len(passage.text), len(text)),),
            )


def like_questions(texts: Iterable[Text]) -> list[str]:
    """The beginning of a sentence of each text, about as long as a question."""
    rng = np.random.default_rng(0)
    found = []
    for text in texts:
        start, end = text.sentences[rng.integers(len(text.sentences))]
        words = text.text[start:end].split()[:_TUNING_WORDS]
        found.append(" ".join(words)[:_TUNING_CHARACTERS])
    return found


def _taken_over(keys: NDArray[np.uint8], former: Snapshot | None) -> NDArray[np.int64]:
    """For each row the former one of the same text and model, or -1."""
    if former is None:
        return np.full(len(keys), -1, dtype=np.int64)
    stored = np.load(former.folder / KEYS, allow_pickle=False)
    known = {key.tobytes(): row for row, key in enumerate(stored)}
    return np.array([known.get(key.tobytes(), -1) for key in keys], dtype=np.int64)


def _embed(
    folder: Path,
    model: ModelFiles,
    graph: OnnxEncoder,
    texts: _Texts,
    counts: NDArray[np.int64],
    keys: NDArray[np.uint8],
    old: NDArray[np.int64],
    former: Snapshot | None,
) -> tuple[NDArray[np.float32], int]:
    """Vectors of all rows, those of their parts written; and how many were embedded."""
    vectors = np.empty((len(old), graph.dimension), dtype=np.float32)
    sentences = SentenceVectors.create(folder, counts, graph.dimension)
    tokens = TokenVectorsWriter(folder, len(old))
    places = np.concatenate([[0], np.cumsum(counts)])
    first = _first_equals(keys)
    copy = first < np.arange(len(first))
    if former is not None:
        kept = np.flatnonzero((old >= 0) & ~copy)
        if len(kept):
            vectors[kept] = former.vectors.reconstruct(old[kept])
        for row in kept.tolist():
            sentences[places[row] : places[row + 1]] = former.sentence_vectors.of(int(old[row]))
            tokens.add(row, former.token_vectors.of(int(old[row])))
    missing = np.flatnonzero((old < 0) & ~copy)
    with quickest(model, graph, len(missing)) as encoder, progress_bar("passages") as progress:
        task = progress.add_task("Embedding", total=len(missing))
        for begin in range(0, len(missing), _BLOCK):
            rows = missing[begin : begin + _BLOCK]
            for batch in encoder.batches(list(texts.of(rows.tolist()))):
                vectors[rows[batch.rows]] = batch.vectors
                for number, row in enumerate(rows[batch.rows].tolist()):
                    sentences[places[row] : places[row + 1]] = batch.sentences[number]
                    tokens.add(row, batch.tokens[number])
                progress.advance(task, len(batch.rows))
    vectors[copy] = vectors[first[copy]]
    for row in np.flatnonzero(copy).tolist():
        like = int(first[row])
        sentences[places[row] : places[row + 1]] = sentences[places[like] : places[like + 1]]
        tokens.share(row, like)
    tokens.close()
    return vectors, int((old < 0).sum())


def _first_equals(keys: NDArray[np.uint8]) -> NDArray[np.int64]:
    """For each row the first one with the same key, which may be itself."""
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first[number.reshape(-1)]


def _postings(texts: _Texts, old: NDArray[np.int64], former: Snapshot | None) -> Postings:
    if former is None:
        return Postings.of(_watched(texts, range(len(old))))
    # The same text in two places has one former row, which can be moved only once.
    once = np.full(len(old), -1, dtype=np.int64)
    rows, firsts = np.unique(old, return_index=True)
    once[firsts[rows >= 0]] = rows[rows >= 0]
    fresh = np.flatnonzero(once < 0)
    return former.lexical.postings.updated(once, _watched(texts, fresh.tolist()))


def _watched(texts: _Texts, rows: Sequence[int]) -> Iterator[Text]:
    """The texts of some rows, with a progress bar."""
    with progress_bar("passages") as progress:
        yield from progress.track(texts.of(rows), len(rows), description="Counting words")


def _key(model: ModelFiles, text: Text) -> bytes:
    """Equal for passages that get the same vectors."""
    places = ",".join(f"{start}-{end}" for start, end in text.sentences)
    return hashlib.sha256(f"{model.sha256}\0{places}\0{text.text}".encode()).digest()[:KEY_BYTES]
