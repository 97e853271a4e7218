"""What of a reply is right, and if it is not, where it went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from qa.evaluate.questions import Case
from qa.evaluate.squad import f1, normalize
from qa.evaluate.words import find_words

ErrorClass = Literal[
    "not_retrieved", "wrong_place", "wrong_span", "should_have_abstained", "wrongly_abstained"
]
ERRORS: dict[ErrorClass, str] = {
    "not_retrieved": "no passage that was read holds the answer",
    "wrong_place": "a passage that was read holds the answer, it was taken from elsewhere",
    "wrong_span": "the right passage, the wrong words of it",
    "should_have_abstained": "answered, though the documents don't say",
    "wrongly_abstained": "the passage was read, but no answer was given",
}

# An answer counts as right for precision, calibration and errors from this token F1 on.
RIGHT_F1 = 0.5
# Enough of the surroundings to tell a place from others with the same words.
_AROUND = 20


def right(text: str, golds: Sequence[str]) -> bool:
    """Whether an answer is right for precision and calibration; never if there is no gold."""
    return bool(golds) and f1(text, golds) >= RIGHT_F1


def holds_gold(text: str, golds: Sequence[str]) -> bool:
    """Whether a text holds a gold answer as whole words, in any case.

    Either both are normalised as for exact match, or the answer stands in the text letter
    by letter: normalising leaves it one word with a dash, a quotation mark or a possessive
    's beside it, and Chinese has no spaces between words.
    """
    words, plain = f" {normalize(text)} ", _folded(text)
    return any(
        f" {normalize(gold)} " in words or find_words(plain, _folded(gold)) is not None
        for gold in golds
        if normalize(gold)
    )


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def holds_answer(case: Case, document: str, start: int, end: int, text: str) -> bool:
    """Whether a passage holds the answer to a question, at the place the dataset names.

    A dataset that brings its passages names the place by its surroundings, others by
    document and offset; where the offset or both are missing, the answer's words in
    that document, or in any, count as the place.

    Args:
        case: the question.
        document: id of the passage's document.
        start: where it begins there.
        end: where it ends.
        text: the passage's text.
    """
    if case.passage is not None:
        return any(_holds_place(case.passage, place, text) for place in case.spans)
    if not case.golds or case.document not in (None, document):
        return False
    if case.start is not None:
        return start <= case.start and case.start + len(case.golds[0]) <= end
    return holds_gold(text, case.golds)


def _holds_place(paragraph: str, place: tuple[int, int], text: str) -> bool:
    """Whether a passage holds a place of a paragraph, not just the same words elsewhere."""
    start, end = place
    if paragraph[max(0, start - _AROUND) : end + _AROUND] in text:
        return True
    at = paragraph.find(text)
    if at >= 0:
        return at <= start and end <= at + len(text)
    # It begins just before the place and goes on beyond the paragraph, or ends just after.
    return any(
        text.startswith(paragraph[left:]) for left in range(max(0, start - _AROUND), start + 1)
    ) or any(text.endswith(paragraph[:right]) for right in range(end, end + _AROUND + 1))


def error_class(
    golds: Sequence[str], text: str, *, given: bool, retrieved: bool, in_place: bool
) -> ErrorClass | None:
    """Why a question went wrong end to end, or None if it did not.

    Args:
        golds: the accepted answers.
        text: the first answer.
        given: whether it was given.
        retrieved: whether a passage that was read holds the answer.
        in_place: whether the first answer stands in such a passage.
    """
    if not golds:
        return "should_have_abstained" if given else None
    if given and right(text, golds):
        return None
    if not retrieved:
        return "not_retrieved"
    if not given:
        return "wrongly_abstained"
    return "wrong_span" if in_place else "wrong_place"
