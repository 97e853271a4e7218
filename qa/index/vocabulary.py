"""The terms of an index, in order, found without being read into memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from qa.index.files import mapped

_TEXT, _ENDS = "terms.npy", "term_ends.npy"


class Vocabulary(Sequence[str]):
    """Distinct terms in the order of their code points; a term's place is its number.

    A large collection has a million of them, most of which no question ever asks for:
    as strings in a dictionary they took a fifth of the memory that a search needs for itself.
    """

    def __init__(self, text: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        """Terms in UTF-8, one after the other, and where each ends.

        Raises:
            ValueError: the ends are not those of pieces of the text.
        """
        kinds = text.dtype == np.uint8 and ends.dtype == np.int64
        if not kinds or int(ends.max(initial=0)) != len(text) or (np.diff(ends) < 0).any():
            raise ValueError("the terms don't end where they should")
        self._text = text
        self._ends = ends

    @classmethod
    def of(cls, terms: Iterable[str]) -> Vocabulary:
        """Those of sorted distinct terms."""
        encoded = [term.encode() for term in terms]
        ends = np.cumsum([len(term) for term in encoded], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), ends)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> list[str]: ...
    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            return [self[place] for place in range(len(self))[number]]
        place = range(len(self))[number]
        begin = int(self._ends[place - 1]) if place else 0
        return self._text[begin : int(self._ends[place])].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        begin = 0
        for end in self._ends.tolist():
            yield self._text[begin:end].tobytes().decode()
            begin = end

    def number(self, term: str) -> int | None:
        """A term's number, ``None`` if it is not among them."""
        place = bisect_left(self, term)
        return place if place < len(self) and self[place] == term else None

    def save(self, folder: Path) -> None:
        """Write them into a folder.

        Raises:
            OSError: there is no room for them.
        """
        np.save(folder / _TEXT, self._text)
        np.save(folder / _ENDS, self._ends)

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """Those of a folder, mapped into memory.

        Raises:
            OSError, ValueError, EOFError: a file is missing or damaged.
        """
        return cls(mapped(folder / _TEXT), mapped(folder / _ENDS))
