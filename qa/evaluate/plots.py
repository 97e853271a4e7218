"""The plots of a report as SVG, drawn in the page's own colours."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Stand-ins that the page's colours replace, so that a plot follows light and dark.
_COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--soft)",
    "#030303": "var(--line)",
    "#040404": "var(--accent)",
    "#050505": "var(--bad)",
}
_INK, _SOFT, _LINE, _ACCENT, _BAD = _COLOURS
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _SOFT,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": _LINE,
    "axes.axisbelow": True,
}


def risk_coverage_plot(
    curve: Sequence[Sequence[float]], coverage: float | None, risk: float | None
) -> str:
    """Risk over coverage, with the point where the program ships.

    Args:
        curve: ``[coverage, risk, confidence]`` by falling confidence.
        coverage: share of all questions answered as shipped.
        risk: share of wrong ones among those.
    """
    figure, axes = _canvas("risk-coverage")
    axes.plot([c for c, *_ in curve], [r for _, r, _ in curve], color=_ACCENT, lw=2)
    if coverage is not None and risk is not None:
        axes.plot([coverage], [risk], "o", color=_BAD, ms=8)
        axes.annotate(
            "as shipped",
            (coverage, risk),
            (-8, 8),
            textcoords="offset points",
            ha="right",
            color=_INK,
        )
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set(xlabel="coverage: share of questions answered", ylabel="risk: share of them wrong")
    return _svg(figure, "risk-coverage")


def reliability_plot(bins: Sequence[Mapping[str, float]]) -> str:
    """How often answers were right by how confident they were."""
    figure, axes = _canvas("reliability")
    axes.plot([0, 1], [0, 1], color=_SOFT, lw=1, ls="--")
    axes.bar(
        [(b["from"] + b["to"]) / 2 for b in bins],
        [b["right"] for b in bins],
        width=0.09,
        color=_ACCENT,
    )
    for b in bins:
        axes.annotate(
            f"{b['answers']:.0f}",
            ((b["from"] + b["to"]) / 2, b["right"]),
            (0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=_INK,
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.08))
    axes.set(xlabel="confidence", ylabel="share of them right")
    return _svg(figure, "reliability")


def latency_plot(milliseconds: Sequence[float]) -> str:
    """How long questions took."""
    figure, axes = _canvas("latency")
    # The few slowest would press the rest into one bar.
    ordered = sorted(milliseconds)
    longest = ordered[int(0.99 * (len(ordered) - 1))] * 1.05
    axes.hist([min(ms, longest) for ms in ordered], bins=30, range=(0, longest), color=_ACCENT)
    axes.set(xlabel="milliseconds; the slowest hundredth at the right end", ylabel="questions")
    return _svg(figure, "latency")


def _canvas(name: str) -> tuple[Figure, Axes]:
    # The salt makes the ids inside equal for equal plots, and different between plots.
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(5.2, 3.6), layout="constrained")
        return figure, figure.subplots()


def _svg(figure: Figure, name: str) -> str:
    buffer = io.StringIO()
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure.savefig(
            buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    for stand_in, colour in _COLOURS.items():
        text = text.replace(stand_in, colour)
    return text
