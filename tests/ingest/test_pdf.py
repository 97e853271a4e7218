import io
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser
from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Table,
)

from qa.errors import IngestError
from qa.ingest import pdf
from qa.ingest.apart import Apart
from qa.ingest.folder import SourceFile, parse
from qa.types import Document
from tests.chromium import CHROMIUM, launched

NAMES = [
    *("Anna", "Berta", "Carl", "Dora", "Emil", "Franz", "Greta", "Heinz"),
    *("Ida", "Jan", "Karl", "Lena", "Max", "Nora", "Otto", "Paula"),
]
STYLES = getSampleStyleSheet()
PROSE = (
    "The harbour office opens at eight in the morning and closes at six in the evening on every "
    "working day of the year. Visitors who arrive by boat report to the duty officer within an "
    "hour of mooring, and show the papers of the boat and of everyone on board."
)


def rules(count: int) -> list[str]:
    """Paragraphs of which no line is like one of another."""
    places = [f"{one} and {other}" for one in NAMES for other in reversed(NAMES)]
    return [
        f"The harbour pool of {', and that of '.join(places[6 * n : 6 * n + 6])}, which is not as "
        "deep as the others are, opens at eight in the morning and closes at six in the evening."
        for n in range(count)
    ]


def read(data: bytes, name: str = "rules.pdf") -> Document:
    return parse(SourceFile(PurePosixPath(name), data, "0"), "rules")


def said(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks]


def headings(document: Document) -> list[tuple[int, str]]:
    blocks = [block for block in document.blocks if block.heading]
    return [(block.heading, document.text[block.start : block.end]) for block in blocks]


def page_of(document: Document, words: str) -> int:
    at = document.text.index(words)
    return next(page.number for page in document.pages if page.start <= at < page.end)


def text(words: str, style: str = "BodyText", **changes: object) -> Paragraph:
    return Paragraph(words, ParagraphStyle("own", STYLES[style], **changes))


def printed(
    *story: Flowable,
    columns: int = 1,
    decorate: Callable[[Canvas, int], None] = lambda canvas, page: None,
    title: str | None = None,
) -> bytes:
    """A PDF without tags, as typesetting programs write it."""
    data = io.BytesIO()
    width = 450 / columns
    frames = [Frame(70 + i * (width + 10), 70, width - 10, 700) for i in range(columns)]
    template = PageTemplate(frames=frames, onPage=lambda c, d: decorate(c, d.page))
    document = BaseDocTemplate(data, pagesize=A4, pageTemplates=[template], title=title)
    document.build(list(story))
    return data.getvalue()


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=A4)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return data.getvalue()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("needs Chromium: apt-get install chromium")
    with launched() as browser:
        yield browser


def saved(browser: Browser, html: str, **options: object) -> bytes:
    """A page as a browser saves it."""
    page = browser.new_page()
    page.set_content(html)
    data = page.pdf(format="A4", margin={"top": "25mm", "bottom": "25mm"}, **options)  # type: ignore[arg-type]
    page.close()
    return data


def test_lines_become_paragraphs_and_pages_are_known() -> None:
    story = [text("Harbour rules", "Title"), text("Opening hours", "Heading1")]
    story += map(text, rules(20))
    document = read(printed(*story))
    assert document.title == "Harbour rules"
    assert said(document)[2:] == rules(20)
    assert [page.number for page in document.pages] == [1, 2]
    assert page_of(document, rules(1)[0]) == 1
    assert page_of(document, rules(20)[-1]) == 2
    assert document.sections[-1].title.endswith("Opening hours")


def test_a_paragraph_goes_on_in_the_next_column_and_on_the_next_page() -> None:
    document = read(printed(*map(text, rules(30)), columns=2))
    assert said(document) == rules(30)
    crossed = [
        block
        for block in document.blocks
        if any(block.start < page.start < block.end for page in document.pages)
    ]
    assert crossed


