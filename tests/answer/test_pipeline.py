from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.confidence import Calibration, Point, shipped
from qa.answer.evidence import contenders, gather
from qa.answer.library import SnapshotLibrary
from qa.answer.pipeline import Options, Pipeline
from qa.answer.readers import SENTENCE, SPAN
from qa.answer.text import equal_form
from qa.errors import DocumentNotFound, ModelError
from qa.index.models import PACKAGED, locate
from qa.types import Hit, Passage, Reading, Reply, Span
from tests.conftest import settings_in

OPEN = Options(min_confidence=0.0, max_answers=20)


def check(reply: Reply, texts: dict[str, str]) -> None:
    """Every quoted text is the slice its offsets claim."""
    for answer in reply.answers:
        sentence = answer.sentence
        cited = texts[answer.citations[0].document]
        assert cited[sentence.start : sentence.end] == sentence.text
        assert cited[answer.citations[0].start : answer.citations[0].end] == answer.text
        for citation in answer.citations:
            assert texts[citation.document][citation.start : citation.end] == answer.text
    for hit in reply.hits:
        p = hit.passage
        assert texts[p.document][p.start : p.end] == p.text


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who is the Party secretary of Yangpu?", "Xue Kan, the Party secretary of Yangpu"),
        ("Who is the harbour master?", "Ingrid Solberg"),
        ("What did UCloud launch?", "Intelligent Cloud Platform"),
        ("How many days of paid sick leave do employees get?", "twelve days"),
    ],
)
def test_answers_in_the_documents_words(pipeline: Pipeline, question: str, words: str) -> None:
    reply = pipeline.ask(question, replace(OPEN, max_answers=1))
    assert words in reply.answers[0].sentence.text
    check(
        reply,
        {
            r.id: pipeline.snapshot.store.document(r.id).text
            for r in pipeline.snapshot.store.records
        },
    )


@pytest.mark.parametrize(
    "question",
    ["How do I bake sourdough bread?", "Who won the 1998 World Cup?", "asdf qwer", "?"],
)
def test_what_the_documents_do_not_say_is_declined(pipeline: Pipeline, question: str) -> None:
    reply = pipeline.ask(question)
    assert reply.answers == ()
    assert reply.reason == "low_confidence"
    assert reply.hits


def test_equal_answers_are_one_with_several_citations(pipeline: Pipeline) -> None:
    reply = pipeline.ask("What is the colour of the vault?", OPEN)
    first = reply.answers[0]
    places = [(c.start, c.end) for c in first.citations if c.document == "hostile"]
    assert len(places) == len(set(places)) == 2
    assert len({equal_form(a.text) for a in reply.answers}) == len(reply.answers)


def test_the_sentence_shown_says_more_than_the_answer(pipeline: Pipeline) -> None:
    text = "The engineer\n\nIngrid Solberg\n\nThe harbour was built in 1891 by Ingrid Solberg."
    answer = pipeline.extract("Who is the engineer?", [text], OPEN).answers[0]
    assert answer.text == "Ingrid Solberg"
    assert answer.sentence.text.startswith("The harbour was built")
    assert [c.start for c in answer.citations] == [text.rindex("Ingrid"), text.index("Ingrid")]


def test_the_reader_is_handed_the_documents_own_sentences(pipeline: Pipeline) -> None:
    store, library = pipeline.snapshot.store, SnapshotLibrary(pipeline.snapshot)
    for passage in store.passages():
        text = library.text(passage)
        assert text.text == passage.text
        assert [
            (start + passage.start, end + passage.start) for start, end in text.sentences
        ] == store.sentences_within(passage)


def test_options(pipeline: Pipeline) -> None:
    question = "Who is the harbour master?"
    assert len(pipeline.ask(question, replace(OPEN, max_answers=2)).answers) == 2
    assert len(pipeline.ask(question, replace(OPEN, top_k=1)).hits) == 1
    assert pipeline.ask(question, replace(OPEN, min_confidence=1.0)).reason == "low_confidence"
    elsewhere = pipeline.ask(question, replace(OPEN, documents=["zh"]))
    assert {c.document for a in elsewhere.answers for c in a.citations} == {"zh"}
    with pytest.raises(DocumentNotFound, match="'nowhere'"):
        pipeline.ask(question, Options(documents=["nowhere"]))
    trace = pipeline.ask(question, replace(OPEN, trace=True)).trace
    assert trace
    assert trace[0]["confidence"] == pytest.approx(
        pipeline.ask(question, OPEN).answers[0].confidence
    )


def test_the_same_question_gives_the_same_reply(pipeline: Pipeline) -> None:
    replies = [pipeline.ask("What is the vault's colour?", OPEN) for _ in range(2)]
    assert replies[0].answers == replies[1].answers


