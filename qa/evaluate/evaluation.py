"""One evaluation run, from a dataset to a run folder."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from qa.answer.pipeline import Pipeline
from qa.answer.readers import SPAN
from qa.config import Settings
from qa.errors import FieldError, RunError, UsageError
from qa.evaluate import predictions as kept
from qa.evaluate.asking import DEPTH, ask, current_places, every_passage_known, search
from qa.evaluate.compare import COMPARISON, COMPARISON_PAGE
from qa.evaluate.pages import report_page
from qa.evaluate.predictions import Log, Prediction
from qa.evaluate.questions import Case, Kind, QuestionSet, load
from qa.evaluate.remote import RemoteTarget
from qa.evaluate.report import ANY_DEPTH, check_names, summarize
from qa.evaluate.runs import beir_names, dataset_snapshot, sample
from qa.evaluate.targets import LocalTarget, Target
from qa.index.files import PROGRAM, code_sha256, file_hashes
from qa.index.progress import progress_bar
from qa.index.snapshot import open_current

REPORT, PAGE = "report.json", "report.html"
# Drawn from the predictions, and so no longer true once any question is asked.
DERIVED = (REPORT, PAGE, COMPARISON, COMPARISON_PAGE)
RUNS = Path("runs")
Corpus = Literal["dataset", "index", "server"]
_ENDING = re.compile(r"(\.jsonl?)?(\.gz)?\Z", re.IGNORECASE)
_ROOMS = ("ingest", "index", "answer", "evaluate")
_PACKAGES = (
    "qa",
    "numpy",
    "onnxruntime",
    "tokenizers",
    "faiss-cpu",
    "PyStemmer",
    "sentencex",
    "ir-measures",
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run.

    Attributes:
        corpus: where the documents come from; None for the dataset's own if it brings
            any, else the configured index.
        url: of a running server to ask instead.
        limit: ask only so many questions, drawn at random with ``seed``.
        run: the run's folder; None for one named after all it depends on.
        fresh: throw away what the folder holds.
        demands: names and lowest shares of figures. The names are checked before anything
            is asked; the shares are for ``report.check``.
    """

    dataset: Path
    corpus: Literal["dataset", "index"] | None = None
    url: str | None = None
    limit: int | None = None
    seed: int = 0
    run: Path | None = None
    fresh: bool = False
    demands: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run.

    Attributes:
        asked: how many questions were asked just now; the rest were there already.
    """

    run: Path
    report: dict[str, Any]
    asked: int


def evaluate(order: Order, settings: Settings) -> Outcome:
    """Ask a dataset's questions and write the run's folder.

    Questions that an interrupted run has asked already are not asked again, and a run
    that is complete is only summed up anew; unless it asked a server, whose code and
    settings can't be seen from here: that is asked everything again.

    Raises:
        UsageError: the dataset, or what is asked of it, is wrong.
        RunError: the folder holds another run, the server fails, or it was interrupted.
    """
    questions = load(order.dataset)
    corpus = _corpus(order, questions)
    cases = sample(questions.cases, order.limit, order.seed)
    named = all(case.passage is not None or case.document is not None for case in cases)
    _check_demands(order, questions.kind, corpus, cases, named)
    if questions.kind != "beir":
        _check_lengths(cases, settings.server.max_question_chars)
    target, answer = _target(corpus, order, questions, settings)
    cases = current_places(target, cases)
    if order.demands:
        # A document may have changed since, or be too long for a passage.
        known = every_passage_known(target, cases)
        _check_demands(order, questions.kind, corpus, cases, known)
    identity = _identity(order, questions, corpus, len(cases), target, settings)
    run = order.run or RUNS / f"{_stem(questions.name)}-{_digest(identity)[:10]}"
    with Log(run, identity, again=corpus == "server", fresh=order.fresh) as log:
        complete = all(case.id in log.done for case in cases)
        for name in (REPORT,) if complete else DERIVED:
            (run / name).unlink(missing_ok=True)
        asked = _ask_all(log, cases, answer, "begin again" if corpus == "server" else "go on")
        # Read while the log is ours: the next run may begin by emptying it.
        header, predictions = kept.read(run)
    report = summarize(header, predictions) | {"environment": _environment()}
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        # First: for the page, documents are asked for, which may take long or be interrupted.
        (run / REPORT).write_text(f"{text}\n", encoding="utf-8")
        (run / PAGE).write_text(report_page(report, predictions, target), encoding="utf-8")
    except OSError as error:
        raise RunError(f"{run}: can't be written: {error.strerror}") from None
    return Outcome(run, report, asked)


def _corpus(order: Order, questions: QuestionSet) -> Corpus:
    if order.url is not None:
        if order.corpus is not None:
            raise UsageError("--url asks a server's own documents; leave --corpus out")
        if questions.kind == "beir":
            raise UsageError("a BEIR folder brings its own documents; leave --url out")
        return "server"
    if questions.kind == "beir" and order.corpus == "index":
        raise UsageError("a BEIR folder brings its own documents; leave --corpus index out")
    if order.corpus == "dataset" and questions.articles is None:
        raise UsageError(f"{questions.name}: brings no documents; leave --corpus dataset out")
    return order.corpus or ("dataset" if questions.articles is not None else "index")


def _check_demands(
    order: Order, kind: Kind, corpus: Corpus, cases: Sequence[Case], reader: bool
) -> None:
    depths = ANY_DEPTH if corpus == "server" else (DEPTH,)
    wanting = any(case.golds or case.wanted for case in cases)
    check_names(
        order.demands,
        answers=kind != "beir",
        reader=reader,
        depths=depths if wanting else (),
    )


def _check_lengths(cases: Sequence[Case], longest: int) -> None:
    """Refuse what a server with these settings would, before it refuses it halfway."""
    for case in cases:
        if len(case.question) > longest:
            raise UsageError(
                f"{case.place}: the question has {len(case.question)} characters, at most "
                f"{longest} are taken; shorten it, or raise server.max_question_chars"
            )


def _target(
    corpus: Corpus, order: Order, questions: QuestionSet, settings: Settings
) -> tuple[Target, Callable[[Case], Prediction]]:
    """What is asked, and how."""
    if order.url is not None:
        remote = RemoteTarget(order.url)
        return remote, lambda case: _ask_remote(remote, case)
    if corpus == "dataset":
        snapshot = dataset_snapshot(questions, settings)
    else:
        snapshot = open_current(settings.index.folder)
    local = LocalTarget(Pipeline(snapshot, settings), settings)
    if questions.kind == "beir":
        assert isinstance(questions.articles, Path)
        names = beir_names(questions.articles, snapshot)
        return local, lambda case: search(local, case, names, settings.retrieval.candidates)
    return local, lambda case: ask(local, case)


def _ask_remote(target: RemoteTarget, case: Case) -> Prediction:
    """Ask a server, which doesn't know where the question stands."""
    try:
        return ask(target, case)
    except RunError as error:
        raise RunError(f"{case.place}: {error}") from None
    except FieldError as error:
        raise UsageError(
            f"{case.place}: refused by {target.url}: {error}; change the row, or the server's "
            "settings"
        ) from None