def test_paragraphs_that_only_an_indentation_divides() -> None:
    style = {"firstLineIndent": 14, "spaceBefore": 0, "spaceAfter": 0, "alignment": TA_JUSTIFY}
    # The last line of each reaches to the end or not.
    story = [text(f"{PROSE} {'Also ' * n}so.", **style) for n in range(14)]
    document = read(printed(*story))
    assert said(document) == [f"{PROSE} {'Also ' * n}so." for n in range(14)]


def test_heads_feet_and_page_numbers_are_not_in_the_text() -> None:
    def decorate(canvas: Canvas, page: int) -> None:
        canvas.drawString(70, 800, "Port of Lissan: restricted")
        canvas.drawString(70, 40, "Issued in May 2026")
        canvas.drawString(500, 40, f"Page {page} of 3")

    document = read(printed(*map(text, rules(40)), decorate=decorate))
    assert len(document.pages) == 3
    # Each is left once, at an end of the text.
    assert said(document)[0] == "Port of Lissan: restricted"
    assert said(document)[-1] == "Issued in May 2026"
    assert said(document)[1:-1] == rules(40)


def test_what_differs_on_each_page_is_no_head() -> None:
    story: list[Flowable] = []
    for day in ("Monday", "Tuesday", "Wednesday"):
        story += [text(f"On {day} the pool is closed."), text(PROSE), PageBreak()]
    document = read(printed(*story))
    assert [f"On {day} the pool is closed." in document.text for day in ("Monday", "Wednesday")]
    assert said(document)[::2][:3] == [
        f"On {day} the pool is closed." for day in ("Monday", "Tuesday", "Wednesday")
    ]


def test_headings_that_differ_in_their_number_only_are_no_heads() -> None:
    story: list[Flowable] = []
    for number in (1, 2, 3):
        story += [text(f"Step {number}", "Heading1"), text(PROSE), PageBreak()]
    assert headings(read(printed(*story))) == [(1, f"Step {n}") for n in (1, 2, 3)]


def test_rows_at_the_edges_of_pages_that_differ_in_numbers_are_kept() -> None:
    def draw(canvas: Canvas) -> None:
        for page in range(2):
            for line in range(50):
                at = 50 * page + line
                canvas.drawString(70, 800 - 15 * line, f"2024-05-03 {at:02}:07 pump {at} started")
            canvas.showPage()

    found = said(read(drawn(draw)))
    assert found == [f"2024-05-03 {at:02}:07 pump {at} started" for at in range(100)]


def test_a_head_that_is_another_on_every_page_does_not_cut_a_sentence() -> None:
    def decorate(canvas: Canvas, page: int) -> None:
        canvas.drawString(70, 800, f"1.{page} {NAMES[page]}")

    document = read(printed(*map(text, rules(20)), decorate=decorate))
    assert [words for words in said(document) if words in rules(20)] == rules(20)
    assert f"1.2 {NAMES[2]}" in said(document)


def test_numbers_of_pages_alone() -> None:
    def decorate(canvas: Canvas, page: int) -> None:
        canvas.drawCentredString(300, 40, f"– {page} –")

    document = read(printed(text(PROSE), decorate=decorate))
    assert said(document) == [PROSE]


def test_headings_by_size_and_weight() -> None:
    story = [
        text("Rules of the harbour", "Title"),
        text("Fees", "Heading1"),
        text(PROSE),
        text("<b>Winter</b>"),
        text(f"<b>Note:</b> {PROSE}"),
        text("<b>Boats over twelve metres pay more than others do.</b>"),
    ]
    levels = {words: level for level, words in headings(read(printed(*story)))}
    assert levels["Fees"] < levels["Winter"]
    assert levels.keys() == {"Rules of the harbour", "Fees", "Winter"}


def test_items_of_lists_are_blocks() -> None:
    items = ["Keep the gangway clear.", "Report every spill.", f"No open fire. {PROSE}"]
    numbered = [
        Paragraph(item, STYLES["BodyText"], bulletText=f"{n}.") for n, item in enumerate(items, 1)
    ]
    bullets = [Paragraph(item, STYLES["Bullet"], bulletText="•") for item in items]
    found = said(read(printed(*numbered, *bullets)))
    assert found[:3] == [f"{n}. {item}" for n, item in enumerate(items, 1)]
    assert found[3:] == [f"• {item}" for item in items]


