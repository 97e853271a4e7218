"""Hand-worked tables for the metrics."""

import math
from dataclasses import replace

import ir_measures
import numpy as np
import pytest
import pytrec_eval

from qa.evaluate.bootstrap import Difference, differences, estimates, ratio, value
from qa.evaluate.judge import error_class, holds_answer, holds_gold, right
from qa.evaluate.metrics import (
    best_thresholds,
    reliability,
    risk_coverage,
    squad_figures,
    squad_scores,
    trust_figures,
)
from qa.evaluate.predictions import GOLD, Prediction, Ranked
from qa.evaluate.questions import Case
from qa.evaluate.report import summarize
from qa.evaluate.retrieval import retrieval_figures
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


@pytest.mark.parametrize("shared", range(1, 12))
def test_half_is_right(shared: int) -> None:
    # Of 4n words in both together 2n are the same, however they are divided.
    for own in range(2 * shared + 1):
        words = [f"w{i}" for i in range(shared)]
        said = " ".join([*words, *(f"s{i}" for i in range(own))])
        gold = " ".join([*words, *(f"g{i}" for i in range(2 * shared - own))])
        assert f1(said, [gold]) == 0.5
        assert right(said, [gold])
        assert not right(f"{said} more", [gold])


def test_normalisation() -> None:
    assert normalize("  The  (U.S.) a-b An ") == "us ab"


def prediction(golds: tuple[str, ...], text: str, confidence: float, **more) -> Prediction:
    given = confidence >= 0.5
    return Prediction("i", "q", golds, text, confidence, given, **more)


TABLE = [
    prediction(("red",), "red", 0.9, quotations=2, valid_quotations=2, sentence_hit=True),  # right
    prediction(("red", "dark red"), "dark blue", 0.8, quotations=3, valid_quotations=2),  # half
    prediction((), "red", 0.7, quotations=1, valid_quotations=1),  # should have declined
    prediction(("red",), "red", 0.4),  # wrongly declined
    prediction((), "red", 0.1),  # rightly declined
]


def test_squad_scores_by_hand() -> None:
    scores = squad_scores(TABLE)
    assert scores["exact_match"] == pytest.approx(2 / 5)
    assert scores["f1"] == pytest.approx((1 + 0.5 + 0 + 0 + 1) / 5)
    assert scores["has_answer_exact_match"] == pytest.approx(1 / 3)
    assert scores["has_answer_f1"] == pytest.approx(1.5 / 3)
    assert scores["no_answer_f1"] == pytest.approx(1 / 2)
    assert scores["forced_exact_match"] == pytest.approx(2 / 3)
    assert scores["forced_f1"] == pytest.approx(2.5 / 3)
    # Cutting at 0.8 declines both unanswerable questions: (1 + 0.5 + 1 + 0 + 1) / 5.
    # Cutting at 0.4 gives (1 + 0.5 + 0 + 1 + 1) / 5, which is the same; the first counts.
    assert scores["best_f1"] == pytest.approx(0.7)
    assert scores["best_f1_threshold"] == 0.8
    assert scores["best_exact_match"] == pytest.approx(3 / 5)
    assert scores["best_exact_match_threshold"] == 0.9


def test_declining_everything_may_be_best() -> None:
    found = [prediction((), "red", 0.9), prediction((), "red", 0.3)]
    assert squad_scores(found)["best_f1"] == 1
    threshold = best_thresholds(found, [p.golds for p in found])["best_f1_threshold"]
    assert 0.9 < threshold < 0.91


def trust(predictions: list[Prediction]) -> dict[str, float | None]:
    return {n: value(f, len(predictions)) for n, f in trust_figures(predictions).items()}


def test_trust_by_hand() -> None:
    figures = trust(TABLE)
    # "dark blue" is half right, which counts as right.
    assert figures["answer_precision"] == pytest.approx(2 / 3)
    assert figures["coverage"] == pytest.approx(2 / 3)
    assert figures["answer_sentence_hit_rate"] == pytest.approx(1 / 3)
    assert figures["citation_validity"] == pytest.approx(5 / 6)
    assert figures["abstention_precision"] == pytest.approx(1 / 2)
    assert figures["abstention_recall"] == pytest.approx(1 / 2)


