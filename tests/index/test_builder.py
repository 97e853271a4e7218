import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from qa.errors import BuildInProgress, ConfigError, IngestError, ModelError, SnapshotError
from qa.index.builder import build, staleness
from qa.index.models import PACKAGED, locate
from qa.index.passage_encoder import Embedded, PassageEncoder
from qa.index.publishing import build_lock
from qa.index.snapshot import Snapshot, current
from qa.index.store import DOCUMENTS, OUTLINES, PASSAGES, SENTENCES, TEXTS
from qa.types import Text
from tests.conftest import settings_in, write

STORE = (DOCUMENTS, OUTLINES, PASSAGES, SENTENCES, TEXTS)


def vectors(snapshot: Snapshot) -> np.ndarray:
    return snapshot.vectors.reconstruct(np.arange(len(snapshot.vectors)))


def test_unchanged_passages_are_not_embedded_again(workspace: Path) -> None:
    settings = settings_in(workspace)
    assert build(settings).embedded == 0
    (workspace / "source" / "emoji.txt").write_text("Notes\n\nOnly this sentence is new.\n")
    edited = build(settings)
    assert edited.embedded == 1
    rebuilt = build(settings, full=True)
    assert rebuilt.embedded == rebuilt.manifest.passages
    left, right = Snapshot(edited.snapshot), Snapshot(rebuilt.snapshot)
    assert np.allclose(vectors(left), vectors(right), atol=1e-5)
    for row in range(len(left.store)):
        # Passages in other batches: an entry next to zero may change its sign.
        kept, made = left.token_vectors.of(row), right.token_vectors.of(row)
        assert kept.shape == made.shape and (kept == made).mean() > 0.99
    for name in STORE:
        assert (left.folder / name).read_bytes() == (right.folder / name).read_bytes(), name


