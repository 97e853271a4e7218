import itertools
import re
import unicodedata
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from qa.index.builder import build
from qa.ingest.blocks import plain_blocks
from qa.types import Answer, Block, Citation, Document, Reply, Sentence
from qa.web.app import create_app
from qa.web.present import show
from qa.web.reading import lay_out, part_of, part_starts
from tests.conftest import settings_in, write


class Marks(HTMLParser):
    """Collects the text of the document and of its marks, as a browser would hold them."""

    def __init__(self) -> None:
        super().__init__()
        self.marked, self.text, self.scripts = "", "", 0
        self._mark = self._document = False

    def handle_starttag(self, tag, attrs):
        self._mark |= tag == "mark"
        self._document |= tag == "article"
        self.scripts += tag == "script" and not dict(attrs).get("src")

    def handle_endtag(self, tag):
        self._mark &= tag != "mark"
        self._document &= tag != "article"

    def handle_data(self, data):
        self.marked += data if self._mark else ""
        self.text += data if self._document else ""


@pytest.mark.parametrize("id", ["hostile", "windows", "emoji", "zh", "handbook-leave"])
def test_the_document_page_marks_exactly_the_slice(client: FlaskClient, id: str) -> None:
    text = client.get(f"/api/documents/{id}").get_json()["text"]
    for start, end in ((0, len(text)), (3, 9), (len(text) - 4, len(text)), (10, 30)):
        page = Marks()
        page.feed(client.get(f"/documents/{id}?start={start}&end={end}").text)
        assert page.text == text
        assert page.marked == text[start:end]
        assert page.scripts == 0
    assert client.get(f"/documents/{id}/raw").data.decode() == text


@pytest.mark.parametrize(
    "query", ["start=5&end=2", "start=-1&end=4", "start=a", "start=1&end=99999"]
)
def test_a_slice_that_is_not_there_is_said(client: FlaskClient, query: str) -> None:
    page = client.get(f"/documents/windows?{query}")
    assert page.status_code == 200
    assert "not in this document" in page.text
    assert "<mark" not in page.text


def links(page: str, of: str) -> list[str]:
    """The addresses of slices in a page's elements of a class."""
    (part,) = re.findall(rf'<ol class="{of}".*?</ol>', page, re.DOTALL)
    return [unescape(href) for href in re.findall(r'href="([^"]*)"', part)]


def test_a_citation_of_an_edited_document_marks_nothing(workspace: Path) -> None:
    app = create_app(settings_in(workspace))
    client = app.test_client()
    (cited,) = links(client.get("/?q=Who+is+the+harbour+master%3F").text, "citations")
    nearest = links(client.get("/?q=How+do+I+bake+sourdough+bread%3F").text, "passages")
    reply = client.post("/api/ask", json={"question": "Who is the harbour master?"}).get_json()
    given = reply["answers"][0]["citations"][0]["href"]
    stepped = [unescape(re.search(r'rel="next" href="([^"]*)"', client.get(nearest[0]).text)[1])]
    for href in (cited, given, *nearest, *stepped):
        assert "<mark" in client.get(href).text
    for file in (workspace / "source").rglob("*.*"):
        if file.suffix in (".txt", ".md"):
            file.write_bytes(file.read_bytes() + b"\n\nOne more line.\n")
    build(settings_in(workspace))
    app.extensions["qa.service"].reload()
    for href in (cited, given, *nearest, *stepped):
        page = client.get(href).text
        assert "may have changed since" in page
        assert "<mark" not in page
    # Addresses made before they had a hash.
    old = re.sub(r"&sha256=\w+", "", re.sub(r"\.\w{16}-", "-", nearest[0]))
    page = client.get(old).text
    assert "<mark" in page
    assert "Place 1 of 3" in page


def test_a_trail_leads_on_past_documents_changed_or_removed(workspace: Path) -> None:
    app = create_app(settings_in(workspace))
    client = app.test_client()
    records = {r.id: r for r in app.extensions["qa.service"].pipeline().snapshot.store.records}
    kept, removed, changed = (records[id] for id in ("windows", "emoji", "hostile"))
    trail = [("c", f"0-5.{r.sha256[:16]}-{r.id}") for r in (kept, removed, changed)]
    first = f"/documents/windows?{urlencode([('start', 0), ('end', 5), *trail])}"
    (workspace / "source" / removed.path).unlink()
    file = workspace / "source" / changed.path
    file.write_bytes(file.read_bytes() + b"\n\nOne more line.\n")
    build(settings_in(workspace))
    app.extensions["qa.service"].reload()

    def following(page: str) -> str:
        (href,) = re.findall(r'rel="next" href="([^"]*)"', page)
        return unescape(href)

    gone = client.get(following(client.get(first).text))
    assert gone.status_code == 404
    assert "has been removed since" in gone.text
    last = client.get(following(gone.text)).text
    assert "may have changed since" in last
    assert "Place 3 of 3" in last
    # Nobody was led here by an answer.
    assert "has been removed since" not in client.get("/documents/emoji").text


