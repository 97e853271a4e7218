"""What a span reader's logits say of a passage, and what it should look at again.

A sentence read by itself is read better than among others: its words get the mean of
both looks. Whether the passage answers at all is told by the look at the whole of it,
which alone knows what it is about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from qa.answer.clauses import Asked, complete, says_nothing
from qa.answer.spans import MAX_ANSWER_TOKENS, decode
from qa.answer.tables import cell_parts, lacking, row_spans, whole_entry
from qa.answer.tidy import tidy
from qa.types import Reading, Span, Text

_SPANS_PER_PASSAGE = 3
# Lead over "not answered here" of a passage's best span; below, a second look hardly ever
# helps, and it lifts passages about something else.
_HOPELESS = -6.0
# Of that lead, what a row loses for each word of the question that another row has.
_LACKED = 3.0

# Start and end of a span of the text.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """What the model says of some of a passage's tokens.

    Attributes:
        first: which token of the passage the first one is.
        start: logits of shape ``(1 + tokens,)``: of "not answered here", then of the tokens.
        end: the same, of the span's end.
        relevance: logit of "this passage answers the question".
    """

    first: int
    start: NDArray[np.float32]
    end: NDArray[np.float32]
    relevance: float

    @property
    def last(self) -> int:
        """The last token."""
        return self.first + len(self.start) - 2

    def with_second(self, other: Look) -> Look:
        """This look at the tokens that ``other`` saw, all of which this one saw too.

        They get the mean of both, "not answered here" stays as it is.
        """
        begin = 1 + other.first - self.first
        sides = []
        for whole, part in ((self.start, other.start), (self.end, other.end)):
            seen = whole[[0, *range(begin, begin + len(part) - 1)]]
            seen[1:] = (seen[1:] + part[1:]) / 2
            sides.append(seen)
        return Look(other.first, sides[0], sides[1], self.relevance)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A span of tokens, ``last`` among them, as a look saw it: its lead, and what to quote."""

    first: int
    last: int
    lead: float
    place: Place
    look: Look


