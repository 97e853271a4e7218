"""The numbers of a Word document's clauses and headings, which stand nowhere in its text.

They are counted as Word does, and written before the words.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from lxml import etree

from qa.ingest.docx_styles import Styles
from qa.ingest.docx_xml import W, child, is_on, number, properties, says_something, value

_LEVELS = range(9)
_PLACEHOLDER = re.compile(r"%([1-9])")
# In characters: a longer label is none, but would be repeated as often as a file likes.
_LONGEST_LABEL = 80
_ROMAN = {
    **{"m": 1000, "cm": 900, "d": 500, "cd": 400, "c": 100, "xc": 90, "l": 50, "xl": 40},
    **{"x": 10, "ix": 9, "v": 5, "iv": 4, "i": 1},
}
_MOST_ROMAN = 3999
# After "z" comes "aa", and after "zz" "aaa"; Word's last is thirty times "z".
_LETTERS, _MOST_LETTERS = 26, 780
_CHINESE, _MOST_CHINESE = ("", *"一二三四五六七八九"), 99
_CHINESE_FORMATS = {
    *("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting"),
    "taiwaneseCountingThousand",
}
# Of a level the last number, or none if it starts again.
_Counts = list[int | None]
# The list that numbers a paragraph, and on what level, as far as it is said.
_Place = tuple[str | None, int | None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Level:
    """How paragraphs on one level of a list are numbered.

    Attributes:
        label: in which %1 stands for the number on the highest level.
        restart: it starts again after a paragraph on one of so many highest levels.
        decimal: whether all numbers in the label are written in digits.
        style: whose paragraphs are on this level.
    """

    format: str
    label: str
    start: int
    restart: int
    decimal: bool
    style: str | None


@dataclass(frozen=True, slots=True)
class _List:
    """A list.

    Attributes:
        kind: lists of one kind count on from each other.
        starts: levels that start anew, and with what, though others of its kind came before.
    """

    kind: str
    levels: dict[int, _Level]
    starts: dict[int, int]

    def start(self, level: int) -> int:
        """The first number on a level."""
        of_kind = self.levels[level].start if level in self.levels else 1
        return self.starts.get(level, of_kind)


class Numbers:
    """The lists of a document, and the styles that are numbered by them."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        self._styles = styles
        self._lists = {} if root is None else _lists(root)
        # Of each list the levels on which paragraphs of a style are, and of a style its list.
        self._levels = {
            id: {level.style: at for at, level in each.levels.items() if level.style}
            for id, each in self._lists.items()
        }
        linked = reversed(self._levels.items())
        self._linked = {style: id for id, levels in linked for style in levels}
        self._places: dict[str | None, _Place] = {}

    def write(self, root: etree._Element) -> None:
        """Put its number before the words of each paragraph of a part."""
        counts: defaultdict[str, _Counts] = defaultdict(lambda: [None for _ in _LEVELS])
        begun: set[tuple[str, int]] = set()
        for paragraph in root.iter(f"{W}p"):
            id, level = self._place(paragraph)
            numbered = self._lists.get(id)
            if numbered is None or level not in numbered.levels:
                continue
            count = counts[numbered.kind]
            if level in numbered.starts and (id, level) not in begun:
                count[level] = None
            begun.add((id, level))
            _count(count, level, numbered)
            label = _label(count, level, numbered)
            if label and says_something(paragraph):
                run = etree.Element(f"{W}r")
                etree.SubElement(run, f"{W}t").text = label
                properties(paragraph, "pPr").addnext(run)

    def _place(self, paragraph: etree._Element) -> tuple[str, int]:
        own = child(paragraph, "pPr", "numPr")
        style = value(paragraph, "pPr", "pStyle")
        if style not in self._places:
            self._places[style] = self._place_of_style(style)
        id, level = self._places[style]
        return value(own, "numId") or id or "", _first([number(own, "ilvl"), level]) or 0

    def _place_of_style(self, style: str | None) -> _Place:
        chain = list(self._styles.chain(style))
        said = (each.numbered_by for each in chain)
        id = _first(itertools.chain(said, (self._linked.get(each.id) for each in chain)))
        levels = self._levels.get(id or "", {})
        return id, _first(levels.get(each.id, each.level) for each in chain)


