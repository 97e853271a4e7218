"""A report as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qa.evaluate.judge import ERRORS, RIGHT_F1
from qa.evaluate.report import SCOPES


def report_table(report: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the table."""
    unanswerable = report["questions"] - report["answerable"]
    yield f"{report['run']['dataset']}: {report['questions']} questions, " + (
        f"{unanswerable} of them unanswerable"
        if "end_to_end" in report["figures"]
        else "retrieval only"
    )
    for scope, title in SCOPES.items():
        if scope not in report["figures"]:
            continue
        yield ""
        yield f"{title:<36} share   95 % interval"
        for name, value in report["figures"][scope].items():
            low, high = report["intervals"][scope][name]
            yield f"  {label(name):<34} {share(value)}   {share(low)} – {share(high)}"
    if "end_to_end" in report["figures"]:
        yield ""
        yield f"Right, for precision, calibration and errors, is an answer with F1 ≥ {RIGHT_F1}"
        if "reader" not in report["figures"]:
            yield f"{SCOPES['reader']}: not measured, as not every question names its passage"
    yield ""
    yield "Latency, one question after another"
    for name, value in report["timing"].items():
        yield f"  {label(name):<34} {value:>6.1f}"
    yield ""
    yield "Errors"
    for name, meaning in ERRORS.items():
        yield f"  {label(name):<34} {report['errors'][name]:>6}   {meaning}"


def label(name: str) -> str:
    """A figure's name for people."""
    return name.replace("_", " ")


def share(value: float | None) -> str:
    """Four decimals, or a dash where there is nothing to measure."""
    return "     –" if value is None else f"{value:.4f}"
