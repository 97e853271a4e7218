"""Source folder → snapshot."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from qa.config import Settings
from qa.errors import IndexMissing, IngestError, QAError, SnapshotError
from qa.index.chunker import Chunker
from qa.index.context import Context
from qa.index.files import file_hashes
from qa.index.lexical import LexicalIndex
from qa.index.models import CONTEXT_TOKENS, ModelFiles, counting_tokenizer, locate
from qa.index.snapshot import (
    ENCODER,
    FORMAT,
    Chunking,
    Manifest,
    Snapshot,
    build_lock,
    current,
    now,
    publish,
    read_manifest,
    temporary_folder,
    verify_files,
)
from qa.index.store import KEY_BYTES, KEYS, Store, StoreWriter
from qa.index.vectors import VectorIndex
from qa.ingest.folder import SourceFile, document_ids, find, parse, read

log = logging.getLogger(__name__)

_BATCH = 1024


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of a build.

    Attributes:
        snapshot: the published folder.
        embedded: how many passages were embedded; the others were taken over.
    """

    snapshot: Path
    manifest: Manifest
    embedded: int


def staleness(settings: Settings) -> str | None:
    """Why the published snapshot must be rebuilt, or None if it is fresh.

    Reads and hashes every source file, and every file of the snapshot.

    Raises:
        IngestError: the source folder can't be read.
        ModelError: the embedding model can't be found.
    """
    try:
        folder = current(settings.index.folder)
        manifest = read_manifest(folder)
        verify_files(folder, manifest)
    except IndexMissing:
        return "there is no index yet"
    except SnapshotError as error:
        return str(error)
    if manifest.chunking != _chunking(settings):
        return "the index settings changed"
    model = locate(settings.index.embedding_model)
    if manifest.model_sha256 != model.sha256:
        return f"the embedding model changed from {manifest.model} to {model.name}"
    sources = {str(file.path): file.sha256 for file in _readable(settings)}
    if sources != manifest.sources:
        names = sorted(
            name
            for name in sources.keys() | manifest.sources.keys()
            if sources.get(name) != manifest.sources.get(name)
        )
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return f"{names[0]}{more} changed"
    return None


def build(settings: Settings, *, full: bool = False) -> Built:
    """Build and publish a snapshot of the source folder.

    Passages whose model and text are in the former snapshot are not embedded again,
    unless ``full``. Whatever goes wrong, the former snapshot stays published.

    Raises:
        QAError: a source file is refused, a model missing, the index folder unusable
            or in use by another build.
    """
    index = settings.index.folder
    model = locate(settings.index.embedding_model)
    tokenizer = counting_tokenizer(model, settings.index.passage_tokens)
    with build_lock(index), _disk_errors(index), temporary_folder(index) as folder:
        chunker = Chunker(
            tokenizer, settings.index.passage_tokens, settings.index.overlap_sentences
        )
        sources = _write_documents(settings, chunker, folder)
        former = None if full else _former(index, model)
        # Two tokens are the model's own, one may come of joining heading and text.
        context = Context(tokenizer, CONTEXT_TOKENS - 3)
        embedded = _write_indexes(folder, model, former, context)
        store = Store(folder)
        lexical = LexicalIndex.load(folder)
        vectors = VectorIndex.load(folder)
        manifest = Manifest(
            format=FORMAT,
            created=now(),
            model=model.name,
            model_sha256=model.sha256,
            dimension=vectors.dimension,
            chunking=_chunking(settings),
            documents=len(store.records),
            passages=len(store),
            sentences=sum(r.sentences[1] - r.sentences[0] for r in store.records),
            terms=lexical.vocabulary,
            vectors=vectors.kind,
            sources=sources,
            files=file_hashes(folder),
        )
        _prove(store)
        target = publish(index, folder, manifest, settings.index.keep_snapshots)
    return Built(target, manifest, embedded)


@contextlib.contextmanager
def _disk_errors(index: Path) -> Iterator[None]:
    """Say in one line that the disk is full or the folder is read-only."""
    try:
        yield
    except OSError as error:
        raise SnapshotError(
            f"{index}: can't be written to ({error.strerror or error}); "
            "the former snapshot is still there"
        ) from None


def _write_documents(settings: Settings, chunker: Chunker, folder: Path) -> dict[str, str]:
    """Write the store; returns the hash of each file read."""
    sources: dict[str, str] = {}
    problems: list[IngestError] = []
    skip = settings.source.bad_files == "skip"
    paths = find(settings.source.folder)
    ids = document_ids(paths)
    writer = StoreWriter(folder)
    with _progress() as progress:
        for path in progress.track(paths, description="Reading"):
            try:
                file = _read(settings, path)
                sources[str(path)] = file.sha256
                document = parse(file, ids[path])
            except IngestError as error:
                problems.append(error)
                if skip:
                    log.warning("%s; skipped", error)
                continue
            writer.add(document, *chunker.chunk(document))
    writer.close()
    if problems and (not skip or len(problems) == len(paths)):
        more = f" (and {len(problems) - 1} more files)" if len(problems) > 1 else ""
        raise IngestError(f"{problems[0]}{more}")
    return sources


