"""What is kept of each question, and the file it is kept in."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from qa.errors import RunError
from qa.evaluate.judge import ErrorClass

FILE = "predictions.jsonl"
# The name under which the place of the answer is looked for in a ranking.
GOLD = "gold"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A retrieved passage by the name the retrieval figures know it under."""

    key: str
    document: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Place:
    """A slice of a document, and the hash of the document's text it was taken from."""

    document: str
    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReaderPrediction:
    """What the reader made of the gold passage; the fields are as in ``Prediction``."""

    text: str
    confidence: float
    given: bool
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """One question's outcome.

    Attributes:
        text: the first answer, whether it was given or withheld; "" if there was none.
        confidence: of that answer; 0 if there was none.
        given: whether it was given at the shipped threshold.
        cited: where it stands by its first citation; None if it was withheld.
        rank: rank from 1 of the first retrieved passage that holds a gold answer, or
            None if none does (or nothing was retrieved).
        sentence: what was shown around the answer given.
        sentence_hit: whether it holds a gold answer.
        quotations: how many quotations the reply claims, citations and sentences.
        valid_quotations: how many of them stand in the documents as claimed.
        passages_read: how many passages the answer was sought in.
        wanted: what retrieval was to find, by key, with grades.
        reader: the same question with the right passage handed to the reader.
    """

    id: str
    question: str
    golds: tuple[str, ...]
    text: str
    confidence: float
    given: bool
    rank: int | None = None
    milliseconds: float = 0.0
    reason: str | None = None
    sentence: str = ""
    sentence_hit: bool = False
    quotations: int = 0
    valid_quotations: int = 0
    passages_read: int = 0
    wanted: Mapping[str, int] = field(default_factory=dict)
    ranking: tuple[Ranked, ...] = ()
    reader: ReaderPrediction | None = None
    error: ErrorClass | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    cited: Place | None = None


def parse(row: dict[str, Any]) -> Prediction:
    """A prediction from its line.

    Raises:
        TypeError, KeyError, AttributeError: it is not one.
    """
    reader = row.pop("reader")
    # Older files don't have it.
    cited = row.pop("cited", None)
    return Prediction(
        **row
        | {
            "golds": tuple(row["golds"]),
            "ranking": tuple(Ranked(**entry) for entry in row["ranking"]),
            "reader": None if reader is None else ReaderPrediction(**reader),
            "cited": None if cited is None else Place(**cited),
        }
    )


class Log:
    """``predictions.jsonl``: a line that says what was asked of what, then one a question.

    Lines are appended as the answers come, so an interrupted run loses at most the
    question it was asking.
    """

    def __init__(
        self,
        run: Path,
        identity: Mapping[str, object],
        *,
        again: bool = False,
        fresh: bool = False,
    ) -> None:
        """Open a run folder's log, making both if need be.

        ``again`` drops what the same run has asked before, ``fresh`` any run's answers.

        Raises:
            RunError: it belongs to another run, another process writes to it, or it
                can't be written.
        """
        self.done: set[str] = set()
        self._path = run / FILE
        try:
            run.mkdir(parents=True, exist_ok=True)
            self._handle = self._path.open("a", encoding="utf-8")
            try:
                self._begin(identity, again, fresh)
            except BaseException:
                self._handle.close()
                raise
        except OSError as error:
            raise RunError(f"{self._path}: can't be written: {error.strerror}") from None

    def _begin(self, identity: Mapping[str, object], again: bool, fresh: bool) -> None:
        try:
            # Released by the system if we die.
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"{self._path}: another evaluation is writing to it; wait for it to end, or "
                "choose another --run"
            ) from None
        whole = _drop_torn_line(self._path)
        if whole and not fresh:
            self._resume(identity)
        if again or fresh:
            self.done.clear()
            self._handle.truncate(0)
        if again or fresh or not whole:
            self._write({"run": dict(identity)})

    def _resume(self, identity: Mapping[str, object]) -> None:
        found, predictions = read(self._path.parent)
        differing = [name for name in identity if found.get(name) != identity[name]]
        if differing or found.keys() != identity.keys():
            raise RunError(
                f"{self._path.parent}: holds a run with another "
                f"{' and '.join(differing) or 'header'}; choose another --run, or --fresh "
                "to replace it"
            )
        self.done = {prediction.id for prediction in predictions}

    def append(self, prediction: Prediction) -> None:
        """Write a question's line, at once."""
        try:
            self._write(asdict(prediction))
        except OSError as error:
            raise RunError(f"{self._path}: can't be written: {error.strerror}") from None
        self.done.add(prediction.id)

    def _write(self, row: object) -> None:
        self._handle.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
        self._handle.flush()

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *_: object) -> None:
        # Every line was written out at once, or else what failed was said.
        with contextlib.suppress(OSError):
            self._handle.close()


def read(run: Path) -> tuple[dict[str, object], list[Prediction]]:
    """The header and the predictions of a run folder.

    Raises:
        RunError: it is none, or damaged; names the place.
    """
    path = run / FILE
    predictions: list[Prediction] = []
    try:
        with path.open(encoding="utf-8") as lines:
            header: dict[str, object] = json.loads(next(lines))["run"]
            predictions.extend(parse(json.loads(line)) for line in lines)
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}; is this a run's folder?") from None
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        line = len(predictions) + 2
        raise RunError(f"{path}: damaged near line {line}; run again with --fresh") from None
    if len({prediction.id for prediction in predictions}) < len(predictions):
        raise RunError(f"{path}: a question is there twice; run again with --fresh")
    return header, predictions


def _drop_torn_line(path: Path) -> int:
    """Cut off what was being written when the run was interrupted; the size that is left."""
    with path.open("rb+") as handle:
        size = handle.seek(0, os.SEEK_END)
        keep = size
        while keep:
            handle.seek(keep - 1)
            if handle.read(1) == b"\n":
                break
            keep -= 1
        if keep < size:
            handle.truncate(keep)
    return keep
