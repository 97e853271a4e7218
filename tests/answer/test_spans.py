import itertools

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.spans import decode
from qa.answer.tidy import tidy
from qa.answer.windows import Layout, windows


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 20),
    st.integers(1, 8),
    st.integers(1, 10),
    st.booleans(),
)
def test_decoding_equals_trying_every_pair(
    seed: int, length: int, max_tokens: int, top_k: int, paragraphs: bool
) -> None:
    rng = np.random.default_rng(seed)
    prefix = 4
    start, end = rng.normal(size=(2, prefix + length + 1)).astype(np.float32)
    block = np.sort(rng.integers(0, 3, length)) if paragraphs else None
    spans, null = decode(
        start, end, prefix=prefix, length=length, max_tokens=max_tokens, top_k=top_k, block=block
    )
    expected = sorted(
        (
            (float(start[prefix + i] + end[prefix + j]), i, j)
            for i in range(length)
            for j in range(i, min(length, i + max_tokens))
            if block is None or block[i] == block[j]
        ),
        key=lambda item: -item[0],
    )[:top_k]
    assert null == pytest.approx(start[0] + end[0])
    assert [(s.first, s.last) for s in spans] == [(i, j) for _, i, j in expected]


@given(st.integers(0, 40), st.integers(0, 200), st.integers(80, 120), st.integers(0, 10))
def test_windows_hold_every_token_with_its_neighbours(
    asked: int, size: int, max_length: int, stride: int
) -> None:
    passage = list(range(1000, 1000 + size))
    found = list(
        windows(range(asked), passage, layout=Layout(1, (2,)), max_length=max_length, stride=stride)
    )
    for window in found:
        assert len(window.ids) == len(window.type_ids()) <= max_length
        inside = window.ids[window.prefix : window.prefix + window.length]
        assert inside == passage[window.first : window.first + window.length]
        assert window.type_ids()[window.prefix - 1] == 0
    covered = {i for w in found for i in range(w.first, w.first + w.length)}
    assert covered == set(range(size))
    for left, right in itertools.pairwise(found):
        assert left.first + left.length - right.first == stride


def test_a_stride_without_room_is_an_error() -> None:
    with pytest.raises(ValueError, match="leaves 7 passage tokens"):
        list(windows([], [1], layout=Layout(1, (2,)), max_length=10, stride=7))


@pytest.mark.parametrize(
    ("text", "rough", "clean"),
    [
        ("It was Paris, then Rome.", "Paris,", "Paris"),
        (
            "the CFFF (Computing for the Future at Fudan) Platform",
            "CFFF (Computing",
            "CFFF (Computing",
        ),
        (
            "OpenAI's GPT (Generative Transformer) series",
            "(Generative Transformer",
            "Generative Transformer",
        ),
        ('the "ark foundation model," providing', "ark foundation model,", "ark foundation model"),
        ('called "shock" later', '"shock', '"shock"'),
        ("seen in 1999) by", "1999)", "1999"),
        ("Wujiaochang hub", "jiaochang hu", "Wujiaochang hub"),
        ("the 👩🏽‍🚀 crew", "👩", "👩🏽‍🚀"),
        ("cafe\u0301 noir", "cafe", "cafe\u0301"),
        ("黄浦江流经上海市区", "上海", "上海"),
        ("a (b) c", "(b)", "b"),
        ("call (212) 555 (now)", "(212) 555 (now)", "(212) 555 (now)"),
        ("Apple) and Google (GOOG) fell", "Google (GOOG", "Google (GOOG)"),
        ("(Apple) and Google (GOOG) fell", "Apple) and Google (GOOG", "(Apple) and Google (GOOG)"),
        ("about .5 percent", ".5 percent", ".5 percent"),
        ("uses .NET Core", ".NET Core", ".NET Core"),
        ("in 1999 - a year", "1999 -", "1999"),
        ("हिन्दी भाषा", "न्दी", "हिन्दी"),
        ("（上海）是", "（上海", "上海"),
        ("kept at -18 °C", "18 °C", "-18 °C"),
        ("down to –5 °C today", "5 °C", "–5 °C"),
        ("pages 9–17", "17", "17"),
        ("at 18°C now", "18", "18°C"),
        ("it costs 50€ here", "50", "50€"),
        ("it costs A$50 now", "$50", "A$50"),
        ("HK$3 million", "3 million", "HK$3 million"),
        ("it was -$5 million", "$5 million", "-$5 million"),
        ("a US-$5 note", "$5", "$5"),
        ("the A5 road, 5 km", "5 km", "5 km"),
        ('a 15.6" display', '15.6"', '15.6"'),
        ('he said "see Article 5" twice', 'Article 5"', "Article 5"),
        ("open 9-17 daily", "17", "17"),
        ("costs £50 a day", "50", "£50"),
        ("ring +41 81 now", "41 81", "+41 81"),
        ("ring +41 81 555 01 02 now", "81 555", "+41 81 555 01 02"),
        ("up 3.5% since", "5", "3.5%"),
        ("at 10:30, then", "30", "10:30"),
        ("had 1,240,000 people", "240", "1,240,000"),
        ("of 1,2 and 3", "2", "2"),
        ("reads .docx and .odt", "docx and .odt", ".docx and .odt"),
        ("written in C++, C# and Go", "C++, C", "C++, C#"),
        ("go to parking.example.org/register before", "parking", "parking.example.org/register"),
        ("see https://a.example:31/b?c=d.", "example", "https://a.example:31/b?c=d"),
        ("mail to <sick-leave@b.example>.", "leave@b", "sick-leave@b.example"),
        ("in theme-dark.config.yaml.", "dark", "theme-dark.config.yaml"),
        ("the U.S. Army", "Army", "Army"),
        ("on the first day of absence.", "the first day of absence.", "the first day of absence"),
        ("of Acme Corp.", "Acme Corp.", "Acme Corp."),
        ("A: 15% on all books", "A: 15%", "15%"),
        ("3. the lid", "3. the lid", "the lid"),
        ("10🏽", "🏽", "10🏽"),
        ("Er sah „Jaws“ im Kino.", "„Jaws“", "„Jaws“"),
        ("Er sah „Jaws“ im Kino.", "„Jaws", "„Jaws“"),
    ],
)
def test_spans_are_tidied(text: str, rough: str, clean: str) -> None:
    start = text.index(rough)
    left, right = tidy(text, start, start + len(rough))
    assert text[left:right] == clean


CHARACTERS = "ab 1.,:;/@$%#+()[]\"„“”«»'\n-é👩🏽\u200d🚀e\u0301上海。א"


@given(st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=40), st.data())
def test_tidied_spans_are_whole(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    left, right = tidy(text, start, end)
    assert 0 <= left <= right <= len(text)
    assert tidy(text, left, right) == (left, right) or left == right
    if any(c.isalnum() for c in text[start:end]):
        assert left < right
    if left < right:
        borders = {m.start() for m in regex.finditer(r"\X", text)} | {len(text)}
        assert left in borders
        assert right in borders
        assert text[left:right].strip()
