import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import docx
import pytest
from docx.document import Document as Word
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

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


NAMES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "v": "urn:schemas-microsoft-com:vml",
    }.items()
)


def p(*runs: str, style: str = "", more: str = "") -> str:
    """A paragraph of what is not marked up as runs, too."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    inner = "".join(run if run.startswith("<") else r(run) for run in runs)
    return f"<w:p><w:pPr>{named}{more}</w:pPr>{inner}</w:p>"


def r(text: str, *properties: str) -> str:
    marks = "".join(f"<w:{each}/>" for each in properties)
    return f'<w:r><w:rPr>{marks}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def built(body: str, styles: str = "", lists: str = "", notes: str = "") -> bytes:
    """A document of parts of its XML."""

    def write(document: Word) -> None:
        def elements(xml: str) -> Iterator[object]:
            yield from parse_xml(f"<w:x {NAMES}>{xml}</w:x>")

        for element in elements(body):
            document.element.body.sectPr.addprevious(element)
        document.styles.element.extend(elements(styles))
        document.part.numbering_part.element.extend(elements(lists))
        if notes:
            name, kind = PackURI("/word/footnotes.xml"), "application/xml"
            part = Part(name, kind, f"<w:footnotes {NAMES}>{notes}</w:footnotes>".encode())
            document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)

    return written(write)


def lines(*args: str, **kwargs: str) -> list[str]:
    return said(read(built(*args, **kwargs)))


def listed(*levels: str, id: int = 90, more: str = "") -> str:
    """A list whose levels are given as "start format label", with what else is in them."""
    made = ""
    for number, level in enumerate(levels):
        start, form, label = level.split(" ", 2)
        label, _, other = label.partition("<")
        made += (
            f'<w:lvl w:ilvl="{number}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
            f'<w:lvlText w:val="{label}"/>{other and "<" + other}</w:lvl>'
        )
    return (
        f'<w:abstractNum w:abstractNumId="{id}">{made}</w:abstractNum>'
        f'<w:num w:numId="{id}"><w:abstractNumId w:val="{id}"/>{more}</w:num>'
    )


def item(text: str, level: int = 0, id: int = 90) -> str:
    return p(text, more=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{id}"/></w:numPr>')


CLAUSES = listed("1 decimal %1.", "1 decimal %1.%2", "1 lowerLetter (%3)", "1 lowerRoman (%4)")


def test_clauses_are_numbered_as_word_numbers_them() -> None:
    body = item("Term") + item("Two years.", 1) + item("It is ended", 1) + item("by you;", 2)
    body += item("by us.", 2) + p("A remark.") + item("Payment") + item("30 days.", 1)
    assert lines(body, lists=CLAUSES) == [
        *("1. Term", "1.1 Two years.", "1.2 It is ended", "(a) by you;", "(b) by us."),
        *("A remark.", "2. Payment", "2.1 30 days."),
    ]


def test_a_clause_below_none_counts_as_if_there_were_one() -> None:
    body = item("First", 1) + item("Second")
    assert lines(body, lists=CLAUSES) == ["1.1 First", "2. Second"]


@pytest.mark.parametrize(
    ("level", "labels"),
    [
        ("5 decimal %1.", ["5. a", "6. a"]),
        ("9 decimalZero %1", ["09 a", "10 a"]),
        ("26 upperLetter %1)", ["Z) a", "AA) a"]),
        ("3 lowerRoman %1.", ["iii. a", "iv. a"]),
        ("1989 upperRoman Art. %1", ["Art. MCMLXXXIX a", "Art. MCMXC a"]),
        ("19 chineseCounting 第%1条", ["第十九条 a", "第二十条 a"]),
        ("1 none %1", ["a", "a"]),
        ("1 bullet o", ["a", "a"]),
        ("99999 lowerRoman %1.", ["99999. a", "100000. a"]),
        ("1 decimal §%1<w:suff w:val='nothing'/>", ["§1a", "§2a"]),
        (f"1 decimal {'1' * 200}%1", ["a", "a"]),
    ],
)
def test_formats_of_numbers(level: str, labels: list[str]) -> None:
    assert lines(item("a") + p(" ") + item("a"), lists=listed(level)) == labels


def test_lists_start_again_where_they_say_so() -> None:
    restarted = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    more = f'<w:num w:numId="91"><w:abstractNumId w:val="90"/>{restarted}</w:num>'
    body = item("a") + item("b") + item("c", id=91) + item("d", id=91) + item("e")
    found = lines(body, lists=CLAUSES + more)
    assert found == ["1. a", "2. b", "1. c", "2. d", "3. e"]


def test_levels_that_are_not_restarted_and_legal_numbers() -> None:
    levels = ("1 upperRoman %1", "1 decimal %1-%2<w:isLgl/>", "1 decimal (%3)")
    through = ("1 upperRoman %1", "1 decimal %2.<w:lvlRestart w:val='0'/>")
    body = item("a") + item("b", 1) + item("c") + item("d", 1)
    assert lines(body, lists=listed(*levels)) == ["I a", "1-1 b", "II c", "2-1 d"]
    assert lines(body, lists=listed(*through)) == ["I a", "1. b", "II c", "2. d"]


def test_headings_and_clauses_are_numbered_by_their_styles() -> None:
    by = '<w:pPr><w:numPr><w:numId w:val="90"/></w:numPr></w:pPr>'
    styles = (
        f'<w:style w:type="paragraph" w:styleId="A"><w:name w:val="Chapter"/>{by}</w:style>'
        f'<w:style w:type="paragraph" w:styleId="B"><w:name w:val="Clause"/>{by}</w:style>'
        '<w:style w:type="paragraph" w:styleId="C"><w:basedOn w:val="B"/></w:style>'
    )
    lists = listed(
        "1 decimal %1<w:pStyle w:val='A'/>",
        "1 decimal %1.%2<w:pStyle w:val='B'/>",
        "1 lowerLetter %3)<w:pStyle w:val='Heading4'/>",
    )
    none = '<w:numPr><w:numId w:val="0"/></w:numPr>'
    body = p("Scope", style="A") + p("All.", style="B") + p("Some.", style="C")
    body += p("None.", style="B", more=none) + p("Details", style="Heading4")
    found = lines(body, styles, lists)
    assert found == ["1 Scope", "1.1 All.", "1.2 Some.", "None.", "a) Details"]


def test_a_list_that_is_as_a_style_has_it() -> None:
    lists = (
        '<w:abstractNum w:abstractNumId="91"><w:numStyleLink w:val="Clauses"/></w:abstractNum>'
        '<w:num w:numId="91"><w:abstractNumId w:val="91"/></w:num>'
        + CLAUSES.replace("<w:lvl ", '<w:styleLink w:val="Clauses"/><w:lvl ', 1)
    )
    assert lines(item("a", id=91) + item("b"), lists=lists) == ["1. a", "2. b"]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ("<w:fldSimple w:instr='x'>" + r("5,000") + "</w:fldSimple>", "5,000"),
        ("<w:dir w:val='rtl'>" + r("שלום") + "</w:dir>", "שלום"),
        ("<w:bdo w:val='rtl'>" + r("abc") + "</w:bdo>", "abc"),
        ("<w:hyperlink r:id='missing'>" + r("here") + "</w:hyperlink>", "here"),
        (
            "<w:r><w:ruby><w:rt>" + r("とう") + "</w:rt><w:rubyBase>" + r("東") + "</w:rubyBase>"
            "</w:ruby></w:r>",
            "東",
        ),
        (
            "<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val='1'/></w14:checkbox></w:sdtPr>"
            "<w:sdtContent>" + r("☒") + "</w:sdtContent></w:sdt>",
            "☒",
        ),
        (
            "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:default w:val='1'/>"
            "<w:checked w:val='0'/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText>"
            "FORMCHECKBOX</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>",
            "☐",
        ),
        ("<w:r><w:t>a</w:t><w:ptab/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r>", "a b c"),
        ("<w:r><w:t>draw</w:t><w:softHyphen/><w:t>er</w:t></w:r>", "drawer"),
        ("<w:r><w:sym w:font='Arial' w:char='20AC'/><w:t>5</w:t></w:r>", "€5"),
        ("<w:r><w:sym w:font='Symbol' w:char='f0b3'/><w:t>5</w:t></w:r>", "≥5"),
        (r("not ", "vanish") + r("not ", "strike") + r("not ", "dstrike") + r("this"), "this"),
        (r("not ", "rStyle w:val='Gone'") + r("this", "vanish w:val='0'"), "this"),
        ("<w:del>" + r("two") + "</w:del><w:ins>" + r("three") + "</w:ins>", "three"),
        ("<w:moveFrom>" + r("two") + "</w:moveFrom><w:moveTo>" + r("six") + "</w:moveTo>", "six"),
    ],
)
def test_what_is_seen_of_a_line(runs: str, text: str) -> None:
    styles = (
        '<w:style w:type="character" w:styleId="Old"><w:rPr><w:strike/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="Gone"><w:basedOn w:val="Old"/></w:style>'
    )
    assert lines(p("It says ", runs, "."), styles) == [f"It says {text}."]


@pytest.mark.parametrize("mark", ["br w:type='page'", "br w:type='column'", "br", "cr"])
def test_breaks(mark: str) -> None:
    assert lines(p("It ends.", f"<w:r><w:{mark}/></w:r>", "It begins.")) == [
        "It ends.",
        "It begins.",
    ]


def m(name: str, *parts: str) -> str:
    return f"<m:{name}>{''.join(parts)}</m:{name}>"


def t(text: str) -> str:
    return m("r", m("t", text))


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        (t("A=π") + m("sSup", m("e", t("r")), m("sup", t("2"))), "A=πr²"),
        (m("sSup", m("e", t("e")), m("sup", t("x+y"))), "e^(x+y)"),
        (m("sSub", m("e", t("x")), m("sub", t("1"))) + t("=3"), "x_1=3"),
        (m("f", m("num", t("1")), m("den", t("n+1"))), "1/(n+1)"),
        (m("rad", m("deg"), m("e", t("2"))), "√2"),
        (m("rad", m("deg", t("3")), m("e", t("ab+c"))), "³√(ab+c)"),
        (m("d", m("e", t("a")), m("e", t("b"))), "(a|b)"),
        (m("d", m("dPr", "<m:begChr m:val='['/>"), m("e", t("a"))), "[a)"),
        (
            m(
                "nary",
                m("naryPr", "<m:chr m:val='∑'/>"),
                *(m("sub", t("i=1")), m("sup", t("n")), m("e", t("i"))),
            ),
            "∑_(i=1)^n i",
        ),
        (
            m(
                "func",
                m("fName", m("limLow", m("e", t("lim")), m("lim", t("n→0")))),
                m("e", t("n")),
            ),
            "lim_(n→0) n",
        ),
        (m("m", m("mr", m("e", t("1")), m("e", t("0"))), m("mr", m("e", t("2")))), "1, 0; 2"),
    ],
)
def test_equations(equation: str, text: str) -> None:
    line = m("oMath", equation)
    assert lines(p("As ", line, " is.")) == [f"As {text} is."]
    assert lines(p(m("oMathPara", line))) == [text]


def test_boxes_of_text_in_each_form() -> None:
    box = f"<w:txbxContent>{p('Boxed.')}</w:txbxContent>"
    drawn, plain = (
        f"<w:drawing><x>{box}</x></w:drawing>",
        f"<w:pict><v:oval>{box}</v:oval></w:pict>",
    )
    both = f"<mc:Choice>{drawn}</mc:Choice><mc:Fallback>{plain}</mc:Fallback>"
    for form in (
        *(drawn, plain, f"<mc:AlternateContent>{both}</mc:AlternateContent>"),
        f"<mc:AlternateContent><mc:Choice>{drawn}</mc:Choice></mc:AlternateContent>",
        "<mc:AlternateContent><mc:Choice>" + drawn + "</mc:Choice><mc:Fallback><w:pict/>"
        "</mc:Fallback></mc:AlternateContent>",
    ):
        assert lines(p("Before.", f"<w:r>{form}</w:r>")) == ["Before.", "Boxed."]


def test_paragraphs_whose_end_was_struck_out_are_one() -> None:
    taken = "<w:rPr><w:del/></w:rPr>"
    body = p("This ", more=taken) + p("is ", more=taken) + item("one.") + item("Two.")
    assert lines(body, lists=CLAUSES) == ["1. This is one.", "2. Two."]


def test_notes_stand_at_the_end() -> None:
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = f'<w:footnote w:id="2">{p("Excluding tax.")}</w:footnote>'
    assert lines(p("It is 40.", mark) + p("Paid late."), notes=notes) == [
        *("It is 40.[1]", "Paid late.", "1. Excluding tax."),
    ]


def test_a_note_that_is_referred_to_again_is_told_once() -> None:
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = f'<w:footnote w:id="2">{p("Excluding tax.")}</w:footnote>'
    assert lines(p("It is 40.", mark * 1000), notes=notes) == ["It is 40.[1]", "1. Excluding tax."]


@pytest.mark.parametrize(
    ("style", "level"),
    [
        ('<w:basedOn w:val="Heading2"/>', 3),
        ('<w:pPr><w:outlineLvl w:val="0"/></w:pPr>', 2),
        ('<w:basedOn w:val="Heading1"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr>', 0),
        ('<w:basedOn w:val="Title"/>', 1),
        ('<w:basedOn w:val="Own"/>', 0),
        ('<w:name w:val="heading 4"/>', 5),
    ],
)
def test_headings_by_what_their_style_is(style: str, level: int) -> None:
    styles = f'<w:style w:type="paragraph" w:styleId="Own">{style}</w:style>'
    document = read(built(p("Scope", style="Own") + p("All staff."), styles))
    assert [block.heading for block in document.blocks] == [level, 0]


def grid(*rows: str, look: str = "") -> str:
    """A table of rows in which cells are divided by bars; XML stands for itself."""
    made = ""
    for row in rows:
        properties, _, cells = row.rpartition(">>")
        made += f"<w:tr><w:trPr>{properties}</w:trPr>"
        for cell in cells.split("|"):
            merged, _, inner = cell.rpartition("!")
            made += f"<w:tc><w:tcPr>{merged}</w:tcPr>"
            made += "".join(map(p, inner.split("/"))) if "<" not in inner else inner
            made += "</w:tc>"
        made += "</w:tr>"
    return f"<w:tbl><w:tblPr>{look}</w:tblPr>{made}</w:tbl>"


UNNAMED = ["City | Country", "Rome | Italy"]
NAMED = ["City: Rome | Country: Italy"]
MERGED = "<w:vMerge w:val='restart'/>!North|Oslo|12", "<w:vMerge/>!|Bergen|7"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (("City|Country", "Rome|Italy"), UNNAMED),
        (("<w:tblHeader/>>>City|Country", "Rome|Italy"), NAMED),
        (("<w:tblHeader w:val='0'/>>>City|Country", "Rome|Italy"), UNNAMED),
        (
            ("Clerk|files/mails|30", f"Head|{item('a') + item('b')}|40"),
            ["Clerk | files mails | 30", "Head | 1. a 2. b | 40"],
        ),
        (
            (
                "<w:tblHeader/>>>Region|City|Staff",
                "North|Oslo|12",
                "<w:gridBefore w:val='1'/>>>Bergen|7",
            ),
            ["Region: North | City: Oslo | Staff: 12", "City: Bergen | Staff: 7"],
        ),
        (MERGED, ["North | Oslo | 12", "North | Bergen | 7"]),
        (("<w:del/>>>Gone|1", "Rome|Italy"), ["Rome | Italy"]),
    ],
)
def test_rows(rows: tuple[str, ...], found: list[str]) -> None:
    assert lines(grid(*rows), lists=CLAUSES) == found


def test_what_stands_around_rows_and_cells_is_no_matter() -> None:
    table = grid(*MERGED).replace("<w:tr>", '<w:bookmarkStart w:id="0" w:name="x"/><w:tr>')
    assert lines(table) == ["North | Oslo | 12", "North | Bergen | 7"]
    table = table.replace("<w:tr>", "<w:sdt><w:sdtContent><w:tr>")
    assert lines(table.replace("</w:tr>", "</w:tr></w:sdtContent></w:sdt>"))[1] == (
        "North | Bergen | 7"
    )


@pytest.mark.parametrize(
    ("look", "first", "found"),
    [
        ("w:firstRow='1'", "<w:rPr><w:b/></w:rPr>", NAMED),
        ("w:val='04A0'", "<w:tcPr><w:shd w:fill='000000'/></w:tcPr>", NAMED),
        ("w:val='04A0' w:firstRow='0'", "<w:rPr><w:b/></w:rPr>", UNNAMED),
        ("w:val='0480'", "<w:rPr><w:b/></w:rPr>", UNNAMED),
        ("w:firstRow='1'", "<w:rPr/>", UNNAMED),
    ],
)
def test_a_table_s_style_shows_names(look: str, first: str, found: list[str]) -> None:
    styles = (
        '<w:style w:type="table" w:styleId="Grand"><w:tblStylePr w:type="firstRow">'
        f"{first}</w:tblStylePr></w:style>"
        '<w:style w:type="table" w:styleId="Own"><w:basedOn w:val="Grand"/></w:style>'
    )
    look = f'<w:tblStyle w:val="Own"/><w:tblLook {look}/>'
    assert lines(grid("City|Country", "Rome|Italy", look=look), styles) == found


def test_names_that_are_bold_by_the_style_of_their_paragraph() -> None:
    styles = '<w:style w:type="paragraph" w:styleId="Own"><w:rPr><w:b/></w:rPr></w:style>'
    row = "|".join(p(name, style="Own") for name in ("City", "Country"))
    assert lines(grid(row, "Rome|Italy"), styles) == NAMED


def test_what_is_laid_out_in_a_table_stays_apart() -> None:
    inner = p("Leave", style="Heading1") + p("27 days.") + p("Or more.")
    document = read(built(grid(f"{inner}|A picture") + grid(f"{grid('W|H')}|Box")))
    assert said(document) == ["Leave", "27 days.", "Or more.", "A picture", "W | H", "Box"]
    assert [block.heading for block in document.blocks] == [2, 0, 0, 0, 0, 0]


def changed(data: bytes, change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in more.items():
            new.writestr(name.replace("__", "/"), content)
    return made.getvalue()


def test_parts_go_by_other_names_and_documents_may_be_strict() -> None:
    def change(_: str, part: bytes) -> bytes:
        return part.replace(
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        ).replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    assert said(read(changed(written(handbook), change))) == said(read(written(handbook)))


def test_only_parts_that_are_read_have_to_be_sound() -> None:
    data = changed(written(handbook), lambda name, part: b"<" if "docProps" in name else part)
    assert read(data).title == "Staff Handbook"


def test_what_the_document_says_of_its_conversion_is_not_heeded() -> None:
    data = changed(written(handbook), lambda _, part: part, **{"mammoth__style-map": b"p => !"})
    assert said(read(data)) == said(read(written(handbook)))


def test_nothing_else_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The vault is blue.")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><w:document'.encode()

    def change(name: str, part: bytes) -> bytes:
        if name != "word/document.xml":
            return part
        return entity + part.partition(b"<w:document")[2].replace(b"VAULT", b"&e;")

    with pytest.raises(IngestError, match="can't be read as a Word document"):
        read(changed(built(p("It is: VAULT")), change))


def test_too_many_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.ingest.docx_parts.MOST_ELEMENTS", 100)
    assert lines(p("a") * 30)
    with pytest.raises(IngestError, match="elements that are seen; split it"):
        lines(p("a") * 40)


def archive(packing: int = zipfile.ZIP_DEFLATED, **files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", packing) as parts:
        for name, content in files.items():
            parts.writestr(name.replace("__", "/") + ".xml", content)
    return data.getvalue()


def patched(data: bytes, *changes: tuple[int, bytes]) -> bytes:
    """An archive with other bytes at places in its directory."""
    made = bytearray(data)
    for place, change in changes:
        at = data.index(b"PK\x01\x02") + place
        made[at : at + len(change)] = change
    return bytes(made)


SMALL = archive(word__document=b"<w:document/>")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a Word document"),
        (b"hello", "not a Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an old version of Word, or protected"),
        (archive(word__other=b"<a/>"), "can't be read as a Word document"),
        (archive(word__document=b"<a><b></a>"), "can't be read as a Word document"),
        (SMALL, "can't be read as a Word document"),
        (SMALL[:-8], "not a Word document"),
        # A version of the format to come, a name in no encoding, and sizes that are wrong.
        (patched(SMALL, (6, b"\xff")), "can't be read as a Word document"),
        (patched(SMALL, (9, b"\x08"), (46, b"\xff")), "can't be read as a Word document"),
        (patched(SMALL, (24, bytes(4))), "not a Word document"),
        (archive(zipfile.ZIP_BZIP2, word__document=b"<w:document/>"), "can't be read"),
        (archive(word__document=bytes(20_000_001)), "unpacks to more than 20,000,000 bytes"),
        (patched(archive(word__document=bytes(20_000_001)), (24, bytes(4))), "not a Word"),
        (written(lambda word: None), "holds no text"),
    ],
)
def test_files_that_hold_nothing_to_read(data: bytes, message: str) -> None:
    with pytest.raises(IngestError, match=message) as error:
        read(data)
    assert str(error.value).startswith("hr/staff_handbook.docx: ")
    assert "\n" not in str(error.value)
