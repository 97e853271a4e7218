from pathlib import PurePosixPath

import pytest

from qa.errors import IngestError
from qa.ingest.folder import sections
from qa.ingest.markdown import parse
from tests.conftest import CORPUS

PATH = PurePosixPath("handbook/leave.md")


def test_front_matter_headings_and_words() -> None:
    parsed = parse(CORPUS["handbook/leave.md"].decode(), PATH)
    assert parsed.title == "Leave policy"
    assert parsed.metadata == {"title": "Leave policy", "department": "HR", "year": 2024}
    assert "Employees get twelve days of paid sick leave a year." in parsed.text
    assert "**" not in parsed.text
    assert "example.org" not in parsed.text
    found = sections(parsed.text, parsed.blocks)
    assert [s.title for s in found] == ["Leave", "Leave › Sick leave", "Leave › Parental leave"]
    assert "twenty-six weeks" in parsed.text[found[2].start : found[2].end]
    assert found[1].end == found[2].start


def test_blocks_are_the_rendered_pieces() -> None:
    parsed = parse("# A\n\none\ntwo\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n", PATH)
    texts = [parsed.text[b.start : b.end] for b in parsed.blocks]
    assert texts == ["A", "one two", "x | y", "1 | 2", "code"]
    assert [b.heading for b in parsed.blocks] == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "text", ["---\nAn intro.\n---\nbody", "---\n- a\n---\nbody", "---\n\nbody"]
)
def test_rules_are_not_front_matter(text: str) -> None:
    parsed = parse(text, PATH)
    assert parsed.metadata == {}
    for word in ("intro", "body"):
        assert (word in parsed.text) == (word in text)


def test_a_file_like_json_is_text() -> None:
    assert parse("{\nnot json\n}\n", PATH).text == "{ not json }"


def test_html_is_kept_as_text() -> None:
    assert parse("<script>alert(1)</script>\n", PATH).text == "<script>alert(1)</script>"


def test_the_title_falls_back_to_heading_then_file_name() -> None:
    assert parse("# First\n\nx", PATH).title == "First"
    assert parse("x", PATH).title == "leave"


# Written in decimal it would be refused as YAML; read, it can't be written as JSON.
HUGE = "x: 0x" + "f" * 6000


@pytest.mark.parametrize(
    "front",
    [
        *("a: [1", "a: {b: 1}", "date: 2024-13-45", "x: .nan", 'x: !!int ""', "x: !!bool maybe"),
        *("x: !!timestamp soon", 'title: "\\e[31mred"', HUGE, f"x: [1, {HUGE[3:]}]"),
    ],
    ids=lambda front: front[:20],
)
def test_bad_front_matter_is_refused_by_name(front: str) -> None:
    with pytest.raises(IngestError, match=r"^handbook/leave\.md:.*front matter"):
        parse(f"---\n{front}\n---\n\ntext\n", PATH)
