"""Lay a question and a passage out as the bounded inputs a BERT-style span reader takes.

Training and serving both build their inputs here, so the reader never meets a
layout it was not trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

# Tokens of a window, and of what two neighbouring windows have in common.
MAX_LENGTH, STRIDE = 320, 96
MAX_QUESTION_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Layout:
    """Ids of the special tokens around question and passage.

    Attributes:
        cls: stands first; its logits are the null score.
        between: one or two separators between question and passage (BERT has one,
            RoBERTa two); the first of them also ends the input.
    """

    cls: int
    between: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the reader: ``[CLS] question [SEP] slice of the passage [SEP]``.

    Attributes:
        ids: token ids, at most ``max_length`` of them.
        prefix: how many ids stand before the first passage token.
        first: which token of the passage ``ids[prefix]`` is.
        length: how many passage tokens the window holds.
    """

    ids: list[int]
    prefix: int
    first: int
    length: int

    def type_ids(self) -> list[int]:
        """Segment ids: 0 up to and including the first ``[SEP]``, then 1."""
        return [0] * self.prefix + [1] * (len(self.ids) - self.prefix)


def windows(
    question: Sequence[int],
    passage: Sequence[int],
    *,
    layout: Layout,
    max_length: int,
    stride: int,
) -> Iterator[Window]:
    """Cut a passage into windows that overlap by ``stride`` tokens.

    Every passage token is in at least one window. The question is cut to
    ``MAX_QUESTION_TOKENS``; ``stride`` must leave room to move forward.

    Raises:
        ValueError: if question and stride leave no room for new passage tokens.
    """
    head = [layout.cls, *question[:MAX_QUESTION_TOKENS], *layout.between]
    room = max_length - len(head) - 1
    if room <= stride:
        raise ValueError(
            f"max_length {max_length} leaves {room} passage tokens a window, "
            f"not more than the stride of {stride}"
        )
    first = 0
    while True:
        piece = list(passage[first : first + room])
        yield Window([*head, *piece, layout.between[0]], len(head), first, len(piece))
        if first + room >= len(passage):
            return
        first += room - stride


def bert_layout(tokenizer: Tokenizer) -> Layout:
    """The layout of BERT's tokenizers.

    Raises:
        ValueError: the tokenizer has no [CLS] or [SEP].
    """
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    if cls is None or sep is None:
        raise ValueError("the tokenizer has no [CLS] or no [SEP]")
    return Layout(cls, (sep,))
