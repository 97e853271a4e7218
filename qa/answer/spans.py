"""Choose spans from a reader's start and end logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_ANSWER_TOKENS = 30


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """A candidate answer in token positions of the passage, both ends inclusive.

    ``score`` is start logit + end logit; comparable within one window and, less
    the window's null score, across windows and passages.
    """

    first: int
    last: int
    score: float


def decode(
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    *,
    prefix: int,
    length: int,
    max_tokens: int,
    top_k: int,
    block: NDArray[np.int64] | None = None,
) -> tuple[list[TokenSpan], float]:
    """Score every allowed (start, end) pair of one window.

    All pairs with start ≤ end, at most ``max_tokens`` tokens and both ends among
    the window's passage tokens compete; none is lost to a per-side top-n
    shortlist. The null score of SQuAD 2.0 (Rajpurkar et al., 2018; Devlin et al.,
    2019) is the logit sum at ``[CLS]``.

    Args:
        start: start logits of the window, shape ``(n,)`` with ``n ≥ prefix + length``.
        end: end logits, same shape.
        prefix: index of the first passage token.
        length: number of passage tokens.
        max_tokens: longest span allowed, in tokens.
        top_k: how many spans to return at most.
        block: which sentence each passage token stands in, shape ``(length,)``; no
            span crosses from one into another.

    Returns:
        The best spans, best first, with token positions counted from the window's
        first passage token, and the null score. No spans if that is no number.
    """
    null = float(start[0] + end[0])
    if length == 0 or not np.isfinite(null):
        return [], null
    band = min(max_tokens, length)
    starts = start[prefix : prefix + length]
    ends = np.full(length + band - 1, -np.inf, dtype=np.float32)
    ends[:length] = end[prefix : prefix + length]
    scores = starts[:, None] + np.lib.stride_tricks.sliding_window_view(ends, band)
    if block is not None:
        blocks = np.full(length + band - 1, -1, dtype=np.int64)
        blocks[:length] = block
        ahead = np.lib.stride_tricks.sliding_window_view(blocks, band)
        scores[ahead != block[:, None]] = -np.inf
    flat = scores.ravel()
    # Most pairs of a passage of many sentences aren't allowed, and sorting those is slow.
    best = np.flatnonzero(np.isfinite(flat))
    if top_k < best.size:
        best = best[np.argpartition(flat[best], -top_k)[-top_k:]]
    # Ties go to the earlier, shorter span, so that equal logits give equal answers.
    order = best[np.lexsort((best, -flat[best]))]
    return [
        TokenSpan(int(i // band), int(i // band + i % band), float(flat[i])) for i in order
    ], null
