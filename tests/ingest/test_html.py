"""HTML files become the text that a browser shows."""

from pathlib import PurePosixPath

import pytest

from qa.errors import IngestError
from qa.ingest.html import parse
from qa.ingest.parsed import Parsed

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


@pytest.mark.parametrize("element", ["div", "b", "ul", "table"])
def test_what_is_nested_too_deep_is_one_line(element: str) -> None:
    with pytest.raises(IngestError, match=r"^opening-hours.html: .* nested too deep"):
        read(f"<{element}>" * 3000 + "deep")
