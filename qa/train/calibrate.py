"""Fit a reader's calibration, end to end, on the held-out training articles.

The articles are split in two and each half is indexed by the real builder. A
question is asked of its own half (answerable, or SQuAD's adversarial unanswerable)
and of the other half, where it is a natural question that the documents don't
answer. Each time it is asked twice: of the whole half, a library, and of a single
document of a few paragraphs, a leaflet, because evidence that is telling among
hundreds of passages may mean nothing among four.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import numpy as np
from sklearn.linear_model import LogisticRegression

from qa.answer.confidence import Calibration, Point
from qa.answer.evidence import Candidate, contenders, gather
from qa.answer.library import SnapshotLibrary
from qa.answer.retriever import Retriever
from qa.config import Settings
from qa.evaluate.datasets import Dataset
from qa.evaluate.judge import holds_gold, right
from qa.evaluate.runs import gold_passage, index_articles
from qa.evaluate.squad import f1
from qa.index.snapshot import Snapshot
from qa.train.data import split
from qa.types import Reader

# How often each kind of question counts: what the table promises holds for this mix,
# which is nearly that of SQuAD 2.0's own development set, so that the promise can be
# checked there. People ask fewer trick questions, and get more right answers.
MIX = {"answerable": 0.5, "adversarial": 0.45, "natural": 0.05}
# A sentence reader can't see why a sentence about the right thing doesn't answer, so
# adversarial questions would only teach it to decline everything.
SENTENCE_MIX = {"answerable": 0.7, "adversarial": 0.0, "natural": 0.3}
# The reader's evidence, and how the passages of one question compare. Cosine similarity
# and retrieval score themselves tell a little more on SQuAD, but their scale changes
# with the collection and with the way of asking (keywords, slips of the finger), and
# the confidence would with it.
FEATURES = ("support", "behind", "lag")
# A sentence's support adds nothing to its lead over the others.
SENTENCE_FEATURES = ("margin", "dense", "retrieval")
# Candidates per question that the regression sees.
_DEPTH = 3
# Paragraphs in a leaflet.
_LEAFLET = 6


@dataclass(frozen=True, slots=True)
class Sample:
    """One candidate answer to a question with the truth about it.

    ``asked`` tells the times apart that one question was asked.
    """

    asked: tuple[int, str, bool]
    kind: str
    features: dict[str, float]
    right: bool


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
    articles = sorted({data.titles[data.questions[q].paragraph] for q in held})
    rng.shuffle(articles)
    chosen = rng.sample(held, min(limit, len(held)))
    leaflets = replace(data, titles=_leaflets(data.titles))
    samples: list[Sample] = []
    for half in (set(articles[::2]), set(articles[1::2])):
        titles = list(
            dict.fromkeys(
                leaflet
                for leaflet, article in zip(leaflets.titles, data.titles, strict=True)
                if article in half
            )
        )
        with tempfile.TemporaryDirectory() as folder:
            snapshot = index_articles(leaflets, Path(folder), settings, titles)
            # One file each, in order.
            ids = dict(zip(titles, (r.id for r in snapshot.store.records), strict=True))
            retriever = Retriever(
                snapshot, settings.retrieval.candidates, settings.retrieval.dense_weight
            )
            reader, library = make_reader(snapshot), SnapshotLibrary(snapshot)
            for number in chosen:
                question = data.questions[number]
                own = data.titles[question.paragraph] in half
                kind = ("answerable" if question.golds else "adversarial") if own else "natural"
                leaflet = leaflets.titles[question.paragraph] if own else rng.choice(titles)
                for documents in (None, [ids[leaflet]]):
                    found = retriever.search(question.text, settings.retrieval.top_k, documents)
                    hits = contenders(found)
                    texts = [library.text(hit.passage) for hit in hits]
                    candidates = gather(hits, reader.read(question.text, texts))
                    golds = question.golds if own else ()
                    asked = (number, kind, documents is None)
                    samples += _samples(asked, candidates, golds, whole_sentences)
    return samples


def _leaflets(titles: Sequence[str]) -> list[str]:
    """A title for each paragraph that it shares with a few neighbours of its article."""
    seen: dict[str, int] = {}
    named = []
    for title in titles:
        seen[title] = seen.get(title, -1) + 1
        named.append(f"{title} {seen[title] // _LEAFLET + 1}")
    return named


def save(file: Path, source: Mapping[str, object], samples: Iterable[Sample]) -> None:
    """Write samples and what they are of, so that a fit can be repeated without asking again."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(asdict(sample)) + "\n" for sample in samples)
    file.write_text(f"{json.dumps(source)}\n{lines}", encoding="utf-8")


