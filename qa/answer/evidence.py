"""From the readings of many passages to a few distinct candidate answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.answer.text import equal_form
from qa.types import Hit, Reading

# The best passages, read however far apart they are.
_ALWAYS = 2
# How far a passage's score may lie behind the best one's for it to be read. Chosen on
# held-out SQuAD articles: as many first answers are right as if all were read.
_BEHIND = 0.1
# Ends, but for one word, what stands before something denied; of "isn't" the mark is left out.
_DENIAL = re.compile(r"\b(?:cannot|never|none|nor|not|without|\w+n t|(?P<number>no))(?: \w+)?$")


@dataclass(frozen=True, slots=True)
class Place:
    """One occurrence of a candidate; offsets count from the document's start."""

    hit: Hit
    start: int
    end: int
    text: str
    gap: float
    relevance: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A distinct answer with every place that says it, best first.

    Attributes:
        features: its evidence: how far the best span scores above "not answered
            here" (``gap``), the same summed over its places (``support``), its lead
            over the best different answer (``margin``) and, 0 for the first, how far
            it lies behind it (``behind``), the relevance output, cosine similarity
            and retrieval score of its best place, and, 0 for the passage ranked first,
            how far that score lies behind the first one's (``lag``).
    """

    places: tuple[Place, ...]
    features: dict[str, float]

    @property
    def text(self) -> str:
        """The answer as it stands at its best place."""
        return self.places[0].text


def contenders(hits: Sequence[Hit]) -> Sequence[Hit]:
    """The passages worth reading: the best two, and others that are hardly behind the best.

    ``hits`` come best first. What lies far behind hardly ever answers, and an answer
    found there counts little.
    """
    return [
        hit
        for place, hit in enumerate(hits)
        if place < _ALWAYS or hit.score >= hits[0].score - _BEHIND
    ]


def gather(hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Candidate]:
    """Group equal answers, add their evidence up, and drop what a better one covers.

    ``hits`` come best first.

    Two spans are equal if their texts are, up to case, punctuation, articles and
    spacing. A span that overlaps a better one at the same place in a document, or
    whose words are contained in a better answer that doesn't deny them, is not a different
    answer.

    Returns:
        Candidates by falling support.
    """
    groups: dict[str, list[Place]] = {}
    for place in _distinct(hits, readings):
        groups.setdefault(equal_form(place.text), []).append(place)
    supports = {
        form: float(np.logaddexp.reduce([place.gap for place in places]))
        for form, places in groups.items()
    }
    ranked = sorted(groups, key=lambda form: (-supports[form], form))
    kept: list[str] = []
    for form in ranked:
        if not any(_contains(better, form) for better in kept):
            kept.append(form)
    candidates = []
    for form in kept:
        best = groups[form][0]
        others = [supports[other] for other in kept if other != form]
        margin = supports[form] - max(others) if others else 10.0
        features = {
            "gap": best.gap,
            "support": supports[form],
            "margin": margin,
            "behind": min(0.0, margin),
            "relevance": best.relevance,
            "dense": best.hit.dense,
            "retrieval": best.hit.score,
            "lag": best.hit.score - hits[0].score,
        }
        candidates.append(Candidate(tuple(groups[form]), features))
    return candidates


def _distinct(hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Place]:
    """All spans as places, best first, without those that overlap a better one."""
    places = [
        Place(
            hit,
            hit.passage.start + span.start,
            hit.passage.start + span.end,
            hit.passage.text[span.start : span.end],
            span.score,
            reading.relevance,
        )
        for hit, reading in zip(hits, readings, strict=True)
        for span in reading.spans
    ]
    places.sort(key=lambda p: (-p.gap, p.hit.passage.row, p.start))
    kept: list[Place] = []
    for place in places:
        if not any(
            place.hit.passage.document == other.hit.passage.document
            and place.start < other.end
            and other.start < place.end
            for other in kept
        ):
            kept.append(place)
    return kept


def _contains(outer: str, inner: str) -> bool:
    """Whether one answer only says more than another, rather than the contrary."""
    before, found, _ = f" {outer} ".partition(f" {inner} ")
    denial = _DENIAL.search(before)
    # "No. 10" is a number.
    denied = denial is not None and not (denial["number"] and inner[0].isdigit())
    return bool(found) and not denied
