"""Ask one question in every scope and judge what comes back."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import replace

from qa.errors import DocumentNotFound, UsageError
from qa.evaluate.judge import error_class, holds_answer, holds_gold
from qa.evaluate.predictions import GOLD, Place, Prediction, Ranked, ReaderPrediction
from qa.evaluate.questions import Case
from qa.evaluate.targets import Asked, Cited, Found, Target

log = logging.getLogger(__name__)

# Ranks that the retrieval figures look at.
DEPTH = 10
# A longer text is not "the gold passage" of a question any more.
_LONGEST_PASSAGE = 20_000
_BLANK_LINE = re.compile(r"\r?\n[ \t]*\r?\n")


def current_places(target: Target, cases: Sequence[Case]) -> list[Case]:
    """The cases, without the place of those whose document has changed or gone since.

    Only a case with the hash of its document can be seen to be of another version; how
    many are is said in one warning.

    Raises:
        UsageError: a case names a document or a place that isn't there.
    """
    kept = [
        case if _current(target, case) else replace(case, document=None, start=None)
        for case in cases
    ]
    for case in kept:
        # Now rather than after hours of asking.
        _gold_passage(target, case)
    stale = sum(case is not former for case, former in zip(kept, cases, strict=True))
    if stale:
        log.warning(
            "%d of %d questions are about documents that have changed or gone since; "
            "they are asked without the place of their answer",
            stale,
            len(cases),
        )
    return kept


def every_passage_known(target: Target, cases: Sequence[Case]) -> bool:
    """Whether there is a gold passage for the reader in every one of some current cases."""
    return all(_gold_passage(target, case) is not None for case in cases)


def _current(target: Target, case: Case) -> bool:
    if case.document is None or case.sha256 is None:
        return True
    try:
        return target.document(case.document)[1] == case.sha256
    except DocumentNotFound:
        return False


def ask(target: Target, case: Case) -> Prediction:
    """Put a question to the whole program, to retrieval and to the reader.

    Nothing tells the program which passage a question is about; only the reader's own
    scope is handed it, where the dataset names one.

    Raises:
        UsageError: the dataset names a document or a place that isn't there.
        RunError: the server asked doesn't answer.
    """
    passage = _gold_passage(target, case)
    asked = target.ask(case.question)
    found = target.retrieve(case.question, DEPTH)
    ranking = _ranking(case, asked.passages if found is None else found)
    reader = None
    if passage is not None:
        read = target.read(case.question, passage)
        reader = ReaderPrediction(read.text, read.confidence, read.given, read.milliseconds)
    holding = [p for p in asked.passages[: asked.passages_read] if _holds(case, p)]
    return Prediction(
        id=case.id,
        question=case.question,
        golds=case.golds,
        text=asked.text,
        confidence=asked.confidence,
        given=asked.given,
        rank=next((rank for rank, r in enumerate(ranking, 1) if r.key == GOLD), None),
        milliseconds=asked.milliseconds,
        reason=asked.reason,
        sentence=asked.sentence,
        sentence_hit=holds_gold(asked.sentence, case.golds),
        quotations=len(asked.quotations),
        valid_quotations=sum(_stands(target, quotation) for quotation in asked.quotations),
        passages_read=asked.passages_read,
        wanted={GOLD: 1} if case.golds else {},
        ranking=ranking,
        reader=reader,
        error=error_class(
            case.golds,
            asked.text,
            given=asked.given,
            retrieved=bool(holding),
            in_place=_in_any(asked, holding),
        ),
        stages=dict(asked.stages),
        cited=_cited(asked),
    )


def _ranking(case: Case, found: Sequence[Found]) -> tuple[Ranked, ...]:
    """The passages under names that the retrieval figures know.

    There is one thing to find, the place of the answer. The first passage that holds
    it is it; later ones that hold it too, as overlapping passages do, are no second.
    """
    ranked: list[Ranked] = []
    missing = True
    for p in found:
        hit = missing and _holds(case, p)
        missing = missing and not hit
        key = GOLD if hit else f"{p.document}:{p.start}-{p.end}"
        ranked.append(Ranked(key, p.document, p.start, p.end, p.score))
    return tuple(ranked)


def search(target: Target, case: Case, names: dict[str, str], depth: int) -> Prediction:
    """Rank a retrieval dataset's documents for a query, each by its best passage.

    Args:
        target: what is asked.
        case: the query.
        names: the dataset's name of each indexed document.
        depth: passages looked at.
    """
    began = time.perf_counter()
    found = target.retrieve(case.question, depth) or ()
    elapsed = 1000 * (time.perf_counter() - began)
    best: dict[str, Ranked] = {}
    for p in found:
        key = names[p.document]
        if key == case.id and key not in case.wanted:
            # As BEIR does: where its documents are asked about too, the query finds itself.
            continue
        best.setdefault(key, Ranked(key, p.document, p.start, p.end, p.score))
    ranking = tuple(best.values())
    rank = next((i for i, r in enumerate(ranking, 1) if case.wanted.get(r.key, 0) > 0), None)
    return Prediction(
        id=case.id,
        question=case.question,
        golds=(),
        text="",
        confidence=0.0,
        given=False,
        rank=rank,
        milliseconds=elapsed,
        wanted=dict(case.wanted),
        ranking=ranking,
        error=None if rank is not None and rank <= DEPTH else "not_retrieved",
    )


def _gold_passage(target: Target, case: Case) -> str | None:
    """The text the reader is handed: the dataset's own, or from the document it names."""
    if case.passage is not None or case.document is None:
        return case.passage
    try:
        text, _ = target.document(case.document)
    except DocumentNotFound:
        raise UsageError(f"{case.place}: document {case.document!r} is not indexed") from None
    if case.start is None:
        return text if len(text) <= _LONGEST_PASSAGE else None
    end = case.start + len(case.golds[0])
    if text[case.start : end] != case.golds[0]:
        raise UsageError(
            f"{case.place}: start {case.start} does not point at the first answer "
            f"in document {case.document!r}"
        )
    left = max((gap.end() for gap in _BLANK_LINE.finditer(text, 0, case.start)), default=0)
    gap = _BLANK_LINE.search(text, end)
    passage = text[left : gap.start() if gap else len(text)].strip()
    return passage if len(passage) <= _LONGEST_PASSAGE else None


def _holds(case: Case, p: Found) -> bool:
    return holds_answer(case, p.document, p.start, p.end, p.text)


def _cited(asked: Asked) -> Place | None:
    if not asked.quotations:
        return None
    first = asked.quotations[0]
    return Place(first.document, first.start, first.end, first.sha256)


def _in_any(asked: Asked, passages: Sequence[Found]) -> bool:
    """Whether the first answer was quoted from one of some passages."""
    if not asked.quotations:
        return False
    first = asked.quotations[0]
    return any(
        p.document == first.document and p.start <= first.start and first.end <= p.end
        for p in passages
    )


def _stands(target: Target, quotation: Cited) -> bool:
    """Whether a quotation stands in its document, character by character."""
    try:
        text, sha256 = target.document(quotation.document)
    except DocumentNotFound:
        return False
    return (
        text[quotation.start : quotation.end] == quotation.text
        and sha256 == quotation.sha256
        and hashlib.sha256(text.encode()).hexdigest() == sha256
    )
