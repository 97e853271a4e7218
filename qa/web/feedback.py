"""What people say about answers, kept in SQLite and exported as evaluation data."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from qa.answer.text import equal_form
from qa.control import plain_json
from qa.errors import FeedbackError

Verdict = Literal["right", "wrong", "place", "unanswerable"]

# Another writer is waited for this long before the feedback is refused.
_BUSY_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY,
    created TEXT NOT NULL,
    question TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('right', 'wrong', 'place', 'unanswerable')),
    document TEXT,
    sha256 TEXT,
    start INTEGER,
    quote TEXT,
    context TEXT,
    context_start INTEGER,
    turn TEXT
)
"""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One verdict on one question, with all that an evaluation set needs of its document.

    Attributes:
        verdict: ``right`` or ``wrong`` of a given answer, ``place`` of words somebody
            pointed at instead, ``unanswerable`` of an abstention that was right.
        question: in words that stand alone.
        sha256: of the document's text.
        start: of the quote, in code points of the document's text.
        context: a stretch of that text around the quote, or a passage near the question.
        context_start: where the context stands in the text.
        turn: one showing of one reply, by a random name; None where there was none. Of the
            verdicts given on it only the last is kept.
    """

    question: str
    verdict: Verdict
    document: str | None = None
    sha256: str | None = None
    start: int | None = None
    quote: str | None = None
    context: str | None = None
    context_start: int | None = None
    turn: str | None = None


_COLUMNS = tuple(field.name for field in fields(Feedback))


class FeedbackStore:
    """An SQLite file that several processes may write to at once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        # Two that make the file at once would find it locked, without waiting.
        self._adding = threading.Lock()

    def add(self, feedback: Feedback) -> None:
        """Store a verdict, in place of others of its turn; it is on disk when this returns.

        Raises:
            FeedbackError: the file can't be written to.
        """
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        names = ", ".join(("created", *_COLUMNS))
        values = [getattr(feedback, name) for name in _COLUMNS]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._make()
        with self._adding, self._connection() as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            # Before the columns are looked at: another process may be adding one.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_SCHEMA)
            if "turn" not in _columns(connection):
                connection.execute("ALTER TABLE feedback ADD COLUMN turn TEXT")
            connection.execute("CREATE INDEX IF NOT EXISTS turns ON feedback (turn)")
            if feedback.turn is not None:
                connection.execute("DELETE FROM feedback WHERE turn = ?", [feedback.turn])
            connection.execute(
                f"INSERT INTO feedback ({names}) VALUES ({marks})",  # noqa: S608 names are ours
                [now, *values],
            )

    def all(self) -> list[tuple[int, Feedback]]:
        """Every verdict with its number, the oldest first.

        Raises:
            FeedbackError: the file is missing or no database of ours.
        """
        if not self.file.is_file():
            raise FeedbackError(f"{self.file}: no feedback has been stored yet")
        with self._connection() as connection:
            # A file of an earlier version has fewer until something is added.
            there = _columns(connection)
            if not there:
                raise FeedbackError(f"{self.file}: no feedback has been stored yet")
            names = [name for name in _COLUMNS if name in there]
            rows = connection.execute(
                f"SELECT id, {', '.join(names)} FROM feedback ORDER BY id"  # noqa: S608
            )
            return [(row[0], Feedback(**dict(zip(names, row[1:], strict=True)))) for row in rows]

    def _make(self) -> None:
        """Make the file, if need be, for its owner's eyes only: people's questions are in it."""
        try:
            # Never opened if it is there: closing it would drop this process's locks on it.
            os.close(os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            raise FeedbackError(f"{self.file}: can't be written: {error.strerror}") from None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=_BUSY_SECONDS)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise FeedbackError(f"{self.file}: feedback can't be stored or read: {error}") from None


def _columns(connection: sqlite3.Connection) -> set[str]:
    return {row[1] for row in connection.execute("PRAGMA table_info(feedback)")}


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with the answers people agree on; none if the documents don't say."""

    id: str
    question: str
    golds: tuple[Feedback, ...]
    passage: Feedback


def judged(entries: Iterable[tuple[int, Feedback]]) -> list[Judged]:
    """Verdicts gathered into evaluation questions.

    A slice counts as an answer if more say so (``right``, ``place``) than deny it
    (``wrong``); a question without one is unanswerable if anyone said so, and is left
    out otherwise, because nobody knows its answer. Questions are the same up to case,
    punctuation and spacing.
    """
    groups: dict[str, list[tuple[int, Feedback]]] = {}
    for number, entry in entries:
        groups.setdefault(equal_form(entry.question), []).append((number, entry))
    result = []
    for group in groups.values():
        votes: dict[tuple[str | None, int | None, str | None], int] = {}
        first: dict[tuple[str | None, int | None, str | None], Feedback] = {}
        declined = [entry for _, entry in group if entry.verdict == "unanswerable"]
        for _, entry in group:
            if entry.verdict == "unanswerable" or entry.quote is None:
                continue
            key = (entry.sha256, entry.start, entry.quote)
            votes[key] = votes.get(key, 0) + (-1 if entry.verdict == "wrong" else 1)
            first.setdefault(key, entry)
        golds = tuple(first[key] for key, count in votes.items() if count > 0)
        if golds or declined:
            number, entry = group[0]
            placed = [entry for entry in declined if entry.context is not None]
            passage = (*golds, *placed, *declined)[0]
            result.append(Judged(f"feedback-{number}", entry.question, golds, passage))
    return result


def as_jsonl(questions: Iterable[Judged]) -> str:
    """One JSON object a line: id, question, answers, and the first answer's place.

    That is ``document`` and ``start``, with the ``sha256`` of the text ``start`` counts in:
    documents are edited, verdicts stay.
    """
    lines = []
    for question in questions:
        row: dict[str, Any] = {
            "id": question.id,
            "question": question.question,
            "answers": list(dict.fromkeys(gold.quote for gold in question.golds)),
        }
        if question.golds:
            gold = question.golds[0]
            row |= {"document": gold.document, "start": gold.start, "sha256": gold.sha256}
        lines.append(plain_json(row) + "\n")
    return "".join(lines)


def as_squad(questions: Iterable[Judged]) -> str:
    """A SQuAD 2.0 file; questions nobody gave a passage for are left out.

    A question's context is that of its first answer, and only answers that stand in it
    are kept, because SQuAD counts ``answer_start`` in one paragraph.
    """
    articles: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for question in questions:
        context, begins = question.passage.context, question.passage.context_start
        if context is None or begins is None:
            continue
        answers = [
            {"text": gold.quote, "answer_start": gold.start - begins}
            for gold in question.golds
            if gold.sha256 == question.passage.sha256
            and gold.start is not None
            and gold.quote is not None
            and context[max(0, gold.start - begins) :].startswith(gold.quote)
            and gold.start >= begins
        ]
        entry = {
            "id": question.id,
            "question": question.question,
            "is_impossible": not question.golds,
            "answers": answers,
        }
        title = question.passage.document or ""
        articles.setdefault(title, {}).setdefault(context, []).append(entry)
    data = [
        {"title": title, "paragraphs": [{"context": c, "qas": qas} for c, qas in contexts.items()]}
        for title, contexts in articles.items()
    ]
    return plain_json({"version": "v2.0", "data": data}, indent=1) + "\n"
