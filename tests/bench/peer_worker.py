"""One system answers the questions of a job: ``peer_worker.py SYSTEM JOB OUT``.

Runs in the system's own environment, so at the top nothing but the standard library is
imported. A job holds ``passages`` with titles, ``questions`` and the folders of the two models;
``OUT`` gets the answers with their times, and what the process needed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = Callable[[str], "str | None"]


def ours(job: dict[str, Any]) -> Answer:
    """This program over the index the passages came from."""
    from qa.answer.pipeline import Pipeline
    from qa.config import load
    from qa.index.snapshot import Snapshot, current

    settings = load(overrides={"index.folder": job["index"], "answering.reader": job["reader"]})
    pipeline = Pipeline(Snapshot(current(settings.index.folder)), settings)

    def answer(question: str) -> str | None:
        reply = pipeline.ask(question)
        return reply.answers[0].text if reply.answers else None

    return answer


def haystack(job: dict[str, Any]) -> Answer:
    """BM25 and embedding retrieval in memory, joined, then the extractive reader."""
    from haystack import Document, Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import (
        InMemoryBM25Retriever,
        InMemoryEmbeddingRetriever,
    )
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )
    from haystack_integrations.components.readers.transformers import (
        TransformersExtractiveReader,
    )

    store = InMemoryDocumentStore()
    embedder = SentenceTransformersDocumentEmbedder(
        model=job["embedding"], progress_bar=False, meta_fields_to_embed=["title"]
    )
    embedder.warm_up()
    documents = [
        Document(id=str(i), content=text, meta={"title": title})
        for i, (title, text) in enumerate(job["passages"])
    ]
    store.write_documents(embedder.run(documents=documents)["documents"])
    pipeline = Pipeline()
    text_embedder = SentenceTransformersTextEmbedder(model=job["embedding"], progress_bar=False)
    pipeline.add_component("embedder", text_embedder)
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("bm25", InMemoryBM25Retriever(store))
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=job["top_k"])
    pipeline.add_component("joiner", joiner)
    pipeline.add_component("reader", TransformersExtractiveReader(model=job["reader"]))
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    pipeline.connect("dense", "joiner")
    pipeline.connect("bm25", "joiner")
    pipeline.connect("joiner.documents", "reader.documents")

    def answer(question: str) -> str | None:
        asked = {"embedder": {"text": question}} | {
            name: {"query": question} for name in ("bm25", "reader")
        }
        found = pipeline.run(asked)["reader"]["answers"]
        # Its "no answer" is an answer without data.
        return found[0].data if found else None

    return answer


def txtai(job: dict[str, Any]) -> Answer:
    """Hybrid embeddings index, then its question-answering pipeline over the best three."""
    from txtai import RAG, Embeddings

    embeddings = Embeddings({"path": job["embedding"], "hybrid": True, "content": True})
    embeddings.index([(i, "\n".join(passage)) for i, passage in enumerate(job["passages"])])
    rag = RAG(embeddings, job["reader"], task="question-answering", output="flatten")

    def answer(question: str) -> str | None:
        found = rag([question])
        return found[0] if found else None

    return answer


SYSTEMS = {"qa": ours, "haystack": haystack, "txtai": txtai}


def main(system: str, job_file: Path, out: Path) -> None:
    """Answer every question, one after another, after one that does not count."""
    job = json.loads(job_file.read_text())
    answer = SYSTEMS[system](job)
    # What it took to index is not counted: one of them has been indexed beforehand.
    Path("/proc/self/clear_refs").write_text("5")
    _timed(answer, job["questions"][0])
    began = time.process_time()
    rows = [_timed(answer, question) for question in job["questions"]]
    found = {
        "rows": rows,
        # Of all threads; other programs on the machine hardly change it.
        "cpu_ms": 1000 * (time.process_time() - began) / len(rows),
        "peak_mb": _peak_mb(),
    }
    out.write_text(json.dumps(found))


def _timed(answer: Answer, question: str) -> dict[str, Any]:
    began = time.perf_counter()
    text, failed = None, None
    try:
        text = answer(question)
    except Exception as error:
        failed = type(error).__name__
    return {"text": text or None, "failed": failed, "ms": 1000 * (time.perf_counter() - began)}


def _peak_mb() -> float:
    """Most memory held at once; unlike getrusage's, not what the parent held at the fork."""
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return int(status["VmHWM"].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