TABLE = [
    ["Length", "Fee in summer", "Fee in winter"],
    ["up to 8 m", "EUR 18", "EUR 9"],
    ["8 to 12 m", "EUR 26", "EUR 13"],
]
ROWS = [
    "Length: up to 8 m | Fee in summer: EUR 18 | Fee in winter: EUR 9",
    "Length: 8 to 12 m | Fee in summer: EUR 26 | Fee in winter: EUR 13",
]


def as_table(rows: Sequence[Sequence[str | Paragraph]], *, ruled: bool, **options: int) -> Table:
    style = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey)] if ruled else []
    widths = [100] * len(rows[0])
    return Table([list(row) for row in rows], colWidths=widths, style=style, **options)


@pytest.mark.parametrize("ruled", [True, False])
def test_rows_of_a_table_name_their_columns(ruled: bool) -> None:
    story = [text(PROSE), as_table(TABLE, ruled=ruled), text(PROSE)]
    assert said(read(printed(*story))) == [PROSE, *ROWS, PROSE]


def test_cells_of_several_lines() -> None:
    rows: list[list[str | Paragraph]] = [
        [text("<b>Day</b>"), text("<b>Opening hours of the pool</b>"), text("<b>Fee</b>")],
        ["Monday", text("from eight in the morning until noon, and from two to six"), "EUR 4"],
        ["Friday", text("from eight until eight"), "EUR 5"],
    ]
    found = said(read(printed(as_table(rows, ruled=True))))
    assert found == [
        "Day: Monday | Opening hours of the pool: from eight in the morning until noon, and from "
        "two to six | Fee: EUR 4",
        "Day: Friday | Opening hours of the pool: from eight until eight | Fee: EUR 5",
    ]


def test_cells_over_several_columns_and_rows() -> None:
    rows = [
        ["Length", "Fee", ""],
        ["", "Summer", "Winter"],
        ["8 m", "EUR 18", "EUR 9"],
        ["9 m", "none", ""],
    ]
    bold = [[text(f"<b>{cell}</b>") if cell else "" for cell in row] for row in rows[:2]]
    spans = [("SPAN", (1, 0), (2, 0)), ("SPAN", (0, 0), (0, 1)), ("SPAN", (1, 3), (2, 3))]
    grid = ("GRID", (0, 0), (-1, -1), 0.5, colors.black)
    table = Table([*bold, *rows[2:]], colWidths=[100] * 3, style=[grid, *spans])
    assert said(read(printed(table))) == [
        "Length: 8 m | Fee Summer: EUR 18 | Fee Winter: EUR 9",
        "Length: 9 m | none",
    ]


def test_a_table_goes_on_over_the_page() -> None:
    rows = [["Berth", "Depth", "Power"]] + [[f"B{n}", f"{n} m", f"{n} A"] for n in range(60)]
    named = [f"Berth: B{n} | Depth: {n} m | Power: {n} A" for n in range(60)]
    document = read(printed(as_table(rows, ruled=True)))
    assert said(document) == named
    assert page_of(document, "Berth: B2 ") == 1
    assert page_of(document, "Berth: B59 ") == 2
    # With the names again at the top of every page.
    bold = [[text(f"<b>{cell}</b>") for cell in rows[0]], *rows[1:]]
    assert said(read(printed(as_table(bold, ruled=True, repeatRows=1)))) == named


def test_bold_rows_below_the_names_are_no_names() -> None:
    def bold(*cells: str) -> list[str | Paragraph]:
        return [text(f"<b>{cell}</b>") for cell in cells]

    rows = [bold("Article", "Unit", "Price"), bold("All", "each", "412"), ["Crane", "lift", "95"]]
    named = ["Article: All | Unit: each | Price: 412", "Article: Crane | Unit: lift | Price: 95"]
    assert said(read(printed(as_table(rows, ruled=True)))) == named
    # A total above what it is of.
    rows = [bold("Sum", "412", "180"), ["Berth 1", "18", "9"], ["Berth 2", "26", "13"]]
    assert said(read(printed(as_table(rows, ruled=True)))) == [
        "Sum | 412 | 180",
        "Berth 1 | 18 | 9",
        "Berth 2 | 26 | 13",
    ]