def test_documents_are_found_however_the_name_of_their_file_is_put_together(
    workspace: Path,
) -> None:
    write(workspace / "source", {unicodedata.normalize("NFD", "Beyoncé.txt"): b"A singer.\n"})
    build(settings_in(workspace))
    client = create_app(settings_in(workspace)).test_client()
    for form in ("NFC", "NFD"):
        wanted = unicodedata.normalize(form, "beyoncé")
        assert "1 of " in client.get("/documents", query_string={"q": wanted}).text


def test_pages_of_a_file_are_cited_and_shown(workspace: Path) -> None:
    canvas = Canvas(str(workspace / "source" / "pool.pdf"))
    for line in ("The pool rules of Lissan", "The lifeguard of the pool is Tessa Quill."):
        canvas.drawString(100, 700, line)
        canvas.showPage()
    canvas.save()
    build(settings_in(workspace))
    client = create_app(settings_in(workspace)).test_client()
    question = "Who is the lifeguard of the pool?"
    reply = client.post("/api/ask", json={"question": question}).get_json()
    (citation,) = reply["answers"][0]["citations"]
    assert (citation["document"], citation["page"]) == ("pool", 2)
    assert {p["page"] for p in reply["passages"] if p["document"] == "pool"} <= {1, 2}
    document = client.get("/api/documents/pool").get_json()
    assert document["text"][citation["start"] : citation["end"]] == "Tessa Quill"
    (first, second) = document["pages"]
    assert (first["number"], second["number"]) == (1, 2)
    assert second["start"] <= citation["start"] < second["end"]
    chat = client.get("/", query_string={"q": question}).text
    assert ", page 2</span>" in chat
    page = Marks()
    page.feed(client.get(citation["href"]).text)
    # The pages' numbers are no text.
    assert page.text == document["text"]
    assert 'data-page="Page 2"' in client.get(citation["href"]).text
    assert client.get("/api/documents/windows").get_json()["pages"] == []


