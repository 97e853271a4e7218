"""Snapshots on disk: verified and opened whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sized
from datetime import datetime
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from qa.errors import IndexMissing, SnapshotError
from qa.index.encoder import OnnxEncoder
from qa.index.files import file_sha256, indexing_code
from qa.index.lexical import LexicalIndex
from qa.index.postings import Postings
from qa.index.sentence_vectors import SentenceVectors
from qa.index.store import Store
from qa.index.token_vectors import TokenVectors
from qa.index.vectors import Kind, VectorIndex

# One more whenever the files change, or what is in them of the same passage: a build takes
# that over. A change in how sources are read and cut is seen by itself (``Manifest.code``).
FORMAT = 8
CURRENT, MANIFEST, ENCODER = "CURRENT", "manifest.json", "encoder"


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
        code: ``indexing_code`` of the program that made it.
        sources: SHA-256 of every source file's bytes, by path.
        files: SHA-256 of every other file of the snapshot, by path.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    created: datetime
    code: str
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

    @property
    def by_this_program(self) -> bool:
        """Whether this program would make the same passages and terms of the same files."""
        return self.code == indexing_code()


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
        self.token_vectors = TokenVectors(folder)
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
            self.token_vectors,
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
    if raw.get("sha256") != manifest_sha256(body):
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
        path, parts = folder / name, PurePosixPath(name).parts
        if ".." in parts or name.startswith("/") or (path.exists() and not path.is_file()):
            raise SnapshotError(
                f"{folder / MANIFEST}: lists {name[:80]!r}, no file of a snapshot; run 'qa build'"
            )
        try:
            found = file_sha256(path)
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


def manifest_sha256(body: dict[str, object]) -> str:
    """What a manifest's ``sha256`` must be: the hash of all its other fields."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
