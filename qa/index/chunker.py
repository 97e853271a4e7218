"""Cut documents into passages of whole sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tokenizers import Tokenizer

from qa.index.graphemes import grapheme_start
from qa.index.sentences import sentence_spans
from qa.ingest.blocks import trimmed
from qa.ingest.sections import SEPARATOR
from qa.types import Document

# No passage may be longer than this many characters a token of the budget: a
# tokenizer may call a 10,000-letter word one token.
MAX_CHARS_PER_TOKEN = 16
# Sentences encoded together.
_BATCH = 2048


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage to be: a slice of a document and the index of its section, or -1."""

    start: int
    end: int
    section: int


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    tokens: int
    section: int
    heading: bool


class Chunker:
    """Packs sentences into passages of at most ``passage_tokens`` tokens.

    Passages never cross a section, but that headings go with what stands under the first
    heading below them: alone they would say nothing. Each begins with the last
    ``overlap_sentences`` sentences of the one before it, if they and at least one new
    sentence fit. A sentence over the budget is cut into several at white space, or between
    characters where there is none; its pieces are treated as sentences from then on.
    """

    def __init__(self, tokenizer: Tokenizer, passage_tokens: int, overlap_sentences: int) -> None:
        self._tokenizer = tokenizer
        self._budget = passage_tokens
        self._overlap = overlap_sentences

    def chunk(self, document: Document) -> tuple[list[Chunk], list[tuple[int, int]]]:
        """Passages and sentences of a document, both in order of position.

        Every character of the document's blocks that is not white space is in a
        passage and in a sentence.
        """
        spans = sentence_spans(document.text, document.blocks)
        sentences = list(self._measured(document, spans))
        passages = list(self._pack(sentences, [section.title for section in document.sections]))
        return passages, [(s.start, s.end) for s in sentences]

    def _measured(self, document: Document, spans: list[tuple[int, int]]) -> Iterator[_Sentence]:
        text, section = document.text, -1
        # A section begins with its heading.
        ends = [block.end for block in document.blocks if block.heading]
        for (start, end), tokens in zip(spans, self._counts(text, spans), strict=True):
            while (
                section + 1 < len(document.sections)
                and document.sections[section + 1].start <= start
            ):
                section += 1
            heading = section >= 0 and start < ends[section]
            if tokens <= self._budget and end - start <= self._budget * MAX_CHARS_PER_TOKEN:
                yield _Sentence(start, end, tokens, section, heading)
                continue
            whole = self._tokenizer.encode(text[start:end], add_special_tokens=False)
            for piece in self._split(text, start, end, whole.offsets):
                yield _Sentence(*piece, section, heading)

    def _counts(self, text: str, spans: list[tuple[int, int]]) -> Iterator[int]:
        """Tokens of each sentence; a few sentences' encodings are held at a time."""
        for begin in range(0, len(spans), _BATCH):
            # Offsets, needed of overlong sentences only, take longer than the tokens.
            for encoding in self._tokenizer.encode_batch_fast(
                [text[start:end] for start, end in spans[begin : begin + _BATCH]],
                add_special_tokens=False,
            ):
                yield len(encoding.ids)

    def _split(
        self, text: str, start: int, end: int, offsets: list[tuple[int, int]]
    ) -> Iterator[tuple[int, int, int]]:
        """Cut an overlong sentence; yields start, end and number of tokens of each piece."""
        begin, token = start, 0
        while begin < end:
            last = min(token + self._budget, len(offsets))
            cut = end if last == len(offsets) else start + offsets[last][0]
            cut = min(cut, begin + self._budget * MAX_CHARS_PER_TOKEN)
            if cut < end:
                cut = _nice_cut(text, begin, cut)
            cut, tokens = self._fitting(text, begin, cut)
            while token < len(offsets) and start + offsets[token][0] < cut:
                token += 1
            left, right = trimmed(text, begin, cut)
            if left < right:
                yield left, right, max(1, tokens)
            begin = cut

    def _fitting(self, text: str, begin: int, cut: int) -> tuple[int, int]:
        """A cut of ``text[begin:]``, at ``cut`` or before it, within the budget; and its tokens.

        A part of a word may be more tokens than all of it: a tokenizer may call a long word one
        unknown token.
        """
        while True:
            offsets = self._tokenizer.encode(text[begin:cut], add_special_tokens=False).offsets
            if len(offsets) <= self._budget:
                return cut, len(offsets)
            shorter = _nice_cut(text, begin, begin + offsets[self._budget][0])
            # One character may be more tokens than the budget.
            if not begin < shorter < cut:
                return cut, len(offsets)
            cut = shorter

    def _pack(self, sentences: list[_Sentence], titles: list[str]) -> Iterator[Chunk]:
        first = 0
        while first < len(sentences):
            last, tokens = first, sentences[first].tokens
            while (
                last + 1 < len(sentences)
                and _goes_on(sentences[last], sentences[last + 1], titles)
                and tokens + sentences[last + 1].tokens <= self._budget
                and sentences[last + 1].end - sentences[first].start
                <= self._budget * MAX_CHARS_PER_TOKEN
            ):
                last += 1
                tokens += sentences[last].tokens
            yield Chunk(sentences[first].start, sentences[last].end, sentences[last].section)
            first = self._next_first(sentences, first, last)

    def _next_first(self, sentences: list[_Sentence], first: int, last: int) -> int:
        following = last + 1
        if following >= len(sentences) or sentences[following].section != sentences[last].section:
            return following
        begin, tokens = following, sentences[following].tokens
        # Going back to the passage's own first sentence would repeat it whole.
        while following - begin < self._overlap and begin - 1 > first:
            tokens += sentences[begin - 1].tokens
            characters = sentences[following].end - sentences[begin - 1].start
            if tokens > self._budget or characters > self._budget * MAX_CHARS_PER_TOKEN:
                break
            begin -= 1
        return begin


def _goes_on(sentence: _Sentence, following: _Sentence, titles: list[str]) -> bool:
    """Whether two sentences may be of one passage: of one section, or headings in a row.

    Of those each is below the one before it.
    """
    if following.section == sentence.section:
        return True
    if not sentence.heading:
        return False
    return titles[following.section].startswith(titles[sentence.section] + SEPARATOR)


def _nice_cut(text: str, begin: int, cut: int) -> int:
    """The last white space in the second half of ``text[begin:cut]``, or a character border."""
    for position in range(cut, begin + (cut - begin) // 2, -1):
        if text[position - 1].isspace():
            return position
    return grapheme_start(text, cut, begin + 1)
