"""Reports and comparisons as single HTML files that need nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qa.errors import DocumentNotFound, QAError
from qa.evaluate.judge import ERRORS, RIGHT_F1
from qa.evaluate.plots import latency_plot, reliability_plot, risk_coverage_plot
from qa.evaluate.predictions import GOLD, Place, Prediction, Ranked
from qa.evaluate.report import SCOPES
from qa.evaluate.table import label, share
from qa.evaluate.targets import Target
from qa.evaluate.words import find_words

# Errors shown of each class, passages shown of each, characters of each passage.
_WORST, _PASSAGES, _CHARACTERS = 40, 3, 1500
_BLANK_LINES = re.compile(r"\n\s*\n")
_HEADLINES = (
    ("end_to_end", "f1", "F1"),
    ("end_to_end", "exact_match", "Exact match"),
    ("reader", "f1", "F1, reader alone"),
    ("retrieval", "recall_at_5", "Recall at 5"),
    ("retrieval", "ndcg_at_10", "nDCG at 10"),
    ("end_to_end", "citation_validity", "Citation validity"),
)


def report_page(
    report: Mapping[str, Any], predictions: Sequence[Prediction], target: Target
) -> str:
    """A run's report: figures, plots, and the worst errors with their passages."""
    shown = {kind: list(itertools.islice(_worst(predictions, kind), _WORST)) for kind in ERRORS}
    return _render(
        "report.html",
        title=f"{report['run']['dataset']} · evaluation",
        report=report,
        right_f1=RIGHT_F1,
        cards=_cards(report),
        scopes=[_scope(report, scope) for scope in SCOPES if scope in report["figures"]],
        timing=[(label(name), value) for name, value in report["timing"].items()],
        plots=list(_plots(report, predictions)),
        kinds=[
            {
                "key": kind,
                "name": label(kind),
                "count": report["errors"][kind],
                "shown": len(shown[kind]),
                "meaning": meaning,
            }
            for kind, meaning in ERRORS.items()
        ],
        cases=[_case(p, target) for found in shown.values() for p in found],
        hidden=sum(report["errors"].values()) - sum(map(len, shown.values())),
        details=json.dumps(
            {"run": report["run"], "environment": report["environment"]},
            indent=1,
            ensure_ascii=False,
        ),
    )


def comparison_page(comparison: Mapping[str, Any], rows: Mapping[str, list[Any]]) -> str:
    """Two runs side by side; ``rows`` are the figures by scope, ready to be shown."""
    return _render(
        "comparison.html",
        title="Two evaluations compared",
        comparison=comparison,
        scopes=[{"title": SCOPES[scope], "rows": found} for scope, found in rows.items()],
        cases=[case | {"kind": kind} for kind in ("lost", "won") for case in comparison[kind]],
    )


