"""Questions to start with, drawn from the indexed documents by their sentences' patterns.

Nothing is generated: a sentence that defines or introduces something is turned into
the question it answers, and shown only if the product does answer it with that very
sentence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import regex

from qa.answer.pipeline import Pipeline
from qa.errors import QAError
from qa.types import Passage

SHOWN = 4
_MOST_PASSAGES = 300
_MOST_ASKED = 16
_SECONDS = 20.0
# A page waits this long for questions that are being drawn.
_WAIT = 0.6
_LONGEST = 90

_WORD = r"[\p{L}\p{N}'’&-]+"
_NAME = rf"\p{{Lu}}{_WORD}(?: (?:of |the |for )?\p{{Lu}}{_WORD}){{0,5}}"
_THING = rf"(?:{_WORD} ){{0,3}}{_WORD}(?: (?:of|for|in) (?:the )?{_WORD}(?: {_WORD})?)?"
_LEMMAS = {
    "launched": "launch", "built": "build", "founded": "found", "hosted": "host",
    "released": "release", "announced": "announce", "introduced": "introduce",
    "created": "create", "developed": "develop", "opened": "open", "wrote": "write",
    "invented": "invent", "discovered": "discover", "designed": "design",
    "published": "publish", "won": "win", "acquired": "acquire", "emphasized": "emphasize",
    "emphasised": "emphasise", "proposed": "propose", "established": "establish",
}  # fmt: skip
_VERBS = "|".join(_LEMMAS)
_PATTERNS = (
    # Xue Kan, the Party secretary of Yangpu, noted …
    (
        regex.compile(rf"(?:^|[.;] )(?P<name>{_NAME}), the (?P<role>{_THING}), "),
        "Who is the {role}?",
    ),
    # Zheng Weimin, an academician of …
    (regex.compile(rf"^(?P<name>{_NAME}), (?:an?|the) {_WORD}"), "Who is {name}?"),
    # The harbour master is Ingrid Solberg.
    (regex.compile(rf"^The (?P<role>{_THING}) is (?P<name>{_NAME})[.,]"), "Who is the {role}?"),
    # The colour of the vault is blue.
    (
        regex.compile(rf"^The (?P<role>{_WORD} of {_THING}) (?P<be>is|was|are|were) \p{{Ll}}"),
        "What {be} the {role}?",
    ),
    # UCloud launched the Intelligent Cloud Platform …
    (
        regex.compile(rf"^(?P<name>{_NAME}) (?P<verb>{_VERBS}) (?:the|an?|its) \p{{L}}"),
        "What did {name} {lemma}?",
    ),
    # Foundation models refer to a class of …
    (
        regex.compile(rf"^(?P<name>\p{{Lu}}{_WORD}(?: \p{{Ll}}{_WORD}){{0,2}}) refer to \p{{L}}"),
        "What are {lower}?",
    ),
    (regex.compile(rf"^(?P<name>{_NAME}) is (?:an?|the) \p{{L}}"), "What is {name}?"),
)


class Examples:
    """Draws questions once for each snapshot, in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn: dict[str, list[str]] = {}
        self._ready: dict[str, threading.Event] = {}

    def of(self, pipeline: Pipeline) -> list[str]:
        """Questions that the snapshot's documents answer; those found so far if it takes long."""
        id = pipeline.snapshot.id
        with self._lock:
            if id not in self._ready:
                # Those of former snapshots are no longer asked for.
                self._drawn, self._ready = {id: []}, {id: threading.Event()}
                arguments = (pipeline, self._drawn[id], self._ready[id])
                # No daemon: native code must not be running when the process ends.
                threading.Thread(target=_draw, args=arguments).start()
            drawn, ready = self._drawn[id], self._ready[id]
        ready.wait(_WAIT)
        return list(drawn)


def _draw(pipeline: Pipeline, into: list[str], ready: threading.Event) -> None:
    until = time.monotonic() + _SECONDS
    asked: set[str] = set()
    try:
        for question, document, start, end in candidates(pipeline):
            late = time.monotonic() > until or not threading.main_thread().is_alive()
            if late or len(into) >= SHOWN or len(asked) >= _MOST_ASKED:
                break
            if question in asked:
                continue
            asked.add(question)
            reply = pipeline.ask(question)
            if any(
                c.document == document and start <= c.start < c.end <= end
                for answer in reply.answers[:1]
                for c in answer.citations
            ):
                into.append(question)
    except QAError:
        # The page does without examples; asking will say what is wrong.
        return
    except RuntimeError:
        # Threads that read can't be started any more once the main one has ended.
        if threading.main_thread().is_alive():
            raise
    finally:
        ready.set()


def candidates(pipeline: Pipeline) -> Iterator[tuple[str, str, int, int]]:
    """Questions with the document and sentence they were drawn from.

    Passages are looked at evenly over the whole collection; one question of each in
    turn, so that the first few come from different places.
    """
    store = pipeline.snapshot.store
    rows = np.linspace(0, max(len(store) - 1, 0), min(len(store), _MOST_PASSAGES)).astype(int)
    found = [list(_in_passage(pipeline, store.passage(int(row)))) for row in _spread(list(rows))]
    for turn in range(max(map(len, found), default=0)):
        yield from (questions[turn] for questions in found if turn < len(questions))


def _spread(rows: list[int]) -> list[int]:
    """The same rows, neighbours far apart."""
    steps = 7
    return [row for first in range(steps) for row in rows[first::steps]]


def _in_passage(pipeline: Pipeline, passage: Passage) -> Iterator[tuple[str, str, int, int]]:
    for start, end in pipeline.snapshot.store.sentences_within(passage):
        sentence = " ".join(passage.text[start - passage.start : end - passage.start].split())
        for pattern, form in _PATTERNS:
            match = pattern.search(sentence)
            if match is None:
                continue
            parts = match.groupdict()
            name = parts.get("name") or ""
            question = form.format(
                **parts,
                lemma=_LEMMAS.get(parts.get("verb") or "", ""),
                lower=name[:1].lower() + name[1:],
            )
            if len(question) <= _LONGEST:
                yield question, passage.document, start, end
