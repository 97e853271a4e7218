import hashlib
import logging
import os
from pathlib import Path, PurePosixPath

import pytest

from qa.errors import IngestError
from qa.ingest.folder import document_ids, find, parse, read
from tests.conftest import CORPUS, write

LIMIT = 1000


def test_text_is_verbatim_and_hashed(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": CORPUS["windows.txt"]})
    file = read(tmp_path, PurePosixPath("a.txt"), LIMIT)
    document = parse(file, "a")
    assert document.text.encode() == CORPUS["windows.txt"]
    assert document.file_sha256 == document.sha256 == hashlib.sha256(file.data).hexdigest()
    assert document.title == "Harbour rules"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "Supplier visit report\nAuthor: Noor van den Berg\n\nAll is well.",
            "Supplier visit report",
        ),
        ("Memo\n====\n\nFrom: Gustav Ek", "Memo"),
        ("All is well.\n\nNoor", "visit report"),
    ],
)
def test_the_title_is_the_first_line_if_it_looks_like_one(
    tmp_path: Path, text: str, title: str
) -> None:
    write(tmp_path, {"visit_report.txt": text.encode()})
    assert parse(read(tmp_path, PurePosixPath("visit_report.txt"), LIMIT), "a").title == title


def test_hidden_files_links_and_other_formats_are_skipped_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outside = tmp_path / "outside"
    write(outside, {"secret.txt": b"secret"})
    folder = tmp_path / "source"
    write(folder, {"a.txt": b"a", ".b.txt": b"b", ".git/c.txt": b"c", "d.pdf": b"d"})
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "inside.txt").symlink_to(folder / "a.txt")
    (folder / "linked").symlink_to(outside)
    with caplog.at_level(logging.WARNING):
        found = [str(path) for path in find(folder)]
    assert found == ["a.txt", "inside.txt"]
    for name in (".b.txt", ".git", "d.pdf", "link.txt", "linked"):
        assert f"{name}: skipped" in caplog.text


def test_a_missing_or_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"no such folder; create it"):
        find(tmp_path / "nowhere")
    with pytest.raises(IngestError, match=r"holds no documents; put \.txt"):
        find(tmp_path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"x" * (LIMIT + 1), "over the limit"),
        (b"a\0b", "NUL"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, data: bytes, message: str) -> None:
    write(tmp_path, {"sub/bad.txt": data})
    with pytest.raises(IngestError, match=rf"^sub/bad\.txt: .*{message}"):
        parse(read(tmp_path, PurePosixPath("sub/bad.txt"), LIMIT), "bad")


def test_odd_names(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": b"a"})
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    assert [str(path) for path in find(tmp_path)] == ["a.txt"]
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"a")
    with pytest.raises(IngestError, match="its name can't be shown; rename it"):
        find(tmp_path)


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(IngestError, match=r"pipe\.txt: not a regular file"):
        read(tmp_path, PurePosixPath("pipe.txt"), LIMIT)


def test_ids_are_unique_and_stable() -> None:
    paths = [PurePosixPath(p) for p in ("a b.txt", "a-b.md", "ä/上海.txt", "...txt", "x" * 300)]
    ids = document_ids(paths)
    assert len(set(ids.values())) == len(paths)
    assert ids == document_ids(list(reversed(paths)))
    assert ids[PurePosixPath("ä/上海.txt")] == "ä-上海"
    taken = [PurePosixPath(p) for p in ("a.txt", "a.md", "a-18b7cb09.txt")]
    assert len(set(document_ids(taken).values())) == 3
    assert all(0 < len(id) <= 140 and "/" not in id for id in ids.values())
