"""Sentence boundaries, block by block.

sentencex (Wikimedia) was chosen over pysbd, syntok and blingfire: on abbreviations,
initials, quotes, lists and Chinese it makes the fewest wrong cuts, reports code
point offsets itself, is maintained, and is the fastest but blingfire. It is handed
one block at a time because quotation marks left open in one paragraph would
otherwise hold the next ones together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import regex
import sentencex

from qa.index.graphemes import grapheme_start
from qa.ingest.blocks import plain_blocks, trimmed
from qa.ingest.lines import is_row
from qa.types import Block, Passage, Sentence, Text

_SPACE = regex.compile(r"[^\S ]")
_HAN = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]")

# No number of an item and no abbreviation is longer, so no more is looked at: a sentence
# that goes on and on would be gone through for each of its parts.
_TAIL = 32
# Characters handed to sentencex together; a longer sentence is more than a passage holds.
_STRETCH = 4096
_ALONE = regex.compile(r"(?:^|\s)\.$")
_WORD = regex.compile(r"\w")
_LINKS = frozenset(",;:/-–")
# A longer row of a table says several things.
_LONGEST_ROW = 300
# The number of an item, if it is all that is said: "1.", "(5.1)", "§ 5.", "Step 1.".
_NUMBER = regex.compile(
    r"\W{0,2}(?:(?:step|section|clause|article|chapter|part)\s+)?"
    r"(?:\d{1,3}(?:\.\d{1,3})*|[ivx]{1,5}|[a-z])[.)]+$",
    regex.I,
)
# So may a paragraph be: "1969. The firm was founded."
_YEAR = regex.compile(r"\d{4}\.")
# No "iPhone".
_SMALL = regex.compile(r"\p{Ll}(?!\p{Lu})")
# What sentencex cuts after, though the sentence goes on: (what stands before, what after).
# Names look like abbreviations ("in Oakland, CA."), and so do words ("in the sun."): what
# may be either has to be written as the abbreviation is and be followed by what is usual.
_GOES_ON = tuple(
    (regex.compile(rf"(?:^|[\s(/–-])(?:{before})\.$"), regex.compile(after))
    for before, after in (
        (
            r"M[sx]|(?i:approx|incl|excl|inkl|exkl|zzgl|bzw)|[Rr]esp|[Vv]s|[Tt]el|[Gg]eb|[Gg]est|[Nn]r",
            r"[\w(+\p{Sc}]",
        ),
        (r"[Cc]a|[Aa]bs|[Ee]xt|TEL|NR", r"[\d(+\p{Ll}\p{Sc}]|\p{Lu}{3} ?\d"),
        (
            r"[Mm]ax|[Mm]in|[Aa]pt|[Vv]ols?|[Cc]h|[Cc]hap|[Ee]qs?|[Ss]ect?|[Pp]ara|[Rr]ef|"
            r"Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun",
            r"[\d\p{Ll}]",
        ),
        (
            r".*\d\s?(?i:[ap]\.m)",
            r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
            r"(?:[,.;)]|$| (?:to|through|and|or|until)\b)"
            r"|(?:[ECMP][SD]?T|GMT|UTC|CES?T)\b"
            r"|(?:Eastern|Central|Mountain|Pacific) (?:Standard |Daylight )?[Tt]ime\b",
        ),
        # "5 lbs. of rice", "the 1st. and 2nd. prizes".
        (
            r"hrs?|mins|secs?|yrs?|lbs?|oz|tbsp|tsp|avg|temp|\d+(?:st|nd|rd|th)",
            r"[\p{Ll}(]",
        ),
        (r"Figs|Rm|Supp", r"\d"),
        (r"Ft|Mt|Pt", r"\p{Lu}"),
        (r"ggf|evtl", r"\w"),
        (r"Mio|Mrd|[Tt]sd", r"[\p{Ll}\d€]|(?:Euro|Dollar|Franken|Menschen|Einwohner)\b"),
        (
            r".*\b(?:[Ii]m|[Ii]n|[Dd](?:er|ie|en|em|as))\s\d{1,2}",
            r"(?:Jahrhunderts?|Auflage|Klasse|Stock|Etage)\b",
        ),
        # "am 3. Mai".
        (
            r"\d{1,2}",
            r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|"
            r"Dezember)\b",
        ),
    )
)


def sentence_spans(text: str, blocks: Iterable[Block]) -> list[tuple[int, int]]:
    """Code point spans of the sentences, without surrounding white space.

    In order, without overlap, none crossing a block; together they hold every
    character of the blocks that is not white space.
    """
    return [span for block in blocks for span in _in_block(text, block)]


def in_sentences(text: str) -> Text:
    """A text that stands by itself, with its sentences as those of a plain text file."""
    return Text(text, tuple(sentence_spans(text, plain_blocks(text))))


def _in_block(text: str, block: Block) -> list[tuple[int, int]]:
    row = is_row(text[block.start : block.end])
    if row and block.end - block.start <= _LONGEST_ROW:
        # Without the cells before it, the rest would say nothing.
        return [(block.start, block.end)]
    # sentencex panics on some full stops after a space that isn't ASCII.
    piece = _SPACE.sub(" ", text[block.start : block.end])
    language = "zh" if len(_HAN.findall(piece)) * 4 > len(piece) else "en"
    spans: list[tuple[int, int]] = []
    for left, right in _boundaries(language, piece):
        start, end = trimmed(piece, left, right)
        if start == end:
            continue
        # Quotation marks and dots left over belong to the sentence before.
        if spans and (
            not any(c.isalnum() for c in piece[start:end])
            or (row and piece[start] == "|")
            or _goes_on(piece, (spans[-1][0] - block.start, spans[-1][1] - block.start), start)
        ):
            spans[-1] = (spans[-1][0], block.start + end)
        else:
            spans.append((block.start + start, block.start + end))
    return spans


def _goes_on(text: str, before: tuple[int, int], start: int) -> bool:
    """Whether what begins at ``start`` is still of the sentence before."""
    tail = text[max(before[0], before[1] - _TAIL) : before[1]]
    if before[1] == start:
        # "on .NET": nothing but white space ends a sentence at a point that begins a word,
        # nor does an abbreviation end one: "Tel.: 110", "Mon.-Fri."
        return (tail[-1] == "." and text[start] in _LINKS) or _ALONE.search(tail) is not None
    if before[1] - before[0] <= _TAIL and _NUMBER.match(tail) and _WORD.match(text, start):
        return True
    if before[0] == 0 and _YEAR.fullmatch(tail):
        return True
    if tail[-1] in "!?" and _SMALL.match(text, start):
        # "Who Framed Roger Rabbit? grossed", "(n − 1)! is"
        return True
    return any(b.search(tail) and a.match(text, start) for b, a in _GOES_ON)


def _boundaries(language: str, piece: str) -> Iterator[tuple[int, int]]:
    """The library's boundaries, asked of a stretch at a time.

    What it takes grows with the square of a text whose quotation marks are never closed.
    """
    begin = 0
    while begin < len(piece):
        stretch = piece[begin : begin + _STRETCH]
        found = _cut(language, stretch)
        if begin + len(stretch) == len(piece):
            yield from ((begin + left, begin + right) for left, right in found)
            return
        # The last one may go on.
        *whole, (last, _) = found
        yield from ((begin + left, begin + right) for left, right in whole)
        if whole:
            begin += last
        else:
            space = stretch.rfind(" ", _STRETCH // 2)
            end = begin + space if space > 0 else grapheme_start(piece, begin + _STRETCH, begin + 1)
            yield begin, end
            begin = end


def _cut(language: str, piece: str) -> list[tuple[int, int]]:
    try:
        found = sentencex.get_sentence_boundaries(language, piece)
    except BaseException as error:
        # A panic of the library's own is no Exception; a text it fails on is one sentence.
        if type(error).__name__ != "PanicException":
            raise
        return [(0, len(piece))]
    return [(boundary["start_index"], boundary["end_index"]) for boundary in found]


def covering(
    passage: Passage, sentences: Iterable[tuple[int, int]], start: int, end: int
) -> Sentence:
    """The run of a passage's whole sentences that holds ``start:end``; document offsets.

    ``sentences`` are the document's, those outside the passage may be left out.
    """
    touched = [s for s in sentences if s[1] > start and s[0] < end]
    left = min([start, *(s[0] for s in touched)])
    right = max([end, *(s[1] for s in touched)])
    return Sentence(passage.text[left - passage.start : right - passage.start], left, right)