def _write_indexes(
    folder: Path, model: ModelFiles, former: Snapshot | None, context: Context
) -> int:
    """Write vectors, lexical index and query encoder; returns how many were embedded."""
    store = Store(folder)
    keys = np.zeros((len(store), KEY_BYTES), dtype=np.uint8)
    for row, text in enumerate(_texts(store, context)):
        keys[row] = np.frombuffer(_key(model, text), dtype=np.uint8)
    np.save(folder / KEYS, keys)
    vectors, embedded = _vectors(folder, store, keys, model, former, context)
    VectorIndex.build(vectors).save(folder)
    LexicalIndex.build(_texts(store, context)).save(folder)
    return embedded


def _texts(store: Store, context: Context, rows: Iterable[int] | None = None) -> Iterator[str]:
    """What is embedded and indexed of some rows' passages, of all if None."""
    for row in range(len(store)) if rows is None else rows:
        yield context(store.passage(row), store.record_of(row).title)


def _vectors(
    folder: Path,
    store: Store,
    keys: NDArray[np.uint8],
    model: ModelFiles,
    former: Snapshot | None,
    context: Context,
) -> tuple[NDArray[np.float32], int]:
    known: dict[bytes, int] = {}
    if former is not None:
        stored = np.load(former.folder / KEYS, allow_pickle=False)
        known = {key.tobytes(): row for row, key in enumerate(stored)}
    old = np.array([known.get(key.tobytes(), -1) for key in keys], dtype=np.int64)
    missing = np.flatnonzero(old < 0)
    if former is not None:
        shutil.copytree(former.folder / ENCODER, folder / ENCODER)
        if not len(missing):
            return former.vectors.reconstruct(old), 0
    # Imported here: torch takes seconds, and a build that embeds nothing needs none of it.
    from qa.index.embedder import Embedder

    embedder = Embedder(model)
    if former is None:
        (folder / ENCODER).mkdir()
        embedder.export(folder / ENCODER)
    vectors = np.empty((len(keys), embedder.dimension), dtype=np.float32)
    if former is not None and len(missing) < len(keys):
        kept = np.flatnonzero(old >= 0)
        vectors[kept] = former.vectors.reconstruct(old[kept])
    with _progress() as progress:
        task = progress.add_task("Embedding", total=len(missing))
        for begin in range(0, len(missing), _BATCH):
            rows = missing[begin : begin + _BATCH]
            vectors[rows] = embedder.encode(list(_texts(store, context, rows.tolist())))
            progress.advance(task, len(rows))
    return vectors, len(missing)


def _former(index: Path, model: ModelFiles) -> Snapshot | None:
    """The published snapshot, if its vectors can be taken over."""
    try:
        snapshot = Snapshot(current(index))
    except QAError:
        return None
    same = snapshot.manifest.model_sha256 == model.sha256
    return snapshot if same else None


def _prove(store: Store) -> None:
    """Check on the written files that every passage is the slice it claims to be."""
    for record in store.records:
        text = store.document(record.id).text
        if hashlib.sha256(text.encode()).hexdigest() != record.sha256:
            raise SnapshotError(f"{record.path}: its text was not stored as it was read")
        for row in range(*record.passages):
            passage = store.passage(row)
            if text[passage.start : passage.end] != passage.text:
                raise SnapshotError(f"{record.path}: passage {row} is not the slice it claims")


def _readable(settings: Settings) -> Iterator[SourceFile]:
    """The source files as a build would read them."""
    for path in find(settings.source.folder):
        try:
            yield _read(settings, path)
        except IngestError:
            if settings.source.bad_files == "refuse":
                raise


def _read(settings: Settings, path: PurePosixPath) -> SourceFile:
    return read(settings.source.folder, path, int(settings.source.max_file_mb * 1e6))


def _chunking(settings: Settings) -> Chunking:
    return Chunking(
        passage_tokens=settings.index.passage_tokens,
        overlap_sentences=settings.index.overlap_sentences,
    )


def _key(model: ModelFiles, text: str) -> bytes:
    return hashlib.sha256(f"{model.sha256}\0{text}".encode()).digest()[:KEY_BYTES]


def _progress() -> Progress:
    """A progress bar on standard error, shown only on a terminal."""
    console = Console(stderr=True)
    return Progress(console=console, disable=not console.is_terminal, transient=True)