def test_equal_passages_are_embedded_once(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded: list[str] = []
    batches = PassageEncoder.batches

    def counted(self: PassageEncoder, texts: Sequence[Text]) -> Iterator[Embedded]:
        embedded.extend(text.text for text in texts)
        return batches(self, texts)

    monkeypatch.setattr(PassageEncoder, "batches", counted)
    notice = b"Notice\n\nThe library closes at noon. It opens again at one.\n"
    write(workspace / "source", {f"{n}/notice.txt": notice for n in range(3)})
    built = build(settings_in(workspace))
    assert embedded == ["Notice\nNotice\n\nThe library closes at noon. It opens again at one."]
    # All three are new, however often they were computed.
    assert built.embedded == 3
    # Computed in the first snapshot, taken over in the second.
    for snapshot in (Snapshot(built.snapshot), Snapshot(build(settings_in(workspace)).snapshot)):
        equal = [r.passages[0] for r in snapshot.store.records if "notice" in r.id]
        assert len(equal) == 3
        for of in (vectors(snapshot).__getitem__, snapshot.sentence_vectors.of):
            assert len({of(row).tobytes() for row in equal}) == 1
        bits = {snapshot.token_vectors.of(row).tobytes() for row in equal}
        assert len(bits) == 1 and b"" not in bits
    assert len(embedded) == 1


def test_documents_are_cut_anew_if_only_their_layout_or_the_settings_change(
    workspace: Path,
) -> None:
    # The same canonical text, its first line now running text instead of a heading.
    file = workspace / "source" / "layout.md"
    file.write_text("# Opening hours\n\nThe museum opens at nine.\n")
    headed = Snapshot(build(settings_in(workspace)).snapshot)
    file.write_text("Opening hours\n\nThe museum opens at nine.\n")
    plain = Snapshot(build(settings_in(workspace)).snapshot)
    before, after = (s.store.document("layout") for s in (headed, plain))
    assert before.text == after.text and before.blocks != after.blocks
    smaller = settings_in(workspace, index__passage_tokens=60)
    left = Snapshot(build(smaller).snapshot)
    right = Snapshot(build(smaller, full=True).snapshot)
    assert len(left.store) > len(plain.store)
    for name in STORE:
        assert (left.folder / name).read_bytes() == (right.folder / name).read_bytes(), name


def test_another_version_of_the_program_cuts_anew_but_embeds_nothing_equal(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(workspace)
    before = build(settings)
    for module in ("builder", "snapshot"):
        monkeypatch.setattr(f"qa.index.{module}.indexing_code", lambda: "of another version")
    assert staleness(settings) == "it was built by another version of the program"
    after = build(settings)
    assert after.snapshot != before.snapshot
    assert after.embedded == 0
    assert staleness(settings) is None


def test_a_deleted_document_leaves_no_trace(workspace: Path) -> None:
    (workspace / "source" / "windows.txt").unlink()
    snapshot = Snapshot(build(settings_in(workspace)).snapshot)
    assert "windows" not in {r.id for r in snapshot.store.records}
    for path in snapshot.folder.rglob("*"):
        if path.is_file() and "encoder" not in path.parts:
            assert b"olberg" not in path.read_bytes(), path


def test_staleness_says_why(workspace: Path) -> None:
    settings = settings_in(workspace)
    assert staleness(settings) is None
    assert "settings" in str(staleness(settings_in(workspace, index__passage_tokens=100)))
    write(workspace / "source", {"new.txt": b"A new document."})
    assert staleness(settings) == "new.txt changed"
    build(settings)
    assert staleness(settings) is None
    (workspace / "source" / "new.txt").unlink()
    assert staleness(settings) == "new.txt changed"
    manifest = next(current(workspace / "index").glob("manifest.json"))
    manifest.write_text("{}")
    assert "manifest.json" in str(staleness(settings)) or "format" in str(staleness(settings))
    build(settings)
    assert staleness(settings) is None


@pytest.mark.parametrize("name", ["binary.txt", "empty.txt"])
def test_a_bad_file_stops_the_build_and_nothing_else(
    workspace: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = current(workspace / "index")
    data = b"\x7fELF\0\0" if name == "binary.txt" else b""
    write(workspace / "source", {name: data, "worse.txt": b"\0"})
    with pytest.raises(IngestError, match=rf"^{name}: .* \(and 1 more file\); or .*: skip$"):
        build(settings_in(workspace))
    # Every one is named at once, not one at each try.
    assert [message.partition(":")[0] for message in caplog.messages] == ["worse.txt"]
    assert current(workspace / "index") == before
    assert not list((workspace / "index").glob(".building-*"))
    skipping = settings_in(workspace, source__bad_files="skip")
    assert build(skipping).manifest.documents == 6
    assert staleness(skipping) is None
    assert staleness(settings_in(workspace)) == "files were skipped that are refused now"


def test_an_unreadable_file_is_named(workspace: Path) -> None:
    # A link to nothing can't be read by any user, root included.
    (workspace / "source" / "folder.txt").symlink_to(workspace / "source" / "missing")
    with pytest.raises(IngestError, match=r"^folder\.txt: "):
        build(settings_in(workspace))


def test_an_empty_source_folder_keeps_the_former_snapshot(workspace: Path) -> None:
    before = current(workspace / "index")
    for path in sorted((workspace / "source").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    with pytest.raises(IngestError, match="holds no documents"):
        build(settings_in(workspace))
    (workspace / "source").rmdir()
    with pytest.raises(IngestError, match="no such folder"):
        build(settings_in(workspace))
    assert current(workspace / "index") == before


def test_two_builds_at_once(workspace: Path) -> None:
    with (
        build_lock(workspace / "index"),
        pytest.raises(BuildInProgress, match="another build is running"),
    ):
        build(settings_in(workspace))
    build(settings_in(workspace))


def test_old_snapshots_are_pruned(workspace: Path) -> None:
    settings = settings_in(workspace, index__keep_snapshots=2)
    for number in range(4):
        write(workspace / "source", {"n.txt": f"Number {number} it is.".encode()})
        build(settings)
    kept = [p for p in (workspace / "index").iterdir() if p.is_dir()]
    assert len(kept) == 2
    assert current(workspace / "index") in kept


def test_a_model_that_is_not_one(workspace: Path) -> None:
    with pytest.raises(ModelError, match=r"modules\.json"):
        build(settings_in(workspace, index__embedding_model=str(workspace)))


def test_a_tokenizer_that_is_none_is_named(workspace: Path) -> None:
    model = workspace / "model"
    shutil.copytree(locate(PACKAGED).folder, model)
    (model / "tokenizer.json").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ModelError, match=r"tokenizer\.json: not a usable tokenizer: expected"):
        build(settings_in(workspace, index__embedding_model=str(model)))


def test_passages_longer_than_the_model_reads(workspace: Path) -> None:
    with pytest.raises(ConfigError, match="set it to 208 or less"):
        build(settings_in(workspace, index__passage_tokens=256))


def test_an_index_folder_that_is_a_file(workspace: Path) -> None:
    write(workspace, {"file": b""})
    with pytest.raises(SnapshotError, match="can't be written to"):
        build(settings_in(workspace, **{"index__folder": str(workspace / "file")}))


def test_kill_at_any_point_keeps_the_former_snapshot(workspace: Path) -> None:
    settings = settings_in(workspace)
    command = [sys.executable, "-m", "qa", "--source", str(workspace / "source")]
    command += ["--index", str(workspace / "index"), "build"]
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, cwd=workspace)
    whole = time.monotonic() - began
    for step in range(12):
        before = Snapshot(current(workspace / "index")).id
        write(workspace / "source", {"n.txt": b"x " * (step + 1)})
        process = subprocess.Popen(command, cwd=workspace, stdout=subprocess.DEVNULL)
        time.sleep(whole * (0.25 + step / 12))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        after = Snapshot(current(workspace / "index"))
        if after.id == before:
            assert staleness(settings) == "n.txt changed"
    build(settings)
    assert staleness(settings) is None
    assert not list((workspace / "index").glob(".building-*"))


def test_pruning_leaves_other_folders_alone(workspace: Path) -> None:
    write(workspace / "index", {"my-extension/manifest.json": b"{}"})
    settings = settings_in(workspace, index__keep_snapshots=1)
    write(workspace / "source", {"n.txt": b"One more."})
    build(settings)
    assert (workspace / "index" / "my-extension" / "manifest.json").exists()


def test_a_damaged_snapshot_is_stale(workspace: Path) -> None:
    (current(workspace / "index") / "texts.bin").write_bytes(b"x")
    assert "texts.bin: damaged" in str(staleness(settings_in(workspace)))