def test_risk_and_coverage_by_hand() -> None:
    # By falling confidence: right, right, wrong, right, wrong.
    risks = [0, 0, 1 / 3, 1 / 4, 2 / 5]
    assert trust(TABLE)["area_under_risk_coverage"] == pytest.approx(sum(risks) / 5)
    curve = risk_coverage(TABLE)
    assert [round(coverage, 9) for coverage, _, _ in curve] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert [risk for _, risk, _ in curve] == pytest.approx(risks)
    assert [confidence for *_, confidence in curve] == [0.9, 0.8, 0.7, 0.4, 0.1]


def test_equal_confidences_enter_together() -> None:
    tied = [prediction(("x",), text, 0.9) for text in ("x", "y", "x", "y")]
    assert trust(tied)["area_under_risk_coverage"] == pytest.approx(0.5)
    assert trust(tied) == trust(tied[::-1])
    assert risk_coverage(tied) == [[1.0, 0.5, 0.9]]


def test_calibration_error_by_hand() -> None:
    def error(*rows: tuple[float, bool]) -> float | None:
        found = [prediction(("x",), "x" if ok else "y", c) for c, ok in rows]
        return trust(found)["expected_calibration_error"]

    rows = [(0.95, True), (0.95, False), (0.15, False), (0.15, False)]
    assert error(*rows) == pytest.approx((2 * 0.45 + 2 * 0.15) / 4)
    assert error((1.0, True), (0.0, False)) == 0
    bins = reliability([prediction(("x",), "x" if ok else "y", c) for c, ok in rows])
    assert [(b["from"], b["answers"], b["right"]) for b in bins] == [(0.1, 2, 0), (0.9, 2, 0.5)]


def test_nothing_to_measure_is_none_not_perfect() -> None:
    figures = trust([prediction(("red",), "", 0.0)])
    assert figures["citation_validity"] is None
    assert figures["answer_precision"] is None
    assert figures["abstention_recall"] is None
    assert figures["expected_calibration_error"] is None
    assert math.isnan(squad_scores([prediction(("x",), "x", 1)])["no_answer_f1"])


def ranked(id: str, wanted: dict[str, int], *keys: str) -> Prediction:
    ranking = tuple(Ranked(key, key, 0, 0, 0.5) for key in keys)
    return Prediction(id, "q", (), "", 0.0, False, wanted=wanted, ranking=ranking)


RANKINGS = [
    ranked("a", {GOLD: 1}, GOLD, "x"),
    ranked("b", {GOLD: 1}, "x", "y", GOLD),
    ranked("c", {GOLD: 1}, "x"),
    ranked("d", {"m": 2, "n": 1, "o": 0}, "n", "o", "m"),
    ranked("e", {GOLD: 1}),
    ranked("f", {}, "x"),
]


def test_retrieval_by_hand() -> None:
    figures = {n: value(f, 6) for n, f in retrieval_figures(RANKINGS, 10).items()}
    # "f" has nothing to find and does not count; "e" found nothing and does.
    assert figures["recall_at_1"] == pytest.approx((1 + 0 + 0 + 0.5 + 0) / 5)
    assert figures["recall_at_3"] == pytest.approx((1 + 1 + 0 + 1 + 0) / 5)
    assert figures["mrr_at_10"] == pytest.approx((1 + 1 / 3 + 0 + 1 + 0) / 5)
    graded = (1 + 2 / math.log2(4)) / (2 + 1 / math.log2(3))
    assert figures["ndcg_at_10"] == pytest.approx((1 + 1 / 2 + 0 + graded + 0) / 5)


