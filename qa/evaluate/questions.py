"""Whatever a dataset's format, its questions as an evaluation asks them."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

from qa.errors import UsageError, nearest
from qa.evaluate.datasets import Dataset, load_squad
from qa.index.files import file_hashes, file_sha256

Kind = Literal["squad", "jsonl", "beir"]
_FIELDS = ("question", "answers", "document", "start", "sha256", "id")
_UNREADABLE = "holds NUL or lone surrogate characters"
_BEIR = ("queries.jsonl", "corpus.jsonl", "qrels/test.tsv")


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what is known of its answer.

    Attributes:
        golds: the accepted answers; empty if the documents don't answer it.
        passage: the text it is about, where the dataset brings it.
        spans: every place in ``passage`` an answer may stand.
        document: id of the indexed document it is about, or None.
        start: where ``golds[0]`` stands in that document, or None.
        sha256: of the document's text when the question was written down, or None.
        wanted: grades of the documents to be found, by id, for a retrieval dataset.
        place: where the question stands in its file, for messages.
    """

    id: str
    question: str
    golds: tuple[str, ...]
    passage: str | None = None
    spans: tuple[tuple[int, int], ...] = ()
    document: str | None = None
    start: int | None = None
    sha256: str | None = None
    wanted: Mapping[str, int] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A dataset, ready to be asked.

    Attributes:
        sha256: of the dataset's bytes.
        articles: the documents it brings, for an index of its own; None if it has none.
    """

    name: str
    kind: Kind
    sha256: str
    cases: list[Case]
    articles: Dataset | Path | None


def load(path: Path) -> QuestionSet:
    """Read a dataset: SQuAD (.json), lines (.jsonl), each gzipped or not, or a BEIR folder.

    Raises:
        UsageError: it is none of them, or a row is wrong; names the file and the line.
    """
    if path.is_dir():
        return _beir(path)
    suffixes = [s for s in map(str.lower, path.suffixes) if s != ".gz"][-1:]
    try:
        digest = file_sha256(path)
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from None
    if suffixes == [".jsonl"]:
        return QuestionSet(path.name, "jsonl", digest, _lines(path), None)
    if suffixes == [".json"]:
        data = load_squad(path)
        return QuestionSet(path.name, "squad", digest, _squad(path, data), data)
    raise UsageError(f"{path}: not .json (SQuAD), .jsonl or a BEIR folder")


def _squad(path: Path, data: Dataset) -> list[Case]:
    cases = [
        Case(
            id=str(q.id),
            question=q.text,
            golds=q.golds,
            passage=data.paragraphs[q.paragraph],
            spans=q.spans,
            place=f"{path}: question {q.id!r}",
        )
        for q in data.questions
    ]
    return _checked(cases)


def _lines(path: Path) -> list[Case]:
    """The rows of a JSONL file, checked one by one."""
    cases = []
    for number, row in _rows(path):
        place = f"{path}: line {number}"
        unknown = [name for name in row if name not in _FIELDS]
        if unknown:
            near = nearest(unknown[0], _FIELDS)
            hint = f"; did you mean {near!r}?" if near else f"; known: {', '.join(_FIELDS)}"
            raise UsageError(f"{place}: unknown field {unknown[0]!r}{hint}")
        cases.append(_case(row, number, place))
    if not cases:
        raise UsageError(f"{path}: holds no questions")
    return _checked(cases)


def _case(row: dict[str, Any], number: int, place: str) -> Case:
    question, answers = row.get("question"), row.get("answers")
    if not isinstance(question, str):
        raise UsageError(f"{place}: 'question' must be a text")
    if not isinstance(answers, list) or not all(isinstance(a, str) and a for a in answers):
        raise UsageError(f"{place}: 'answers' must be a list of texts, empty if unanswerable")
    document, start, id = row.get("document"), row.get("start"), row.get("id")
    if document is not None and not isinstance(document, str):
        raise UsageError(f"{place}: 'document' must be a document's id")
    if id is not None and not isinstance(id, (str, int)):
        raise UsageError(f"{place}: 'id' must be a text or a number")
    if start is not None:
        if not isinstance(start, int) or isinstance(start, bool) or start < 0:
            raise UsageError(f"{place}: 'start' must be a number of characters")
        if document is None or not answers:
            raise UsageError(f"{place}: 'start' needs a 'document' and an answer")
    sha256 = row.get("sha256")
    if sha256 is not None and (not isinstance(sha256, str) or document is None):
        raise UsageError(f"{place}: 'sha256' must be that of the text of a 'document'")
    return Case(
        id=f"line-{number}" if id is None else str(id),
        question=question,
        golds=tuple(answers),
        document=document,
        start=start,
        sha256=sha256,
        place=place,
    )


def _beir(folder: Path) -> QuestionSet:
    """A folder in BEIR's layout (Thakur et al., 2021): queries, corpus, qrels/test.tsv."""
    queries, corpus, qrels = (_part(folder, name) for name in _BEIR)
    grades: dict[str, dict[str, int]] = {}
    number = 0
    try:
        with _open(qrels) as lines:
            for number, line in enumerate(lines, 1):
                parts = line.rstrip("\n").split("\t")
                if number == 1 and parts[-1] == "score":
                    continue
                query, document, grade = parts
                grades.setdefault(query, {})[document] = int(grade)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{qrels}: can't be read: {error}") from None
    except ValueError:
        raise UsageError(
            f"{qrels}: line {max(number, 1)}: not query-id, corpus-id and a whole score"
        ) from None
    cases = []
    for number, row in _rows(queries):
        place = f"{queries}: line {number}"
        if not isinstance(row.get("_id"), str) or not isinstance(row.get("text"), str):
            raise UsageError(f"{place}: '_id' and 'text' must be texts")
        if any(grade > 0 for grade in grades.get(row["_id"], {}).values()):
            cases.append(Case(row["_id"], row["text"], (), wanted=grades[row["_id"]], place=place))
    if not cases:
        raise UsageError(f"{folder}: no query has a judgement in {_BEIR[2]}")
    digests = json.dumps(file_hashes(folder), sort_keys=True).encode()
    sha256 = hashlib.sha256(digests).hexdigest()
    return QuestionSet(folder.name, "beir", sha256, _checked(cases), corpus)