def _lists(root: etree._Element) -> dict[str, _List]:
    kinds = list(root.iterchildren(f"{W}abstractNum"))
    names = [each.get(f"{W}abstractNumId", "") for each in kinds]
    levels = {name: dict(_levels(each)) for name, each in zip(names, kinds, strict=True)}
    # One may be as a style has it, and another say how that is.
    of_styles = {value(each, "styleLink"): name for name, each in zip(names, kinds, strict=True)}
    links = zip(names, (value(each, "numStyleLink") for each in kinds), strict=True)
    same = {name: of_styles[link] for name, link in links if link in of_styles and link}
    found = {}
    for each in root.iterchildren(f"{W}num"):
        kind = value(each, "abstractNumId") or ""
        kind = same.get(kind, kind)
        overrides = list(each.iterchildren(f"{W}lvlOverride"))
        starts = (
            (_on_level(override), number(override, "startOverride")) for override in overrides
        )
        found[each.get(f"{W}numId", "")] = _List(
            kind,
            dict(itertools.chain(levels.get(kind, {}).items(), *map(_levels, overrides))),
            {level: start for level, start in starts if level is not None and start is not None},
        )
    return found


def _levels(element: etree._Element) -> Iterator[tuple[int, _Level]]:
    for each in element.iterchildren(f"{W}lvl"):
        level = _on_level(each)
        if level is None:
            continue
        start, restart = number(each, "start"), number(each, "lvlRestart")
        label, gap = value(each, "lvlText") or "", value(each, "suff")
        decimal = child(each, "isLgl")
        yield (
            level,
            _Level(
                format=value(each, "numFmt") or "decimal",
                label=label if gap == "nothing" or not label.strip() else f"{label} ",
                start=1 if start is None else start,
                restart=level if restart is None else restart,
                decimal=decimal is not None and is_on(decimal),
                style=value(each, "pStyle"),
            ),
        )


def _on_level(element: etree._Element) -> int | None:
    written = element.get(f"{W}ilvl", "")
    return int(written) if written in map(str, _LEVELS) else None


def _count(count: _Counts, level: int, numbered: _List) -> None:
    """Go on to the next paragraph on a level."""
    for above in range(level):
        # As if there had been one above.
        if count[above] is None:
            count[above] = numbered.start(above)
    before = count[level]
    count[level] = numbered.start(level) if before is None else before + 1
    for below, of_list in numbered.levels.items():
        if below > level and level < of_list.restart:
            count[below] = None


def _label(count: _Counts, level: int, numbered: _List) -> str:
    """The number of a paragraph with what stands around it, or nothing if it has none."""
    of_list = numbered.levels[level]
    if of_list.format == "bullet" or len(of_list.label) > _LONGEST_LABEL:
        return ""

    def written(placeholder: re.Match[str]) -> str:
        place = int(placeholder[1]) - 1
        reached, other = count[place], numbered.levels.get(place)
        if reached is None or other is None:
            return ""
        return _written(reached, "decimal" if of_list.decimal else other.format)

    label = _PLACEHOLDER.sub(written, of_list.label)
    return label if label.strip() and len(label) <= _LONGEST_LABEL else ""


def _written(number: int, format: str) -> str:
    """A number in one of Word's formats, or in digits."""
    match format:
        case "none":
            return ""
        case "decimalZero":
            return f"{number:02d}"
        case "lowerLetter" | "upperLetter" if 0 < number <= _MOST_LETTERS:
            times, letter = divmod(number - 1, _LETTERS)
            said = chr(ord("a") + letter) * (times + 1)
        case "lowerRoman" | "upperRoman" if 0 < number <= _MOST_ROMAN:
            said = _roman(number)
        case _ if format in _CHINESE_FORMATS and 0 < number <= _MOST_CHINESE:
            tens, ones = divmod(number, 10)
            return f"{_CHINESE[tens] if tens > 1 else ''}{'十' if tens else ''}{_CHINESE[ones]}"
        case _:
            return str(number)
    return said.upper() if format.startswith("upper") else said


def _roman(number: int) -> str:
    said = ""
    for sign, amount in _ROMAN.items():
        said += sign * (number // amount)
        number %= amount
    return said


def _first(values: Iterable[_T | None]) -> _T | None:
    return next((value for value in values if value is not None), None)
