"""Readers other than the sentence reader, on real weights."""

import itertools
from pathlib import Path

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.torch import load_file
from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

from qa.answer.readers import SPAN, load_reader, span_reader
from qa.answer.span_reader import SpanReader
from qa.errors import ModelError
from qa.index.models import PACKAGED, locate
from qa.index.sentences import in_sentences
from qa.index.snapshot import Snapshot
from qa.types import Reading


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    return span_reader()


PASSAGE = (
    "The harbour was built in 1891 by the engineer Ingrid Solberg (1850–1922), "
    "who also designed the lighthouse. It has room for 300 boats."
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the harbour built?", "1891"),
        ("Who designed the lighthouse?", "Ingrid Solberg"),
        ("How many boats are there room for?", "300"),
    ],
)
def test_the_shipped_reader_finds_the_words(reader: SpanReader, question: str, answer: str) -> None:
    reading = reader.read(question, [in_sentences(PASSAGE)])[0]
    best = reading.spans[0]
    assert answer in PASSAGE[best.start : best.end]


def test_what_is_not_there_scores_lower(reader: SpanReader) -> None:
    asked = ("Who designed the lighthouse?", "Who won the 1998 World Cup?")
    found, missing = (reader.read(q, [in_sentences(PASSAGE)])[0] for q in asked)
    assert lead(found) > 0 > lead(missing)


def test_readings_do_not_depend_on_the_company(reader: SpanReader) -> None:
    question = "When was the harbour built?"
    alone = reader.read(question, [in_sentences(PASSAGE)])[0]
    texts = ["Short.", PASSAGE, "x " * 900, PASSAGE + " More follows." * 30]
    together = reader.read(question, [in_sentences(text) for text in texts])
    assert len(together) == len(texts)
    assert together[1].spans[0].start == alone.spans[0].start
    assert lead(together[1]) == pytest.approx(lead(alone), abs=1e-3)


def test_an_answer_far_into_a_long_passage_is_found(reader: SpanReader) -> None:
    text = "The town is old and quiet. " * 120 + PASSAGE + " The sea is cold here." * 80
    best = reader.read("When was the harbour built?", [in_sentences(text)])[0].spans[0]
    assert text[best.start : best.end] == "1891"


def test_of_a_question_that_is_too_long_the_last_one_is_read(reader: SpanReader) -> None:
    question = "When was the harbour built?"
    story = "I went for a walk along the quay with my aunt, and she told me many things. " * 5
    for asked in (story + question, question + " " + story):
        assert reader.read(asked, [in_sentences(PASSAGE)]) == reader.read(
            question, [in_sentences(PASSAGE)]
        )


SCRIPTS = st.text(
    st.sampled_from("Key 1891. ?!\n\r\"'(),-0👩🏽\u200d🚀e\u0301上海。שבا\u202e\u00a0"),
    max_size=900,
)


@given(st.lists(SCRIPTS, min_size=1, max_size=3), SCRIPTS)
@example([".\r\n,"], "")
def test_spans_are_distinct_slices_of_any_text(
    reader: SpanReader, passages: list[str], question: str
) -> None:
    readings = reader.read(question, [in_sentences(text) for text in passages])
    for text, reading in zip(passages, readings, strict=True):
        scores = [span.score for span in reading.spans]
        assert scores == sorted(scores, reverse=True)
        for span in reading.spans:
            assert 0 <= span.start < span.end <= len(text)
            assert text[span.start : span.end].strip()
        ordered = sorted(reading.spans, key=lambda span: span.start)
        assert all(a.end <= b.start for a, b in itertools.pairwise(ordered))


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A small untrained model for question answering."""
    folder = tmp_path / "model"
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(locate(PACKAGED).folder).save_pretrained(folder)
    return folder


def test_another_question_answering_model(
    foreign: Path, tmp_path: Path, snapshot: Snapshot, caplog: pytest.LogCaptureFixture
) -> None:
    reader, calibration = load_reader(str(foreign), snapshot.encoder, tmp_path / "index")
    assert "calibrated for the reader that ships" in caplog.text
    assert calibration.reader == SPAN
    spans = reader.read("When?", [in_sentences(PASSAGE)])[0].spans
    assert spans
    assert all(PASSAGE[s.start : s.end] for s in spans)
    again, _ = load_reader(str(foreign), snapshot.encoder, tmp_path / "index")
    assert again.read("When?", [in_sentences(PASSAGE)])[0].spans == spans
    assert len(list((tmp_path / "index" / ".readers").iterdir())) == 1


def test_another_model_that_can_t_be_read_or_kept_is_one_line(
    foreign: Path, tmp_path: Path, snapshot: Snapshot
) -> None:
    def refused(message: str) -> None:
        with pytest.raises(ModelError, match=rf"^answering\.reader '.*model': {message}"):
            load_reader(str(foreign), snapshot.encoder, tmp_path / "index")

    (tmp_path / "index").write_text("a file where the folder should be")
    refused("can't be exported to")
    (tmp_path / "index").unlink()
    weights, config = foreign / "model.safetensors", foreign / "config.json"
    kept = weights.read_bytes()
    weights.write_bytes(kept[: len(kept) // 2])
    refused("can't be loaded")
    weights.write_bytes(kept)
    config.write_text(config.read_text().replace('"hidden_size": 32', '"hidden_size": 64'))
    refused("can't be loaded")


def test_another_model_s_pickled_weights_are_not_read(
    foreign: Path, tmp_path: Path, snapshot: Snapshot
) -> None:
    weights = load_file(foreign / "model.safetensors")
    torch.save(weights, foreign / "pytorch_model.bin")
    (foreign / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="safetensors"):
        load_reader(str(foreign), snapshot.encoder, tmp_path / "index")


def test_a_damaged_reader_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a usable reader"):
        SpanReader(tmp_path)


def lead(reading: Reading) -> float:
    return reading.spans[0].score