def test_a_first_row_of_data_is_not_taken_for_names() -> None:
    rows = [["Ole", "Manager", "none"], ["Marta", "Fees", "555 011"], ["Jens", "Crane", "555 012"]]
    assert said(read(printed(as_table(rows, ruled=True)))) == [" | ".join(row) for row in rows]


def test_rows_without_a_first_cell_are_rows() -> None:
    rows = [["Day", "Time", "Room"], ["Monday", "08:00", "101"], ["", "10:00", "102"]]
    assert said(read(printed(as_table(rows, ruled=False)))) == [
        "Day: Monday | Time: 08:00 | Room: 101",
        "Time: 10:00 | Room: 102",
    ]


def test_another_table_on_the_next_page() -> None:
    one = as_table(
        [["Berth", "Length", "Fee"], ["B1", "8 m", "18"], ["B2", "9 m", "20"]], ruled=True
    )
    rows = [["Name", "Room", "Phone"], ["Ole", "12", "010"], ["Marta", "13", "011"]]
    style = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey)]
    other = Table(rows, colWidths=[150, 60, 60], style=style)
    assert said(read(printed(one, PageBreak(), other)))[2:] == [
        "Name: Ole | Room: 12 | Phone: 010",
        "Name: Marta | Room: 13 | Phone: 011",
    ]


def test_frames_and_underlines_are_no_tables() -> None:
    framed = Table([[text(PROSE)]], style=[("BOX", (0, 0), (-1, -1), 1, colors.black)])
    assert said(read(printed(text(PROSE), framed))) == [PROSE, PROSE]


def test_words_divided_at_the_ends_of_lines() -> None:
    def draw(canvas: Canvas) -> None:
        lines = [
            "The administration of the port is in the hands of the har-",
            "bour office, a well-",
            "known institution, and the administra-",
            "tion of the pool is not. The harbour is old and well-known.",
        ]
        for number, line in enumerate(lines):
            canvas.drawString(70, 700 - 14 * number, line)

    assert said(read(drawn(draw))) == [
        "The administration of the port is in the hands of the harbour office, a well-known "
        "institution, and the administration of the pool is not. The harbour is old and well-known."
    ]


def test_marks_that_are_raised() -> None:
    (found,) = said(read(printed(text("It weighs 10<super>30</super> kg<super>1</super> or so."))))
    assert found == "It weighs 10³⁰ kg¹ or so."


def test_tables_of_contents_are_left_out() -> None:
    lines = ["Fees . . . . . . . . . . . . 1", "Hours ........................ 1"]
    assert said(read(printed(*map(text, [*lines, PROSE])))) == [PROSE]


def test_prices_that_dots_lead_to_are_kept() -> None:
    lines = ["Small berth .......... 18", "Large berth .......... 26", "Power ........ 0.42"]
    assert said(read(printed(*map(text, lines)))) == lines


def test_numbers_of_lines_watermarks_and_what_is_cropped_are_no_text() -> None:
    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(textwrap.wrap(PROSE, 60)):
            canvas.drawString(70, 700 - 14 * number, str(number + 1))
            canvas.drawString(110, 700 - 14 * number, line)
        canvas.saveState()
        canvas.translate(200, 500)
        canvas.rotate(45)
        canvas.setFont("Helvetica", 60)
        canvas.drawString(0, 0, "DRAFT")
        canvas.restoreState()
        canvas.drawString(70, 830, "Printer's mark")
        canvas.setCropBox((0, 0, A4[0], 800))

    assert said(read(drawn(draw))) == [PROSE]


