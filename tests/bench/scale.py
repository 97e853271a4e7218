"""Size of an index against build time, disk, memory, latency and recall.

The passages are made of real ones, as embedding a million takes half a day here. Each
is three sentences drawn from SciFact's abstracts, with three rare words of a Zipfian
vocabulary of a million; its vector is that of a real SciFact passage turned by a
random 30 degrees or so, and so are its sentences' vectors. Ten passages make a
document. Questions are SciFact's claims, encoded by the snapshot's own encoder.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from qa.answer.evidence import contenders
from qa.answer.library import SnapshotLibrary
from qa.answer.readers import span_reader
from qa.answer.retriever import Retriever
from qa.config import RetrievalSettings, Settings
from qa.index.chunker import Chunk
from qa.index.encoder import OnnxEncoder
from qa.index.indexes import like_questions
from qa.index.lexical import LexicalIndex
from qa.index.postings import Postings
from qa.index.sentence_vectors import SentenceVectors, quantized
from qa.index.snapshot import ENCODER, Snapshot
from qa.index.store import Store
from qa.index.store_writer import StoreWriter
from qa.index.token_vectors import TokenVectors, TokenVectorsWriter
from qa.index.vectors import CROSSOVER, VectorIndex, kind_for
from qa.types import Passage, Text
from tests.bench import corpora
from tests.conftest import REPOSITORY

SIZES = (10_000, 100_000, 1_000_000)
CROSSOVER_SIZES = (10_000, 20_000, 50_000, 100_000)
SENTENCES, PASSAGES_PER_DOCUMENT = 3, 10
RARE_WORDS = 1_000_000
TURN = 0.6  # length of the random vector that is added to a unit vector
QUESTIONS = 150
READ = 20  # questions whose passages are read, too, for the memory it takes


def turned(vectors: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    noise = rng.standard_normal(vectors.shape, dtype=np.float32)
    noise *= TURN / np.sqrt(vectors.shape[1])
    noise += vectors
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return noise


def tuning_queries(real: Snapshot) -> NDArray[np.float32]:
    """Beginnings of sentences of the real passages, as a build would take them."""
    rows = np.random.default_rng(3).choice(len(real.store), 256)
    passages = (real.store.passage(row) for row in rows.tolist())
    return real.encoder.encode(like_questions(_texts(real.store, passages)))


def made(real: Snapshot, size: int, folder: Path) -> dict[str, float]:
    """Write an index of made passages; returns seconds by part."""
    rng = np.random.default_rng(size)
    parts: dict[str, float] = {}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = call()
        parts[name] = time.perf_counter() - began
        return result

    pool = real.vectors.reconstruct(np.arange(len(real.vectors)))
    vectors = np.empty((size, pool.shape[1]), dtype=np.float32)
    sentences = SentenceVectors.create(folder, np.full(size, SENTENCES), pool.shape[1])
    for at in range(0, size, 20_000):
        end = min(size, at + 20_000)
        vectors[at:end] = turned(pool[rng.integers(0, len(pool), end - at)], rng)
        for number in range(SENTENCES):
            sentences[at * SENTENCES + number : end * SENTENCES : SENTENCES] = quantized(
                turned(vectors[at:end], rng)
            )
    del sentences
    tokens = TokenVectorsWriter(folder, size)
    for row, drawn in enumerate(rng.integers(0, len(pool), size).tolist()):
        tokens.add(row, real.token_vectors.of(drawn))
    tokens.close()
    timed("store", lambda: _write_store(real, size, folder, rng))
    store = Store(folder)
    index = timed("vectors", lambda: VectorIndex.build(vectors, kind_for("auto", size)))
    queries = tuning_queries(real)
    timed("tuning", lambda: index.tune(vectors, queries))
    index.save(folder)
    timed("lexical", lambda: Postings.of(_texts(store, store.passages())).save(folder))
    claims = list(corpora.scifact()[1].values())[:QUESTIONS]
    encoded = real.encoder.encode(claims)
    exact = VectorIndex.build(vectors, "exact")
    true = [exact.search(query, 10)[0].tolist() for query in encoded]
    (folder / "true.json").write_text(json.dumps(true))
    return parts


def _write_store(real: Snapshot, size: int, folder: Path, rng: np.random.Generator) -> None:
    sentences = [
        passage.text[start - passage.start : end - passage.start]
        for passage in real.store.passages()
        for start, end in real.store.sentences_within(passage)
    ]
    writer = StoreWriter(folder)
    for first in range(0, size, PASSAGES_PER_DOCUMENT):
        text, chunks, spans = "", [], []
        for _ in range(PASSAGES_PER_DOCUMENT):
            begin = len(text)
            rare = (RARE_WORDS * rng.random(3) ** 4).astype(int)
            drawn = [sentences[i] for i in rng.integers(0, len(sentences), SENTENCES)]
            drawn[-1] += " " + " ".join(f"zq{number}" for number in rare)
            for sentence in drawn:
                spans.append((len(text), len(text) + len(sentence)))
                text += sentence + " "
            chunks.append(Chunk(begin, len(text) - 1, -1))
        writer.add(corpora.document(f"d{first}", f"Document {first}", text), chunks, spans)
    writer.close()


def _texts(store: Store, passages: Iterable[Passage]) -> Iterator[Text]:
    for passage in passages:
        spans = store.sentences_within(passage)
        places = tuple((a - passage.start, b - passage.start) for a, b in spans)
        yield Text(passage.text, places or ((0, len(passage.text)),))


def searched(folder: Path, encoder: Path) -> dict[str, float]:
    """Latency, memory and recall of a written index; run in a process of its own."""
    began = time.perf_counter()
    parts: Any = SimpleNamespace(
        store=Store(folder),
        vectors=VectorIndex.load(folder),
        sentence_vectors=SentenceVectors(folder),
        token_vectors=TokenVectors(folder),
        lexical=LexicalIndex(Postings.load(folder)),
        encoder=OnnxEncoder(encoder),
    )
    figures = {"open": time.perf_counter() - began}
    defaults = RetrievalSettings()
    hybrid = Retriever(parts, defaults.candidates, defaults.dense_weight)
    claims = list(corpora.scifact()[1].values())[:QUESTIONS]
    true = json.loads((folder / "true.json").read_text())
    encoded = parts.encoder.encode(claims)
    found = [set(parts.vectors.search(q, 10)[0].tolist()) for q in encoded]
    figures["recall"] = float(
        np.mean([len(a & set(b)) / 10 for a, b in zip(found, true, strict=True)])
    )
    searches: dict[str, Callable[[int], object]] = {
        "dense": lambda i: parts.vectors.search(encoded[i], defaults.candidates),
        "lexical": lambda i: parts.lexical.search(claims[i], defaults.candidates),
        "hybrid": lambda i: hybrid.search(claims[i], defaults.top_k),
    }
    for name, search in searches.items():
        times = []
        for number in range(-20, len(claims)):
            began = time.perf_counter()
            search(number)
            times.append(1000 * (time.perf_counter() - began))
        cuts = quantiles(times[20:], n=20)
        figures |= {f"{name} p50": cuts[9], f"{name} p95": cuts[18]}
    # What answering takes is more than what searching does.
    reader, library = span_reader(), SnapshotLibrary(parts)
    for claim in claims[:READ]:
        hits = contenders(hybrid.search(claim, defaults.top_k))
        reader.read(claim, [library.text(hit.passage) for hit in hits])
    # Unlike getrusage's, this peak does not begin with the parent's.
    figures["memory"] = _memory("VmHWM")
    # Pages of files, which the system takes back when it needs the room.
    figures["mapped"] = _memory("RssFile")
    return figures


def _memory(name: str) -> float:
    """A figure of this process's own memory, in GB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) * 1024 / 1e9


