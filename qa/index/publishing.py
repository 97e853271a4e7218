"""Snapshots written aside by one build at a time, published atomically, old ones pruned."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from qa.errors import BuildInProgress, SnapshotError
from qa.index.snapshot import CURRENT, MANIFEST, Manifest, Snapshot, manifest_sha256

LOCK = ".lock"
_TEMPORARY = ".building-"
# Nothing else in the index folder is ever pruned.
_NAME = re.compile(r"\d{8}T\d{6}-[0-9a-f]{12}")


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
        except BlockingIOError:
            raise BuildInProgress(
                f"{index}: another build is running; wait for it to end"
            ) from None
        except OSError as error:
            raise SnapshotError(f"{index}: can't be locked: {error.strerror}") from None
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
    body["sha256"] = manifest_sha256(body)
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


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
