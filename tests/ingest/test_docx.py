import io
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath

import docx
import pytest
from docx.document import Document as Word

from qa.errors import IngestError
from qa.ingest.folder import SourceFile, parse
from qa.types import Document


def read(data: bytes) -> Document:
    return parse(SourceFile(PurePosixPath("hr/staff_handbook.docx"), data, "0"), "handbook")


def written(write: Callable[[Word], object]) -> bytes:
    document = docx.Document()
    write(document)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def said(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks]


def handbook(document: Word) -> None:
    document.add_heading("Staff Handbook", 0)
    document.add_paragraph("This handbook applies to all staff.")
    document.add_heading("Leave", 1)
    document.add_paragraph("Full-time staff have 27 days of leave a year.")
    document.add_heading("Carry-over", 2)
    for step in ("Apply in writing.", "Tell your team."):
        document.add_paragraph(step, style="List Number")
    document.add_paragraph("A passport", style="List Bullet")
    document.sections[0].header.paragraphs[0].text = "CONFIDENTIAL"


def test_title_headings_paragraphs_and_lists() -> None:
    document = read(written(handbook))
    assert document.title == "Staff Handbook"
    assert said(document) == [
        "Staff Handbook",
        "This handbook applies to all staff.",
        "Leave",
        "Full-time staff have 27 days of leave a year.",
        "Carry-over",
        "1. Apply in writing.",
        "2. Tell your team.",
        "A passport",
    ]
    assert [section.title for section in document.sections] == [
        "Staff Handbook",
        "Staff Handbook › Leave",
        "Staff Handbook › Leave › Carry-over",
    ]
    assert not document.pages


def test_without_headings_the_title_is_the_file_s_name() -> None:
    document = read(written(lambda word: word.add_paragraph("The vault is blue.")))
    assert document.title == "staff handbook"
    assert said(document) == ["The vault is blue."]


def table(document: Word, rows: list[list[str]], *, bold: bool) -> None:
    made = document.add_table(rows=len(rows), cols=len(rows[0]))
    for number, (row, cells) in enumerate(zip(made.rows, rows, strict=True)):
        for cell, words in zip(row.cells, cells, strict=True):
            cell.paragraphs[0].add_run(words).bold = bold and number == 0


ROWS = [["Role", "Notice", "Hours"], ["Librarian", "3 months", "37.5"], ["Clerk", "4 weeks", "30"]]


@pytest.mark.parametrize("bold", [True, False])
def test_rows_of_a_table_name_their_columns(bold: bool) -> None:
    # Bold or not, a row without numbers above rows with some is of names.
    assert said(read(written(lambda word: table(word, ROWS, bold=bold)))) == [
        "Role: Librarian | Notice: 3 months | Hours: 37.5",
        "Role: Clerk | Notice: 4 weeks | Hours: 30",
    ]


def test_names_and_values_in_two_columns_stay_as_they_are() -> None:
    rows = [["Name", "Noor"], ["Age", "34"], ["Height", "170 cm"]]
    found = said(read(written(lambda word: table(word, rows, bold=False))))
    assert found == ["Name | Noor", "Age | 34", "Height | 170 cm"]


def test_cells_of_several_paragraphs() -> None:
    def write(document: Word) -> None:
        table(document, ROWS, bold=True)
        document.tables[0].cell(1, 1).add_paragraph("from the first day on")

    assert said(read(written(write)))[0] == (
        "Role: Librarian | Notice: 3 months from the first day on | Hours: 37.5"
    )


def test_raised_marks_line_breaks_and_images() -> None:
    def write(document: Word) -> None:
        paragraph = document.add_paragraph("It weighs 10")
        paragraph.add_run("30").font.superscript = True
        paragraph.add_run(" kg.\nIt is red.")

    assert said(read(written(write))) == ["It weighs 10³⁰ kg.", "It is red."]


def archive(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, content in files.items():
            parts.writestr(name.replace("__", "/") + ".xml", content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a Word document"),
        (b"hello", "not a Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an old version of Word, or protected"),
        (archive(word__other=b"<a/>"), "can't be read as a Word document"),
        (archive(word__document=b"<a><b></a>"), "can't be read as a Word document"),
        (archive(word__document=bytes(100_000_001)), "unpacks to 100,000,001 bytes"),
        (written(lambda word: None), "holds no text"),
    ],
)
def test_files_that_hold_nothing_to_read(data: bytes, message: str) -> None:
    with pytest.raises(IngestError, match=message) as error:
        read(data)
    assert str(error.value).startswith("hr/staff_handbook.docx: ")
    assert "\n" not in str(error.value)
