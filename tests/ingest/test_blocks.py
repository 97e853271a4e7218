import itertools

from hypothesis import given
from hypothesis import strategies as st

from qa.ingest.blocks import plain_blocks

WRAPPED = """The quick brown fox jumps over the lazy dog and
then it runs on through the forest until it has
found its way home.
"""


def texts(text: str) -> list[str]:
    return [text[b.start : b.end] for b in plain_blocks(text)]


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    assert texts(WRAPPED) == [WRAPPED.strip()]


def test_short_lines_are_paragraphs_of_their_own() -> None:
    long = "A long line that nobody wrapped. " * 5
    assert texts(f"Yang Jian\n{long}\nTi Gong") == ["Yang Jian", long.strip(), "Ti Gong"]


def test_list_items_are_separate() -> None:
    assert texts("- one thing that is long enough\n- two\n1. three") == [
        "- one thing that is long enough",
        "- two",
        "1. three",
    ]


def test_crlf_blank_lines_separate() -> None:
    assert texts("a\r\n\r\nb") == ["a", "b"]


@given(st.text(st.sampled_from("ab .\n\r-1\u2028\u3000é😀")))
def test_blocks_hold_all_but_white_space_in_order(text: str) -> None:
    blocks = plain_blocks(text)
    assert "".join("".join(t.split()) for t in texts(text)) == "".join(text.split())
    assert all(a.end <= b.start for a, b in itertools.pairwise(blocks))
    assert all(t == t.strip() for t in texts(text))