def test_text_on_its_side() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.rotate(90)
        canvas.translate(0, -A4[0])
        canvas.setFont("Helvetica", 10)
        for number, line in enumerate((PROSE[:90], PROSE[90:180])):
            canvas.drawString(100, 400 - 12 * number, line)
        for number, row in enumerate(TABLE):
            for column, cell in enumerate(row):
                canvas.drawString(100 + 120 * column, 300 - 14 * number, cell)

    found = said(read(drawn(draw)))
    assert found[0].replace(" ", "") == PROSE[:180].replace(" ", "")
    assert found[1:] == ROWS


PAGE = f"""<html lang="en"><title>Rules</title>
<style>body {{ font: 11pt/1.4 serif }} td, th {{ border: 1px solid grey; text-align: left }}</style>
<h1>Harbour rules</h1><p>{PROSE}</p>
<h2>Fees</h2><table><tr><th>Length<th>Fee in summer<th>Fee in winter
<tr><td>up to 8 m<td>EUR 18<td>EUR 9<tr><td>8 to 12 m<td>EUR 26<td>EUR 13</table>
<h2>Duties</h2><ul><li>Keep the gangway clear at all times and in all weathers, day and night.
<li>Report every spill to the duty officer at once, even if it is a small one.</ul>
<pre>berth = 7
depth = 2.4</pre>"""


@pytest.mark.parametrize("tagged", [True, False])
def test_pages_that_a_browser_saved(browser: Browser, tagged: bool) -> None:
    document = read(saved(browser, PAGE, tagged=tagged))
    assert document.title == "Harbour rules"
    assert headings(document)[0] == (1, "Harbour rules")
    assert [words for _, words in headings(document)] == ["Harbour rules", "Fees", "Duties"]
    found = said(document)
    assert PROSE in found
    assert [row for row in found if row.startswith("Length")] == ROWS
    assert found[-2:] == ["berth = 7", "depth = 2.4"]
    if tagged:
        assert found[-4].endswith("day and night.")
        assert found[-3].startswith("Report every spill")


def test_cells_that_are_tagged_though_nothing_is_drawn_around_them(browser: Browser) -> None:
    page = (
        "<table><tr><th rowspan=2>Length<th colspan=2>Fee<tr><th>Summer<th>Winter"
        "<tr><td>8 m<td>EUR 18<td>EUR 9<tr><td>9 m<td><td>EUR 10</table>"
    )
    assert said(read(saved(browser, page, tagged=True))) == [
        "Length: 8 m | Fee Summer: EUR 18 | Fee Winter: EUR 9",
        "Length: 9 m | Fee Winter: EUR 10",
    ]


def test_empty_cells_that_the_tags_leave_out(browser: Browser) -> None:
    head = "<style>td, th { padding: 0 1em }</style><tr><th>Day<th>Room<th>Course<th>Fee"
    whole = "<tr><td rowspan=3>Monday<td>101<td>Knots<td>5"
    page = f"<table>{head}{whole}<tr><td><td>Radio<td>6<tr><td>103<td>Sails<td></table>"
    assert said(read(saved(browser, page, tagged=True))) == [
        "Day: Monday | Room: 101 | Course: Knots | Fee: 5",
        "Day: Monday | Course: Radio | Fee: 6",
        "Day: Monday | Room: 103 | Course: Sails",
    ]
    # Where no row tells where the columns are, there are no names rather than wrong ones.
    page = f"<table>{head}<tr><td>Tue<td><td>Sails<td><tr><td>Wed<td>102<td><td>7</table>"
    for row in said(read(saved(browser, page, tagged=True)))[-2:]:
        assert "Room: Sails" not in row
        assert "Course: 7" not in row


def of_objects(*objects: str) -> bytes:
    """A PDF of these objects, the first of which is number 1 and its catalog."""
    numbered = (f"{number} 0 obj\n{each}\nendobj\n" for number, each in enumerate(objects, 1))
    return f"%PDF-1.7\n{''.join(numbered)}trailer<</Root 1 0 R>>".encode()


def stream(content: str, entries: str = "") -> str:
    return f"<<{entries}/Length {len(content)}>>stream\n{content}\nendstream"


PAGES = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
FONTS = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"