def test_extract_from_own_texts(pipeline: Pipeline) -> None:
    contexts = ["The moon is 384,400 km away.", "The 👩🏽‍🚀 key is under the mat. It is red.", "  "]
    reply = pipeline.extract("Where is the key?", contexts, OPEN)
    assert reply.answers[0].citations[0].document == "1"
    assert reply.snapshot is None
    check(reply, {str(i): text for i, text in enumerate(contexts)})
    assert pipeline.extract("Where?", [" "]).reason == "no_passages"


CHARACTERS = "Key under mat. ?!\n\r\"'(),-0👩🏽\u200d🚀🍕e\u0301ñ上海市。שלוםبا\u202e\u200b"
SCRIPTS = st.text(st.sampled_from(CHARACTERS), max_size=300)


@given(st.lists(SCRIPTS, min_size=1, max_size=4), SCRIPTS)
def test_offsets_hold_for_any_text(pipeline: Pipeline, contexts: list[str], question: str) -> None:
    reply = pipeline.extract(question, contexts, OPEN)
    check(reply, {str(i): text for i, text in enumerate(contexts)})


def test_a_reader_that_is_none(pipeline: Pipeline, corpus: Path, tmp_path: Path) -> None:
    for name, message in ((str(tmp_path), "can't be loaded"), ("no/such-model", "or use span")):
        with pytest.raises(ModelError, match=rf"answering\.reader .*{message}"):
            Pipeline(pipeline.snapshot, settings_in(corpus, answering__reader=name))
    encoder = str(locate(PACKAGED).folder)
    with pytest.raises(ModelError, match="BertModel, not one for question answering"):
        Pipeline(pipeline.snapshot, settings_in(corpus, answering__reader=encoder))


