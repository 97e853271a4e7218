"""Takes feedback in: thumbs under an answer, and words pointed at in a document."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import get_args
from urllib.parse import urlencode, urlsplit

import regex
from apiflask import APIBlueprint
from flask import current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from qa.errors import DocumentNotFound, FieldError, ForeignForm
from qa.types import Document
from qa.web.api import service
from qa.web.feedback import Feedback, FeedbackStore, Verdict
from qa.web.hosts import TrustedHosts
from qa.web.offsets import slice_of
from qa.web.request_bodies import checked_question
from qa.web.schemas import document_href

verdicts = APIBlueprint("verdicts", __name__, enable_openapi=False)

_MOST_PLACES = 20
# Words that nearly stand everywhere in a document take long to be found.
_SEARCH_SECONDS = 2
# Characters shown on either side of words that stand in several places.
_AROUND = 80
# Paragraphs are stored with a quote; one longer than this is cut around it.
_CONTEXT = 2000
# White space to scripts of pages, which leave it out at both ends of what is selected.
_MARK = "\ufeff"
_BLANK = "".join(c for c in map(chr, range(0x10000)) if c.isspace()) + _MARK
_TURN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One of several places where the words stand."""

    start: int
    end: int
    before: str
    words: str
    after: str


@verdicts.get("/feedback")
def nothing_to_show() -> ResponseReturnValue:
    """The page of thanks has this address, and can't be shown again."""
    return redirect("/")


@verdicts.post("/feedback")
def feedback() -> str | tuple[str, int]:
    """Store a verdict, or ask which of several places is meant."""
    _same_site()
    longest = service().settings.server.max_question_chars
    question = checked_question(request.form.get("question", ""), longest)
    verdict = request.form.get("verdict", "")
    if verdict not in get_args(Verdict):
        raise FieldError("verdict", f"must be one of {', '.join(get_args(Verdict))}")
    id = request.form.get("document", "")
    if not id:
        if verdict != "unanswerable":
            raise FieldError("document", "must be given")
        _store().add(Feedback(question, "unanswerable", turn=_turn()))
        return _thanks(question, verdict)
    try:
        document = service().pipeline().snapshot.store.document(id)
    except DocumentNotFound as error:
        raise FieldError("document", str(error)) from None
    # Forms change line ends to two characters; white space is not compared.
    words = request.form.get("words", "").replace("\r\n", "\n")
    if len(words) > longest:
        raise FieldError("words", f"have {len(words)} characters, at most {longest} are taken")
    if request.form.get("start"):
        start, end = _slice(document, words)
        if verdict != "unanswerable" and end - start > longest:
            raise FieldError("start", f"and end hold {end - start} characters, at most {longest}")
    else:
        try:
            places = _occurrences(document.text, words)
        except TimeoutError:
            raise FieldError("words", "take too long to find; type others") from None
        if not places:
            raise FieldError("words", "don't stand in this document as they were typed")
        if len(places) > 1:
            page = render_template(
                "which.html",
                document=document,
                places=places[:_MOST_PLACES],
                more=len(places) > _MOST_PLACES,
                question=question,
                verdict=verdict,
            )
            return page, 300
        start, end = places[0].start, places[0].end
    _store().add(_entry(question, verdict, document, start, end))  # type: ignore[arg-type]
    return _thanks(question, verdict, id)


def _thanks(question: str, verdict: str, id: str = "") -> str:
    mend = f"{document_href(id)}?{urlencode({'for': question})}#mend"
    here = request.form.get("here", "")
    # The conversation that the answer is part of, if the form is of one.
    ask = here if here.startswith("/?") else f"/?{urlencode({'q': question})}"
    return render_template("thanks.html", verdict=verdict, mend=mend, ask=ask)


def _turn() -> str | None:
    """The turn that the verdict is about, as its form names it."""
    turn = request.form.get("turn", "")
    if turn and not _TURN.fullmatch(turn):
        raise FieldError("turn", "must be the page's own")
    return turn or None


