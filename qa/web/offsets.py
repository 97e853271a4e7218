"""Offsets as they stand in addresses and forms."""

from __future__ import annotations

# Longer than any document.
_DIGITS = 12


def number(text: str | None) -> int | None:
    """A number without a sign, or None if the text is none."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        return None
    return int(text)


def slice_of(start: str | None, end: str | None, length: int) -> tuple[int, int] | None:
    """The slice of a text of so many characters, or None if it is empty or not in the text."""
    left, right = number(start), number(end)
    if left is None or right is None or not left < right <= length:
        return None
    return left, right
