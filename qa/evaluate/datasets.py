"""Question sets with their answers."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import UsageError


@dataclass(frozen=True, slots=True)
class Question:
    """One question on one paragraph.

    Attributes:
        paragraph: number of its paragraph.
        spans: every place the answer may stand in it, as code point offsets with the
            end exclusive; empty for a question the paragraph does not answer.
        golds: the accepted answers; empty likewise.
    """

    id: str
    text: str
    paragraph: int
    spans: tuple[tuple[int, int], ...]
    golds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Paragraphs, the title of each one's article, and the questions on them."""

    paragraphs: list[str]
    titles: list[str]
    questions: list[Question]


def load_squad(path: Path) -> Dataset:
    """Read a SQuAD 1.1 or 2.0 file, gzipped or not.

    Raises:
        UsageError: it is not one; names the file and the question at fault.
    """
    try:
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig") as file:
            articles = json.load(file)["data"]
    except (
        *(OSError, EOFError, zlib.error),
        *(ValueError, KeyError, TypeError, RecursionError),
    ) as error:
        raise UsageError(f"{path}: not a SQuAD file: {error}") from None
    paragraphs: list[str] = []
    titles: list[str] = []
    questions: list[Question] = []
    place = "start"
    try:
        for number, article in enumerate(articles, 1):
            place = f"article {number}"
            place = f"article {_text(article['title'])!r}"
            for part, paragraph in enumerate(article["paragraphs"], 1):
                place = f"article {article['title']!r}, paragraph {part}"
                if "\0" in _text(paragraph["context"]):
                    raise ValueError("holds NUL characters")
                for qa in paragraph["qas"]:
                    place = f"question {qa['id']!r}"
                    questions.append(_question(qa, paragraph["context"], len(paragraphs)))
                paragraphs.append(paragraph["context"])
                titles.append(article["title"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path}: {place}: {type(error).__name__} {error}") from None
    if not questions:
        raise UsageError(f"{path}: holds no questions")
    return Dataset(paragraphs, titles, questions)


def _question(qa: dict[str, Any], context: str, paragraph: int) -> Question:
    answers = [] if qa.get("is_impossible") else qa["answers"]
    ambiguous = bool(qa.get("start_ambiguous"))
    spans = {place for answer in answers for place in _places(context, answer, ambiguous)}
    golds = tuple(answer["text"] for answer in answers)
    return Question(qa["id"], _text(qa["question"]), paragraph, tuple(sorted(spans)), golds)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not a text")
    value.encode()
    return value


def _places(context: str, answer: dict[str, Any], ambiguous: bool) -> Iterator[tuple[int, int]]:
    """Where an answer stands; everywhere its words do if the stored place is a guess."""
    text, start = answer["text"], answer["answer_start"]
    if not ambiguous:
        if context[start : start + len(text)] != text:
            raise ValueError(f"answer_start {start} does not point at {text!r}")
        yield start, start + len(text)
        return
    for match in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", context):
        yield match.span()