def load(file: Path, source: Mapping[str, object]) -> list[Sample]:
    """Read what ``save`` wrote.

    Raises:
        ClickException: it is of another ``source``.
    """
    first, *rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    other = [name for name in source if first.get(name) != source[name]]
    if other:
        raise click.ClickException(
            f"{file}: holds candidates of another {', '.join(other)}; choose another --samples"
        )
    return [Sample(**{**row, "asked": tuple(row["asked"])}) for row in rows]


def best_gap_threshold(data: Dataset, reader: Reader, limit: int, seed: int) -> float:
    """The lead over the null score from which to answer on held-out gold passages.

    As many answerable as unanswerable questions are asked, so that neither kind is
    favoured. F1 hardly changes around its best threshold, so the threshold with the
    best F1 of a sample is mostly chance; this one is where a logistic regression, each
    question weighing what is at stake in it (the F1 of its answer, or 1 for declining
    rightly), is in two minds. It varies a quarter as much from sample to sample.
    """
    rng = random.Random(seed)
    held = [data.questions[q] for q in split(data)[1]]
    kinds = [[q for q in held if bool(q.golds) == answered] for answered in (True, False)]
    size = min(limit // 2, *map(len, kinds))
    chosen = [question for kind in kinds for question in rng.sample(kind, size)]
    predictions = [p for p in gold_passage(reader, data, chosen, 0.0) if p.text]
    leads = np.array([[p.confidence] for p in predictions])
    stakes = [f1(p.text, p.golds) if p.golds else 1.0 for p in predictions]
    model = LogisticRegression(C=1e6, max_iter=2000)
    model.fit(leads, [bool(p.golds) for p in predictions], sample_weight=stakes)
    return float(-model.intercept_[0] / model.coef_[0, 0])


def _samples(
    asked: tuple[int, str, bool],
    candidates: Sequence[Candidate],
    golds: Sequence[str],
    whole_sentences: bool,
) -> list[Sample]:
    judge = holds_gold if whole_sentences else right
    return [
        Sample(asked, asked[1], candidate.features, judge(candidate.text, golds))
        for candidate in candidates[:_DEPTH]
    ]


def fit(
    samples: Sequence[Sample], reader: str, mix: dict[str, float], names: Sequence[str]
) -> Calibration:
    """Logistic regression over the candidates' evidence, and the table of its outcome.

    The regression sees the first few candidates of each question, so that it ranks
    them; its scale is then set on the first ones alone (Platt, 1999), so that their
    confidences are probabilities.
    """
    counts = {kind: len({s.asked for s in samples if s.kind == kind}) for kind in mix}
    weight = {kind: mix[kind] / max(1, counts[kind]) * 1000 for kind in mix}
    matrix = np.array([[s.features[name] for name in names] for s in samples])
    low, high = np.quantile(matrix, (0.005, 0.995), axis=0)
    clipped = np.clip(matrix, low, high)
    spread = clipped.std(axis=0) + 1e-9
    rights = np.array([s.right for s in samples])
    weights = np.array([weight[s.kind] for s in samples])
    model = LogisticRegression(C=1.0, max_iter=2000)
    model.fit(clipped / spread, rights, sample_weight=weights)
    scores = model.decision_function(clipped / spread)
    first: dict[tuple[int, str, bool], int] = {}
    for row, sample in enumerate(samples):
        if scores[row] > scores[first.setdefault(sample.asked, row)]:
            first[sample.asked] = row
    rows = list(first.values())
    scale = LogisticRegression(C=100.0, max_iter=2000)
    scale.fit(scores[rows, None], rights[rows], sample_weight=weights[rows])
    slope = float(scale.coef_[0, 0])
    calibration = Calibration(
        reader=reader,
        bias=slope * float(model.intercept_[0]) + float(scale.intercept_[0]),
        weights=dict(zip(names, (slope * model.coef_[0] / spread).tolist(), strict=True)),
        limits={n: (float(a), float(b)) for n, a, b in zip(names, low, high, strict=True)},
        table=[],
    )
    return calibration.model_copy(update={"table": table(samples, calibration, weight)})


def table(
    samples: Sequence[Sample], calibration: Calibration, weight: dict[str, float]
) -> list[Point]:
    """Precision and coverage of the first answer, by the lowest confidence to give it at."""
    best: dict[tuple[int, str, bool], tuple[float, Sample]] = {}
    for sample in samples:
        probability = calibration.probability(sample.features)
        if sample.asked not in best or probability > best[sample.asked][0]:
            best[sample.asked] = (probability, sample)
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
