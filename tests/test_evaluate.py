"""Hand-worked tables for the metrics, and a broken answerer that must be seen."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest

from qa.errors import UsageError
from qa.evaluate.datasets import load_squad
from qa.evaluate.metrics import (
    Prediction,
    abstention,
    calibration_error,
    interval,
    recall_at,
    squad_scores,
)
from qa.evaluate.squad import exact_match, f1, normalize


@pytest.mark.parametrize(
    ("prediction", "golds", "em", "score"),
    [
        ("The Eiffel Tower!", ["eiffel tower"], 1, 1),
        ("a cat", ["the cat sat"], 0, 2 / 3),
        ("in Paris, France", ["Paris", "Paris France"], 0, 0.8),
        ("red red", ["red"], 0, 2 / 3),
        ("blue", ["red"], 0, 0),
        ("", [], 1, 1),
        ("x", [], 0, 0),
        ("", ["x"], 0, 0),
        ("x", ["the"], 0, 0),
        ("co-operation", ["cooperation"], 1, 1),
    ],
)
def test_exact_match_and_f1(prediction: str, golds: list[str], em: float, score: float) -> None:
    assert exact_match(prediction, golds) == em
    assert f1(prediction, golds) == pytest.approx(score)


def test_normalisation() -> None:
    assert normalize("  The  (U.S.) a-b An ") == "us ab"


def prediction(golds: tuple[str, ...], text: str, confidence: float, **more) -> Prediction:
    given = confidence >= 0.5
    return Prediction("i", "q", golds, text, confidence, given, **more)


TABLE = [
    prediction(("red",), "red", 0.9, rank=1),  # right
    prediction(("red", "dark red"), "dark blue", 0.8, rank=3),  # half of it right
    prediction((), "red", 0.7),  # should have declined
    prediction(("red",), "red", 0.4, rank=None),  # wrongly declined
    prediction((), "red", 0.1),  # rightly declined
]


def test_squad_scores_by_hand() -> None:
    scores = squad_scores(TABLE)
    assert scores["exact_match"] == pytest.approx(100 * 2 / 5)
    assert scores["f1"] == pytest.approx(100 * (1 + 0.5 + 0 + 0 + 1) / 5)
    assert scores["has_answer_f1"] == pytest.approx(100 * 1.5 / 3)
    assert scores["no_answer_f1"] == pytest.approx(50)
    assert scores["forced_f1"] == pytest.approx(100 * 2.5 / 3)
    # Cutting at 0.8 declines both unanswerable questions: (1 + 0.5 + 1 + 0 + 1) / 5.
    # Cutting at 0.4 gives (1 + 0.5 + 0 + 1 + 1) / 5, which is the same; the first counts.
    assert scores["best_f1"] == pytest.approx(70)
    assert scores["best_threshold"] == 0.8


def test_abstention_by_hand() -> None:
    figures = abstention(TABLE, lambda p: bool(p.golds) and f1(p.text, p.golds) >= 0.5)
    assert figures["precision"] == pytest.approx(2 / 3)
    assert figures["coverage"] == pytest.approx(2 / 3)
    assert figures["declined"] == pytest.approx(1 / 2)


def test_calibration_error_by_hand() -> None:
    confidences = np.array([0.95, 0.95, 0.15, 0.15])
    rights = np.array([True, False, False, False])
    assert calibration_error(confidences, rights) == pytest.approx((2 * 0.45 + 2 * 0.15) / 4)
    assert calibration_error(np.array([1.0, 0.0]), np.array([True, False])) == 0


def test_recall_by_hand() -> None:
    assert recall_at(TABLE, 1) == pytest.approx(1 / 3)
    assert recall_at(TABLE, 3) == pytest.approx(2 / 3)


def test_the_interval_holds_the_mean_and_shrinks() -> None:
    values = [0.0, 1.0] * 50
    low, high = interval(values)
    assert low < 0.5 < high
    narrow = interval(values * 20)
    assert narrow[1] - narrow[0] < (high - low) / 3
    assert interval(values) == interval(values)


def test_a_broken_answerer_is_seen() -> None:
    questions = [((f"word{i}",), f"word{i}") for i in range(50)]
    good = [prediction(golds, text, 0.9) for golds, text in questions]
    shuffled = [
        prediction(golds, questions[(i + 1) % 50][1], 0.9) for i, (golds, _) in enumerate(questions)
    ]
    assert squad_scores(good)["f1"] == 100
    assert squad_scores(shuffled)["f1"] == 0
    assert math.isnan(squad_scores(good)["no_answer_f1"])


def squad(qas: list[dict]) -> dict:
    return {"data": [{"title": "T", "paragraphs": [{"context": "A red, red rose.", "qas": qas}]}]}


def test_squad_files(tmp_path: Path) -> None:
    qas = [
        {"id": "1", "question": "a?", "answers": [{"text": "red", "answer_start": 2}]},
        {"id": "2", "question": "b?", "answers": [], "is_impossible": True},
        {
            "id": "3",
            "question": "c?",
            "answers": [{"text": "red", "answer_start": 2}],
            "start_ambiguous": True,
        },
    ]
    plain, packed = tmp_path / "a.json", tmp_path / "a.json.gz"
    plain.write_text(json.dumps(squad(qas)))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    data = load_squad(plain)
    assert data == load_squad(packed)
    assert [q.spans for q in data.questions] == [((2, 5),), (), ((2, 5), (7, 10))]
    assert data.titles == ["T"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a SQuAD file"),
        ('{"version": 1}', "not a SQuAD file"),
        ('{"data": 5}', "TypeError"),
        ('{"data": [{}]}', "'title'"),
        ('{"data": []}', "holds no questions"),
        (
            json.dumps(
                squad(
                    [{"id": "7", "question": "", "answers": [{"text": "rose", "answer_start": 1}]}]
                )
            ),
            "question '7'.*answer_start 1",
        ),
        (json.dumps(squad([{"id": "8", "answers": []}])), "question '8'.*'question'"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(UsageError, match=rf"bad\.json: .*{message}"):
        load_squad(file)
