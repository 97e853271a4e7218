"""A folder of files to documents."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import regex

from qa.errors import IngestError
from qa.ingest import docx, html, markdown, pdf, text
from qa.ingest.apart import Apart
from qa.ingest.encoding import decode
from qa.ingest.parsed import MOST_CHARACTERS, Parsed
from qa.ingest.sections import sections, short_heading
from qa.types import Document

log = logging.getLogger(__name__)

Format = Callable[[bytes, PurePosixPath], Parsed]


def _of_text(
    form: Callable[[str, PurePosixPath], Parsed],
    declared: Callable[[bytes], str | None] = lambda _: None,
) -> Format:
    """A format whose files are text, with how one says what encoding it is in."""

    def parse(data: bytes, path: PurePosixPath) -> Parsed:
        raw = decode(data, str(path), declared(data))
        if not raw.strip():
            raise IngestError(f"{path}: empty; remove it or write something into it")
        return form(raw, path)

    return parse


_MARKDOWN, _HTML = _of_text(markdown.parse), _of_text(html.parse, html.declared_charset)
# One module a format; a new one is registered here and nowhere else.
FORMATS: dict[str, Format] = {
    ".txt": _of_text(text.parse),
    ".text": _of_text(text.parse),
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
    ".pdf": Apart(pdf.parse),
    ".docx": docx.parse,
}

_MAX_ID = 120
# What a path is not shown with: ends of lines, other control characters, halves of characters
# (bytes that are no UTF-8), and what turns the direction of the text around it.
UPSETTING = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to be read, with the hash of its bytes."""

    path: PurePosixPath
    data: bytes
    sha256: str


def find(folder: Path, *, skip: bool = False) -> list[PurePosixPath]:
    """Files of a known format below a folder, as relative paths in a fixed order.

    Hidden files, links that leave the folder and unknown formats are left out, each
    with a warning, and if ``skip`` folders that can't be listed.

    Raises:
        IngestError: the folder is missing, can't be read or holds no such file.
    """
    try:
        return _find(folder, skip)
    except OSError as error:
        raise IngestError(f"{error.filename or folder}: can't be read: {error.strerror}") from None


def _find(folder: Path, skip: bool) -> list[PurePosixPath]:
    if not folder.is_dir():
        raise IngestError(f"{folder}: no such folder; create it and put documents into it")
    root = folder.resolve()
    found: list[PurePosixPath] = []
    for path in _walk(folder, skip):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        if path.name.startswith("."):
            log.warning("%s: skipped, hidden", relative)
        elif path.name.startswith("~$"):
            log.warning("%s: skipped, kept by Word while a document is open", relative)
        elif not _within(path, root):
            log.warning("%s: skipped, a link that leaves the folder", relative)
        elif os.path.isdir(path):  # noqa: PTH112 false where pathlib's raises: reading it tells why
            log.warning("%s: skipped, a link to a folder", relative)
        elif path.suffix.lower() not in FORMATS:
            log.warning("%s: skipped, not one of %s", relative, " ".join(FORMATS))
        else:
            found.append(relative)
    if not found:
        raise IngestError(f"{folder}: holds no documents; put {' or '.join(FORMATS)} files into it")
    return sorted(found)


def _within(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        # A link that leads back to itself.
        return False


def _walk(folder: Path, skip: bool) -> Iterator[Path]:
    """Files, hidden folders and linked folders below a folder; the latter two unopened."""

    def fail(error: OSError) -> None:
        message = f"{error.filename}: can't be listed: {error.strerror}"
        if not skip:
            raise IngestError(message)
        log.warning("%s; skipped", message)

    for base, folders, files in os.walk(folder, onerror=fail):
        linked = {f for f in folders if os.path.islink(Path(base, f))}  # noqa: PTH114 as above
        unopened = [f for f in folders if f.startswith(".") or f in linked]
        folders[:] = sorted(set(folders) - set(unopened))
        yield from (Path(base, name) for name in sorted([*files, *unopened]))


def read(folder: Path, path: PurePosixPath, max_bytes: int) -> SourceFile:
    """A file's bytes and their hash.

    Raises:
        IngestError: it can't be read, is too large, or has a name that would upset what shows it.
    """
    if UPSETTING.search(str(path)):
        raise IngestError(f"{str(path)!r}: its name can't be shown; rename it")
    full = folder / path
    try:
        if not full.is_file():
            raise IngestError(f"{path}: not a regular file; remove it from the folder")
        size = full.stat().st_size
        if size > max_bytes:
            raise IngestError(
                f"{path}: {size:,} bytes, over the limit of {max_bytes:,}; "
                "split it or raise source.max_file_mb"
            )
        data = full.read_bytes()
    except OSError as error:
        raise IngestError(f"{path}: can't be read: {error.strerror}") from None
    return SourceFile(path, data, hashlib.sha256(data).hexdigest())


def parse(file: SourceFile, id: str) -> Document:
    """A file's document.

    Raises:
        IngestError: it is not of its format, or holds nothing but white space.
    """
    parsed = FORMATS[file.path.suffix.lower()](file.data, file.path)
    if not parsed.blocks:
        raise IngestError(f"{file.path}: holds no text; remove it or write something into it")
    if len(parsed.text) > max(MOST_CHARACTERS, len(file.data)):
        raise IngestError(f"{file.path}: unpacks to {len(parsed.text):,} characters; split it")
    return Document(
        id=id,
        title=short_heading(parsed.title),
        text=parsed.text,
        path=str(file.path),
        sha256=hashlib.sha256(parsed.text.encode()).hexdigest(),
        file_sha256=file.sha256,
        metadata=parsed.metadata,
        blocks=parsed.blocks,
        sections=sections(parsed.text, parsed.blocks),
        pages=parsed.pages,
    )


def document_ids(paths: list[PurePosixPath]) -> dict[PurePosixPath, str]:
    """An id for each path: its words, joined by hyphens.

    Paths that would get the same id all get a piece of their hash, so that no id
    depends on which file was seen first.
    """
    ids = {path: _slug(path) for path in paths}
    # Again, as a file may be named like another's id with its hash.
    while len(set(ids.values())) < len(ids):
        counts = Counter(ids.values())
        ids = {path: id if counts[id] == 1 else f"{id}-{_digest(path)}" for path, id in ids.items()}
    return ids


def _slug(path: PurePosixPath) -> str:
    words = re.sub(r"[\W_]+", "-", str(path.with_suffix("")).lower()).strip("-")
    return words if 0 < len(words) <= _MAX_ID else f"{words[:_MAX_ID]}-{_digest(path)}".strip("-")


def _digest(path: PurePosixPath) -> str:
    return hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:8]
