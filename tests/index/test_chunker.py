import hashlib
import itertools

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from qa.index.chunker import Chunker
from qa.index.context import Context
from qa.index.models import PACKAGED, locate
from qa.ingest.blocks import plain_blocks
from qa.ingest.sections import sections
from qa.types import Block, Document, Passage

BUDGET = 24


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(locate(PACKAGED).folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def document(text: str, blocks: tuple[Block, ...] | None = None) -> Document:
    blocks = plain_blocks(text) if blocks is None else blocks
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Document(
        "d", "t", text, "d.txt", sha256, sha256, blocks=blocks, sections=sections(text, blocks)
    )


WORDS = st.sampled_from(
    [
        "Alpha",
        "beta",
        "gamma.",
        "Delta!",
        "你好。",
        "👩🏽\u200d🚀",
        "e\u0301te\u0301",
        "(p.",
        "5)",
        "Q" * 190 + ".",
        "R" * 290 + ".",
        "\n\n",
        "\r\n",
    ]
)


# A long word is one unknown token, a part of it many.
@example("5) Alpha 5) " + "Q" * 166 + ". " + "R" * 320 + ".", 0)
@example("Alpha beta " * 12 + "Q" * 900 + "playing" * 9 + ".", 1)
@given(st.lists(WORDS, max_size=120).map(" ".join), st.integers(0, 3))
def test_passages_are_whole_sentences_within_the_budget(
    tokenizer: Tokenizer, text: str, overlap: int
) -> None:
    chunks, sentences = Chunker(tokenizer, BUDGET, overlap).chunk(document(text))
    starts, ends = {s for s, _ in sentences}, {e for _, e in sentences}
    covered: set[int] = set()
    for chunk in chunks:
        assert chunk.start in starts
        assert chunk.end in ends
        piece = text[chunk.start : chunk.end]
        assert len(tokenizer.encode(piece, add_special_tokens=False).ids) <= BUDGET
        covered.update(range(chunk.start, chunk.end))
    assert all(i in covered for i, c in enumerate(text) if not c.isspace())
    assert [c.start for c in chunks] == sorted({c.start for c in chunks})
    assert [c.end for c in chunks] == sorted({c.end for c in chunks})


@pytest.mark.parametrize(
    "text",
    [
        "word " * 500,
        "x" * 10_000,
        "👩🏽‍🚀" * 2_000,
        "e\u0301" * 3_000,
        "你" * 2_000,
        "a" + "\u0301" * 9_000,
    ],
    ids=["words", "one word", "emoji", "combining", "chinese", "abuse"],
)
def test_an_overlong_sentence_is_split_without_losing_a_character(
    tokenizer: Tokenizer, text: str
) -> None:
    chunks, sentences = Chunker(tokenizer, BUDGET, 1).chunk(document(text))
    assert len(chunks) > 1
    assert "".join(text[s:e] for s, e in sentences).replace(" ", "") == text.replace(" ", "")
    clusters = {m.start() for m in regex.finditer(r"\X", text)} | {len(text)}
    if len(clusters) > 10:
        assert all(s in clusters and e in clusters for s, e in sentences)


def test_overlap_repeats_whole_sentences(tokenizer: Tokenizer) -> None:
    text = " ".join(f"Sentence number {i} stands here." for i in range(20))
    chunks, sentences = Chunker(tokenizer, BUDGET, 1).chunk(document(text))
    assert len(chunks) > 3
    for left, right in itertools.pairwise(chunks):
        shared = [s for s in sentences if s[0] >= right.start and s[1] <= left.end]
        assert len(shared) == 1


@pytest.mark.parametrize("title", ["short", "word " * 200, "上海" * 300, "x9q" * 200, "x" * 9999])
def test_a_long_heading_leaves_the_model_room_for_the_text(
    tokenizer: Tokenizer, title: str
) -> None:
    passage = Passage(0, "d", 0, 4, "text", section="上海市杨浦区" * 50)
    text = Context(tokenizer, 45)(passage, title)
    assert text.endswith("\ntext")
    assert text.startswith(title[:5])
    assert len(tokenizer.encode(text, add_special_tokens=False).ids) <= 46
    # A word of ten thousand letters is one token.
    assert len(text) < 1000


def test_a_prompt_takes_of_the_heading_s_room(tokenizer: Tokenizer) -> None:
    passage, prompt = Passage(0, "d", 0, 4, "text"), "search document: "
    text = Context(tokenizer, 45, prompt)(passage, "word " * 99)
    assert len(tokenizer.encode(prompt + text, add_special_tokens=False).ids) == 46


@pytest.mark.parametrize(
    ("title", "section", "heading"),
    [
        ("Guide", None, "Guide"),
        ("Guide", "Guide", "Guide"),
        ("Guide", "Guide › Install", "Guide › Install"),
        ("Guide", "Guides › Install", "Guide › Guides › Install"),
        ("Guide", "Install", "Guide › Install"),
    ],
)
def test_a_heading_says_the_title_once(
    tokenizer: Tokenizer, title: str, section: str | None, heading: str
) -> None:
    passage = Passage(0, "d", 0, 4, "text", section=section)
    assert Context(tokenizer, 45)(passage, title) == f"{heading}\ntext"


def test_a_long_title_is_said_once_too(tokenizer: Tokenizer) -> None:
    title = "long " * 60 + "title"
    text = f"{title}\n\nIntroduction.\n\nInstall\n\nType this."
    blocks = tuple(
        Block(b.start, b.end, level)
        for b, level in zip(plain_blocks(text), (1, 0, 2, 0), strict=True)
    )
    doc = document(text, blocks)
    passage = Passage(0, "d", 0, 4, "text", section=doc.sections[1].title)
    assert Context(tokenizer, 99)(passage, title).endswith("long… › Install\ntext")


def test_headings_go_with_what_stands_below_them(tokenizer: Tokenizer) -> None:
    text = "Leave\n\nParental leave\n\nLength\n\nIt is 26 weeks.\n\nSick leave\n\nCall us."
    levels = (1, 2, 3, 0, 2, 0)
    blocks = tuple(
        Block(b.start, b.end, level) for b, level in zip(plain_blocks(text), levels, strict=True)
    )
    doc = document(text, blocks)
    chunks, _ = Chunker(tokenizer, BUDGET, 1).chunk(doc)
    assert [text[c.start : c.end] for c in chunks] == [
        "Leave\n\nParental leave\n\nLength\n\nIt is 26 weeks.",
        "Sick leave\n\nCall us.",
    ]
    assert [doc.sections[c.section].title for c in chunks] == [
        "Leave › Parental leave › Length",
        "Leave › Sick leave",
    ]


def test_passages_do_not_cross_headings(tokenizer: Tokenizer) -> None:
    text = "One\n\nFirst text.\n\nTwo\n\nSecond text."
    blocks = plain_blocks(text)
    blocks = tuple(Block(b.start, b.end, int(i % 2 == 0)) for i, b in enumerate(blocks))
    doc = document(text, blocks)
    chunks, _ = Chunker(tokenizer, BUDGET, 1).chunk(doc)
    assert [doc.sections[c.section].title for c in chunks] == ["One", "Two"]
    assert [text[c.start : c.end] for c in chunks] == ["One\n\nFirst text.", "Two\n\nSecond text."]
