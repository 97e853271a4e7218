"""Index a dataset's own documents, and hand its passages to the reader alone."""

from __future__ import annotations

import random
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import yaml

from qa.config import Settings
from qa.control import CONTROL
from qa.errors import RunError, UsageError
from qa.evaluate.datasets import Dataset, Question
from qa.evaluate.predictions import Prediction
from qa.evaluate.questions import QuestionSet, beir_documents
from qa.index.builder import build, staleness
from qa.index.publishing import build_lock
from qa.index.sentences import in_sentences
from qa.index.snapshot import Snapshot, open_current
from qa.ingest.folder import UPSETTING
from qa.ingest.lines import says_something
from qa.types import Reader

# Below the index folder, one for each dataset; snapshots don't depend on it.
# By how source files are written: those of an earlier program are not taken for them.
CACHE = ".corpora/2"
_LONGEST_TITLE = 1000
# What Markdown takes for more than a character.
_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")
_INDENTED = re.compile(r"^[^\S\n]+", re.MULTILINE)
# In bytes; file systems take 255, with the ending.
_LONGEST_NAME = 200
_SEPARATOR = "\n\n"
_Item = TypeVar("_Item")


def sample(items: Sequence[_Item], limit: int | None, seed: int) -> list[_Item]:
    """All of them, or ``limit`` drawn at random, in their order."""
    if limit is None or limit >= len(items):
        return list(items)
    chosen = sorted(random.Random(seed).sample(range(len(items)), limit))
    return [items[i] for i in chosen]


def dataset_snapshot(questions: QuestionSet, settings: Settings) -> Snapshot:
    """An index of the documents a dataset brings, kept for the next run on it.

    Built by the product's own builder with its own settings, so that it is brought up
    to date like any index.

    Raises:
        UsageError: the dataset brings none.
        QAError: it can't be built.
    """
    folder = settings.index.folder / CACHE / questions.sha256[:16]
    source = folder / "source"
    if not source.is_dir():
        # Another evaluation may be about to write the same.
        with build_lock(folder):
            if not source.is_dir():
                _write_source(questions, folder, source)
    placed = _placed(settings, folder)
    if staleness(placed) is not None:
        build(placed)
    return open_current(folder / "index")


def _write_source(questions: QuestionSet, folder: Path, source: Path) -> None:
    unfinished = folder / "source.new"
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        if isinstance(questions.articles, Dataset):
            write_articles(questions.articles, unfinished)
        elif questions.articles is not None:
            _write_beir(questions.articles, unfinished)
        else:
            raise UsageError(f"{questions.name}: brings no documents; leave --corpus dataset out")
        unfinished.rename(source)
    except OSError as error:
        raise RunError(f"{folder}: can't be written to: {error.strerror}") from None


def index_articles(
    data: Dataset, folder: Path, settings: Settings, titles: Iterable[str] | None = None
) -> Snapshot:
    """Index a dataset's articles with the product's own builder, one file each.

    Args:
        data: where the paragraphs come from.
        folder: an empty folder to work in.
        settings: of the build; its folders are replaced.
        titles: the articles wanted; all if None.
    """
    (folder / "source").mkdir()
    write_articles(data, folder / "source", titles)
    return Snapshot(build(_placed(settings, folder)).snapshot)


def write_articles(data: Dataset, source: Path, titles: Iterable[str] | None = None) -> None:
    """Write a dataset's articles into a source folder, one file each; all if None."""
    for number, title in enumerate(dict.fromkeys(data.titles if titles is None else titles)):
        paragraphs = [p for p, t in zip(data.paragraphs, data.titles, strict=True) if t == title]
        if not any(map(says_something, paragraphs)):
            continue
        # The title is the file's name; a folder each, as some differ in a slash only.
        name = UPSETTING.sub("", title).replace("/", "_").lstrip(".") or "untitled"
        name = name.encode()[:_LONGEST_NAME].decode(errors="ignore")
        file = source / f"{number:04}" / f"{name}.txt"
        file.parent.mkdir()
        file.write_text(_SEPARATOR.join(paragraphs), encoding="utf-8")


def _write_beir(corpus: Path, source: Path) -> None:
    """Write a BEIR corpus into a source folder, one numbered file a document.

    As Markdown that is read as the text it is, with the title as metadata: in the text it would
    be one more sentence, and the next passages would begin elsewhere.
    """
    for number, (_, title, text) in enumerate(beir_documents(corpus)):
        words = " ".join(CONTROL.sub(" ", title).split())
        if not says_something(f"{words}{text}"):
            continue
        body = _MARKUP.sub(r"\\\g<0>", text if says_something(text) else words)
        metadata = {"title": words[:_LONGEST_TITLE]}
        # In quotes: a title may look like a number.
        front = yaml.safe_dump(metadata, default_style='"', allow_unicode=True)
        content = (f"---\n{front}---\n" if words else "") + _INDENTED.sub("", body)
        (source / f"{number:07}.md").write_text(content, encoding="utf-8")


def beir_names(corpus: Path, snapshot: Snapshot) -> dict[str, str]:
    """The dataset's id of each document of the index made of it."""
    ids = [id for id, _, _ in beir_documents(corpus)]
    return {r.id: ids[int(Path(r.path).stem)] for r in snapshot.store.records}


def _placed(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(
        update={
            "source": settings.source.model_copy(update={"folder": folder / "source"}),
            "index": settings.index.model_copy(update={"folder": folder / "index"}),
        }
    )


def gold_passage(
    reader: Reader, data: Dataset, questions: Sequence[Question], threshold: float
) -> Iterator[Prediction]:
    """Hand the reader the right paragraph: the upper bound of what retrieval can give it.

    The confidence is the score of the best span, and ``threshold`` is one on that.
    """
    for question in questions:
        text = data.paragraphs[question.paragraph]
        began = time.perf_counter()
        reading = reader.read(question.text, [in_sentences(text)])[0]
        elapsed = 1000 * (time.perf_counter() - began)
        span = reading.spans[0] if reading.spans else None
        lead = span.score if span else float("-inf")
        yield Prediction(
            id=question.id,
            question=question.text,
            golds=question.golds,
            text=text[span.start : span.end] if span else "",
            confidence=lead,
            given=lead >= threshold,
            milliseconds=elapsed,
        )
