"""Source folder → snapshot."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tokenizers import Tokenizer

from qa.config import Settings
from qa.errors import IndexMissing, IngestError, QAError, SnapshotError
from qa.index.chunker import Chunker
from qa.index.files import file_hashes, indexing_code
from qa.index.indexes import write_indexes
from qa.index.models import ModelFiles, counting_tokenizer, locate
from qa.index.progress import progress_bar
from qa.index.publishing import build_lock, now, publish, temporary_folder
from qa.index.snapshot import (
    FORMAT,
    Chunking,
    Manifest,
    Snapshot,
    current,
    open_current,
    read_manifest,
    verify_files,
)
from qa.index.store import Store
from qa.index.store_writer import StoreWriter
from qa.index.vectors import kind_for
from qa.ingest.folder import SourceFile, document_ids, find, parse, read

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of a build.

    Attributes:
        snapshot: the published folder.
        embedded: how many passages are new; equal ones each count, though they are
            embedded once. The others were taken over.
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
    wanted = kind_for(settings.index.vectors, manifest.passages)
    if manifest.chunking != _chunking(settings) or manifest.vectors.kind != wanted:
        return "the index settings changed"
    if not manifest.by_this_program:
        return "it was built by another version of the program"
    model = locate(settings.index.embedding_model)
    if manifest.model_sha256 != model.sha256:
        return f"the embedding model changed from {manifest.model} to {model.name}"
    if settings.source.bad_files == "refuse" and manifest.documents < len(manifest.sources):
        return "files were skipped that are refused now"
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

    Files that the former snapshot has are not read again and cut into passages, unless the
    program has changed, and passages whose model and text it has are not embedded again;
    with ``full`` all of it is done anew. Whatever goes wrong, the former snapshot stays
    published.

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
        former = None if full else _former(index, model)
        cut = former.store if former and _cut_alike(former.manifest, settings) else None
        sources = _write_documents(settings, chunker, cut, folder)
        manifest, embedded = finish(folder, model, tokenizer, settings, former, sources)
        target = publish(index, folder, manifest, settings.index.keep_snapshots)
    return Built(target, manifest, embedded)


def finish(
    folder: Path,
    model: ModelFiles,
    tokenizer: Tokenizer,
    settings: Settings,
    former: Snapshot | None,
    sources: dict[str, str],
) -> tuple[Manifest, int]:
    """Write the indexes of a folder whose documents are stored, and describe it all.

    Args:
        folder: written to by a ``StoreWriter``.
        model: to embed with.
        tokenizer: the model's, from ``counting_tokenizer``.
        settings: of the build.
        former: snapshot whose unchanged passages are taken over.
        sources: hash of each source file, by path.

    Returns:
        The manifest, and how many passages were embedded.

    Raises:
        SnapshotError: what was stored is not what was read.
    """
    store = Store(folder)
    written = write_indexes(folder, store, model, former, tokenizer, settings.index.vectors)
    manifest = Manifest(
        format=FORMAT,
        created=now(),
        code=indexing_code(),
        model=model.name,
        model_sha256=model.sha256,
        dimension=written.dimension,
        chunking=_chunking(settings),
        documents=len(store.records),
        passages=len(store),
        sentences=sum(r.sentences[1] - r.sentences[0] for r in store.records),
        terms=written.terms,
        vectors=written.vectors,
        sources=sources,
        files=file_hashes(folder),
    )
    _prove(store)
    return manifest, written.embedded


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


def _write_documents(
    settings: Settings, chunker: Chunker, former: Store | None, folder: Path
) -> dict[str, str]:
    """Write the store; returns the hash of each file read.

    Files that ``former`` has are not read again, and documents not cut.
    """
    sources: dict[str, str] = {}
    problems: list[IngestError] = []
    skip = settings.source.bad_files == "skip"
    paths = find(settings.source.folder, skip=skip)
    ids = document_ids(paths)
    writer = StoreWriter(folder)
    with progress_bar("files") as progress:
        for path in progress.track(paths, description="Reading"):
            try:
                file = _read(settings, path)
                sources[str(path)] = file.sha256
                id = ids[path]
                known = former.unchanged(id, str(path), file.sha256) if former else None
                document = known or parse(file, id)
            except IngestError as error:
                problems.append(error)
                if skip:
                    log.warning("%s; skipped", error)
                continue
            chunks = former.chunks(document) if former else None
            writer.add(document, *(chunks or chunker.chunk(document)))
    writer.close()
    if problems and (not skip or len(problems) == len(paths)):
        others = problems[1:]
        for other in others if not skip else ():
            log.warning("%s", other)
        more = f" (and {len(others)} more file{'s' if len(others) > 1 else ''})" if others else ""
        # Of nothing but such files no index can be made.
        hint = "" if skip else "; or leave such files out by source.bad_files: skip"
        raise IngestError(f"{problems[0]}{more}{hint}")
    return sources


def _former(index: Path, model: ModelFiles) -> Snapshot | None:
    """The published snapshot, if its vectors can be taken over."""
    try:
        snapshot = open_current(index)
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
    skip = settings.source.bad_files == "skip"
    for path in find(settings.source.folder, skip=skip):
        try:
            yield _read(settings, path)
        except IngestError:
            if not skip:
                raise


def _read(settings: Settings, path: PurePosixPath) -> SourceFile:
    return read(settings.source.folder, path, int(settings.source.max_file_mb * 1e6))


def _cut_alike(manifest: Manifest, settings: Settings) -> bool:
    """Whether a snapshot's documents are in the passages they would be cut into now."""
    return manifest.by_this_program and manifest.chunking == _chunking(settings)


def _chunking(settings: Settings) -> Chunking:
    return Chunking(
        passage_tokens=settings.index.passage_tokens,
        overlap_sentences=settings.index.overlap_sentences,
    )
