"""From the predictions of a run to its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qa.errors import RunError, UsageError, nearest
from qa.evaluate.asking import DEPTH
from qa.evaluate.bootstrap import Estimate, Statistic, estimates
from qa.evaluate.judge import ERRORS
from qa.evaluate.metrics import (
    LOWER_IS_BETTER,
    best_thresholds,
    percentiles,
    reliability,
    risk_coverage,
    squad_figures,
    trust_figures,
)
from qa.evaluate.predictions import Prediction
from qa.evaluate.retrieval import retrieval_figures

SCOPES = {
    "end_to_end": "End to end, first answer",
    "reader": "Reader on the gold passage",
    "retrieval": "Retrieval",
}
# How deep a server's retrieval can be judged isn't known before it is asked.
ANY_DEPTH = range(1, DEPTH + 1)
# Means of shares are rounded: one of exactly ½ may come out a little below it.
_TOLERANCE = 1e-9


def scope_figures(predictions: Sequence[Prediction], depth: int) -> dict[str, dict[str, Statistic]]:
    """The figures of every scope that was asked in, as functions of the questions' weights.

    Args:
        predictions: of one run, or of several one after the other.
        depth: ranks that the retrieval figures look at.
    """
    scopes: dict[str, dict[str, Statistic]] = {}
    if any(p.golds or p.given or p.reason for p in predictions):
        golds = [p.golds for p in predictions]
        scopes["end_to_end"] = squad_figures(predictions, golds) | trust_figures(predictions)
        read = [p.reader for p in predictions if p.reader]
        if len(read) == len(predictions):
            scopes["reader"] = squad_figures(read, golds)
    if any(p.wanted for p in predictions):
        scopes["retrieval"] = retrieval_figures(predictions, depth)
    return scopes


def depth_of(run: Mapping[str, object], predictions: Sequence[Prediction]) -> int:
    """How many ranks a run's retrieval can be judged by; a server shows only the few it found."""
    if run.get("corpus") != "server":
        return DEPTH
    return max(1, min(DEPTH, max((len(p.ranking) for p in predictions), default=0)))