def _store() -> FeedbackStore:
    found: FeedbackStore = current_app.extensions["qa.feedback"]
    return found


def _same_site() -> None:
    """Refuse what another site's page made a browser send.

    Browsers say where a form was sent from: newer ones in ``Sec-Fetch-Site``, where
    the connection is secure or local, all in ``Origin``, which is "null" if the page may
    not be told. A proxy may have put another name into ``Host``; then only the settings
    know the one that pages are reached by.

    Raises:
        ForeignForm: it was another site's, or nothing says whose it was.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin", "null")
    if not site and origin == "null":
        raise ForeignForm(
            "It isn't known which page sent this: send it from a page of this service, "
            "or with the service's address as Origin."
        )
    if not (site == "same-origin" if site else _ours(origin)):
        raise ForeignForm("This was sent from another site's page.")


def _ours(origin: str) -> bool:
    hosts: TrustedHosts = current_app.extensions["qa.hosts"]
    try:
        address = urlsplit(origin)
        return address.netloc == request.host or hosts.listed(address.hostname or "")
    except ValueError:
        return False


def _slice(document: Document, words: str) -> tuple[int, int]:
    """The slice sent along, without white space at its ends, if it is still those words.

    A form that can't show the words sends the hash of the text its slice was counted in.
    """
    sent = slice_of(request.form.get("start"), request.form.get("end"), len(document.text))
    if sent is None:
        raise FieldError("start", "and end must be numbers, of a slice of the document's text")
    left, right = sent
    text = document.text[left:right]
    left += len(text) - len(text.lstrip(_BLANK))
    right -= len(text) - len(text.rstrip(_BLANK))
    if left >= right:
        raise FieldError("words", "must not be empty")
    # Forms change line ends, so words are compared without white space.
    same = not words or _words(words) == _words(document.text[left:right])
    if not same or request.form.get("sha256", document.sha256) != document.sha256:
        raise FieldError("words", "are not those of the document any more; load it again")
    return left, right


def _words(text: str) -> list[str]:
    return text.replace(_MARK, " ").split()


def _occurrences(text: str, words: str) -> list[Occurrence]:
    """Where the words stand: one place more than are shown, if there are more."""
    parts = words.split()
    if not parts:
        raise FieldError("words", "must not be empty")
    pattern = regex.compile(r"\s+".join(map(regex.escape, parts)))
    found = []
    for match in islice(pattern.finditer(text, timeout=_SEARCH_SECONDS), _MOST_PLACES + 1):
        start, end = match.span()
        found.append(
            Occurrence(
                start,
                end,
                text[max(0, start - _AROUND) : start],
                text[start:end],
                text[end : end + _AROUND],
            )
        )
    return found


def _entry(question: str, verdict: Verdict, document: Document, start: int, end: int) -> Feedback:
    """A verdict with the words it is about and the paragraph around them."""
    left, right = _paragraph(document, start, end)
    declined = verdict == "unanswerable"
    if declined:
        # The slice is a passage, as long as the settings make it.
        right = min(right, left + _CONTEXT)
    return Feedback(
        question=question,
        verdict=verdict,
        document=document.id,
        sha256=document.sha256,
        start=None if declined else start,
        quote=None if declined else document.text[start:end],
        context=document.text[left:right],
        context_start=left,
        turn=_turn(),
    )


def _paragraph(document: Document, start: int, end: int) -> tuple[int, int]:
    """The blocks that hold a slice; if they are long, the text close to it."""
    blocks = document.blocks
    first = bisect_right(blocks, start, key=lambda block: block.end)
    last = bisect_right(blocks, end - 1, key=lambda block: block.start) - 1
    left = min(start, blocks[first].start) if first < len(blocks) else start
    right = max(end, blocks[last].end) if last >= 0 else end
    spare = max(0, _CONTEXT - (end - start)) // 2
    return max(left, start - spare), min(right, end + spare)