def measured(real: Snapshot, size: int) -> dict[str, float]:
    """Seconds of building, GB of disk and memory, milliseconds of searching, recall."""
    folder = corpora.KEPT / "scale"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    figures = made(real, size, folder)
    figures["disk"] = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e9
    command = [sys.executable, "-m", "tests.bench.scale", str(folder), str(real.folder / ENCODER)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=REPOSITORY)
    figures |= json.loads(done.stdout)
    shutil.rmtree(folder)
    return figures


def crossover(real: Snapshot) -> None:
    """Dense search of both kinds of index, in one process."""
    print("\n| passages | exact, ms | lists, ms | searched | recall@10 |\n|---|---|---|---|---|")
    rng = np.random.default_rng(7)
    pool = real.vectors.reconstruct(np.arange(len(real.vectors)))
    queries = real.encoder.encode(list(corpora.scifact()[1].values())[:QUESTIONS])
    for size in CROSSOVER_SIZES:
        vectors = turned(pool[rng.integers(0, len(pool), size)], rng)
        lists = VectorIndex.build(vectors, "lists")
        lists.tune(vectors, tuning_queries(real))
        exact = VectorIndex.build(vectors, "exact")
        true, found = ([i.search(query, 10)[0] for query in queries] for i in (exact, lists))
        # Not that of the tuning, which goes on until it is reached.
        recall = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found, true, strict=True)])
        times = [
            median(_milliseconds(index, query) for query in queries) for index in (exact, lists)
        ]
        print(
            f"| {size:,} | {times[0]:.2f} | {times[1]:.2f} | "
            f"{lists.lists[1]} of {lists.lists[0]} | {recall:.3f} |",
            flush=True,
        )


