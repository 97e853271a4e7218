"""HTML files become the text that a browser shows."""

from pathlib import PurePosixPath

import pytest

from qa.errors import IngestError
from qa.ingest.folder import SourceFile
from qa.ingest.folder import parse as parse_file
from qa.ingest.html import parse
from qa.ingest.parsed import Parsed
from tests.hostile import HTML, SIZE

PATH = PurePosixPath("opening-hours.html")


def read(page: str) -> Parsed:
    return parse(page, PATH)


def blocks(page: str) -> list[str]:
    parsed = read(page)
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<p>One\n  two</p><p>three", ["One two", "three"]),
        ("<h2>Prices</h2><div>From 5</div>", ["Prices", "From 5"]),
        ("<ul><li>Tea<li>Coffee</ul>", ["Tea", "Coffee"]),
        ("<ol><li>Open it.</li><li>Close it.</li></ol>", ["1. Open it.", "2. Close it."]),
        ("<address>Anna Berg<br>Lake Row 1</address>Bern", ["Anna Berg", "Lake Row 1", "Bern"]),
        ("<dl><dt>Fee<dd>20 francs</dl>", ["Fee", "20 francs"]),
        ("<details><summary>May I?</summary>You may.</details>", ["May I?", "You may."]),
        (
            "<table><tr><th>Ship<th>Built</tr><tr><td>Aurora<td>1998</tr></table>",
            ["Ship: Aurora | Built: 1998"],
        ),
        ("<table><tr><td>Name<td>Anna</tr></table>", ["Name | Anna"]),
        ("<p>See <a href='x.html'>the <b>map</b></a>.</p>", ["See the map."]),
        ("<p>10<sup>3</sup> m</p>", ["10³ m"]),
        ("<p>5 &lt; 6 &amp; 2*3*4, a_b_c, # 1, &lt;b&gt;</p>", ["5 < 6 & 2*3*4, a_b_c, # 1, <b>"]),
        ("<p>1. May is free.</p><p>- so it is</p><p>---</p>", ["1. May is free.", "- so it is"]),
        ("<hr><p>title: no front matter</p><hr>", ["title: no front matter"]),
        ("<pre>a  = 1\n\nb = `2`</pre>", ["a  = 1", "b = `2`"]),
        ("<?xml version='1.0'?><html><body><p>Text</p></body></html>", ["Text"]),
        ("index.html", ["index.html"]),
        ("<p>It cost <del>5</del> 6.</p>", ["It cost 6."]),
    ],
)
def test_what_is_shown(page: str, shown: list[str]) -> None:
    assert blocks(page) == shown


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>let a = '<p>x</p>'</script>",
        "<style>p { color: red }</style>",
        "<!-- never -->",
        "<nav><a href='/'>Home</a></nav>",
        "<p hidden>secret</p>",
        "<div style='margin: 0; Display : NONE'>secret</div>",
        "<span aria-hidden=true>→</span>",
        "<form><select><option>CH</select><textarea>x</textarea><button>Send</button></form>",
        "<noscript>Enable it</noscript><svg><text>x</text></svg><template>y</template>",
        "<img src=x.png alt='a map'>",
    ],
)
def test_what_is_not_shown(hidden: str) -> None:
    assert blocks(f"<body><p>Before.</p>{hidden}<p>After.</p>") == ["Before.", "After."]


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title> Visit\n us &amp; stay </title><h1>Visit</h1>", "Visit us & stay"),
        ("<h1>Visit</h1><p>Text", "Visit"),
        ("<title></title><p>Text", "opening-hours"),
        ("<title>A\x07B</title><p>Text", "A B"),
    ],
)
def test_title(page: str, title: str) -> None:
    assert " ".join(read(page).title.split()) == title


def test_headings_have_their_level() -> None:
    parsed = read("<h1>Lido</h1><h2>Prices</h2><p>From 5.")
    assert [block.heading for block in parsed.blocks] == [1, 2, 0]


@pytest.mark.parametrize("element", ["div", "b", "ul", "li", "table><tr><td", "font"])
def test_what_is_nested_deep_is_read(element: str) -> None:
    assert blocks(f"<{element}>" * 600 + "deep") == ["deep"]