def _render(template: str, **content: Any) -> str:
    environment = Environment(
        loader=PackageLoader("qa.evaluate"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["label"] = lambda error: label(error) if error else "right"
    script = resources.files("qa.evaluate").joinpath("templates", "filter.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(
        script=Markup(script),  # noqa: S704 - our own file
        script_hash=digest,
        **content,
    )


def _cards(report: Mapping[str, Any]) -> list[dict[str, str]]:
    cards = []
    for scope, name, title in _HEADLINES:
        if name in report["figures"].get(scope, {}):
            low, high = report["intervals"][scope][name]
            value = share(report["figures"][scope][name])
            cards.append({"title": title, "value": value, "note": f"{share(low)} – {share(high)}"})
    timing = report["timing"]
    note = f"p95 {timing['p95_ms']:.0f} ms, {timing['questions_per_second']:.1f} a second"
    return [*cards, {"title": "Latency", "value": f"{timing['p50_ms']:.0f} ms", "note": note}]


def _scope(report: Mapping[str, Any], scope: str) -> dict[str, Any]:
    rows = []
    for name, value in report["figures"][scope].items():
        low, high = report["intervals"][scope][name]
        rows.append(
            {"name": label(name), "value": share(value), "low": share(low), "high": share(high)}
        )
    return {"title": SCOPES[scope], "rows": rows}


def _plots(
    report: Mapping[str, Any], predictions: Sequence[Prediction]
) -> Iterator[dict[str, Any]]:
    if "end_to_end" in report["figures"]:
        precision = report["figures"]["end_to_end"]["answer_precision"]
        given = sum(p.given for p in predictions) / len(predictions)
        yield _plot(
            "Risk and coverage",
            "Answering only what is confident enough: further left, fewer answers and fewer "
            "wrong ones. An answer to an unanswerable question is wrong.",
            risk_coverage_plot(
                report["risk_coverage"], given, None if precision is None else 1 - precision
            ),
        )
        yield _plot(
            "Reliability",
            "Bars that reach the dashed line: the confidence is the share that is right. Above "
            "each, how many answers were so confident.",
            reliability_plot(report["reliability"]),
        )
    yield _plot(
        "Latency",
        f"Median {report['timing']['p50_ms']:.0f} ms, 95th percentile "
        f"{report['timing']['p95_ms']:.0f} ms.",
        latency_plot([p.milliseconds for p in predictions]),
    )


def _plot(title: str, note: str, svg: str) -> dict[str, Any]:
    # Drawn by us from numbers alone: no text of a document is in it.
    return {"title": title, "note": note, "svg": Markup(svg)}  # noqa: S704


def _worst(predictions: Sequence[Prediction], kind: str) -> Iterator[Prediction]:
    """A class's errors: the surest of the wrong answers, the least sure of the withheld ones."""
    found = [p for p in predictions if p.error == kind]
    yield from sorted(
        found, key=lambda p: (not p.given, -p.confidence if p.given else p.confidence)
    )


def _case(p: Prediction, target: Target) -> dict[str, Any]:
    assert p.error is not None
    return {
        "id": p.id,
        "kind": p.error,
        "kind_name": label(p.error),
        "question": p.question,
        "golds": list(dict.fromkeys(p.golds)),
        "given": p.given,
        "text": p.text,
        "confidence": p.confidence,
        "rank": p.rank,
        "passages_read": p.passages_read,
        "reader": p.reader,
        "passages": list(_passages(p, target)),
    }


def _passages(p: Prediction, target: Target) -> Iterator[dict[str, Any]]:
    """The first passages, and the one that holds the answer if it came later."""
    for rank, ranked in enumerate(p.ranking, 1):
        holds = ranked.key == GOLD or p.wanted.get(ranked.key, 0) > 0
        if rank <= _PASSAGES or (holds and rank == p.rank):
            before, marked, after = _excerpt(p, ranked, target)
            yield {
                "rank": rank,
                "document": ranked.document,
                "start": ranked.start,
                "end": ranked.end,
                "holds": holds,
                "before": before,
                "marked": marked,
                "after": after,
            }


def _excerpt(p: Prediction, ranked: Ranked, target: Target) -> tuple[str, str, str]:
    """A passage up to what is marked in it, that, and the rest; why there is none, instead."""
    try:
        text, sha256 = target.document(ranked.document)
    except DocumentNotFound:
        return "(no longer there)", "", ""
    except QAError:
        # A server may be gone by now; what it said is worth its report.
        return "(can't be fetched any more)", "", ""
    cited = p.cited if p.cited is not None and p.cited.document == ranked.document else None
    if cited is not None and cited.sha256 != sha256:
        return "(has changed since)", "", ""
    last = min(ranked.end, ranked.start + _CHARACTERS)
    start, end = _marked(p, cited, ranked, text, last)
    before, marked, after = (
        _BLANK_LINES.sub("\n", text[left:right])
        for left, right in ((ranked.start, start), (start, end), (end, last))
    )
    return before, marked, after


def _marked(
    p: Prediction, cited: Place | None, ranked: Ranked, text: str, last: int
) -> tuple[int, int]:
    """Where the answer is cited from if that is in the passage, else a place of its words."""
    if cited is not None and ranked.start <= cited.start and cited.end <= ranked.end:
        return min(cited.start, last), min(cited.end, last)
    for words in (p.text, *p.golds):
        at = find_words(text, words, ranked.start, last)
        if at is not None:
            return at, at + len(words)
    return last, last
