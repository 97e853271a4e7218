"""Fit a reader's calibration, end to end, on the held-out training articles.

The articles are split in two and each half is indexed by the real builder. A
question is asked of its own half (answerable, or SQuAD's adversarial unanswerable)
and of the other half, where it is a natural question that the documents don't
answer.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from qa.answer.confidence import Calibration, Point
from qa.answer.evidence import FEATURES, Candidate, gather
from qa.answer.retriever import Retriever
from qa.config import Settings
from qa.evaluate.datasets import Dataset
from qa.evaluate.judge import right
from qa.evaluate.metrics import squad_scores
from qa.evaluate.runs import gold_passage, index_articles
from qa.evaluate.squad import normalize
from qa.index.snapshot import Snapshot
from qa.train.data import split
from qa.types import Reader

# How often each kind of question counts: what the table promises holds for this mix.
# People rarely ask what SQuAD's adversaries did, and often what is not there at all.
MIX = {"answerable": 0.65, "adversarial": 0.1, "natural": 0.25}
# A sentence reader can't see why a sentence about the right thing doesn't answer, so
# adversarial questions would only teach it to decline everything.
SENTENCE_MIX = {"answerable": 0.7, "adversarial": 0.0, "natural": 0.3}
# Candidates per question that the regression sees.
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One candidate answer with the truth about it; ``rank`` 0 is the best supported."""

    question: int
    kind: str
    rank: int
    features: dict[str, float]
    right: bool


def holds_a_gold(text: str, golds: Sequence[str]) -> bool:
    """Whether a whole sentence counts as right: it holds a gold answer."""
    return any(f" {normalize(gold)} " in f" {normalize(text)} " for gold in golds)


def collect(
    data: Dataset,
    make_reader: Callable[[Snapshot], Reader],
    *,
    limit: int,
    seed: int,
    whole_sentences: bool,
    settings: Settings,
) -> list[Sample]:
    """Ask up to ``limit`` held-out questions of both halves."""
    rng = random.Random(seed)
    _, held = split(data)
    titles = sorted({data.titles[data.questions[q].paragraph] for q in held})
    rng.shuffle(titles)
    halves = [set(titles[::2]), set(titles[1::2])]
    chosen = rng.sample(held, min(limit, len(held)))
    samples: list[Sample] = []
    for half in halves:
        with tempfile.TemporaryDirectory() as folder:
            snapshot = index_articles(data, Path(folder), settings, half)
            retriever = Retriever(
                snapshot, settings.retrieval.candidates, settings.retrieval.dense_weight
            )
            reader = make_reader(snapshot)
            for number in chosen:
                question = data.questions[number]
                own = data.titles[question.paragraph] in half
                kind = ("answerable" if question.golds else "adversarial") if own else "natural"
                hits = retriever.search(question.text, settings.retrieval.top_k)
                found = gather(hits, reader.read(question.text, [h.passage.text for h in hits]))
                golds = question.golds if own else ()
                samples += _samples(number, kind, found, golds, whole_sentences)
    return samples


def best_gap_threshold(data: Dataset, reader: Reader, limit: int, seed: int) -> float:
    """The lead over the null score with the best F1 on held-out gold passages.

    As many answerable as unanswerable questions are asked, so that neither kind is
    favoured.
    """
    rng = random.Random(seed)
    held = [data.questions[q] for q in split(data)[1]]
    kinds = [[q for q in held if bool(q.golds) == answered] for answered in (True, False)]
    size = min(limit // 2, *map(len, kinds))
    chosen = [question for kind in kinds for question in rng.sample(kind, size)]
    predictions = list(gold_passage(reader, data, chosen, 0.0))
    return squad_scores(predictions)["best_threshold"]


def _samples(
    number: int,
    kind: str,
    candidates: Sequence[Candidate],
    golds: Sequence[str],
    whole_sentences: bool,
) -> list[Sample]:
    return [
        Sample(
            number,
            kind,
            rank,
            candidate.features,
            (holds_a_gold if whole_sentences else right)(candidate.text, golds),
        )
        for rank, candidate in enumerate(candidates[:_DEPTH])
    ]


def fit(samples: Sequence[Sample], reader: str, mix: dict[str, float]) -> Calibration:
    """Logistic regression over the candidates' evidence, and the table of its outcome."""
    counts = {kind: len({s.question for s in samples if s.kind == kind}) for kind in mix}
    weight = {kind: mix[kind] / max(1, counts[kind]) * 1000 for kind in mix}
    matrix = np.array([[s.features[name] for name in FEATURES] for s in samples])
    limits = {
        name: (float(low), float(high))
        for name, low, high in zip(
            FEATURES,
            np.quantile(matrix, 0.005, axis=0),
            np.quantile(matrix, 0.995, axis=0),
            strict=True,
        )
    }
    low, high = np.array(list(limits.values())).T
    clipped = np.clip(matrix, low, high)
    spread = clipped.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=2000)
    model.fit(
        clipped / spread,
        [s.right for s in samples],
        sample_weight=[weight[s.kind] for s in samples],
    )
    calibration = Calibration(
        reader=reader,
        bias=float(model.intercept_[0]),
        weights=dict(zip(FEATURES, (model.coef_[0] / spread).tolist(), strict=True)),
        limits=limits,
        table=[],
    )
    return calibration.model_copy(update={"table": table(samples, calibration, weight)})


def table(
    samples: Sequence[Sample], calibration: Calibration, weight: dict[str, float]
) -> list[Point]:
    """Precision and coverage of the first answer, by the lowest confidence to give it at."""
    best: dict[tuple[int, str], tuple[float, Sample]] = {}
    for sample in samples:
        probability = calibration.probability(sample.features)
        key = (sample.question, sample.kind)
        if key not in best or probability > best[key][0]:
            best[key] = (probability, sample)
    probabilities = np.array([p for p, _ in best.values()])
    rights = np.array([s.right for _, s in best.values()])
    weights = np.array([weight[s.kind] for _, s in best.values()])
    answerable = np.array([s.kind == "answerable" for _, s in best.values()])
    points = []
    for threshold in np.arange(0.0, 1.0, 0.01):
        given = probabilities >= threshold
        if weights[given].sum() < 0.01 * weights.sum():
            break
        points.append(
            Point(
                threshold=round(float(threshold), 2),
                precision=round(float(np.average(rights[given], weights=weights[given])), 4),
                coverage=round(float(np.average(given[answerable])), 4),
            )
        )
    return points