def test_retrieval_equals_trec_eval() -> None:
    rng = np.random.default_rng(5)
    names = [f"d{i}" for i in range(40)]
    found = [
        ranked(
            str(q),
            {str(n): int(rng.integers(0, 3)) for n in rng.choice(names, 6)} | {"d0": 1},
            *map(str, rng.permutation(names)[:25]),
        )
        for q in range(60)
    ]
    # Straight from trec_eval, with scores that leave no ties.
    measures = {"recall.1,3,5,10", "ndcg_cut.10", "recip_rank"}
    judge = pytrec_eval.RelevanceEvaluator({p.id: dict(p.wanted) for p in found}, measures)
    scored = {p.id: {r.key: 100.0 - i for i, r in enumerate(p.ranking)} for p in found}
    rows = judge.evaluate(scored).values()
    cut = {id: dict(list(ranking.items())[:10]) for id, ranking in scored.items()}
    figures = {n: value(f, 60) for n, f in retrieval_figures(found, 10).items()}
    for k in (1, 3, 5, 10):
        assert figures[f"recall_at_{k}"] == pytest.approx(
            np.mean([r[f"recall_{k}"] for r in rows]), abs=1e-9
        )
    assert figures["ndcg_at_10"] == pytest.approx(np.mean([r["ndcg_cut_10"] for r in rows]))
    assert figures["mrr_at_10"] == pytest.approx(
        np.mean([r["recip_rank"] for r in judge.evaluate(cut).values()])
    )
    aggregated = ir_measures.calc_aggregate(
        [ir_measures.nDCG @ 10], {p.id: dict(p.wanted) for p in found}, scored
    )
    assert figures["ndcg_at_10"] == pytest.approx(aggregated[ir_measures.nDCG @ 10])


def test_intervals_hold_the_value_and_shrink() -> None:
    halves = ratio([0.0, 1.0] * 50, np.ones(100))
    found = estimates({"x": halves}, 100, seed=3)["x"]
    assert found.value == 0.5
    assert found.low < 0.5 < found.high
    # The normal approximation: 1.96 · √(0.25 / 100).
    assert found.high - found.low == pytest.approx(2 * 0.098, rel=0.15)
    more = estimates({"x": ratio([0.0, 1.0] * 1000, np.ones(2000))}, 2000, seed=3)["x"]
    assert more.high - more.low < (found.high - found.low) / 3
    assert estimates({"x": halves}, 100, seed=3)["x"] == found


def test_the_interval_of_a_calibration_error_is_not_shifted_by_chance() -> None:
    rng = np.random.default_rng(7)
    values, middles = [], []
    for seed in range(20):
        sure = rng.uniform(0.2, 0.9, 80)
        found = [
            Prediction(str(i), "Who?", ("x",), "x" if rng.random() < c else "y", float(c), True)
            for i, c in enumerate(sure)
        ]
        figures = {"error": trust_figures(found)["expected_calibration_error"]}
        error = estimates(figures, len(found), seed)["error"]
        assert 0 <= error.low <= error.value <= error.high
        values.append(error.value)
        middles.append((error.low + error.high) / 2)
    assert np.mean(middles) == pytest.approx(np.mean(values), rel=0.15)


def test_no_interval_goes_beyond_all() -> None:
    rng = np.random.default_rng(1)
    for seed in range(20):
        places = [(3, 3 - (rng.random() < 0.1)) for _ in range(20)]
        quoted, valid = zip(*places, strict=True)
        found = estimates({"valid": ratio(valid, quoted)}, 20, seed)["valid"]
        assert found.low <= found.value <= found.high <= 1


