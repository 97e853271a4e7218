"""Figures over many predictions, as shares from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.evaluate.bootstrap import Statistic, Weights, ratio, share, value
from qa.evaluate.judge import right
from qa.evaluate.predictions import Prediction
from qa.evaluate.squad import exact_match, f1

Floats = NDArray[np.float64]
_BINS = 10


class Answer(Protocol):
    """A first answer with its confidence, and whether it was given; as in ``Prediction``."""

    @property
    def text(self) -> str:
        """The answer."""

    @property
    def confidence(self) -> float:
        """On any scale."""

    @property
    def given(self) -> bool:
        """Whether it was given."""


Golds = Sequence[Sequence[str]]


def squad_figures(answers: Sequence[Answer], golds: Golds) -> dict[str, Statistic]:
    """Exact match and F1 as the official SQuAD 2.0 evaluation gives them.

    ``exact_match`` and ``f1`` are at the shipped threshold, split into questions with
    and without an answer (a question without has the same score in both);
    ``best_exact_match`` and ``best_f1`` are over the best threshold on the confidence,
    found on these very answers; ``forced_…`` are those of the answerable questions if
    every answer were given.
    """
    given = [a.text if a.given else "" for a in answers]
    exact, tokens = _scores(given, golds)
    forced_exact, forced_tokens = _scores([a.text for a in answers], golds)
    answerable = _answerable(golds)
    one = np.ones(len(answers))
    return {
        "exact_match": ratio(exact, one),
        "f1": ratio(tokens, one),
        "has_answer_exact_match": ratio(exact * answerable, answerable),
        "has_answer_f1": ratio(tokens * answerable, answerable),
        "no_answer_f1": ratio(tokens * (1 - answerable), 1 - answerable),
        "best_exact_match": _Best(answers, golds, forced_exact),
        "best_f1": _Best(answers, golds, forced_tokens),
        "forced_exact_match": ratio(forced_exact * answerable, answerable),
        "forced_f1": ratio(forced_tokens * answerable, answerable),
    }


def best_thresholds(answers: Sequence[Answer], golds: Golds) -> dict[str, float]:
    """The confidences from which on answers are given for the two best figures."""
    exact, tokens = _scores([a.text for a in answers], golds)
    return {
        "best_exact_match_threshold": _Best(answers, golds, exact).threshold(),
        "best_f1_threshold": _Best(answers, golds, tokens).threshold(),
    }


def squad_scores(predictions: Sequence[Prediction]) -> dict[str, float]:
    """The values of ``squad_figures`` and ``best_thresholds``; NaN where there is none."""
    golds = [p.golds for p in predictions]
    values = {
        name: value(statistic, len(predictions))
        for name, statistic in squad_figures(predictions, golds).items()
    }
    found = {name: float("nan") if v is None else v for name, v in values.items()}
    return found | best_thresholds(predictions, golds)


def trust_figures(predictions: Sequence[Prediction]) -> dict[str, Statistic]:
    """How far answers, citations, confidences and the decision to answer can be trusted.

    ``answer_precision`` is the share of right ones among the answers given (right: see
    ``judge.RIGHT_F1``), ``coverage`` the share of answerable questions that got an
    answer, ``answer_sentence_hit_rate`` that of those whose answer's sentence holds a
    gold answer. ``citation_validity`` is the share of quotations that stand in the
    documents as claimed. ``abstention_precision`` is the share of unanswerable
    questions among those declined, ``abstention_recall`` the share of unanswerable ones
    that were declined. ``area_under_risk_coverage`` and ``expected_calibration_error``
    are better when lower.
    """
    rights = _rights(predictions)
    given = np.array([float(p.given) for p in predictions])
    answerable = _answerable([p.golds for p in predictions])
    hits = np.array([float(p.sentence_hit) for p in predictions])
    unanswerable, declined = 1 - answerable, 1 - given
    return {
        "answer_precision": ratio(given * rights, given),
        "coverage": ratio(given * answerable, answerable),
        "answer_sentence_hit_rate": ratio(hits * answerable, answerable),
        "citation_validity": ratio(
            [p.valid_quotations for p in predictions], [p.quotations for p in predictions]
        ),
        "abstention_precision": ratio(declined * unanswerable, declined),
        "abstention_recall": ratio(declined * unanswerable, unanswerable),
        "area_under_risk_coverage": _RiskCoverage(predictions),
        "expected_calibration_error": _calibration_error(predictions),
    }


LOWER_IS_BETTER = frozenset({"area_under_risk_coverage", "expected_calibration_error"})


class _Best:
    """Highest mean score over all thresholds on the confidence (SQuAD 2.0's definition).

    Starting with nothing given, every unanswerable question is right. Answers are then
    given one by one, the most confident first, in file order where equal; each gains
    its score, or loses the point of an unanswerable question.
    """

    def __init__(self, answers: Sequence[Answer], golds: Golds, forced: Floats) -> None:
        self._confidences = np.array([a.confidence for a in answers])
        self._order = np.argsort(-self._confidences, kind="stable")
        self._empty = 1 - _answerable(golds)
        said = np.array([float(bool(a.text)) for a in answers])
        self._gains = np.where(self._empty > 0, -said, forced)[self._order]

    def _curve(self, weights: Weights) -> Floats:
        gained = np.cumsum(weights[:, self._order] * self._gains, axis=1)
        start = (weights @ self._empty)[:, None]
        return np.concatenate([start, gained + start], axis=1)

    def __call__(self, weights: Weights) -> Floats:
        best: Floats = self._curve(weights).max(axis=1) / weights.sum(axis=1)
        return best

    def threshold(self) -> float:
        """The confidence of the last answer given; above all of them if none is."""
        if not len(self._order):
            return float("nan")
        cut = int(self._curve(np.ones((1, len(self._order))))[0].argmax())
        if cut == 0:
            return float(np.nextafter(self._confidences.max(), np.inf))
        return float(self._confidences[self._order[cut - 1]])


class _RiskCoverage:
    """Area under the risk–coverage curve (Geifman and El-Yaniv, 2017; lower is better).

    Answering only what is at least so confident, coverage is the share answered and
    risk the share of wrong ones among them; answering an unanswerable question is
    wrong. The area is the mean risk over all questions' own confidences as thresholds.
    """

    def __init__(self, predictions: Sequence[Prediction]) -> None:
        confidences = np.array([p.confidence for p in predictions])
        self._order = np.argsort(-confidences, kind="stable")
        self._wrong = 1 - _rights(predictions)[self._order]
        ordered = confidences[self._order]
        # Equal confidences can't be told apart by a threshold: they enter together.
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])

    def points(self, weights: Weights) -> tuple[Floats, Floats, Floats]:
        """Share of each group of equal confidences, coverage and risk including it."""
        ordered = weights[:, self._order]
        groups = np.add.reduceat(ordered, self._starts, axis=1)
        wrong = np.add.reduceat(ordered * self._wrong, self._starts, axis=1)
        covered = np.cumsum(groups, axis=1)
        risk = np.cumsum(wrong, axis=1) / np.maximum(covered, 1e-12)
        total = weights.sum(axis=1, keepdims=True)
        return groups / total, covered / total, risk

    def __call__(self, weights: Weights) -> Floats:
        shares, _, risk = self.points(weights)
        area: Floats = (shares * risk).sum(axis=1)
        return area


def risk_coverage(predictions: Sequence[Prediction], points: int = 200) -> list[list[float]]:
    """The risk–coverage curve as ``[coverage, risk, confidence]``, thinned out evenly."""
    if not predictions:
        return []
    _, coverage, risk = _RiskCoverage(predictions).points(np.ones((1, len(predictions))))
    levels = -np.unique(-np.array([p.confidence for p in predictions]))
    chosen = np.unique(np.linspace(0, len(levels) - 1, min(points, len(levels))).astype(int))
    return [[float(coverage[0, i]), float(risk[0, i]), float(levels[i])] for i in chosen]


def reliability(predictions: Sequence[Prediction]) -> list[dict[str, float]]:
    """How often answers are right by how confident they were, over ten equal-width bins."""
    confidences, rights, bins = _binned(predictions)
    return [
        {
            "from": b / _BINS,
            "to": (b + 1) / _BINS,
            "answers": int((bins == b).sum()),
            "confidence": float(confidences[bins == b].mean()),
            "right": float(rights[bins == b].mean()),
        }
        for b in range(_BINS)
        if (bins == b).any()
    ]


def _calibration_error(predictions: Sequence[Prediction]) -> Statistic:
    """Expected calibration error over ten equal-width bins (Guo et al., 2017).

    Over every question that some answer was found to; the gap of each bin between mean
    confidence and share of right ones, weighted with its size.
    """
    confidences, rights, bins = _binned(predictions)
    found = np.array([float(bool(p.text)) for p in predictions])
    member = (bins[:, None] == np.arange(_BINS)) * found[:, None]
    excess = member * (confidences - rights)[:, None]

    def statistic(weights: Weights) -> Floats:
        return share(np.abs(weights @ excess).sum(axis=1), weights @ found)

    return statistic


def _binned(predictions: Sequence[Prediction]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Confidences, rights and bin numbers; -1 where no answer was found."""
    confidences = np.array([p.confidence for p in predictions])
    bins = np.minimum((confidences * _BINS).astype(np.int64), _BINS - 1)
    found = np.array([bool(p.text) for p in predictions])
    return confidences, _rights(predictions), np.where(found, bins, -1)


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    p50, p95 = np.quantile(np.asarray(milliseconds, dtype=float), [0.5, 0.95])
    return {"p50_ms": float(p50), "p95_ms": float(p95)}


def _scores(texts: Sequence[str], golds: Golds) -> tuple[Floats, Floats]:
    pairs = list(zip(texts, golds, strict=True))
    return np.array([exact_match(*p) for p in pairs]), np.array([f1(*p) for p in pairs])


def _answerable(golds: Golds) -> Floats:
    return np.array([float(bool(g)) for g in golds])


def _rights(predictions: Sequence[Prediction]) -> Floats:
    return np.array([float(right(p.text, p.golds)) for p in predictions])
