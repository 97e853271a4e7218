"""What is embedded and indexed of a passage."""

from __future__ import annotations

from functools import lru_cache

from tokenizers import Tokenizer

from qa.index.chunker import MAX_CHARS_PER_TOKEN
from qa.types import Passage


class Context:
    """Puts a passage's title and section before its text.

    A passage in the middle of a document often leaves out what it is about. The
    heading is cut to ``max_tokens``, so that it never pushes the text out of what the
    embedding model reads.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._cut = lru_cache(maxsize=1024)(self._first_tokens)

    def __call__(self, passage: Passage, title: str) -> str:
        """The heading, a line break, and the text."""
        heading = title if passage.section in (None, title) else f"{title} › {passage.section}"
        return f"{self._cut(heading)}\n{passage.text}"

    def _first_tokens(self, heading: str) -> str:
        heading = heading[: self._max_tokens * MAX_CHARS_PER_TOKEN]
        offsets = self._tokenizer.encode(heading, add_special_tokens=False).offsets
        if len(offsets) <= self._max_tokens:
            return heading
        return heading[: offsets[self._max_tokens - 1][1]]