def test_what_is_nested_too_deep_is_one_line() -> None:
    with pytest.raises(IngestError, match=r"^opening-hours.html: .* nested too deep"):
        read("<div>" * 3000 + "deep")


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (
            "<table><tr><td>Menu</td><td><h1>Welcome</h1><p>We open at 9.</p></td></tr></table>",
            ["Menu", "Welcome", "We open at 9."],
        ),
        (
            "<table><tr><td>Intro<table><tr><td>In<td>Side</table></table><p>End",
            ["Intro", "In | Side", "End"],
        ),
        ("<table><tr><td>One</tr><tr><td>Two</tr></table>", ["One", "Two"]),
        (
            "<table><tr><th>Room<th>Day<th>Price</tr><tr><td rowspan=2>Single<td>Weekday<td>80</tr>"
            "<tr><td>Weekend<td>100</tr></table>",
            ["Room: Single | Day: Weekday | Price: 80", "Room: Single | Day: Weekend | Price: 100"],
        ),
        (
            "<table><tr><th rowspan=2>Room<th colspan=2>Price</tr><tr><th>Low<th>High</tr>"
            "<tr><td>Single<td>80<td>100</tr></table>",
            ["Room: Single | Price Low: 80 | Price High: 100"],
        ),
        (
            "<table><caption>Staff</caption><col><col><tr><th>Name<th>Age</tr>"
            "<tr><td>Bob<td>5</tr></table>",
            ["Staff", "Name: Bob | Age: 5"],
        ),
        (
            "<table><tfoot><tr><td>All<td>9</tr></tfoot><thead><tr><td>A<td>B</tr></thead>"
            "<tbody><tr><td>x<td>4</tr></tbody><tbody><tr><td>y<td>5</tr></tbody></table>",
            ["A: x | B: 4", "A: y | B: 5", "A: All | B: 9"],
        ),
        ("<table><tr><th>Phone:<td>555-12</tr></table>", ["Phone: 555-12"]),
        (
            "<table><tr><th>Plan<th>Tasks</tr><tr><td>Basic<td><ul><li>plans<li>reports</ul></table>",
            ["Plan: Basic | Tasks: plans reports"],
        ),
        (
            "<table><tr><th>Cmd<th>Use</tr><tr><td><code>a | b</code><td>pipe</tr></table>",
            ["Cmd: a | b | Use: pipe"],
        ),
        (
            "<table><tr><th>A<th>B<th>C</tr><tr><td colspan=2>both<td>3</tr></table>",
            ["both | C: 3"],
        ),
        (
            "<table><tr><th colspan=2>Name<th>Age</tr><tr><td colspan=2>Ann Lee<td>5</tr>"
            "<tr><td>Bob<td>Roy<td>6</tr></table>",
            ["Name: Ann Lee | Age: 5", "Name: Bob | Name: Roy | Age: 6"],
        ),
    ],
)
def test_tables(page: str, shown: list[str]) -> None:
    assert blocks(page) == shown


def test_nothing_of_a_very_wide_table_is_left_out() -> None:
    names, entries = ([f"{word}{n}" for n in range(150)] for word in ("Name ", "entry "))
    page = f"<table><tr><th>{'<th>'.join(names)}<tr><td>{'<td>'.join(entries)}</table>"
    assert blocks(page) == [
        " | ".join(f"{name}: {it}" for name, it in zip(names, entries, strict=True))
    ]


@pytest.mark.parametrize("name", HTML)
def test_pages_made_to_take_time_are_read_or_refused(name: str) -> None:
    try:
        assert blocks(HTML[name](SIZE))
    except IngestError as error:
        assert "nested too deep" in str(error)


