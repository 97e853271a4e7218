"""The trained reader: spans from an ONNX question-answering model, without torch."""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from qa.answer.clauses import asked_for
from qa.answer.looks import Look, ReadPassage
from qa.answer.tables import BAR
from qa.answer.windows import (
    MAX_LENGTH,
    MAX_QUESTION_TOKENS,
    STRIDE,
    Layout,
    Window,
    bert_layout,
    windows,
)
from qa.errors import ModelError
from qa.index.files import whole_tokenizer
from qa.index.onnx import Session, open_session
from qa.index.sentences import in_sentences
from qa.types import Reading, Text

LAYOUT_FILE = "layout.json"
_QUESTION_MARKS = ("?", "？")


class SpanReader:
    """Reads spans with a model that gives start and end logits, and relevance if it can.

    It reads every passage, and of those that may answer the best sentence again.

    Every window is run by itself: an int8 model scales its numbers to the largest of a
    batch, so that a passage's scores would depend on which others came with it. A lone
    window gets all cores, several get a core each, which is no slower than a batch.

    Safe to share by threads.
    """

    def __init__(self, folder: Path) -> None:
        """Load ``model.onnx`` and ``tokenizer.json`` of a folder.

        Raises:
            ModelError: either is missing or not what a span reader needs.
        """
        try:
            self._session = open_session(folder / "model.onnx")
            self._one_core = open_session(folder / "model.onnx", threads=1)
            self._tokenizer = whole_tokenizer(folder)
            self._layout = _layout(folder, self._tokenizer)
            self._bar = self._tokenizer.token_to_id(BAR)
            self._comma = self._tokenizer.token_to_id(",")
        except Exception as error:
            raise ModelError(
                f"{folder}: not a usable reader: {' '.join(str(error).split())[:160]}"
            ) from None
        self._workers = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "reader")
        self._inputs = [i.name for i in self._session.get_inputs()]
        self._outputs = [o.name for o in self._session.get_outputs()]
        if not {"start_logits", "end_logits"} <= set(self._outputs):
            raise ModelError(
                f"{folder}: model.onnx gives {', '.join(self._outputs)}, "
                "not start_logits and end_logits"
            )

    def read(self, question: str, passages: Sequence[Text]) -> list[Reading]:
        """One reading for each passage, in order."""
        asked = self._asked(question)
        encodings = self._tokenizer.encode_batch(
            [passage.text for passage in passages], add_special_tokens=False
        )
        pages = [
            ReadPassage(passage, encoding)
            for passage, encoding in zip(passages, encodings, strict=True)
        ]
        looks = self._look([list(self._windows(asked, page)) for page in pages])
        parts = [page.see(seen) for page, seen in zip(pages, looks, strict=True)]
        again = [
            [] if part is None else list(self._cut(asked, page.ids, *part))
            for page, part in zip(pages, parts, strict=True)
        ]
        for page, seconds in zip(pages, self._look(again), strict=True):
            # One at most: what it shows is part of what one window did.
            for second in seconds:
                page.look_again(second)
        wanted = asked_for(question)
        return [page.reading(question, wanted) for page in pages]

    def _asked(self, question: str) -> list[int]:
        """Token ids of a question; of one that is too long, those of its last question."""
        ids: list[int] = self._tokenizer.encode(question, add_special_tokens=False).ids
        if len(ids) > MAX_QUESTION_TOKENS:
            for start, end in reversed(in_sentences(question).sentences):
                if question[start:end].endswith(_QUESTION_MARKS):
                    return self._tokenizer.encode(question[start:end], add_special_tokens=False).ids
        return ids

    def _windows(self, asked: list[int], page: ReadPassage) -> Iterator[Window]:
        """A passage's windows: of its running text, and of each row of a table by itself."""
        ids = list(page.ids)
        lasts = [end for _, end in page.offsets]
        borders = [0]
        for start, end in page.rows:
            first, last = bisect_right(lasts, start), bisect_right(lasts, end)
            borders += [first, last]
            if self._bar and self._comma:
                # Like a sentence, which is what the model knows.
                row = ids[first:last]
                ids[first:last] = [self._comma if id == self._bar else id for id in row]
        borders.append(len(ids))
        for first, last in pairwise(borders):
            if first < last or not ids:
                yield from self._cut(asked, ids, first, last)

    def _cut(self, asked: list[int], ids: list[int], first: int, last: int) -> Iterator[Window]:
        for window in windows(
            asked, ids[first:last], layout=self._layout, max_length=MAX_LENGTH, stride=STRIDE
        ):
            yield replace(window, first=first + window.first)

    def _look(self, cut: Sequence[Sequence[Window]]) -> list[list[Look]]:
        """What the model says of every passage's windows."""
        looks: list[list[Look]] = [[] for _ in cut]
        order = [(number, window) for number, of_one in enumerate(cut) for window in of_one]
        if len(order) == 1:
            number, window = order[0]
            looks[number].append(self._run(self._session, window))
            return looks
        # The longest first, so that no core is left with it at the end.
        order.sort(key=lambda item: -len(item[1].ids))
        found = self._workers.map(lambda item: self._run(self._one_core, item[1]), order)
        for (number, _), look in zip(order, found, strict=True):
            looks[number].append(look)
        return looks

    def _run(self, session: Session, window: Window) -> Look:
        ids = np.array([window.ids], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.array([window.type_ids()], dtype=np.int64),
        }
        values = session.run(None, {name: feed[name] for name in self._inputs})
        result = dict(zip(self._outputs, values, strict=True))
        relevance = float(result["relevance"][0]) if "relevance" in result else 0.0
        shown = [0, *range(window.prefix, window.prefix + window.length)]
        start, end = (result[name][0][shown] for name in ("start_logits", "end_logits"))
        return Look(window.first, start, end, relevance)


def _layout(folder: Path, tokenizer: Tokenizer) -> Layout:
    """The layout an exported model was trained with; BERT's if it doesn't say."""
    file = folder / LAYOUT_FILE
    if not file.exists():
        return bert_layout(tokenizer)
    raw = json.loads(file.read_bytes())
    return Layout(int(raw["cls"]), tuple(int(id) for id in raw["between"]))
