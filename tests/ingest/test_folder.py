import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from qa.errors import IngestError
from qa.ingest.folder import SourceFile, document_ids, find, parse, read
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
        ("Dear Noor,\n\nAll is well.", "visit report"),
        ("We saw:\n\n- a bridge", "visit report"),
        ("He said: “All is well.”\n\nNoor", "visit report"),
        ("注意！\n\nNoor", "visit report"),
        ("- a bridge\n- a road", "visit report"),
        ("1. Open it\n2. Fill it", "visit report"),
        ("Author: Noor van den Berg\n\nAll is well.", "visit report"),
        ("Bridge: Kestrel\n\nAll is well.", "Bridge: Kestrel"),
        ("Bridge: Kestrel\nRoad: Halloway", "visit report"),
        *(
            (f"{title}\n\nAll is well.", title)
            for title in (
                "Policy: Remote Work",
                "Lesson 5: Fractions",
                "FAQ: Parking",
                "Frankenstein: A Story",
                "3.5 Million Visitors",
                "1984",
            )
        ),
        ("FAQ: Parking\n\nQ: Is it free?\nA: It is.", "FAQ: Parking"),
        ("3.5 Million Visitors\n- a bridge\n- a road", "3.5 Million Visitors"),
        ("3.5 kg of flour\n1.5 kg of salt", "visit report"),
        ("1984\n1985\nAll is well.", "visit report"),
        ("1984\n- a bridge", "visit report"),
        ("1\n00:00:01,000 --> 00:00:04,000\nAll is well.", "visit report"),
        (
            "Bridge: the old one of Kestrel\nRoad: the new one of Kestrel\n\nAll is well.",
            "visit report",
        ),
        (
            "Kestrel Bridge: a history of its repair\n\nAll is well.",
            "Kestrel Bridge: a history of its repair",
        ),
        ("[10:15] Anna\n[10:16] Noor", "visit report"),
        ("2025-03-01\n\nAll is well.", "visit report"),
        ("A. Okafor in Halloway\n\nAll is well.", "A. Okafor in Halloway"),
        ("Section 2. Scope\n\nAll is well.", "Section 2. Scope"),
        (
            "From: noor@example.org\nTo: gustav@example.org\nSubject: A visit to the\n bridge\n\n"
            "Hi,\nSubject: none",
            "A visit to the bridge",
        ),
        ("From: noor@example.org\nSubject:\n\nAll is well.", "visit report"),
        *(
            (f"From: noor@example.org\nSubject: {subject}\n\nAll is well.", title)
            for subject, title in (
                ("=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"),
                ("Re: =?UTF-8?B?R3LDtg==?=\n =?UTF-8?B?w59l?= “2”", "Re: Größe “2”"),
                ("=?iso-8859-1?Q?Gr=F6=DFe_2?=", "Größe 2"),
                *(
                    (bad, bad)
                    for bad in (
                        "=?utf-8?q?Gr=F6?=",
                        "=?no-such?q?Gr?=",
                        "=?utf-8?b?R?=",
                        "=?utf-8?q?=1B[31m?=",
                        "=?utf-7?q?+2AA-?=",
                    )
                ),
            )
        ),
        ("The visit\n\nFrom: Noor\nSubject: A bridge", "The visit"),
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
    write(folder, {"a.txt": b"a", ".b.txt": b"b", ".git/c.txt": b"c", "d.odt": b"d"})
    write(folder, {"~$policy.docx": b"x"})
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "inside.txt").symlink_to(folder / "a.txt")
    (folder / "linked").symlink_to(outside)
    with caplog.at_level(logging.WARNING):
        found = [str(path) for path in find(folder)]
    assert found == ["a.txt", "inside.txt"]
    for name in (".b.txt", ".git", "d.odt", "link.txt", "linked", "~$policy.docx"):
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


@pytest.mark.parametrize("name", [b"caf\xe9", b"a\nb", "a\u202eb".encode(), "a\u2028b".encode()])
def test_a_name_that_upsets_what_shows_it_is_refused(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name + b".txt")).write_bytes(b"a")
    (path,) = find(tmp_path)
    with pytest.raises(IngestError, match="its name can't be shown; rename it"):
        read(tmp_path, path, LIMIT)


@pytest.mark.parametrize("name", ["9.41\u202fAM", "議\u3000事", "می\u200cخواهم", "👩🏽\u200d🚀"])
def test_names_of_any_script_are_read(tmp_path: Path, name: str) -> None:
    write(tmp_path, {f"{name}.txt": b"a"})
    assert [read(tmp_path, path, LIMIT).data for path in find(tmp_path)] == [b"a"]


@pytest.fixture
def refused() -> Iterator[Path]:
    """A folder that holds one that can't be entered and one that can't be listed.

    The superuser may do both, and is somebody else for the time being.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, {"a.txt": b"a", "unentered/b.txt": b"b", "unlisted/c.txt": b"c"})
        for path, mode in (("", 0o755), ("unentered", 0o644), ("unlisted", 0o311)):
            (folder / path).chmod(mode)
        former = os.geteuid()
        if former == 0:
            os.seteuid(65534)
        yield folder
        os.seteuid(former)
        for path in ("unentered", "unlisted"):
            (folder / path).chmod(0o755)


def test_what_can_t_be_read_is_named(refused: Path) -> None:
    with pytest.raises(IngestError, match=r"unlisted: can't be listed: Permission denied"):
        find(refused)
    with pytest.raises(IngestError, match=r"unentered/b\.txt: can't be read: Permission denied"):
        read(refused, PurePosixPath("unentered/b.txt"), LIMIT)
    with pytest.raises(IngestError, match=r"unentered/sub: can't be read: Permission denied"):
        find(refused / "unentered" / "sub")
    assert [str(path) for path in find(refused, skip=True)] == ["a.txt", "unentered/b.txt"]


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


@pytest.mark.parametrize("name", ["a.md", "a.html"])
def test_a_title_as_long_as_a_file_is_cut(name: str) -> None:
    words = "word " * 10_000
    page = f"# {words}\n\nText." if name == "a.md" else f"<title>{words}</title><p>Text."
    document = parse(SourceFile(PurePosixPath(name), page.encode(), "0"), "a")
    for title in (document.title, str(document.metadata.get("title", document.title))):
        assert title.startswith("word word")
        assert len(title) < 200


def test_a_file_that_unpacks_to_much_more_text_than_it_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qa.ingest.folder.MOST_CHARACTERS", 5000)
    names = "|".join(f"{'Name ' * 20}{n}" for n in range(4))
    table = f"|{names}|\n{'|-' * 4}|\n" + "|1|2|3|4|\n" * 50
    with pytest.raises(IngestError, match=r"^prices\.md: unpacks to [0-9,]+ characters; split it$"):
        parse(SourceFile(PurePosixPath("prices.md"), table.encode(), "0"), "prices")
    # Long files are as long as they are.
    text = "A line of a long text.\n" * 1000
    assert len(parse(SourceFile(PurePosixPath("a.txt"), text.encode(), "0"), "a").text) > 5000