def _ask_all(
    log: Log, cases: Sequence[Case], answer: Callable[[Case], Prediction], then: str
) -> int:
    """Ask what has not been asked; returns how many that were. ``then``: what a next run does."""
    with progress_bar("questions") as progress:
        left = [case for case in cases if case.id not in log.done]
        task = progress.add_task("Asking", total=len(cases), completed=len(cases) - len(left))
        try:
            for case in left:
                log.append(answer(case))
                progress.advance(task)
        except KeyboardInterrupt:
            raise RunError(
                f"interrupted after {len(log.done)} of {len(cases)} questions; "
                f"run the same command again to {then}"
            ) from None
    return len(left)


def _identity(
    order: Order,
    questions: QuestionSet,
    corpus: Corpus,
    count: int,
    target: Target,
    settings: Settings,
) -> dict[str, object]:
    """Everything the answers depend on, as far as it can be told."""
    identity: dict[str, object] = {
        "format": 1,
        "dataset": questions.name,
        "kind": questions.kind,
        "dataset_sha256": questions.sha256,
        "questions": count,
        "seed": order.seed,
        "corpus": corpus,
        **target.identity(),
        # Another version of what answers and judges, models included, is another run.
        "code_sha256": code_sha256(_ROOMS),
        "versions": {name: version(name) for name in _PACKAGES}
        | {"python": platform.python_version()},
    }
    if corpus != "server":
        identity["reader"] = _reader(settings)
        found = settings.model_dump(mode="json", exclude={"source", "server"})
        # Where it is kept doesn't matter, and the snapshot's id says what is in it.
        del found["index"]["folder"]
        identity["settings"] = found
    plain: dict[str, object] = json.loads(json.dumps(identity))
    return plain


def _reader(settings: Settings) -> dict[str, str | None]:
    """The reader's name and the hash of its files; None where they are not to be seen."""
    name = settings.answering.reader
    folder = PROGRAM / "answer" / "data" / "reader" if name == SPAN else Path(name)
    files = file_hashes(folder) if folder.is_dir() else None
    return {"name": name, "sha256": None if files is None else _digest(files)}


def _environment() -> dict[str, object]:
    return {"machine": platform.machine(), "cores": os.cpu_count(), "system": platform.system()}


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _stem(name: str) -> str:
    return _ENDING.sub("", name) or "run"
