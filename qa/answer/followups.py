"""Follow-up questions made to stand alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of a conversation and the answer it got, if any."""

    question: str
    answer: str | None = None


def resolve(question: str, history: Sequence[Turn]) -> str | None:
    """The question in words that stand alone, or None if it does already."""
    return None