def tagged(words: Sequence[str], *elements: str) -> bytes:
    """A page with a tree of tags, the first element of which is object 6, and its parent 5."""
    drawn = "\n".join(
        f"/P <</MCID {n}>> BDC BT /F 12 Tf {100 + 200 * (n % 2)} {700 - 20 * (n // 2)} Td "
        f"({said}) Tj ET EMC"
        for n, said in enumerate(words)
    )
    last = " ".join(f"{5 + len(elements) - n} 0 R" for n in reversed(range(len(words))))
    return of_objects(
        "<</Type/Catalog/Pages 2 0 R/StructTreeRoot 5 0 R/MarkInfo<</Marked true>>>>",
        PAGES,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/StructParents 0/Contents 4 0 R"
        f"/Resources<<{FONTS}>>>>",
        stream(drawn),
        f"<</Type/StructTreeRoot/K[6 0 R]/ParentTree<</Nums[0[{last}]]>>>>",
        *elements,
    )


def table(columns: int, rows: int) -> bytes:
    """Two rows of two cells that say to be over so many columns and rows."""
    cells = (
        f"<</Type/StructElem/S/{'TH' if n < 2 else 'TD'}/P {7 + n // 2} 0 R/Pg 3 0 R/K {n}"
        f"/A<</O/Table/ColSpan {columns}/RowSpan {rows}>>>>"
        for n in range(4)
    )
    return tagged(
        ["Berth", "Fee", "7", "12 EUR"],
        "<</Type/StructElem/S/Table/P 5 0 R/K[7 0 R 8 0 R]>>",
        "<</Type/StructElem/S/TR/P 6 0 R/K[9 0 R 10 0 R]>>",
        "<</Type/StructElem/S/TR/P 6 0 R/K[11 0 R 12 0 R]>>",
        *cells,
    )


def test_cells_that_say_to_be_over_millions_of_columns_and_rows() -> None:
    assert said(read(table(1, 1))) == ["Berth: 7 | Fee: 12 EUR"]
    for columns, rows in ((10**9, 1), (1, 10**9), (10**9, 10**9), (-1, -1)):
        words = " ".join(said(read(table(columns, rows))))
        assert all(cell in words for cell in ("Berth", "Fee", "7", "12 EUR"))


def test_a_tree_of_tags_that_leads_to_the_same_in_many_ways() -> None:
    levels = 24
    above = (
        f"<</Type/StructElem/S/Div/P {5 + n} 0 R/Pg 3 0 R/K[{7 + n} 0 R {7 + n} 0 R]>>"
        for n in range(levels)
    )
    last = f"<</Type/StructElem/S/H1/P {5 + levels} 0 R/Pg 3 0 R/K 0>>"
    assert headings(read(tagged(["Harbour rules"], *above, last))) == [(1, "Harbour rules")]


def unpacking(levels: int) -> bytes:
    """A page that holds a form ten times, which holds another one ten times, and so on."""
    form = "/Type/XObject/Subtype/Form/BBox[0 0 300 300]"
    inner = (
        stream("/X Do " * 10, f"{form}/Resources<</XObject<</X {6 + n} 0 R>>>>")
        for n in range(levels)
    )
    return of_objects(
        "<</Type/Catalog/Pages 2 0 R>>",
        PAGES,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
        "/Resources<</XObject<</X 5 0 R>>>>>>",
        stream("/X Do"),
        *inner,
        stream("BT /F 9 Tf 20 200 Td (The vault is blue.) Tj ET", f"{form}/Resources<<{FONTS}>>"),
    )


def test_a_file_that_unpacks_to_more_than_memory_holds_is_refused_alone() -> None:
    parse_apart = Apart(pdf.parse, memory=300 << 20)
    path = PurePosixPath("folder/bomb.pdf")
    for _ in range(2):
        assert "The vault is blue." in parse_apart(unpacking(1), path).text
        with pytest.raises(IngestError, match=r"^folder/bomb\.pdf: .* 300 MB of memory"):
            parse_apart(unpacking(7), path)


