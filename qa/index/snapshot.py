"""Snapshots on disk: written aside, verified, published atomically, opened whole."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sized
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from qa.errors import BuildInProgress, IndexMissing, SnapshotError
from qa.index.encoder import OnnxEncoder
from qa.index.files import file_sha256
from qa.index.lexical import LexicalIndex
from qa.index.postings import Postings
from qa.index.sentence_vectors import SentenceVectors
from qa.index.store import Store
from qa.index.vectors import Kind, VectorIndex

# One more whenever the files change, or the same text is cut into other passages: builds
# take both over from the former snapshot.
FORMAT = 3
CURRENT, MANIFEST, LOCK, ENCODER = "CURRENT", "manifest.json", ".lock", "encoder"
_TEMPORARY = ".building-"
# Nothing else in the index folder is ever pruned.
_NAME = re.compile(r"\d{8}T\d{6}-[0-9a-f]{12}")


class Chunking(BaseModel):
    """Settings that decide how documents are cut."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    passage_tokens: int
    overlap_sentences: int


class VectorsMade(BaseModel):
    """How the vectors are searched.

    Attributes:
        lists: how many there are, 1 if the search is exact.
        searched: how many of them a search goes through.
        recall: share of the true ten nearest that it finds, measured at build time
            with beginnings of the documents' sentences.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    lists: int
    searched: int
    recall: float

    def __str__(self) -> str:
        """In words, for ``qa info``."""
        if self.kind == "exact":
            return "exact search"
        return (
            f"{self.lists} lists, {self.searched} searched, "
            f"recall@10 {self.recall:.3f} against exact search"
        )


class Manifest(BaseModel):
    """``manifest.json``: what a snapshot was made from and what it holds.

    Attributes:
        sources: SHA-256 of every source file's bytes, by path.
        files: SHA-256 of every other file of the snapshot, by path.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    created: datetime
    model: str
    model_sha256: str
    dimension: int
    chunking: Chunking
    documents: int
    passages: int
    sentences: int
    terms: int
    vectors: VectorsMade
    sources: dict[str, str]
    files: dict[str, str]


class Snapshot:
    """One immutable built index, open for searching."""

    def __init__(self, folder: Path, former: Snapshot | None = None) -> None:
        """Open a snapshot's folder, comparing every file with its hash in the manifest first.

        Args:
            folder: of the snapshot.
            former: an open one, whose encoder is shared if it is the same.

        Raises:
            SnapshotError: a file is missing or damaged, or the format is another.
        """
        self.folder = folder
        self.id = folder.name
        self.manifest = read_manifest(folder)
        verify_files(folder, self.manifest)
        self.store = Store(folder)
        self.vectors = VectorIndex.load(folder)
        self.sentence_vectors = SentenceVectors(folder)
        self.lexical = LexicalIndex(Postings.load(folder))
        self.encoder: OnnxEncoder
        if former is not None and former._encoder_files() == self._encoder_files():
            self.encoder = former.encoder
        else:
            self.encoder = OnnxEncoder(folder / ENCODER)
        parts: tuple[Sized, ...] = (
            self.store,
            self.vectors,
            self.sentence_vectors,
            self.lexical,
        )
        counts = {self.manifest.passages, *(len(part) for part in parts)}
        if len(counts) != 1 or self.encoder.dimension != self.vectors.dimension:
            raise SnapshotError(f"{folder}: its parts don't belong together; run 'qa build --full'")

    def _encoder_files(self) -> dict[str, str]:
        files = self.manifest.files.items()
        return {name: sha256 for name, sha256 in files if name.startswith(f"{ENCODER}/")}

    @property
    def size_bytes(self) -> int:
        """Size on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def read_manifest(folder: Path) -> Manifest:
    """A snapshot's manifest.

    Raises:
        SnapshotError: it is missing, damaged or of another format version.
    """
    try:
        raw = json.loads((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise SnapshotError(f"{folder / MANIFEST}: {error.strerror}; run 'qa build'") from None
    except (ValueError, RecursionError):
        raise SnapshotError(f"{folder / MANIFEST}: damaged; run 'qa build'") from None
    found = raw.get("format") if isinstance(raw, dict) else None
    if found != FORMAT:
        raise SnapshotError(
            f"{folder}: has format version {found!r}, this program reads {FORMAT}; run 'qa build'"
        )
    body = {name: value for name, value in raw.items() if name != "sha256"}
    if raw.get("sha256") != _manifest_sha256(body):
        raise SnapshotError(f"{folder / MANIFEST}: damaged; run 'qa build'")
    try:
        return Manifest.model_validate(body)
    except ValidationError:
        raise SnapshotError(f"{folder / MANIFEST}: damaged; run 'qa build'") from None


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its recorded hash.

    Raises:
        SnapshotError: one is missing or differs.
    """
    for name, expected in manifest.files.items():
        try:
            found = file_sha256(folder / name)
        except OSError as error:
            raise SnapshotError(f"{folder / name}: {error.strerror}; run 'qa build'") from None
        if found != expected:
            raise SnapshotError(f"{folder / name}: damaged (its hash differs); run 'qa build'")