def difference(first: object, second: object) -> Difference:
    both = np.concatenate([first, second])
    return differences({"x": ratio(both, np.ones(len(both)))}, len(both) // 2, 0)["x"]


def test_paired_differences() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(400)
    better = np.clip(base + 0.02 + rng.normal(0, 0.02, 400), 0, 1)
    found = difference(base, better)
    # Far smaller than the spread of either, but always there.
    assert found.difference.value == pytest.approx(np.mean(better) - np.mean(base))
    assert found.difference.low > 0
    assert found.p < 0.01
    same = difference(base, base)
    assert (same.first, same.difference.value, same.p) == (same.second, 0, 1)
    assert difference(better, base).difference.value == -found.difference.value


def test_the_p_value_of_few_differences_by_hand() -> None:
    # Four questions won, none lost: all four exchanges alike by chance 2 in 16 times.
    p = difference(np.zeros(100), np.repeat([1.0, 0.0], [4, 96])).p
    assert p == pytest.approx(2 / 16, abs=0.03)


def test_chance_is_seldom_called_significant() -> None:
    rng = np.random.default_rng(1)
    significant = sum(difference(*rng.random((2, 150))).p < 0.05 for _ in range(40))
    assert significant <= 6


def test_every_figure_of_two_runs_is_that_of_each() -> None:
    other = [replace(p, text="red", confidence=1 - p.confidence) for p in TABLE]
    both = [*TABLE, *other]
    golds = [p.golds for p in both]
    found = differences(squad_figures(both, golds) | trust_figures(both), len(TABLE), 0)
    for side, predictions in (("first", TABLE), ("second", other)):
        alone = squad_scores(predictions) | trust(predictions)
        for name, difference in found.items():
            assert getattr(difference, side) == pytest.approx(alone[name]), name


@pytest.mark.parametrize(
    ("golds", "text", "given", "retrieved", "in_place", "expected"),
    [
        ((), "", False, False, False, None),
        ((), "x", True, False, False, "should_have_abstained"),
        (("x",), "x", True, False, False, None),
        (("x",), "y", True, False, False, "not_retrieved"),
        (("x",), "x", False, False, False, "not_retrieved"),
        (("x",), "x", False, True, False, "wrongly_abstained"),
        (("x",), "y", True, True, False, "wrong_place"),
        (("x",), "y", True, True, True, "wrong_span"),
    ],
)
def test_error_classes(golds, text, given, retrieved, in_place, expected) -> None:
    found = error_class(golds, text, given=given, retrieved=retrieved, in_place=in_place)
    assert found == expected


def test_where_an_answer_counts_as_found() -> None:
    assert holds_gold("It was The Red-house, then.", ["a redhouse"])
    assert not holds_gold("redhouses", ["redhouse"])
    assert not holds_gold("anything", ["the"])
    paragraph = "One red rose. And then, much later in the year, another red rose."
    second = Case("1", "?", ("red",), passage=paragraph, spans=((56, 59),))
    assert not holds_answer(second, "d", 0, 13, paragraph[:13])
    assert holds_answer(second, "d", 14, 65, paragraph[14:])
    # A passage that begins or ends close to the place, and holds other paragraphs too.
    assert holds_answer(second, "d", 0, 0, f"{paragraph[50:]}\n\nMore.")
    early = Case("1", "?", ("red",), passage=paragraph, spans=((4, 7),))
    assert holds_answer(early, "d", 0, 0, f"Before.\n\n{paragraph[:9]}")
    assert not holds_answer(early, "d", 0, 0, f"Before.\n\n{paragraph[:6]}")
    placed = Case("1", "?", ("red",), document="d", start=56)
    assert holds_answer(placed, "d", 50, 59, "")
    assert not holds_answer(placed, "d", 50, 58, "")
    assert not holds_answer(placed, "e", 50, 59, "")
    named = Case("1", "?", ("red",), document="d")
    assert holds_answer(named, "d", 0, 9, "a red rose")
    assert not holds_answer(named, "e", 0, 9, "a red rose")
    assert not holds_answer(Case("1", "?", ()), "d", 0, 9, "a red rose")


def test_a_report_on_one_question() -> None:
    report = summarize({"seed": 0}, [replace(TABLE[0], wanted={GOLD: 1})])
    assert report["figures"]["end_to_end"]["f1"] == 1
    assert report["figures"]["end_to_end"]["no_answer_f1"] is None
    assert report["intervals"]["end_to_end"]["no_answer_f1"] == [None, None]
    assert report["figures"]["retrieval"]["recall_at_10"] == 0
