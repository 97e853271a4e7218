"""What is embedded and indexed of a passage."""

from __future__ import annotations

from functools import lru_cache

from tokenizers import Tokenizer

from qa.index.chunker import MAX_CHARS_PER_TOKEN
from qa.ingest.sections import SEPARATOR, short_heading
from qa.types import Passage


class Context:
    """Puts a passage's title and section before its text.

    A passage in the middle of a document often leaves out what it is about. The
    heading is cut to ``max_tokens`` with the ``prompt`` that the embedding model reads before
    it, so that they never push the text out of what it reads.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int, prompt: str = "") -> None:
        self._tokenizer = tokenizer
        self._max_tokens = max(
            1, max_tokens - len(tokenizer.encode(prompt, add_special_tokens=False))
        )
        self._cut = lru_cache(maxsize=1024)(self._first_tokens)

    def __call__(self, passage: Passage, title: str) -> str:
        """The heading, a line break, and the text."""
        heading, section = title, passage.section
        if section is not None:
            # A title that is a heading itself begins the names of all sections below it.
            within = f"{section}{SEPARATOR}".startswith(f"{short_heading(title)}{SEPARATOR}")
            heading = section if within else f"{title}{SEPARATOR}{section}"
        return f"{self._cut(heading)}\n{passage.text}"

    def _first_tokens(self, heading: str) -> str:
        heading = heading[: self._max_tokens * MAX_CHARS_PER_TOKEN]
        offsets = self._tokenizer.encode(heading, add_special_tokens=False).offsets
        if len(offsets) <= self._max_tokens:
            return heading
        return heading[: offsets[self._max_tokens - 1][1]]
