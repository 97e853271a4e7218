"""Training examples, and taking the shipped reader up again, on the real weights."""

import random
from importlib import resources
from pathlib import Path

import pytest
from click import ClickException
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.readers import span_reader
from qa.answer.span_reader import SpanReader
from qa.evaluate.datasets import Dataset, Question
from qa.index.files import whole_tokenizer
from qa.index.models import PACKAGED, locate
from qa.index.sentences import in_sentences
from qa.train.augment import Augmenter
from qa.train.calibrate import Sample, load, save
from qa.train.data import Example, Features, held_out, vary
from qa.train.export import export
from qa.train.negatives import Negatives
from qa.train.restore import restore

TEXT = (
    "The harbour was built in 1891 by the engineer Ingrid Solberg (1850–1922), "
    "who also designed the lighthouse. It has room for 300 boats."
)

SENTENCES = (
    "The harbour of Norrvik was built in 1891.",
    "Its engineer was Ingrid Solberg (1850–1922).",
    "She also designed the lighthouse, and Solberg lit it.",
    "There is room for 300 boats.",
)
PARAGRAPH = " ".join(SENTENCES)
START = PARAGRAPH.index("Ingrid Solberg")
DATA = Dataset(
    [PARAGRAPH, "The bridge of Ostholm was opened in 1934 by the mayor, Karl Lind."],
    ["Norrvik", "Norrvik"],
    [
        Question(
            "1",
            "Who built the harbour of Norrvik in 1891?",
            0,
            ((START, START + 14),),
            ("Ingrid Solberg", "Solberg"),
        ),
        Question("2", "Who built the airport of Norrvik in 1891?", 0, (), ()),
    ],
)
AUGMENTER = Augmenter(DATA)


@given(st.integers(0, 50))
def test_a_swapped_question_asks_for_what_its_paragraph_does_not_mention(seed: int) -> None:
    question = AUGMENTER.swapped(0, random.Random(seed))
    assert question in {
        "Who built the harbour of Ostholm in 1891?",
        "Who built the harbour of Karl Lind in 1891?",
        "Who built the harbour of Norrvik in 1934?",
        None,
    }


def test_some_questions_can_be_swapped() -> None:
    assert any(AUGMENTER.swapped(0, random.Random(seed)) for seed in range(5))


def test_questions_are_varied_the_way_people_type_them() -> None:
    asked = DATA.questions[0].text
    variants = {vary(asked, random.Random(seed)) for seed in range(300)}
    assert {asked, asked.rstrip("?"), "built harbour Norrvik 1891"} <= variants
    assert any(len(variant) == len(asked) - 1 and variant.endswith("?") for variant in variants)


def test_a_paragraph_without_the_answer_loses_every_sentence_that_holds_it() -> None:
    left = [PARAGRAPH[start:end] for start, end in AUGMENTER.without_answer(0)]
    assert left == [SENTENCES[0], SENTENCES[3]]


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.3, 0.9, 1.0]))
def test_labels_follow_the_answer_in_a_thinned_paragraph(seed: int, share: float) -> None:
    tokenizer = whole_tokenizer(locate(PACKAGED).folder)
    kept = AUGMENTER.thinned(0, share, random.Random(seed))
    (feature,) = Features(DATA, tokenizer).build([Example(0, 0, kept=kept)])
    ((first, last),) = feature.spans
    assert feature.relevant
    assert tokenizer.decode(feature.window.ids[first : last + 1]) == "ingrid solberg"


def test_a_question_changed_for_its_paragraph_has_no_answer_there() -> None:
    features = Features(DATA, whole_tokenizer(locate(PACKAGED).folder))
    rest = AUGMENTER.without_answer(0)
    for feature in features.build(
        [
            Example(0, 0, text="Who built the harbour of Ostholm in 1891?", answered=False),
            Example(0, 0, kept=rest, answered=False),
            Example(0, 1),
            Example(1, 0),
        ]
    ):
        assert feature.spans == ()
        assert feature.relevant is False


def test_what_is_held_out_is_no_negative() -> None:
    title = next(title for title in map(str, range(1000)) if held_out(title))
    paragraphs = ["Ingrid built the gate.", "Marta built the gate of the town.", "A gate of iron."]
    question = Question("1", "Who built the gate?", 0, ((0, 6),), ("Ingrid",))
    data = Dataset(paragraphs, ["Norrvik", title, "Norrvik"], [question])
    assert Negatives(data).of([0]) == [2]


def test_samples_of_another_reader_are_refused(tmp_path: Path) -> None:
    sample = Sample((1, "natural", True), "natural", {"lag": 0.5}, right=False)
    save(tmp_path / "samples", {"reader": "span", "seed": 1}, [sample])
    assert load(tmp_path / "samples", {"reader": "span", "seed": 1}) == [sample]
    with pytest.raises(ClickException, match="of another reader; choose another"):
        load(tmp_path / "samples", {"reader": "sentence", "seed": 1})


def test_what_ships_can_be_trained_on_from(tmp_path: Path) -> None:
    with resources.as_file(resources.files("qa.answer") / "data" / "reader") as shipped:
        restore(shipped, locate(PACKAGED).folder, tmp_path / "model")
    export(tmp_path / "model", tmp_path / "reader", DATA)
    again = SpanReader(tmp_path / "reader")
    for question in ("When was the harbour built?", "Who won the 1998 World Cup?"):
        before, after = (r.read(question, [in_sentences(TEXT)])[0] for r in (span_reader(), again))
        assert (after.spans[0].start, after.spans[0].end) == (
            before.spans[0].start,
            before.spans[0].end,
        )
        # Weights are kept in half precision in between.
        assert after.spans[0].score == pytest.approx(before.spans[0].score, abs=0.6)