def beir_documents(corpus: Path) -> Iterator[tuple[str, str, str]]:
    """Id, title and text of every document of a BEIR corpus.

    Raises:
        UsageError: a row is wrong; names the file and the line.
    """
    for number, row in _rows(corpus):
        id, title, text = row.get("_id"), row.get("title", ""), row.get("text")
        if not all(isinstance(part, str) for part in (id, title, text)):
            raise UsageError(f"{corpus}: line {number}: '_id', 'title' and 'text' must be texts")
        if any(map(_unreadable, (id, title, text))):
            raise UsageError(f"{corpus}: line {number}: {_UNREADABLE}")
        yield str(id), str(title), str(text)


def _part(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise UsageError(f"{folder}: not a BEIR folder: has no {name}")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects of a JSONL file; empty lines are passed over."""
    number = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise UsageError(f"{path}: line {number}: not an object")
                yield number, row
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path}: can't be read: {error}") from None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise UsageError(f"{path}: line {max(number, 1)}: not JSON: {reason}") from None


def _open(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _checked(cases: list[Case]) -> list[Case]:
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise UsageError(f"{case.place}: the id {case.id!r} is there already")
        seen.add(case.id)
        if not case.question.strip():
            raise UsageError(f"{case.place}: the question is empty")
        texts = (case.id, case.question, case.document or "", *case.golds)
        if any(map(_unreadable, texts)):
            raise UsageError(f"{case.place}: {_UNREADABLE}")
    return cases


def _unreadable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= c <= "\udfff" for c in text)
