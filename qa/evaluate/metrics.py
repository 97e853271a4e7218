"""Figures over many predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qa.evaluate.squad import exact_match, f1


@dataclass(frozen=True, slots=True)
class Prediction:
    """One question's outcome.

    Attributes:
        text: the first answer, whether it was given or withheld; "" if there was none.
        confidence: of that answer; 0 if there was none.
        given: whether it was given at the shipped threshold.
        rank: rank from 1 of the first retrieved passage that holds a gold answer, or
            None if none does (or nothing was retrieved).
    """

    id: str
    question: str
    golds: tuple[str, ...]
    text: str
    confidence: float
    given: bool
    rank: int | None = None
    milliseconds: float = 0.0


# An answer counts as right for precision and calibration from this token F1 on.
RIGHT_F1 = 0.5


def right(text: str, golds: Sequence[str]) -> bool:
    """Whether an answer is right for precision and calibration; never if there is no gold."""
    return bool(golds) and f1(text, golds) >= RIGHT_F1


def squad_scores(predictions: Sequence[Prediction]) -> dict[str, float]:
    """Exact match and F1 in percent as the official SQuAD 2.0 evaluation gives them.

    ``f1`` and ``exact_match`` are at the shipped threshold, split into questions with
    and without an answer; ``best_f1`` is over the best threshold on the confidence,
    found on these very predictions; ``forced_f1`` is that of the answerable questions
    if every answer were given.
    """
    given = [p.text if p.given else "" for p in predictions]
    f1s = np.array([f1(text, p.golds) for text, p in zip(given, predictions, strict=True)])
    matches = np.array(
        [exact_match(text, p.golds) for text, p in zip(given, predictions, strict=True)]
    )
    answerable = np.array([bool(p.golds) for p in predictions])
    forced = np.array([f1(p.text, p.golds) for p in predictions])
    forced_matches = np.array([exact_match(p.text, p.golds) for p in predictions])
    figures = {
        "exact_match": _percent(matches),
        "f1": _percent(f1s),
        "has_answer_exact_match": _percent(matches[answerable]),
        "has_answer_f1": _percent(f1s[answerable]),
        "no_answer_f1": _percent(f1s[~answerable]),
        "forced_exact_match": _percent(forced_matches[answerable]),
        "forced_f1": _percent(forced[answerable]),
    }
    figures["best_f1"], figures["best_threshold"] = _best(predictions, forced)
    return figures


def _best(predictions: Sequence[Prediction], forced: np.ndarray) -> tuple[float, float]:
    """Highest mean score over all thresholds on the confidence, and that threshold."""
    order = np.argsort([-p.confidence for p in predictions], kind="stable")
    empty = np.array([float(not p.golds) for p in predictions])
    # Giving one more answer gains its score and, if unanswerable, loses the point
    # for having declined.
    gains = (np.where(empty > 0, 0.0, forced) - empty)[order]
    curve = np.concatenate([[0.0], np.cumsum(gains)]) + empty.sum()
    cut = int(curve.argmax())
    threshold = predictions[order[cut - 1]].confidence if cut else 1.0
    return 100 * float(curve[cut]) / len(predictions), threshold


def abstention(
    predictions: Sequence[Prediction], right: Callable[[Prediction], bool]
) -> dict[str, float]:
    """How far the confidences, and the decision to answer, can be trusted; as shares.

    ``precision`` is the share of right ones among the answers given, ``coverage`` the
    share of answerable questions that got an answer, ``declined`` that of
    unanswerable ones that got none.
    """
    rights = np.array([right(p) for p in predictions])
    given = np.array([p.given for p in predictions])
    answerable = np.array([bool(p.golds) for p in predictions])
    confidences = np.array([p.confidence for p in predictions])
    return {
        "precision": _mean(rights[given]),
        "coverage": _mean(given[answerable]),
        "declined": _mean(~given[~answerable]),
        "expected_calibration_error": calibration_error(confidences, rights),
    }


def calibration_error(confidences: np.ndarray, rights: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins (Guo et al., 2017)."""
    which = np.minimum((confidences * bins).astype(int), bins - 1)
    return float(
        sum(abs(confidences[which == b].sum() - rights[which == b].sum()) for b in range(bins))
        / max(1, len(confidences))
    )


def recall_at(predictions: Sequence[Prediction], k: int) -> float:
    """Share of answerable questions with a passage that holds the answer in the first k."""
    ranks = [p.rank for p in predictions if p.golds]
    return _mean(np.array([rank is not None and rank <= k for rank in ranks]))


def interval(values: Sequence[float], seed: int = 0, draws: int = 2000) -> tuple[float, float]:
    """95 % bootstrap interval of a mean (percentile method; Efron, 1979)."""
    data = np.asarray(values, dtype=float)
    rng = np.random.default_rng(seed)
    means = [data[rng.integers(0, len(data), len(data))].mean() for _ in range(draws)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    p50, p95 = np.quantile(np.asarray(milliseconds, dtype=float), [0.5, 0.95])
    return {"p50_ms": float(p50), "p95_ms": float(p95)}


def _percent(values: np.ndarray) -> float:
    return 100 * _mean(values)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