def test_a_precision_out_of_reach_is_warned_of(
    pipeline: Pipeline, corpus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Pipeline(pipeline.snapshot, settings_in(corpus, answering__target_precision=0.8))
    assert not caplog.records
    Pipeline(pipeline.snapshot, settings_in(corpus, answering__target_precision=0.95))
    assert "answering.target_precision: 0.95 can't be kept" in caplog.text


def test_a_deadline_reads_the_best_passages_first(pipeline: Pipeline) -> None:
    question = "Who is the harbour master?"
    hurried = pipeline.ask(question, replace(OPEN, deadline_ms=0.001))
    assert 0 < hurried.passages_read < len(hurried.hits)
    assert hurried.hits == pipeline.ask(question, OPEN).hits
    assert "Ingrid Solberg" in hurried.answers[0].sentence.text


def test_a_deadline_leaves_out_what_else_would_be_read(pipeline: Pipeline) -> None:
    question = "How many crowns is the toll of the bridge?"
    tolls = {"old": "six", "new": "ten", "long": "two", "low": "five"}
    texts = [f"The toll of the {bridge} bridge is {n} crowns." for bridge, n in tolls.items()]
    options = replace(OPEN, trace=True)
    patient = pipeline.extract(question, texts, replace(options, deadline_ms=60_000))
    assert patient == replace(pipeline.extract(question, texts, options), took_ms=patient.took_ms)
    hurried = pipeline.extract(question, texts, replace(options, deadline_ms=0.001))
    assert 0 < hurried.passages_read < patient.passages_read == len(texts)
    assert hurried.hits == patient.hits
    best = {hit.passage.text for hit in hurried.hits[: hurried.passages_read]}
    assert {answer.text for answer in hurried.answers} & {*tolls.values()} == {
        n for bridge, n in tolls.items() if any(f"the {bridge} bridge" in text for text in best)
    }


def test_passages_far_behind_the_best_are_not_read(pipeline: Pipeline) -> None:
    texts = ["The toll of the bridge is five crowns.", "Owls sleep by day.", "Bread needs salt."]
    reply = pipeline.extract("How many crowns is the toll of the bridge?", texts, OPEN)
    assert (len(reply.hits), reply.passages_read) == (3, 2)
    assert reply.answers[0].text == "five"


@given(st.lists(st.floats(0, 1), max_size=12).map(lambda s: sorted(s, reverse=True)))
def test_the_best_passages_are_read(scores: list[float]) -> None:
    hits = [replace(hit(row, "Rome"), score=score) for row, score in enumerate(scores)]
    chosen = contenders(hits)
    assert chosen == hits[: len(chosen)]
    assert len(chosen) >= min(2, len(hits))
    assert all(other.score < hits[0].score - 0.09 for other in hits[len(chosen) :])
    assert all(each.score > hits[0].score - 0.11 for each in chosen[2:])


def hit(row: int, text: str, start: int = 0, document: str = "d") -> Hit:
    return Hit(Passage(row, document, start, start + len(text), text), 1.0, 0.5, 1.0)


def test_evidence_adds_up_and_covered_spans_go() -> None:
    hits = [hit(0, "in Paris, France"), hit(1, "Paris", document="e"), hit(2, "Rome", document="f")]
    readings = [
        Reading((Span(3, 8, 4.0), Span(3, 16, 3.0))),
        Reading((Span(0, 5, 2.0),)),
        Reading((Span(0, 4, 4.0),)),
    ]
    found = gather(hits, readings)
    assert [c.text for c in found] == ["Paris", "Rome"]
    assert [len(c.places) for c in found] == [2, 1]
    assert found[0].features["support"] > found[0].features["gap"] == 4.0
    assert found[0].features["margin"] == pytest.approx(-found[1].features["margin"])


@pytest.mark.parametrize(
    ("first", "second", "different"),
    [
        ("not covered", "covered", True),
        ("covered", "not covered", True),
        ("no fee", "fee", True),
        ("fully covered", "covered", False),
        ("not covered abroad", "not covered", False),
        ("isn't fully covered", "fully covered", True),
        ("not before 5 May", "5 May", True),
        ("9 am to 5 pm, not on Sundays", "9 am to 5 pm", False),
        ("No. 10 Downing Street", "10 Downing Street", False),
    ],
)
def test_an_answer_that_denies_another_is_a_different_one(
    first: str, second: str, different: bool
) -> None:
    hits = [hit(0, first), hit(1, second, document="e")]
    readings = [
        Reading((Span(0, len(first), 5.0),)),
        Reading((Span(0, len(second), 4.0),)),
    ]
    found = gather(hits, readings)
    assert [c.text for c in found] == ([first, second] if different else [first])
    assert (found[0].features["margin"] < 10) == different


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("-5 degrees", "5 degrees"),
        ("–5 °C", "5 °C"),
        ('6"', "6'"),
        ("O-", "O"),
        ("10²", "102"),
        ("C++", "C"),
        ("C#", "C"),
        ("$5", "€5"),
        ("5 %", "5"),
        ("hepatitis A", "hepatitis B"),
        ("hepatitis A vaccine", "hepatitis vaccine"),
        ("Plan A customers", "Plan customers"),
        ("3:1", "3.1"),
        ("-$5 million", "$5 million"),
        (".5 mg", "5 mg"),
        ("1.5 million", "15 million"),
        ("कि", "की"),
    ],
)
def test_what_differs_in_meaning_is_not_equal(left: str, right: str) -> None:
    assert equal_form(left) != equal_form(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The  Paris!", "paris"),
        ("“Shock”", "shock"),
        ("twenty-six", "Twenty six"),
        ("Riga, Porto", "riga porto"),
        ("Xue Kan's", "Xue Kan"),
        ("1,200", "1200"),
        ("5 %", "5%"),
        ("€ 50", "€50"),
        ("18 °C", "18°C"),
        ("9 m²", "9 m2"),
        ('"Article 5"', "Article 5"),
        ("U.S.", "US"),
        ("Washington, D.C.", "Washington DC"),
        ("9 a.m.", "9 am"),
        ("R & D", "R&D"),
        ("J. K. Rowling", "J.K. Rowling"),
        ("A dog", "the dog"),
        (".5 mg", "0.5 mg"),
    ],
)
def test_what_differs_in_spelling_only_is_equal(left: str, right: str) -> None:
    assert equal_form(left) == equal_form(right)


def test_the_threshold_comes_from_the_table() -> None:
    calibration = Calibration(
        reader="r",
        bias=0.0,
        weights={"gap": 1.0},
        limits={"gap": (-5.0, 5.0)},
        table=[
            Point(threshold=0.1, precision=0.5, coverage=0.9),
            Point(threshold=0.5, precision=0.8, coverage=0.6),
            Point(threshold=0.9, precision=0.85, coverage=0.1),
        ],
    )
    assert calibration.threshold(0.7) == 0.5
    assert calibration.threshold(0.99) == 0.9
    assert calibration.highest_precision == 0.85
    assert calibration.probability({"gap": 0.0}) == 0.5
    assert calibration.probability({"gap": 1e9}) == calibration.probability({"gap": 5.0}) < 1


@pytest.mark.parametrize("reader", [SENTENCE, SPAN])
def test_shipped_calibrations_are_monotone_where_it_matters(reader: str) -> None:
    calibration = shipped(reader)
    coverages = [point.coverage for point in calibration.table]
    assert coverages == sorted(coverages, reverse=True)
    assert calibration.table[-1].precision > calibration.table[0].precision
    strengths = calibration.weights.keys() & {"support", "margin", "retrieval"}
    assert strengths and all(calibration.weights[name] > 0 for name in strengths)


@given(st.text())
def test_equal_form_never_loses_a_text(text: str) -> None:
    assert bool(equal_form(text)) == bool(text)
    assert equal_form(f" {text}x, ") == equal_form(f"{text}x")