def test_unknown_document_page(client: FlaskClient) -> None:
    page = client.get("/documents/<b>x", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<b>x" not in page.text


@given(st.text(min_size=1, max_size=60), st.integers(1, 20), st.data())
def test_parts_and_pieces_joined_are_the_text(text: str, limit: int, data: st.DataObject) -> None:
    cut = st.integers(0, len(text))
    start, end = sorted((data.draw(cut), data.draw(cut)))
    ends = sorted(data.draw(st.sets(cut, max_size=6)))
    levels = data.draw(st.lists(st.integers(0, 6), min_size=3, max_size=3))
    blocks = [Block(a, b, h) for a, b, h in zip(ends[::2], ends[1::2], levels, strict=False)]
    document = Document("d", "T", text, "d.txt", "", "", blocks=tuple(blocks))
    starts = part_starts(len(text), blocks, limit)
    spans = list(zip(starts, [*starts[1:], len(text)], strict=True))
    found = [p for span in spans for p in lay_out(document, span, (start, end))]
    pieces = [piece for paragraph in found for piece in paragraph.pieces]
    assert "".join(p.text for p in pieces) == text
    assert "".join(p.text for p in pieces if p.marked) == text[start:end]
    assert all(b - a <= limit for a, b in spans)
    for paragraph in found:
        said = "".join(p.text for p in paragraph.pieces)
        assert (paragraph.level is None) <= said.isspace()
    for position in range(len(text)):
        a, b = spans[part_of(starts, position)]
        assert a <= position < b
    for span in spans:
        levels = [1, *(p.level for p in lay_out(document, span, (0, 0)) if p.level)]
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_chat_without_scripts(client: FlaskClient) -> None:
    page = client.get("/?q=Who+is+the+harbour+master%3F").text
    assert "Ingrid Solberg" in page
    assert "/documents/windows?start=" in page
    assert "seem to say" in client.get("/?q=How+do+I+bake+sourdough+bread%3F").text
    for question in ("%00", "x" * 2001):
        bad = client.get(f"/?q={question}")
        assert bad.status_code == 422
        assert 'role="alert"' in bad.text


def test_the_page_says_what_the_least_confidence_is_for(client: FlaskClient, app: APIFlask) -> None:
    """It holds for the best answer: others are shown below it, too."""
    needed = app.extensions["qa.service"].pipeline().threshold
    page = client.get("/?q=Who+is+the+harbour+master%3F").text
    assert f"unless the likeliest answer reaches {100 * needed:.0f} %" in page
    assert "none is given" not in page


def test_a_long_document_is_read_a_part_at_a_time(
    client: FlaskClient, app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "The keeper writes each name into a book 🚢 with a blue cover.\r\n\r\n"
    text = line * (5_000_000 // len(line)) + "The last entry is Marta's."
    document = Document("log", "Log", text, "log.txt", "", "", blocks=plain_blocks(text))
    store = app.extensions["qa.service"].pipeline().snapshot.store
    monkeypatch.setattr(store, "document", lambda _: document)
    start = text.index("Marta")
    whole = client.get("/documents/log").text
    assert len(whole) < 150_000
    assert "Part 1 of " in whole
    page = Marks()
    shown = client.get(f"/documents/log?start={start}&end={start + 5}").text
    page.feed(shown)
    assert page.marked == "Marta"
    assert page.text == text[-len(page.text) :]
    begins = int(re.search(r'data-begins="(\d+)"', shown)[1])
    assert begins + len(page.text) == len(text)
    number = int(re.search(r"Part (\d+) of", shown)[1])
    page = Marks()
    page.feed(client.get(f"/documents/log?start={start}&end={start + 5}&part={number - 1}").text)
    assert not page.marked
    assert text[begins - len(page.text) : begins] == page.text


def test_documents_are_found(client: FlaskClient) -> None:
    def titles(query: str) -> list[str]:
        return re.findall(r"<li><a [^>]*><bdi>([^<]*)", client.get(f"/documents?{query}").text)

    assert len(titles("")) == 6
    assert titles("q=hr+LEAVE") == ["Leave policy"]
    assert titles("q=windows.txt") == ["Harbour rules"]
    assert titles("q=nowhere") == []
    assert "for=Why" in client.get("/documents?for=Why").text
    assert "x" * 2001 not in client.get(f"/documents?for={'x' * 9000}").text


def test_earlier_turns_come_along_without_scripts(client: FlaskClient) -> None:
    query = [("q", "What did he emphasise?"), ("hq", "Who spoke?"), ("ha", "Zheng Weimin")]
    page = client.get("/", query_string=query).text
    assert 'Read as <q dir="auto">What did Zheng Weimin emphasise?</q>' in page
    assert page.count('name="hq"') == page.count('name="ha"') == 2
    odd = [("q", "Who?"), ("hq", "x" * 9000), ("ha", ""), ("hq", " "), ("ha", "a"), ("hq", "b")]
    assert client.get("/", query_string=odd).status_code == 200


@pytest.mark.parametrize(("length", "kept"), [(2001, True), (20_001, False)])
def test_a_turn_with_a_long_answer_is_remembered(
    client: FlaskClient, length: int, kept: bool
) -> None:
    given = "x" * length
    query = [("q", "When was it founded?"), ("hq", "Where is Fudan?"), ("ha", given)]
    page = client.get("/", query_string=query).text
    assert 'Read as <q dir="auto">When was Fudan founded?</q>' in page
    assert (f'name="ha" value="{given}"' in page) is kept


def test_equal_answers_agree_in_one() -> None:
    places = tuple(Citation("d", "T", i, i + 4, None, None, "") for i in (0, 10, 20))
    answers = (
        Answer("blue", 0.7, Sentence("blue.", 0, 5), places),
        Answer("red", 0.3, Sentence("red.", 30, 34), places[:1]),
    )
    reply = Reply("Which?", answers, None, (), 1, "s", {})
    shown = show(reply, {}, [], 0.2)
    assert [a.agree for a in shown.answers] == ["3 places agree", ""]
    assert [p.number for a in shown.answers for p in a.places] == [1, 2, 3, 4]
    assert [a.likely for a in shown.answers] == ["Probably right", "Unsure"]
    assert shown.announced == "Answer: blue. Probably right. 1 other possible answer."