def _milliseconds(index: VectorIndex, query: NDArray[np.float32]) -> float:
    began = time.perf_counter()
    index.search(query, RetrievalSettings().candidates)
    return 1000 * (time.perf_counter() - began)


def plot(figures: dict[int, dict[str, float]], file: Path) -> None:
    """Growth of each cost over the number of passages, both axes logarithmic."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots(1, 3)
    panels = {
        "search, median, ms": {name: f"{name} p50" for name in ("dense", "lexical", "hybrid")},
        "building without embedding, s": {"all": "build"},
        "GB": {"on disk": "disk", "peak memory": "memory"},
    }
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        for label, name in lines.items():
            ax.plot(list(figures), [f[name] for f in figures.values()], "o-", label=label)
        ax.set(xscale="log", yscale="log", xlabel="passages", title=title)
        ax.grid(visible=True, alpha=0.3)
        if len(lines) > 1:
            ax.legend()
    figure.savefig(file, metadata={"Date": None})


def main(sizes: tuple[int, ...] = SIZES) -> None:
    real = corpora.indexed("scifact", corpora.scifact()[0], Settings())
    crossover(real)
    print(f"\nLists from {CROSSOVER:,} passages on. Times in seconds, searches in ms, p50 / p95.\n")
    print(
        "| passages | vectors | store | vector index | BM25 index | disk, GB | open | "
        "peak memory, GB | mapped files at the end | dense | BM25 | hybrid | recall@10 |"
    )
    print("|---|" + "---|" * 12, flush=True)
    figures = {}
    for size in sizes:
        f = figures[size] = measured(real, size)
        f["build"] = f["store"] + f["vectors"] + f["tuning"] + f["lexical"]
        cells = [f"{size:,}", kind_for("auto", size), f"{f['store']:.0f}"]
        cells += [f"{f['vectors'] + f['tuning']:.0f}", f"{f['lexical']:.0f}", f"{f['disk']:.2f}"]
        cells += [f"{f['open']:.1f}", f"{f['memory']:.2f}", f"{f['mapped']:.2f}"]
        cells += [
            f"{f[f'{name} p50']:.1f} / {f[f'{name} p95']:.1f}"
            for name in ("dense", "lexical", "hybrid")
        ]
        print(f"| {' | '.join(cells)} | {f['recall']:.3f} |", flush=True)
    plot(figures, corpora.KEPT / "scale.svg")
    print(f"\nPlot: {corpora.KEPT / 'scale.svg'}")


if __name__ == "__main__":
    print(json.dumps(searched(Path(sys.argv[1]), Path(sys.argv[2]))))
