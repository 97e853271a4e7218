"""One evaluation run: ask, score, write down."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import track

from qa.answer.pipeline import Pipeline
from qa.config import Settings
from qa.evaluate.datasets import Question, load_squad
from qa.evaluate.metrics import (
    Prediction,
    abstention,
    interval,
    percentiles,
    recall_at,
    right,
    squad_scores,
)
from qa.evaluate.runs import end_to_end, gold_passage, index_articles, sample
from qa.evaluate.squad import f1

_CUTS = (1, 5, 8)


def evaluate(
    dataset: Path, settings: Settings, run: Path, *, limit: int | None, seed: int
) -> dict[str, object]:
    """Index a SQuAD file's articles, ask its questions, and write a run folder.

    ``report.json`` holds the figures and all they depend on, ``predictions.jsonl`` a
    line a question. Only the first answer is scored.

    Returns:
        The content of ``report.json``.

    Raises:
        UsageError: the dataset can't be read.
    """
    data = load_squad(dataset)
    questions = sample(data.questions, limit, seed)
    run.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(index_articles(data, Path(folder), settings), settings)
        whole = _collect("End to end", questions, lambda q: end_to_end(pipeline, data, q))
        gold = _collect(
            "Gold passage",
            questions,
            lambda q: gold_passage(pipeline.reader, data, q, pipeline.calibration.gap_threshold),
        )
        passages = len(pipeline.snapshot.store)
    answerable = [p for p in whole if p.golds]
    report: dict[str, object] = {
        "dataset": dataset.name,
        "questions": len(questions),
        "answerable": len(answerable),
        "passages": passages,
        "seed": seed,
        "reader": pipeline.reader.name,
        "threshold": pipeline.threshold,
        "versions": {name: version(name) for name in ("qa", "onnxruntime", "faiss-cpu", "bm25s")},
        "settings": json.loads(settings.model_dump_json(exclude={"source", "server"})),
        "end_to_end": squad_scores(whole)
        | abstention(whole, lambda p: right(p.text, p.golds))
        | {f"recall_at_{k}": recall_at(whole, k) for k in _CUTS}
        | percentiles([p.milliseconds for p in whole]),
        "end_to_end_f1_interval": interval(
            [100 * f1(p.text if p.given else "", p.golds) for p in whole]
        ),
        "gold_passage": squad_scores(gold) | percentiles([p.milliseconds for p in gold]),
    }
    (run / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    with (run / "predictions.jsonl").open("w", encoding="utf-8") as lines:
        for prediction in whole:
            lines.write(json.dumps(asdict(prediction), ensure_ascii=False) + "\n")
    return report


def _collect(
    title: str,
    questions: Sequence[Question],
    ask: Callable[[Sequence[Question]], Iterable[Prediction]],
) -> list[Prediction]:
    console = Console(stderr=True)
    return list(
        track(
            ask(questions),
            description=title,
            total=len(questions),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
    )