def test_a_line_of_nothing_but_dots() -> None:
    line = f"The vault{'.' * 20_000}q"

    def draw(canvas: Canvas) -> None:
        # All of it is on the page.
        canvas.setFont("Helvetica", 0.05)
        canvas.drawString(10, 500, line)

    assert said(read(drawn(draw))) == [line]


def test_right_to_left(browser: Browser) -> None:
    page = "<p dir=rtl>قواعد الميناء</p><p dir=rtl>הנמל נפתח בשעה 8:00 בבוקר</p>"
    assert said(read(saved(browser, page))) == ["قواعد الميناء", "הנמל נפתח בשעה 8:00 בבוקר"]


def test_scripts_and_characters_beyond_the_first_plane(browser: Browser) -> None:
    page = "<p>Привет, мир</p><p>Ο πύργος</p><p>The 𝒜 costs 5 €.</p>"
    assert said(read(saved(browser, page))) == ["Привет, мир", "Ο πύργος", "The 𝒜 costs 5 €."]


def test_chinese_lines_are_joined_without_a_space() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    words = "上海的市花是白玉兰。黄浦江流经上海市区，最后汇入长江。"
    found = said(read(printed(text(words * 4, fontName="STSong-Light", wordWrap="CJK"))))
    assert found == [words * 4]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a PDF file, or damaged"),
        (b"hello", "not a PDF file, or damaged"),
        (printed(text(PROSE))[:600], "not a PDF file, or damaged"),
        (drawn(lambda canvas: canvas.rect(50, 50, 200, 200, fill=1)), "holds no text, only images"),
        (drawn(lambda canvas: canvas.drawString(300, 40, "1")), "holds nothing to read but"),
    ],
)
def test_files_that_hold_nothing_to_read(data: bytes, message: str) -> None:
    with pytest.raises(IngestError, match=message) as error:
        read(data, "folder/scan.pdf")
    assert str(error.value).startswith("folder/scan.pdf: ")


def test_a_password() -> None:
    data = io.BytesIO()
    canvas = Canvas(data, encrypt="secret")
    canvas.drawString(100, 700, "The vault is blue.")
    canvas.save()
    with pytest.raises(IngestError, match=r"rules\.pdf: protected by a password"):
        read(data.getvalue())


def test_images_between_pages_of_text_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(100, 700, "The vault is blue.")
        canvas.showPage()
        Image.new("RGB", (8, 8), "red").save(tmp_path / "scan.png")
        canvas.drawImage(str(tmp_path / "scan.png"), 100, 100, 300, 300)

    assert said(read(drawn(draw))) == ["The vault is blue."]
    assert "rules.pdf: images without text are left out, on page 2" in caplog.text


def test_control_characters_and_a_title_nobody_wrote() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setTitle("Microsoft Word - draft.docx")
        canvas.drawString(100, 700, "The vault\x1b[2J is\x07 blue.")

    document = read(drawn(draw), "vault_rules.pdf")
    assert document.title == "vault rules"
    assert not document.metadata
    assert not set("\x1b\x07") & set(document.text)


@given(st.lists(st.text("ab -.🍕éﬁ1", min_size=1, max_size=30), min_size=1, max_size=8), st.data())
def test_blocks_and_pages_fit_the_text(lines: list[str], data: st.DataObject) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(70, 760, "Start")
        for line in lines:
            x, y = data.draw(st.integers(0, 500)), data.draw(st.integers(0, 840))
            canvas.setFont("Helvetica", data.draw(st.sampled_from([6, 10, 18])))
            canvas.drawString(x, y, line)
            if data.draw(st.booleans()):
                canvas.showPage()

    document = read(drawn(draw))
    assert "Start" in document.text
    last = 0
    for block in document.blocks:
        assert last <= block.start < block.end <= len(document.text)
        assert not document.text[last : block.start].strip()
        words = document.text[block.start : block.end]
        assert words == words.strip()
        last = block.end
    assert not document.text[last:].strip()
    assert document.pages[0].start == 0
    assert document.pages[-1].end == len(document.text)
    for page, following in zip(document.pages, document.pages[1:], strict=False):
        assert page.start < page.end == following.start
