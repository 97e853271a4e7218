import json
import os
import random
import shutil
from pathlib import Path

import pytest

from qa.errors import IndexMissing, SnapshotError
from qa.index.snapshot import (
    CURRENT,
    MANIFEST,
    Snapshot,
    current,
    read_manifest,
    verify_files,
)


def files(workspace: Path) -> list[str]:
    folder = current(workspace / "index")
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_sound_snapshot_opens_and_says_what_it_holds(snapshot: Snapshot) -> None:
    assert snapshot.manifest.documents == 6
    assert len(snapshot.store) == snapshot.manifest.passages
    for passage in snapshot.store.passages():
        document = snapshot.store.document(passage.document)
        assert document.text[passage.start : passage.end] == passage.text


@pytest.mark.parametrize("damage", ["deleted", "truncated", "flipped", "emptied"])
def test_every_damaged_file_is_found_out(workspace: Path, damage: str) -> None:
    rng = random.Random(damage)
    folder = current(workspace / "index")
    for name in files(workspace):
        path = folder / name
        sound = path.read_bytes()
        if damage == "deleted":
            path.unlink()
        elif damage == "emptied":
            path.write_bytes(b"")
        elif damage == "truncated":
            path.write_bytes(sound[: rng.randrange(len(sound))])
        else:
            at = rng.randrange(len(sound))
            flipped = bytes([sound[at] ^ (1 << rng.randrange(8))])
            path.write_bytes(sound[:at] + flipped + sound[at + 1 :])
        with pytest.raises(SnapshotError, match="run 'qa build"):
            Snapshot(folder)
        path.write_bytes(sound)
    Snapshot(folder)


def test_another_format_version_is_named(workspace: Path) -> None:
    manifest = current(workspace / "index") / MANIFEST
    raw = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(raw | {"format": 99}))
    with pytest.raises(SnapshotError, match="format version 99, this program reads 8"):
        Snapshot(manifest.parent)


@pytest.mark.parametrize("name", ["../CURRENT", "/dev/zero", "pipe"])
def test_only_files_of_the_snapshot_are_read(workspace: Path, name: str) -> None:
    folder = current(workspace / "index")
    os.mkfifo(folder / "pipe")
    manifest = read_manifest(folder).model_copy(update={"files": {name: "0"}})
    with pytest.raises(SnapshotError, match="no file of a snapshot"):
        verify_files(folder, manifest)


@pytest.mark.parametrize("content", ["", "\n", "../elsewhere", ".", "gone-with-the-wind", "a/b"])
def test_a_bad_pointer_is_refused(workspace: Path, content: str) -> None:
    (workspace / "index" / CURRENT).write_text(content)
    with pytest.raises(SnapshotError, match="run 'qa build'"):
        current(workspace / "index")


def test_nothing_built_yet(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="run 'qa build'"):
        current(tmp_path / "nowhere")


def test_a_snapshot_can_be_copied_and_served_as_it_is(workspace: Path, tmp_path: Path) -> None:
    copied = tmp_path / "elsewhere" / current(workspace / "index").name
    shutil.copytree(current(workspace / "index"), copied)
    shutil.rmtree(workspace)
    assert len(Snapshot(copied).store) > 0
