"""Two runs on the same questions, compared question by question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.errors import RunError
from qa.evaluate.bootstrap import Difference, differences
from qa.evaluate.metrics import LOWER_IS_BETTER
from qa.evaluate.pages import comparison_page
from qa.evaluate.predictions import Prediction, read
from qa.evaluate.report import SCOPES, depth_of, scope_figures
from qa.evaluate.table import label, share

COMPARISON, COMPARISON_PAGE = "comparison.json", "comparison.html"
_SIGNIFICANT = 0.05


def compare_runs(first: Path, second: Path) -> dict[str, Any]:
    """Compare the second run with the first; written into the second's folder.

    Only questions that both asked count. A question is won if it went wrong in the
    first run and right in the second.

    Returns:
        The content of ``comparison.json``.

    Raises:
        RunError: a folder holds no run, or the runs have no question in common.
    """
    before, after = read(first), read(second)
    pairs = _pairs(first, before[1], second, after[1])
    ones, twos = [one for one, _ in pairs], [two for _, two in pairs]
    depth = min(depth_of(*before), depth_of(*after))
    scopes = scope_figures([*ones, *twos], depth)
    if (before[0].get("corpus") == "server") != (after[0].get("corpus") == "server"):
        # A server reads the right passage its own way: cut anew, at the threshold of answers.
        scopes.pop("reader", None)
    comparison: dict[str, Any] = {
        "first": str(first),
        "second": str(second),
        "questions": len(pairs),
        "left_out": len(before[1]) + len(after[1]) - 2 * len(pairs),
        "figures": {
            scope: {
                name: _row(difference)
                for name, difference in differences(scopes[scope], len(pairs), 0).items()
            }
            for scope in SCOPES
            if scope in scopes
        },
        "changes": list(_changes(before[0], after[0])),
        "won": [_both(a, b) for a, b in pairs if a.error and not b.error],
        "lost": [_both(a, b) for a, b in pairs if b.error and not a.error],
    }
    try:
        text = json.dumps(comparison, indent=1, ensure_ascii=False, allow_nan=False)
        (second / COMPARISON).write_text(f"{text}\n", encoding="utf-8")
        page = comparison_page(comparison, _shown(comparison))
        (second / COMPARISON_PAGE).write_text(page, encoding="utf-8")
    except OSError as error:
        raise RunError(f"{second}: can't be written: {error.strerror}") from None
    return comparison


def comparison_table(comparison: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the table for the terminal."""
    yield f"first  {comparison['first']}"
    yield f"second {comparison['second']}"
    yield f"the same {comparison['questions']} questions; " + (
        f"won {len(comparison['won'])}, lost {len(comparison['lost'])}"
    )
    if comparison["left_out"]:
        yield f"{comparison['left_out']} that only one of the runs asked are left out"
    for scope, rows in _shown(comparison).items():
        yield ""
        yield f"{SCOPES[scope]:<32}  first  second  differ.   95 % interval      p"
        for row in rows:
            yield (
                f"  {row['name']:<29} {row['first']:>6}  {row['second']:>6}  "
                f"{row['difference']:>7}   {row['interval']:<15}  {row['p']:>5}"
            )


def _pairs(
    first: Path, before: Sequence[Prediction], second: Path, after: Sequence[Prediction]
) -> list[tuple[Prediction, Prediction]]:
    known = {p.id: p for p in before}
    pairs = [(known[p.id], p) for p in after if p.id in known]
    if not pairs:
        raise RunError(f"{first} and {second}: no question is in both; compare runs on one dataset")
    for a, b in pairs:
        if (a.question, a.golds, dict(a.wanted)) != (b.question, b.golds, dict(b.wanted)):
            raise RunError(
                f"{first} and {second}: question {a.id!r} is not the same in both; "
                "compare runs on one dataset"
            )
    return pairs


def _row(difference: Difference) -> dict[str, float | None]:
    return {
        "first": difference.first,
        "second": difference.second,
        "difference": difference.difference.value,
        "low": difference.difference.low,
        "high": difference.difference.high,
        "p": difference.p,
    }


def _both(first: Prediction, second: Prediction) -> dict[str, Any]:
    return {
        "id": second.id,
        "question": second.question,
        "golds": list(dict.fromkeys(second.golds)),
        "first": _side(first),
        "second": _side(second),
    }


def _side(p: Prediction) -> dict[str, Any]:
    return {"text": p.text if p.given else "", "rank": p.rank, "error": p.error}


def _changes(
    first: Mapping[str, object], second: Mapping[str, object]
) -> Iterator[tuple[str, str, str]]:
    """What the two headers say differently."""
    before, after = dict(_flat(first)), dict(_flat(second))
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield name, before.get(name, "–"), after.get(name, "–")


def _flat(header: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in header.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


def _shown(comparison: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """The figures' differences as text, by scope."""
    return {
        scope: [_text(name, row) for name, row in rows.items()]
        for scope, rows in comparison["figures"].items()
    }


def _text(name: str, row: Mapping[str, float | None]) -> dict[str, str]:
    difference, low, high, p = row["difference"], row["low"], row["high"], row["p"]
    verdict = ""
    if difference and p is not None and p < _SIGNIFICANT:
        verdict = "good" if (difference > 0) != (name in LOWER_IS_BETTER) else "bad"
    return {
        "name": label(name),
        "first": share(row["first"]),
        "second": share(row["second"]),
        "difference": "–" if difference is None else f"{difference:+.4f}",
        "interval": "–" if low is None or high is None else f"{low:+.3f} – {high:+.3f}",
        "p": "–" if p is None else f"{p:.3f}",
        "verdict": verdict,
    }
