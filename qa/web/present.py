"""A reply as people read it: words for figures, marks, numbered places, reasons."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from qa.answer.antecedents import Turn
from qa.index.store import Record
from qa.types import Answer, Citation, Reply
from qa.web.schemas import document_href, trail_entry

# Calibrated probabilities in words; each from its figure on. The probabilities are those
# of a set with many trick questions, and stay below 0.9.
_WORDS = ((0.8, "Very likely right"), (0.6, "Probably right"), (0.4, "Possibly right"))
_UNSURE = "Unsure"
_REASONS = {
    "no_passages": "There is nothing in the documents to search.",
    "no_span": "The documents don't seem to say: "
    "no passage near the question holds words that could be an answer.",
    "low_confidence": "The documents don't seem to say: "
    "the best words found were too unlikely to be right to show them as an answer.",
}
NEAREST = 3
# Longest start of a passage shown in a list.
_EXCERPT = 280
# Turns that travel along in addresses and forms.
REMEMBERED = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A slice of a document with the address of its page.

    Attributes:
        sha256: of the document's text.
        href: its address, with those of the reply's other slices.
    """

    number: int
    title: str
    section: str | None
    page: int | None
    document: str
    start: int
    end: int
    sha256: str
    href: str

    @property
    def alone(self) -> str:
        """The address without the reply's other slices."""
        return document_href(self.document, self.start, self.end, self.sha256)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: its sentence as (before, the answer, after), and where it stands."""

    text: str
    sentence: tuple[str, str, str]
    likely: str
    confidence: float
    agree: str
    places: tuple[Place, ...]

    @property
    def quotes_more(self) -> bool:
        """Whether the sentence says anything beyond the answer itself."""
        return bool(self.sentence[0].strip() or self.sentence[2].strip())


@dataclass(frozen=True, slots=True)
class Near:
    """A passage near the question, by its first words."""

    place: Place
    excerpt: str
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Shown:
    """One turn of the conversation.

    Attributes:
        id: random; tells the verdicts given on this turn from those on others.
        announced: the outcome in a sentence, for screen readers.
        needed: the least confidence the best answer must have.
        again: address that asks the same, on its own.
        here: address that shows the same, with the turns before it.
    """

    id: str
    reply: Reply
    answers: tuple[Said, ...]
    nearest: tuple[Near, ...]
    reason: str
    announced: str
    needed: float
    again: str
    here: str

    @property
    def question(self) -> str:
        """The question in words that stand alone."""
        return self.reply.rewritten or self.reply.question


def likely(confidence: float) -> str:
    """A probability in words."""
    return next((words for least, words in _WORDS if confidence >= least), _UNSURE)


def show(
    reply: Reply, records: Mapping[str, Record], history: Sequence[Turn], threshold: float
) -> Shown:
    """Prepare a reply for its template.

    ``records`` are those of the documents its passages are from, by id; ``threshold``
    is the least confidence the best answer must have.
    """
    question = reply.rewritten or reply.question
    cited = [c for answer in reply.answers for c in answer.citations]
    slices = [(c.document, c.start, c.end, c.sha256) for c in cited] or [
        (p.document, p.start, p.end, records[p.document].sha256)
        for p in (hit.passage for hit in reply.hits[:NEAREST])
    ]
    trail = "&".join(trail_entry(*place) for place in slices)

    def href(id: str, start: int, end: int, sha256: str) -> str:
        asked = urlencode({"for": question})
        return f"{document_href(id, start, end, sha256)}&{trail}&{asked}#cited"

    answers, number = [], 1
    for answer in reply.answers:
        places = tuple(
            _place(number + i, c, href(c.document, c.start, c.end, c.sha256))
            for i, c in enumerate(answer.citations)
        )
        number += len(places)
        answers.append(_said(answer, places))
    nearest = []
    for rank, hit in enumerate(reply.hits, 1):
        p = hit.passage
        of = records[p.document]
        link = href(p.document, p.start, p.end, of.sha256)
        place = Place(
            rank, of.title, p.section, p.page, p.document, p.start, p.end, of.sha256, link
        )
        nearest.append(Near(place, _excerpt(p.text), hit.score, hit.dense, hit.lexical))
    reason = _REASONS[reply.reason] if reply.reason else ""
    return Shown(
        id=secrets.token_urlsafe(12),
        reply=reply,
        answers=tuple(answers),
        nearest=tuple(nearest),
        reason=reason,
        announced=_announced(answers, reason),
        needed=threshold,
        again=f"/?{urlencode({'q': question})}",
        here=f"/?{urlencode([('q', reply.question), *_fields(history)])}",
    )


def _fields(history: Sequence[Turn]) -> list[tuple[str, str]]:
    """Earlier turns as form fields, in pairs."""
    return [
        field for turn in history for field in (("hq", turn.question), ("ha", turn.answer or ""))
    ]


def _excerpt(text: str) -> str:
    """The first words of a text."""
    if len(text) <= _EXCERPT:
        return text
    words = text[:_EXCERPT].rsplit(maxsplit=1)
    return f"{words[0]} …"


def _place(number: int, citation: Citation, href: str) -> Place:
    section = citation.section if citation.section != citation.title else None
    return Place(
        number=number,
        title=citation.title,
        section=section,
        page=citation.page,
        document=citation.document,
        start=citation.start,
        end=citation.end,
        sha256=citation.sha256,
        href=href,
    )


def _said(answer: Answer, places: tuple[Place, ...]) -> Said:
    sentence, first = answer.sentence, answer.citations[0]
    left, right = first.start - sentence.start, first.end - sentence.start
    return Said(
        text=answer.text,
        sentence=(sentence.text[:left], sentence.text[left:right], sentence.text[right:]),
        likely=likely(answer.confidence),
        confidence=answer.confidence,
        agree=f"{len(places)} places agree" if len(places) > 1 else "",
        places=places,
    )


def _announced(answers: Sequence[Said], reason: str) -> str:
    if not answers:
        return reason
    best = answers[0]
    others = len(answers) - 1
    more = f" {others} other possible answer{'s' * (others > 1)}." if others else ""
    return f"Answer: {best.text}. {best.likely}.{more}"
