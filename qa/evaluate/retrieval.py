"""Retrieval figures as trec_eval defines them, computed by it through ir-measures."""

from __future__ import annotations

from collections.abc import Sequence

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG

from qa.evaluate.bootstrap import Statistic, ratio
from qa.evaluate.predictions import Prediction

CUTS = (1, 3, 5, 10)


def retrieval_figures(predictions: Sequence[Prediction], depth: int) -> dict[str, Statistic]:
    """Recall at some ranks, mean reciprocal rank and nDCG over the first ``depth``.

    Only over questions with something to find; what was not retrieved counts 0. For
    answers there is one thing to find, the place of the answer, so that recall is the
    share of questions with a passage that holds it.
    """
    cuts = sorted({*(k for k in CUTS if k <= depth), depth})
    measures = {f"recall_at_{k}": R @ k for k in cuts}
    measures[f"mrr_at_{depth}"] = RR @ depth
    measures[f"ndcg_at_{depth}"] = nDCG @ depth
    # By row, as two runs' predictions on the same questions may stand in one list; and by
    # rank, not by score: trec_eval would break ties by name.
    wanting = [(str(row), p) for row, p in enumerate(predictions) if p.wanted]
    qrels = {row: dict(p.wanted) for row, p in wanting}
    run = {
        row: {r.key: float(len(p.ranking) - i) for i, r in enumerate(p.ranking)}
        for row, p in wanting
    }
    scores = {str(measure): np.zeros(len(predictions)) for measure in measures.values()}
    for metric in ir_measures.iter_calc(list(measures.values()), qrels, run) if qrels else ():
        scores[str(metric.measure)][int(metric.query_id)] = metric.value
    asked = np.array([float(bool(p.wanted)) for p in predictions])
    return {name: ratio(scores[str(measure)], asked) for name, measure in measures.items()}