def summarize(run: Mapping[str, object], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """The content of ``report.json``: all figures, as shares, with their 95 % intervals.

    Depends on nothing but its arguments; only what is under ``timing`` differs between
    two runs on equal inputs.
    """
    count = len(predictions)
    seed = run.get("seed")
    found = {
        scope: estimates(figures, count, seed if isinstance(seed, int) else 0)
        for scope, figures in scope_figures(predictions, depth_of(run, predictions)).items()
    }
    report: dict[str, Any] = {
        "run": dict(run),
        "questions": count,
        "answerable": sum(bool(p.golds) for p in predictions),
        "figures": {scope: _values(figures) for scope, figures in found.items()},
        "intervals": {scope: _intervals(figures) for scope, figures in found.items()},
        "errors": _errors(predictions),
        "timing": _timing(predictions),
    }
    if "end_to_end" in found:
        golds = [p.golds for p in predictions]
        report["thresholds"] = {"end_to_end": best_thresholds(predictions, golds)}
        if "reader" in found:
            read = [p.reader for p in predictions if p.reader]
            report["thresholds"]["reader"] = best_thresholds(read, golds)
        report["risk_coverage"] = risk_coverage(predictions)
        report["reliability"] = reliability(predictions)
    return report


def _values(figures: Mapping[str, Estimate]) -> dict[str, float | None]:
    return {name: estimate.value for name, estimate in figures.items()}


def _intervals(figures: Mapping[str, Estimate]) -> dict[str, list[float | None]]:
    return {name: [estimate.low, estimate.high] for name, estimate in figures.items()}


def _errors(predictions: Sequence[Prediction]) -> dict[str, int]:
    counts = Counter(p.error for p in predictions)
    return {name: counts[name] for name in ERRORS}


def _timing(predictions: Sequence[Prediction]) -> dict[str, float]:
    """Latency of one question after another, and how many of them a second that makes."""
    total = [p.milliseconds for p in predictions]
    figures = percentiles(total)
    figures["questions_per_second"] = 1000 * len(total) / max(sum(total), 1e-9)
    for stage in ("retrieve", "read"):
        known = [p.stages[stage] for p in predictions if stage in p.stages]
        if known:
            figures |= {f"{stage}_{name}": ms for name, ms in percentiles(known).items()}
    read = [p.reader.milliseconds for p in predictions if p.reader]
    if read:
        figures |= {f"gold_passage_{name}": ms for name, ms in percentiles(read).items()}
    return figures


def demands(text: str) -> list[tuple[str, float]]:
    """``f1=0.70,citation_validity=1`` as names and shares.

    Raises:
        UsageError: it is not of this form.
    """
    found = []
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        try:
            lowest = float(number)
        except ValueError:
            lowest = float("nan")
        if not name or not 0 <= lowest <= 1:
            raise UsageError(
                f"--fail-under {part.strip()!r}: not NAME=SHARE with a share from 0 to 1, "
                "such as f1=0.70"
            )
        found.append((name.strip(), lowest))
    return found


def check_names(
    wanted: Sequence[tuple[str, float]],
    *,
    answers: bool = True,
    reader: bool = True,
    depths: Sequence[int] = ANY_DEPTH,
) -> None:
    """Hold what is demanded to the figures there will be, before anything is asked.

    Args:
        wanted: names and shares.
        answers: whether answers are asked for, and not only what is retrieved.
        reader: whether every question names its passage.
        depths: ranks that the retrieval figures may look at, the highest last; none if
            there is nothing to be found.

    Raises:
        UsageError: there will be no such figure, or it is better when lower.
    """
    known = _names(answers, reader, depths)
    for name, _ in wanted:
        if name not in known:
            listed = _names(answers, reader, depths[-1:])
            near = nearest(name, listed)
            hint = f"; the nearest is {near!r}" if near else ""
            there = ", ".join(n for n in listed if n not in LOWER_IS_BETTER)
            less = " and retrieval ones at lower ranks" if len(depths) > 1 else ""
            raise UsageError(f"--fail-under: no figure {name!r}{hint}; there are {there}{less}")
        if name.rpartition(".")[2] in LOWER_IS_BETTER:
            raise UsageError(f"--fail-under: {name} is better when lower")


def _names(answers: bool, reader: bool, depths: Iterable[int]) -> list[str]:
    """The figures by the names that are demanded, as ``scope_figures`` has them."""
    squad: dict[str, Statistic] = squad_figures((), ()) if answers else {}
    names = [*squad, *(trust_figures(()) if answers else ())]
    names += [f"reader.{name}" for name in squad if reader]
    found = [name for depth in depths for name in retrieval_figures((), depth)]
    return [*names, *(f"retrieval.{name}" for name in dict.fromkeys(found))]


def check(report: Mapping[str, Any], wanted: Sequence[tuple[str, float]]) -> None:
    """Hold a report to what is demanded of it.

    A bare name is one of the end-to-end figures, ``reader.f1`` or
    ``retrieval.recall_at_5`` one of another scope.

    Raises:
        UsageError: this run has no such figure.
        RunError: a figure is below its demand, or has no value; names each.
    """
    short = []
    figures = report["figures"]
    for name, lowest in wanted:
        scope, _, figure = name.rpartition(".")
        values = figures.get(scope or "end_to_end", {})
        if figure not in values:
            known = ", ".join(
                n if s == "end_to_end" else f"{s}.{n}" for s, some in figures.items() for n in some
            )
            raise UsageError(f"--fail-under: no figure {name!r} in this run; there are {known}")
        value = values[figure]
        if value is None or value < lowest - _TOLERANCE:
            shown = "has no value" if value is None else f"{value:.4f}"
            short.append(f"{name} {shown}, below {lowest:g}")
    if short:
        raise RunError("; ".join(short))
