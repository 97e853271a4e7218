"""Our figures against the official definition, on every question of the SQuAD 2.0 dev set."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluate.datasets import Dataset, load_squad
from qa.evaluate.metrics import squad_scores
from qa.evaluate.predictions import Prediction
from qa.evaluate.squad import exact_match, f1
from tests.conftest import REPOSITORY
from tests.evaluate import reference

_PLACES = [folder / "shared" / "data" / "squad2-dev.json.gz" for folder in REPOSITORY.parents]
DEV = next((path for path in _PLACES if path.exists()), _PLACES[0])
PAIRS = {
    "exact_match": "exact",
    "f1": "f1",
    "has_answer_exact_match": "HasAns_exact",
    "has_answer_f1": "HasAns_f1",
    "no_answer_f1": "NoAns_f1",
}


def answered(data: Dataset, seed: int) -> list[Prediction]:
    """An answer to every question: right, nearly right, any words of the paragraph, or none."""
    rng = random.Random(seed)
    predictions = []
    for q in data.questions:
        words = list(re.finditer(r"\S+", data.paragraphs[q.paragraph]))
        first = rng.randrange(len(words))
        last = min(len(words) - 1, first + rng.randrange(6))
        text = data.paragraphs[q.paragraph][words[first].start() : words[last].end()]
        kind = rng.random()
        if q.golds and kind < 0.7:
            gold = rng.choice(q.golds)
            text = rng.choice([gold, f"the {gold}.", gold.upper(), f"{gold} {text}", gold[1:]])
        elif kind > 0.9:
            text = ""
        # Few distinct confidences, so that ties are met.
        confidence = round(rng.random(), 2) if text else 0.0
        predictions.append(Prediction(q.id, q.text, q.golds, text, confidence, confidence >= 0.5))
    return predictions


def test_equal_to_the_official_evaluation_on_all_dev_questions() -> None:
    if not DEV.exists():
        pytest.skip("needs shared/data/squad2-dev.json.gz beside the repository")
    predictions = answered(load_squad(DEV), seed=1)
    golds = reference.questions(DEV)
    assert len(golds) == len(predictions) == 11873
    ours = squad_scores(predictions)
    scores = {p.id: -p.confidence for p in predictions}
    shipped = {p.id: p.text if p.given else "" for p in predictions}
    theirs = reference.evaluate(golds, shipped, scores)
    every = reference.evaluate(golds, {p.id: p.text for p in predictions}, scores)
    expected = {name: theirs[official] for name, official in PAIRS.items()} | {
        "best_exact_match": every["best_exact"],
        "best_f1": every["best_f1"],
        "forced_exact_match": every["HasAns_exact"],
        "forced_f1": every["HasAns_f1"],
    }
    for name, percent in expected.items():
        assert 100 * ours[name] == pytest.approx(percent, abs=0.005), name
        assert 0 < percent < 100
    # Raw answers are better answered than not: the best threshold beats both extremes.
    assert every["best_f1"] > max(50.0, every["f1"])


WORDS = st.lists(
    st.sampled_from(["the", "a", "An", "cat", "Cat's", "U.S.", "b-c", "5%", "été", "--", "’"])
).map(" ".join)


@given(WORDS, st.lists(WORDS, max_size=3))
def test_one_answer_scores_as_officially(said: str, answers: list[str]) -> None:
    official = reference.evaluate({"q": answers, "n": [], "h": ["x"]}, _said(said), {})
    others = 1 / 3 + 1 / 3
    assert 100 * (others + exact_match(said, answers) / 3) == pytest.approx(official["exact"])
    assert 100 * (others + f1(said, answers) / 3) == pytest.approx(official["f1"])


def _said(text: str) -> dict[str, str]:
    return {"q": text, "n": "", "h": "x"}


def test_the_reference_by_hand() -> None:
    golds = {"1": ["the red house", "house"], "2": ["blue"], "3": [], "4": []}
    said = {"1": "A red car", "2": "blue.", "3": "", "4": "green"}
    figures = reference.evaluate(golds, said, {"1": 0.4, "2": 0.1, "3": 0.9, "4": 0.5})
    assert figures["exact"] == pytest.approx(100 * (0 + 1 + 1 + 0) / 4)
    assert figures["f1"] == pytest.approx(100 * (0.5 + 1 + 1 + 0) / 4)
    assert figures["HasAns_f1"] == pytest.approx(75)
    assert figures["NoAns_f1"] == pytest.approx(50)
    # Giving 2 and 1 but not 4: (0.5 + 1 + 1 + 1) / 4.
    assert figures["best_f1"] == pytest.approx(100 * 3.5 / 4)
    assert figures["best_exact"] == pytest.approx(100 * 3 / 4)