def table(rows: str) -> str:
    """Rows on lines, their cells divided by commas."""
    cells = (f"<td>{'<td>'.join(row.split(','))}" for row in rows.split("\n"))
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        # Bold is as good as marked.
        ("<b>Role</b>,<strong>Pay</strong>\nClerk,20", ["Role: Clerk | Pay: 20"]),
        (
            "<b>Berth</b>,<b>2023</b>,<b>Q1 2024</b>\nWest,18,9",
            ["Berth: West | 2023: 18 | Q1 2024: 9"],
        ),
        ("<b></b>,<b>2023</b>\n<b>Income</b>,10", ["Income | 2023: 10"]),
        # But so are totals, labels and what matters most.
        ("<b>Total</b>,<b>500</b>\nWest,300", ["Total | 500", "West | 300"]),
        ("<b>Emergency</b>,<b>112</b>\nPolice,110", ["Emergency | 112", "Police | 110"]),
        ("<b>Name:</b>,<b>Anna</b>\nAge:,34", ["Name: | Anna", "Age: | 34"]),
        (
            "<b>Item</b>,<b>Fee</b>\n<b>All</b>,<b>7</b>\nCrane,5",
            ["Item: All | Fee: 7", "Item: Crane | Fee: 5"],
        ),
        # Names without numbers above numbers.
        (
            "City,Area,People\nBergen,465,291\nOslo,454,709",
            ["City: Bergen | Area: 465 | People: 291", "City: Oslo | Area: 454 | People: 709"],
        ),
        # Data that has none by chance.
        (
            "Reception,Anna,ask at desk\nLibrary,Bo,555-12\nPool,Cy,555-13",
            ["Reception | Anna | ask at desk", "Library | Bo | 555-12", "Pool | Cy | 555-13"],
        ),
        (
            "Monday,closed,by request\nTuesday,9-12,14-17\nFriday,9-12,14-16",
            ["Monday | closed | by request", "Tuesday | 9-12 | 14-17", "Friday | 9-12 | 14-16"],
        ),
        ("Name,Noor\nAge,34\nHeight,170", ["Name | Noor", "Age | 34", "Height | 170"]),
    ],
)
def test_first_rows_that_nothing_marks_as_names(rows: str, shown: list[str]) -> None:
    assert blocks(table(rows)) == shown


def test_a_title_over_all_columns_is_no_name() -> None:
    page = "<table><tr><th colspan=2>Staff</tr><tr><td>Name<td>Anna</tr><tr><td>Age<td>34</table>"
    assert blocks(page) == ["Staff", "Name | Anna", "Age | 34"]


def test_a_name_over_two_rows_has_names_beside_it() -> None:
    head = "<tr><th rowspan=2>Pool<th colspan=2>Fee</tr><tr><td>Adult<td>Child</tr>"
    page = f"<table>{head}<tr><td>Lido<td>7<td>4</table>"
    assert blocks(page) == ["Pool: Lido | Fee Adult: 7 | Fee Child: 4"]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<p><b>Hours:</b>9 to 5. <b>Price(s)</b>apply.", ["Hours:9 to 5. Price(s)apply."]),
        ("<p>Opening<b> </b>hours<b>\n</b>daily", ["Opening hours daily"]),
        ("<b>Address<br></b>Street 5", ["Address", "Street 5"]),
        ("<p>Please ask\nAnna Berg at\nReception 4", ["Please ask Anna Berg at Reception 4"]),
        ("<body><p>a</body></html><p>c", ["a", "c"]),
        ("<h2><button>Can I return it?</button></h2><p>Yes.", ["Can I return it?", "Yes."]),
        ("<h2>One<div>title</div></h2><p>Text", ["One title", "Text"]),
        ("<header>Acme</header><main>Hours</main><footer>Mail</footer>", ["Acme", "Hours", "Mail"]),
        ("<pre>a\n```\nb</pre><h2>Next</h2>", ["a", "b", "Next"]),
        ("<h2>The set {#a, #b}</h2><p>[TOC]", ["The set {#a, #b}", "[TOC]"]),
        (
            "<ol start=3><li>Three<li value=7>Seven<li>Eight</ol>",
            ["3. Three", "7. Seven", "8. Eight"],
        ),
        ("<ol><li>Do<ul><li>this</ul><li>Go</ol>", ["1. Do", "this", "2. Go"]),
        ("<ol><li><h3>Step</h3><p>Wait.</ol>", ["Step", "Wait."]),
        ("<p>He said <q>yes</q>.", ["He said “yes”."]),
        (
            "<p>The office is in the old town near the bridge,<br>and it is open every day.",
            ["The office is in the old town near the bridge, and it is open every day."],
        ),
        ("<![if !vml]><p>Text<o:p></o:p></p><![endif]>", ["Text"]),
    ],
)
def test_what_real_pages_have(page: str, shown: list[str]) -> None:
    assert blocks(page) == shown


def test_a_declared_encoding_is_used() -> None:
    page = "<meta charset='euc-kr'><p>박물관은 아홉 시에 연다."
    file = SourceFile(PATH, page.encode("euc-kr"), "")
    assert parse_file(file, "id").text == "박물관은 아홉 시에 연다."
