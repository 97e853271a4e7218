"""Second looks, on real tokens and made-up logits."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.answer.looks import Look, ReadPassage
from qa.answer.readers import span_reader
from qa.answer.windows import Window
from qa.index.files import whole_tokenizer
from qa.index.models import PACKAGED, locate
from qa.index.onnx import Session
from qa.index.sentences import in_sentences

TOKENIZER = whole_tokenizer(locate(PACKAGED).folder)
SENTENCES = (
    "The harbour was built in 1891.",
    "Ingrid Solberg drew the plans, and the lighthouse too.",
    "The basin holds 300 boats.",
    "The town is old.",
)
ROWS = "Ship: Aurora | Built: 1998\nShip: Boreas | Built: 2003"
TEXTS = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=7).map(" ".join)
SEEDS = st.integers(0, 2**32 - 1)
# Tokens of a window, and how many it has in common with the one before.
ROOM, STRIDE = 24, 8


def page_of(text: str) -> ReadPassage:
    encoding = TOKENIZER.encode(text, add_special_tokens=False)
    return ReadPassage(in_sentences(text), encoding)


def look_at(rng: np.random.Generator, first: int, tokens: int) -> Look:
    """A look that finds the tokens worth another."""
    start, end = rng.normal(0, 2, (2, 1 + tokens)).astype(np.float32)
    start[0] -= 20
    return Look(first, start, end, 0.0)


def looks_at(rng: np.random.Generator, page: ReadPassage) -> list[Look]:
    size = len(page.ids)
    firsts = range(0, max(1, size - STRIDE), ROOM - STRIDE)
    return [look_at(rng, first, min(ROOM, size - first)) for first in firsts]


def best_lead(page: ReadPassage, look: Look, low: int, high: int) -> float:
    """Of a span with a word in it, among the tokens from ``low`` up to ``high``."""
    words = {i for i in range(low, high) if page.ids[i] not in TOKENIZER.encode(".,").ids}
    start, end = look.start - look.start[0], look.end - look.end[0]
    return max(
        float(start[1 + i - look.first] + end[1 + j - look.first])
        for i in range(low, high)
        for j in range(i, high)
        if words.intersection(range(i, j + 1))
    )


# The window begins within "Solberg".
@example(" ".join(SENTENCES[i] for i in (0, 0, 1, 1)), 351)
@given(TEXTS, SEEDS)
def test_a_second_look_is_at_the_best_sentence_and_counts_half(text: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = page_of(text)
    looks = looks_at(rng, page)
    copies = [(look.start.copy(), look.end.copy()) for look in looks]
    part = page.see(looks)
    before = page.reading("", None).spans
    if part is None:
        assert any(text[before[0].start : before[0].end] in each for each in SENTENCES)
        return
    left, right = page.offsets[part[0]][0], page.offsets[part[1] - 1][1]
    assert any(text[left:right] in each for each in SENTENCES)
    # A window may begin or end within a word, which a span takes in whole.
    left -= len(re.search(r"\w*\Z", text[:left])[0])
    right += len(re.match(r"\w*", text[right:])[0])
    assert left <= before[0].start < before[0].end <= right
    base = next(
        look
        for look in looks
        if look.first <= part[0] and part[1] - 1 <= look.last
        if best_lead(page, look, *part) == pytest.approx(before[0].score, abs=1e-4)
    )

    second = look_at(rng, part[0], part[1] - part[0])
    page.look_again(second)
    after = page.reading("", None).spans
    assert left <= after[0].start < after[0].end <= right
    shown = slice(1 + part[0] - base.first, 1 + part[1] - base.first)
    both = [
        np.concatenate([whole[:1], (whole[shown] + again[1:]) / 2])
        for whole, again in ((base.start, second.start), (base.end, second.end))
    ]
    expected = best_lead(page, Look(part[0], both[0], both[1], 0.0), *part)
    assert after[0].score == pytest.approx(expected, abs=1e-4)
    # Elsewhere the distance to the best one stays.
    lags = {(s.start, s.end): before[0].score - s.score for s in before}
    for span in after:
        if (span.start >= right or span.end <= left) and (span.start, span.end) in lags:
            lag = after[0].score - span.score
            assert lag == pytest.approx(lags[span.start, span.end], abs=1e-4)
    for look, (start, end) in zip(looks, copies, strict=True):
        assert (look.start == start).all()
        assert (look.end == end).all()


def test_nothing_is_looked_at_again_without_need() -> None:
    rng = np.random.default_rng(0)
    for text in ("", SENTENCES[0], ROWS):
        page = page_of(text)
        assert page.see([look_at(rng, 0, len(page.ids))]) is None
    page = page_of(" ".join(SENTENCES))
    hopeless = look_at(rng, 0, len(page.ids))
    hopeless.start[0] += 100
    assert page.see([hopeless]) is None
    assert page.reading("", None).spans
    page = page_of(" ".join(SENTENCES))
    assert page.see([]) is None
    assert page.reading("", None).spans == ()


@given(SEEDS)
def test_beside_a_table_only_running_text_is_looked_at_again(seed: int) -> None:
    text = f"{SENTENCES[0]} {SENTENCES[1]}\n\n{ROWS}"
    page = page_of(text)
    table = text.index(ROWS)
    border = next(i for i, (start, _) in enumerate(page.offsets) if start >= table)
    rng = np.random.default_rng(seed)
    looks = [look_at(rng, 0, border), look_at(rng, border, len(page.ids) - border)]
    part = page.see(looks)
    if page.reading("", None).spans[0].start >= table:
        assert part is None
    else:
        assert part is not None
        assert part[1] <= border


def test_a_look_that_gives_no_number_changes_nothing() -> None:
    page = page_of(" ".join(SENTENCES))
    part = page.see([look_at(np.random.default_rng(1), 0, len(page.ids))])
    assert part is not None
    before = page.reading("", None)
    nothing = np.full(1 + part[1] - part[0], np.nan, dtype=np.float32)
    page.look_again(Look(part[0], nothing, nothing, 0.0))
    assert page.reading("", None) == before


def test_the_reader_reads_the_best_sentence_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = span_reader()
    shown: list[str] = []
    run = reader._run

    def listen(session: Session, window: Window) -> Look:
        inside = window.ids[window.prefix : window.prefix + window.length]
        shown.append(TOKENIZER.decode(inside))
        return run(session, window)

    monkeypatch.setattr(reader, "_run", listen)
    question = "Who drew the plans?"
    whole = reader.read(question, [in_sentences(" ".join(SENTENCES))])[0]
    assert len(shown) == 2
    assert shown[1].startswith("ingrid solberg drew")
    assert shown[1].endswith("too.")
    shown.clear()
    alone, off_topic = reader.read(
        question, [in_sentences(SENTENCES[1]), in_sentences("Bread is baked. It rises slowly.")]
    )
    assert len(shown) == 2
    assert alone.spans[0].score > 0 > off_topic.spans[0].score
    assert whole.spans[0].score > 0
