"""Collections to search: read from their files, indexed with the product's parts.

The files are looked for in the folder that ``BENCH_DATA`` names (``data`` by default);
built indexes are kept in ``.bench`` for the next run.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from qa.config import Settings
from qa.errors import QAError
from qa.evaluate.datasets import Question, load_squad
from qa.index.builder import finish
from qa.index.chunker import Chunker
from qa.index.models import PACKAGED, counting_tokenizer, locate
from qa.index.publishing import build_lock, publish, temporary_folder
from qa.index.snapshot import (
    Manifest,
    Snapshot,
    current,
)
from qa.index.store_writer import StoreWriter
from qa.ingest.blocks import plain_blocks
from qa.types import Document
from tests.conftest import REPOSITORY

DATA = Path(os.environ.get("BENCH_DATA", REPOSITORY / "data"))
KEPT = REPOSITORY / ".bench"


def file(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        raise click.ClickException(f"{path} is missing; set BENCH_DATA to the data's folder")
    return path


def scifact() -> tuple[list[Document], dict[str, str], dict[str, set[str]]]:
    """Abstracts, claims by id, and the relevant abstracts of each (BEIR layout)."""
    with gzip.open(file("scifact/corpus.jsonl.gz"), "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    documents = [document(row["_id"], row["title"], row["text"]) for row in rows]
    queries = map(json.loads, file("scifact/queries.jsonl").read_text().splitlines())
    relevant: dict[str, set[str]] = {}
    for line in file("scifact/qrels/test.tsv").read_text().splitlines()[1:]:
        query, found, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query, set()).add(found)
    return documents, {q["_id"]: q["text"] for q in queries}, relevant


def squad() -> tuple[list[Document], list[Question], list[str]]:
    """Distinct paragraphs of SQuAD train and dev under their articles' titles.

    Returns:
        The paragraphs, the SQuAD 1.1 dev questions, and the id of each one's paragraph.
    """
    train = load_squad(file("squad2-train.json.gz"))
    dev = load_squad(file("squad1-dev.json.gz"))
    ids: dict[str, str] = {}
    documents = []
    for data in (train, dev):
        for text, title in zip(data.paragraphs, data.titles, strict=True):
            if text not in ids:
                ids[text] = str(len(ids))
                documents.append(document(ids[text], title.replace("_", " "), text))
    return documents, dev.questions, [ids[dev.paragraphs[q.paragraph]] for q in dev.questions]


def document(id: str, title: str, text: str) -> Document:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Document(id, title, text, id, sha256, sha256, blocks=plain_blocks(text))


def indexed(name: str, documents: Iterable[Document], settings: Settings) -> Snapshot:
    """The kept index of this name; built if there is none, or one of another program."""
    folder = KEPT / name
    with contextlib.suppress(QAError):
        kept = Snapshot(current(folder))
        if kept.manifest.by_this_program:
            return kept
    shutil.rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    with build_lock(folder), temporary_folder(folder) as target:
        publish(folder, target, written(target, documents, settings), 1)
    click.echo(f"{name}: indexed in {time.perf_counter() - began:.0f} s", err=True)
    return Snapshot(current(folder))


def written(folder: Path, documents: Iterable[Document], settings: Settings) -> Manifest:
    """Write everything but the manifest of a snapshot without source files."""
    model = locate(PACKAGED)
    tokenizer = counting_tokenizer(model, settings.index.passage_tokens)
    chunker = Chunker(tokenizer, settings.index.passage_tokens, settings.index.overlap_sentences)
    writer = StoreWriter(folder)
    for each in documents:
        writer.add(each, *chunker.chunk(each))
    writer.close()
    return finish(folder, model, tokenizer, settings, None, {})[0]


def by_document(snapshot: Snapshot, rows: Iterable[int]) -> Iterator[str]:
    """Documents in the order of their first passage."""
    seen = set()
    for row in rows:
        id = snapshot.store.record_of(row).id
        if id not in seen:
            seen.add(id)
            yield id
