"""How sure a figure is, and whether two runs differ by more than chance.

A figure is a function of how often each question counts. Counting every question once
gives its value; counting them as often as they come up in a draw with replacement, many
times over, gives its spread (bootstrap; Efron, 1979). The same draws on two runs' answers
to the same questions give the spread of their difference (paired bootstrap; Efron and
Tibshirani, 1993, ch. 16; for language tasks Koehn, 2004).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]
DRAWS = 2000
# Draws held in memory at once.
_CHUNK = 100
# In standard deviations of the draws; a bias below is chance.
_UNBIASED = 0.1
# Differences that are only in the last digits are none.
_ROUNDING = 1e-12


class Statistic(Protocol):
    """A figure by the weights of the questions."""

    def __call__(self, weights: Weights, /) -> NDArray[np.float64]:
        """Its values for weights of shape ``(draws, questions)``; NaN where it has none."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; all None if there is nothing to measure it on."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two runs.

    Attributes:
        difference: the second less the first, with its 95 % interval.
        p: two-sided p-value of "no difference".
    """

    first: float | None
    second: float | None
    difference: Estimate
    p: float | None


def ratio(parts: object, wholes: object) -> Statistic:
    """The statistic Σ parts / Σ wholes; a mean if every whole is 1."""
    columns = np.stack([np.asarray(parts, float), np.asarray(wholes, float)], axis=1)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        part, whole = (weights @ columns).T
        return share(part, whole)

    return statistic


def share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """``part / whole``, NaN where there is no whole."""
    result = np.full(len(part), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def value(statistic: Statistic, questions: int) -> float | None:
    """The figure over all questions, each once."""
    return _finite(float(statistic(np.ones((1, questions)))[0])) if questions else None


def estimates(figures: Mapping[str, Statistic], questions: int, seed: int) -> dict[str, Estimate]:
    """Every figure with its interval, all from the same draws.

    The interval is that of the percentile method, moved by the bias that the draws show
    (Efron and Tibshirani, 1993, ch. 10): a calibration error, for one, is never negative, so
    that chance alone adds to it in every draw.
    """
    drawn = _drawn(figures, _weights(questions, seed))
    result = {}
    for name, statistic in figures.items():
        found = value(statistic, questions)
        result[name] = Estimate(found, *_interval(drawn[name], found))
    return result


def differences(
    figures: Mapping[str, Statistic], questions: int, seed: int
) -> dict[str, Difference]:
    """How each figure differs between two runs on the same questions.

    Args:
        figures: functions of the weights of the first run's answers followed by those
            of the second's answers to the same questions in the same order.
        questions: how many questions there are, half the number of answers.
        seed: of the draws.
    """
    drawn = _drawn({name: _contrast(f) for name, f in figures.items()}, _weights(questions, seed))
    chance = _drawn({name: _exchange(f) for name, f in figures.items()}, _swaps(questions, seed))
    one, none = np.ones((1, questions)), np.zeros((1, questions))
    result = {}
    for name, statistic in figures.items():
        first = _finite(float(statistic(np.hstack([one, none]))[0]))
        second = _finite(float(statistic(np.hstack([none, one]))[0]))
        if first is None or second is None:
            result[name] = Difference(first, second, Estimate(None, None, None), None)
            continue
        exchanged = chance[name][np.isfinite(chance[name])]
        extreme = int((np.abs(exchanged) >= abs(second - first) - _ROUNDING).sum())
        # The answers as they are count as one of the exchanges, so p is never 0.
        p = (1 + extreme) / (1 + len(exchanged))
        change = Estimate(second - first, *_interval(drawn[name], second - first))
        result[name] = Difference(first, second, change, p)
    return result


def _contrast(statistic: Statistic) -> Statistic:
    """The second run's figure less the first's, by the weights of the questions."""

    def contrast(weights: Weights) -> NDArray[np.float64]:
        none = np.zeros_like(weights)
        return statistic(np.hstack([none, weights])) - statistic(np.hstack([weights, none]))

    return contrast


def _exchange(statistic: Statistic) -> Statistic:
    """The same, by which questions' answers (0 or 1) keep their run's name."""

    def exchange(kept: Weights) -> NDArray[np.float64]:
        return statistic(np.hstack([1 - kept, kept])) - statistic(np.hstack([kept, 1 - kept]))

    return exchange


def _drawn(
    figures: Mapping[str, Statistic], weights: Iterator[Weights]
) -> dict[str, NDArray[np.float64]]:
    """Each figure's value in every draw."""
    parts: dict[str, list[NDArray[np.float64]]] = {name: [] for name in figures}
    for chunk in weights:
        for name, statistic in figures.items():
            parts[name].append(statistic(chunk))
    return {name: np.concatenate(values or [np.zeros(0)]) for name, values in parts.items()}


def _weights(questions: int, seed: int) -> Iterator[Weights]:
    """How often each question comes up in each draw, a chunk of draws at a time."""
    if not questions:
        return
    rng = np.random.default_rng(seed)
    for _ in range(DRAWS // _CHUNK):
        yield np.stack(
            [
                np.bincount(rng.integers(0, questions, questions), minlength=questions)
                for _ in range(_CHUNK)
            ]
        ).astype(np.float64)


def _swaps(questions: int, seed: int) -> Iterator[Weights]:
    """Zeros and ones at random, a chunk of draws at a time."""
    rng = np.random.default_rng(seed)
    for _ in range(DRAWS // _CHUNK):
        yield rng.integers(0, 2, (_CHUNK, questions)).astype(np.float64)


def _interval(drawn: NDArray[np.float64], found: float | None) -> tuple[float | None, float | None]:
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn) or found is None:
        return None, None
    low, high = np.quantile(drawn, [0.025, 0.975])
    bias = float(drawn.mean()) - found
    if abs(bias) > _UNBIASED * float(drawn.std()):
        # What can't be negative, or more than all, stays so.
        least, most = min(0.0, float(drawn.min())), max(1.0, float(drawn.max()))
        low, high = np.clip((low - bias, high - bias), least, most)
    return float(low), float(high)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
