"""Rows of tables, alone and in documents."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.pipeline import Options, Pipeline
from qa.answer.readers import span_reader
from qa.answer.tables import cell_parts, lacking, row_spans
from qa.index.sentences import in_sentences
from tests.conftest import Index, settings_in

SHIPS = """# Ships

The harbour has three ships of its own.

| Ship | Built | Length (m) | Captain | Home port |
| --- | --- | --- | --- | --- |
| Aurora | 1998 | 120 | Ingrid Solberg | Bergen |
| Boreas | 2004 | 95 | Karl Lind | Ostholm |
| Calypso | 2011 | 143 | Ana Raman | Lisbon |

Visitors may board them in summer.

| Rank | Leave |
|---|---|
| Officer | 6 weeks |
| Sailor | 4 weeks |

| Day | Summer (1 May – 30 September) | Winter (1 October – 30 April) |
|---|---|---|
| Monday | 06:30 – 20:00 | Closed |
| Saturday | 08:00 – 19:00 | 08:00 – 15:00 |
| Sunday | 08:00 – 18:00 | 09:00 – 13:00 |
"""


@pytest.fixture
def ships(index: Index, corpus: Path) -> Pipeline:
    return Pipeline(index({"ships.md": SHIPS.encode()}), settings_in(corpus))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the Boreas built?", "2004"),
        ("How long is the Calypso?", "143"),
        ("Who is the captain of the Calypso?", "Ana Raman"),
        ("What is the home port of the Aurora?", "Bergen"),
        ("How many weeks of leave do officers have?", "6 weeks"),
        ("When may visitors board the ships?", "summer"),
        ("When is it open on Sundays in summer?", "08:00 – 18:00"),
        ("What time do you open on Saturdays in winter?", "08:00 – 15:00"),
        ("When is the pool open on Sundays in summer?", "08:00 – 18:00"),
    ],
)
def test_a_cell_of_the_right_row_answers(ships: Pipeline, question: str, answer: str) -> None:
    given = ships.ask(question, Options(min_confidence=0.0)).answers[0]
    assert given.text == answer
    text = ships.snapshot.store.document("ships").text
    assert all(text[c.start : c.end] == given.text for c in given.citations[:1])


@pytest.mark.parametrize(
    ("question", "lacks"),
    [
        ("When is it open on Sundays?", [2, 2, 0]),
        ("When is it shown on Saturday or Sunday?", [1, 0, 0]),
        ("When is it shown?", [0, 0, 0]),
        ("Which day of the week?", [0, 0, 0]),
        ("When is the DH-9 shown?", [0, 0, 0]),
    ],
)
def test_words_of_the_question_tell_rows_apart(question: str, lacks: list[int]) -> None:
    rows = ["Day: Monday | Hours: 9", "Day: Saturday | Hours: 8", "Day: Sunday | Hours: open to 8"]
    assert lacking(rows, question) == lacks


def test_a_passage_without_rows_lacks_nothing() -> None:
    assert lacking([], "When?") == []


@pytest.mark.parametrize(
    "line",
    [
        "Run cat x | grep y.",
        "A | B | C",
        "Note: this or that | none of them | something",
        "Syntax: the operator a | b computes the union.",
        "Built: 1998",
        "|",
        "",
    ],
)
def test_not_every_bar_makes_a_row(line: str) -> None:
    assert row_spans(f"Before: this.\n{line}\nAfter it.") == []


CHARACTERS = st.text(st.sampled_from("ab: |\r上👩🏽"), max_size=9)
WORDS = st.lists(st.sampled_from(["a", "b", "上", "👩🏽"]), min_size=1, max_size=5).map("".join)
ROWS = st.lists(st.tuples(WORDS, WORDS), min_size=2, max_size=4)


@given(st.lists(CHARACTERS, max_size=3), ROWS, st.lists(CHARACTERS, max_size=3))
def test_the_parts_of_a_row_are_its_names_and_entries(
    before: list[str], cells: list[tuple[str, str]], after: list[str]
) -> None:
    row = " | ".join(f"{name}: {entry}" for name, entry in cells)
    text = "\n".join([*before, row, *after])
    start = len("\n".join([*before, ""]))
    spans = row_spans(text)
    assert (start, start + len(row)) in spans
    assert [text[left:right] for left, right in cell_parts(text, start, start + len(row))] == [
        part for name, entry in cells for part in (f"{name}: ", entry)
    ]
    # Whatever else was taken for a row.
    for first, last in spans:
        position = first
        for left, right in cell_parts(text, first, last):
            assert position <= left < right <= last
            assert set(text[position:left]) <= set(" |")
            position = right


@given(ROWS, st.sampled_from(["What is ab?", "Which 上?", "What is a and what does b do?"]))
def test_no_answer_reaches_beyond_a_cell(cells: list[tuple[str, str]], question: str) -> None:
    row = " | ".join(f"{name}: {entry}. {entry}" for name, entry in cells)
    text = f"Of ab and 上.\n\n{row}\n\nNo more of a."
    start = text.index(row)
    parts = list(cell_parts(text, start, start + len(row)))
    for span in span_reader().read(question, [in_sentences(text)])[0].spans:
        assert (
            span.end <= start
            or start + len(row) <= span.start
            or any(left <= span.start < span.end <= right for left, right in parts)
        )
