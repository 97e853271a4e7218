"""The trained reader: spans from an ONNX question-answering model, without torch."""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from qa.answer.clauses import Asked, asked_for, complete
from qa.answer.spans import decode
from qa.answer.tables import BAR, cell_parts, row_spans, whole_entry
from qa.answer.tidy import tidy
from qa.answer.windows import MAX_QUESTION_TOKENS, Layout, Window, bert_layout, windows
from qa.errors import ModelError
from qa.index.files import whole_tokenizer
from qa.index.onnx import Session, open_session
from qa.index.sentences import in_sentences
from qa.types import Reading, Span, Text

MAX_LENGTH, STRIDE = 320, 96
MAX_ANSWER_TOKENS = 30
LAYOUT_FILE = "layout.json"
_SPANS_PER_PASSAGE = 3
_QUESTION_MARKS = ("?", "？")


@dataclass(frozen=True, slots=True)
class _Output:
    """What the model says of one window."""

    window: Window
    start: NDArray[np.float32]
    end: NDArray[np.float32]
    relevance: float


class SpanReader:
    """Reads spans with a model that gives start and end logits, and relevance if it can.

    Every window is run by itself: an int8 model scales its numbers to the largest of a
    batch, so that a passage's scores would depend on which others came with it. A lone
    window gets all cores, several get a core each, which is no slower than a batch.

    Safe to share by threads.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Load ``model.onnx`` and ``tokenizer.json`` of a folder.

        Raises:
            ModelError: either is missing or not what a span reader needs.
        """
        self.name = name
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
        rows = [row_spans(passage.text) for passage in passages]
        outputs: list[list[_Output]] = [[] for _ in passages]
        cut = [
            (number, window)
            for number, encoding in enumerate(encodings)
            for window in self._windows(asked, encoding, rows[number])
        ]
        if len(cut) == 1:
            outputs[0].append(self._run(self._session, cut[0][1]))
        else:
            # The longest first, so that no core is left with it at the end.
            cut.sort(key=lambda item: -len(item[1].ids))
            found = self._workers.map(lambda item: self._run(self._one_core, item[1]), cut)
            for (number, _), output in zip(cut, found, strict=True):
                outputs[number].append(output)
        wanted = asked_for(question)
        return [
            _reading(*of_one, wanted)
            for of_one in zip(passages, rows, encodings, outputs, strict=True)
        ]

    def _asked(self, question: str) -> list[int]:
        """Token ids of a question; of one that is too long, those of its last question."""
        ids: list[int] = self._tokenizer.encode(question, add_special_tokens=False).ids
        if len(ids) > MAX_QUESTION_TOKENS:
            for start, end in reversed(in_sentences(question).sentences):
                if question[start:end].endswith(_QUESTION_MARKS):
                    return self._tokenizer.encode(question[start:end], add_special_tokens=False).ids
        return ids

    def _windows(
        self, asked: list[int], encoding: Encoding, rows: Sequence[tuple[int, int]]
    ) -> Iterator[Window]:
        """A passage's windows: of its running text, and of each row of a table by itself."""
        ids = list(encoding.ids)
        lasts = [end for _, end in encoding.offsets]
        borders = [0]
        for start, end in rows:
            first, last = bisect_right(lasts, start), bisect_right(lasts, end)
            borders += [first, last]
            if self._bar and self._comma:
                # Like a sentence, which is what the model knows.
                row = ids[first:last]
                ids[first:last] = [self._comma if id == self._bar else id for id in row]
        borders.append(len(ids))
        for first, last in pairwise(borders):
            if first < last or not ids:
                for window in windows(
                    asked,
                    ids[first:last],
                    layout=self._layout,
                    max_length=MAX_LENGTH,
                    stride=STRIDE,
                ):
                    yield replace(window, first=first + window.first)

    def _run(self, session: Session, window: Window) -> _Output:
        ids = np.array([window.ids], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.array([window.type_ids()], dtype=np.int64),
        }
        values = session.run(None, {name: feed[name] for name in self._inputs})
        result = dict(zip(self._outputs, values, strict=True))
        relevance = float(result["relevance"][0]) if "relevance" in result else 0.0
        return _Output(window, result["start_logits"][0], result["end_logits"][0], relevance)


def _layout(folder: Path, tokenizer: Tokenizer) -> Layout:
    """The layout an exported model was trained with; BERT's if it doesn't say."""
    file = folder / LAYOUT_FILE
    if not file.exists():
        return bert_layout(tokenizer)
    raw = json.loads(file.read_bytes())
    return Layout(int(raw["cls"]), tuple(int(id) for id in raw["between"]))


def _reading(
    passage: Text,
    rows: Sequence[tuple[int, int]],
    encoding: Encoding,
    outputs: list[_Output],
    wanted: Asked | None,
) -> Reading:
    """Merge a passage's windows: each span counts by its lead over its own window's null."""
    leads: dict[tuple[int, int], float] = {}
    text = passage.text
    cells = [part for row in rows for part in cell_parts(text, *row)]
    parts = list(_parts(passage.sentences, rows, cells))
    # No answer crosses one of these; a bar belongs to no cell.
    starts = np.unique([*(start for start, _ in parts), *(end for _, end in cells)])
    # Of each token the last character: some tokenizers count the space before it in.
    lasts = np.array([max(0, end - 1) for _, end in encoding.offsets], dtype=np.int64)
    blocks = np.searchsorted(starts, lasts, side="right")
    for output in outputs:
        window = output.window
        spans, null = decode(
            output.start,
            output.end,
            prefix=window.prefix,
            length=window.length,
            max_tokens=MAX_ANSWER_TOKENS,
            top_k=4 * _SPANS_PER_PASSAGE,
            block=blocks[window.first : window.first + window.length],
        )
        for span in spans:
            left = encoding.offsets[window.first + span.first][0]
            right = encoding.offsets[window.first + span.last][1]
            place = tidy(text, left, right)
            if cells:
                place = tidy(text, *whole_entry(text, cells, place))
            if wanted:
                place = _whole(text, parts, place, wanted)
            if place[0] < place[1]:
                leads[place] = max(leads.get(place, -np.inf), span.score - null)
    kept: list[Span] = []
    for (left, right), lead in sorted(leads.items(), key=lambda item: (-item[1], item[0])):
        if not any(left < other.end and other.start < right for other in kept):
            kept.append(Span(left, right, lead))
    relevance = max((output.relevance for output in outputs), default=0.0)
    return Reading(tuple(kept[:_SPANS_PER_PASSAGE]), 0.0, relevance)


def _parts(
    sentences: Sequence[tuple[int, int]],
    rows: Sequence[tuple[int, int]],
    cells: Sequence[tuple[int, int]],
) -> Iterator[tuple[int, int]]:
    """Sentences, those in a row of a table cut into its cells."""
    for start, end in sentences:
        if all(end <= first or last <= start for first, last in rows):
            yield start, end
            continue
        for first, last in cells:
            if max(start, first) < min(end, last):
                yield max(start, first), min(end, last)


def _whole(
    text: str, parts: Sequence[tuple[int, int]], place: tuple[int, int], wanted: Asked
) -> tuple[int, int]:
    """The whole clause or list around a span that stands in one part of the text."""
    for part in parts:
        if part[0] <= place[0] < place[1] <= part[1]:
            return tidy(text, *complete(text, part, *place, wanted))
    return place