def current(index: Path) -> Path:
    """Folder of the published snapshot.

    Raises:
        IndexMissing: nothing is published.
        SnapshotError: what ``CURRENT`` names isn't there.
    """
    try:
        name = (index / CURRENT).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(f"{index}: no index yet; run 'qa build'") from None
    except (OSError, UnicodeDecodeError):
        raise SnapshotError(f"{index / CURRENT}: can't be read; run 'qa build'") from None
    if not name or name.startswith(".") or Path(name).name != name:
        raise SnapshotError(f"{index / CURRENT}: damaged; run 'qa build'")
    if not (index / name).is_dir():
        raise SnapshotError(f"{index / CURRENT}: names {name!r}, which is gone; run 'qa build'")
    return index / name


def open_current(index: Path) -> Snapshot:
    """The published snapshot, open: if a build prunes it meanwhile, the one it published.

    Raises:
        IndexMissing: nothing is published.
        SnapshotError: what is published is gone or damaged.
    """
    while True:
        folder = current(index)
        try:
            return Snapshot(folder)
        except SnapshotError:
            if current(index) == folder:
                raise


@contextlib.contextmanager
def build_lock(index: Path) -> Iterator[None]:
    """Keep other builds out of an index folder; released by the system if we die.

    Raises:
        BuildInProgress: another process is building.
        SnapshotError: the folder can't be written to.
    """
    try:
        index.mkdir(parents=True, exist_ok=True)
        handle = (index / LOCK).open("w")
    except OSError as error:
        raise SnapshotError(f"{index}: can't be written to: {error.strerror}") from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BuildInProgress(
                f"{index}: another build is running; wait for it to end"
            ) from None
        yield


@contextlib.contextmanager
def temporary_folder(index: Path) -> Iterator[Path]:
    """A folder to build in, gone at the end unless it was published. Needs the lock."""
    for left_over in index.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    folder = index / f"{_TEMPORARY}{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(index: Path, folder: Path, manifest: Manifest, keep: int) -> Path:
    """Turn a finished temporary folder into the current snapshot.

    Everything is on disk before the folder gets its name, and the name is in place
    before ``CURRENT`` points to it, so a crash at any moment leaves the former
    snapshot or the new one. Older snapshots are pruned to ``keep``.

    Returns:
        The snapshot's folder.
    """
    body = manifest.model_dump(mode="json")
    body["sha256"] = _manifest_sha256(body)
    text = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    for path in sorted(folder.rglob("*"), reverse=True):
        _fsync(path)
    _fsync(folder)
    Snapshot(folder)
    stamp = manifest.created.strftime("%Y%m%dT%H%M%S")
    target = index / f"{stamp}-{body['sha256'][:12]}"
    try:
        # Two equal builds within a second have the same name: the first stays.
        Snapshot(target)
    except SnapshotError:
        shutil.rmtree(target, ignore_errors=True)
        os.rename(folder, target)
    _fsync(index)
    pointer = index / f"{CURRENT}.new"
    pointer.write_text(f"{target.name}\n", encoding="utf-8")
    _fsync(pointer)
    os.replace(pointer, index / CURRENT)
    _fsync(index)
    _prune(index, target, keep)
    return target


def now() -> datetime:
    """The time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _prune(index: Path, current: Path, keep: int) -> None:
    snapshots = sorted(
        (path for path in index.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)),
        key=lambda path: (path == current, path.name),
        reverse=True,
    )
    for path in snapshots[keep:]:
        shutil.rmtree(path, ignore_errors=True)


def _manifest_sha256(body: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