class ReadPassage:
    """A passage under the reader's eyes: its tokens, and the parts no answer crosses.

    Attributes:
        rows: where in its text the rows of tables are.
    """

    def __init__(self, passage: Text, encoding: Encoding) -> None:
        self.ids: list[int] = encoding.ids
        self.offsets: list[Place] = encoding.offsets
        self.rows = row_spans(passage.text)
        self._text = passage.text
        self._cells = [part for row in self.rows for part in cell_parts(passage.text, *row)]
        self._parts = list(_parts(passage.sentences, self.rows, self._cells))
        # A bar belongs to no cell.
        borders = np.unique(
            [*(start for start, _ in self._parts), *(end for _, end in self._cells)]
        )
        # Of each token the last character: some tokenizers count the space before it in.
        lasts = np.array([max(0, end - 1) for _, end in self.offsets], dtype=np.int64)
        self._blocks = np.searchsorted(borders, lasts, side="right")
        names = [part for part in self._cells if passage.text[slice(*part)].endswith(": ")]
        # Which tokens are the name of a column, which is about what the row says.
        self._named = np.isin(
            self._blocks, np.searchsorted(borders, [a for a, _ in names], "right")
        )
        self._relevance = 0.0
        self._seen: list[_Seen] = []

    def see(self, looks: Sequence[Look]) -> tuple[int, int] | None:
        """Take looks at all of the passage in, and say which tokens need a second one.

        Returns:
            The first of them and the end of them: the sentence of the best span, as far
            as the look that saw it best goes. ``None`` where there is no span or only
            a hopeless one, where that look saw nothing else, and where the span stands
            in a table, whose rows are read one by one anyway.
        """
        self._relevance = max((look.relevance for look in looks), default=0.0)
        self._seen = [seen for look in looks for seen in self._spans(look)]
        if not self._seen:
            return None
        best = self._best()
        left, right = self.offsets[best.first]
        if best.lead < _HOPELESS or any(start < right and left < end for start, end in self.rows):
            return None
        shown = self._blocks[best.look.first : best.look.last + 1]
        same = np.flatnonzero(shown == self._blocks[best.first])
        if len(same) == len(shown):
            return None
        return best.look.first + int(same[0]), best.look.first + int(same[-1]) + 1

    def look_again(self, second: Look) -> None:
        """Take the second look in, at the tokens that ``see`` asked for.

        What it does to the best span there is done to the spans elsewhere too. These
        so stay behind it: that a sentence was looked at again is nothing against it.
        """
        best = self._best()
        revised = self._spans(best.look.with_second(second))
        if not revised:
            return
        shift = revised[0].lead - best.lead
        elsewhere = [
            replace(seen, lead=seen.lead + shift)
            for seen in self._seen
            if seen.last < second.first or second.last < seen.first
        ]
        self._seen = revised + elsewhere

    def reading(self, question: str, wanted: Asked | None) -> Reading:
        """The best spans. Each counts by its lead over "not answered here" in its own look.

        One in a row that lacks words of the question which another row has counts less.
        """
        lacks = lacking([self._text[slice(*row)] for row in self.rows], question)
        leads: dict[Place, float] = {}
        for seen in self._seen:
            place = self._whole(seen.place, wanted)
            if place[0] < place[1] and not says_nothing(self._text[slice(*place)], wanted):
                lacked = self._of_row(place, lacks)
                leads[place] = max(leads.get(place, -np.inf), seen.lead - _LACKED * lacked)
        kept: list[Span] = []
        for (left, right), lead in sorted(leads.items(), key=lambda item: (-item[1], item[0])):
            if not any(left < other.end and other.start < right for other in kept):
                kept.append(Span(left, right, lead))
        return Reading(tuple(kept[:_SPANS_PER_PASSAGE]), self._relevance)

    def _best(self) -> _Seen:
        return max(self._seen, key=lambda seen: seen.lead)

    def _spans(self, look: Look) -> list[_Seen]:
        """The best spans of a look that say something, best first."""
        start = look.start.copy()
        start[1:][self._named[look.first : look.last + 1]] = -np.inf
        spans, null = decode(
            start,
            look.end,
            prefix=1,
            length=len(look.start) - 1,
            max_tokens=MAX_ANSWER_TOKENS,
            top_k=4 * _SPANS_PER_PASSAGE,
            block=self._blocks[look.first : look.last + 1],
        )
        found = []
        for span in spans:
            first, last = look.first + span.first, look.first + span.last
            place = tidy(self._text, self.offsets[first][0], self.offsets[last][1])
            if place[0] < place[1] and not says_nothing(self._text[slice(*place)], None):
                found.append(_Seen(first, last, span.score - null, place, look))
        return found

    def _of_row(self, place: Place, values: Sequence[int]) -> int:
        """The value of the row that a place is in; 0 outside rows."""
        row = bisect_right(self.rows, place[0], key=itemgetter(0)) - 1
        return values[row] if row >= 0 and place[0] < self.rows[row][1] else 0

    def _whole(self, place: Place, wanted: Asked | None) -> Place:
        """The whole entry of a table, or clause or list as the question wants, around a span."""
        if self._cells:
            place = tidy(self._text, *whole_entry(self._text, self._cells, place))
        if wanted:
            for part in self._parts:
                if part[0] <= place[0] < place[1] <= part[1]:
                    return tidy(self._text, *complete(self._text, part, *place, wanted))
        return place


def _parts(
    sentences: Sequence[Place], rows: Sequence[Place], cells: Sequence[Place]
) -> Iterator[Place]:
    """Sentences, those in a row of a table cut into its cells."""
    for start, end in sentences:
        if all(end <= first or last <= start for first, last in rows):
            yield start, end
            continue
        for first, last in cells:
            if max(start, first) < min(end, last):
                yield max(start, first), min(end, last)
