"""What the networks are trained to, and how they are judged on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from qa.answer.spans import MAX_ANSWER_TOKENS, decode
from qa.evaluate.datasets import Dataset
from qa.evaluate.metrics import squad_scores
from qa.evaluate.predictions import Prediction
from qa.train.data import Example, Feature, Features
from qa.train.loop import precision

# Span starts and ends, each (batch, tokens), and relevance (batch,), as logits.
Outputs = tuple[Tensor, Tensor, Tensor]
Network = Callable[[Tensor, Tensor, Tensor], Outputs]

HIDDEN = -1e4


def tensors(batch: Sequence[Feature]) -> tuple[Tensor, Tensor, Tensor]:
    """Token ids, attention mask and segment ids, each of shape ``(batch, tokens)``."""
    # Few distinct shapes: the matrix kernels are compiled once for each.
    longest = -(-max(len(f.window.ids) for f in batch) // 16) * 16
    ids, mask, types = (torch.zeros(len(batch), longest, dtype=torch.long) for _ in range(3))
    for row, feature in enumerate(batch):
        n = len(feature.window.ids)
        ids[row, :n] = torch.tensor(feature.window.ids)
        mask[row, :n] = 1
        types[row, :n] = torch.tensor(feature.window.type_ids())
    return ids, mask, types


def annotation_loss(network: Network, batch: Sequence[Feature], relevance_weight: float) -> Tensor:
    """How far the network is from the annotated spans, and from which passages hold one."""
    ids, mask, types = tensors(batch)
    with precision():
        outputs = network(ids, mask, types)
    return span_loss(batch, outputs, mask) + relevance_weight * relevance_loss(batch, outputs)


def span_loss(batch: Sequence[Feature], outputs: Outputs, mask: Tensor) -> Tensor:
    """Marginal likelihood of the span over its possible places.

    Where the text of an answer stands several times and the annotated place is
    unknown, the probability of all places is added up (Clark and Gardner, 2018).
    """
    starts, ends = (o.float().masked_fill(mask == 0, HIDDEN).log_softmax(-1) for o in outputs[:2])
    likelihoods = []
    for row, feature in enumerate(batch):
        spans = torch.tensor(feature.spans or ((0, 0),))
        likelihoods.append(
            torch.logsumexp(starts[row, spans[:, 0]] + ends[row, spans[:, 1]], dim=0)
        )
    return -torch.stack(likelihoods).mean() / 2


def relevance_loss(batch: Sequence[Feature], outputs: Outputs) -> Tensor:
    """Cross-entropy of the relevance output, where it is known."""
    known = torch.tensor([f.relevant is not None for f in batch])
    truth = torch.tensor([float(bool(f.relevant)) for f in batch])
    return binary_cross_entropy_with_logits(outputs[2].float()[known], truth[known])


@torch.no_grad()
def score(
    network: Network, data: Dataset, features: Features, questions: Sequence[int]
) -> dict[str, float]:
    """``squad_scores`` on gold paragraphs; its ``best_f1`` is the figure to watch."""
    built = features.build([Example(q, data.questions[q].paragraph) for q in questions])
    order = sorted(range(len(built)), key=lambda i: len(built[i].window.ids))
    best: dict[int, tuple[float, str]] = {}
    for begin in range(0, len(order), 64):
        batch = [built[i] for i in order[begin : begin + 64]]
        with precision():
            outputs = network(*tensors(batch))
        starts, ends = (o.float().numpy() for o in outputs[:2])
        for row, feature in enumerate(batch):
            window = feature.window
            spans, null = decode(
                starts[row],
                ends[row],
                prefix=window.prefix,
                length=window.length,
                max_tokens=MAX_ANSWER_TOKENS,
                top_k=1,
            )
            gap = spans[0].score - null
            question = data.questions[feature.question]
            offsets = features.paragraph(question.paragraph).offsets
            left = offsets[window.first + spans[0].first][0]
            right = offsets[window.first + spans[0].last][1]
            if gap > best.get(feature.question, (-np.inf, ""))[0]:
                best[feature.question] = (gap, data.paragraphs[question.paragraph][left:right])
    predictions = []
    for number, (gap, text) in best.items():
        asked = data.questions[number]
        predictions.append(Prediction(asked.id, asked.text, asked.golds, text, gap, gap >= 0))
    return squad_scores(predictions)
