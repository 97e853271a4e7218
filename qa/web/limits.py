"""How many requests one client may send in a stretch of time."""

from __future__ import annotations

import math
import time

from flask import request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from qa.errors import ConfigError, FieldError, TooManyRequests

# What makes the server search, read passages or write; never documents, health or metrics.
_LIMITED = frozenset(
    {
        "api.ask",
        "api.ask_batch",
        "api.extract",
        "library.documents",
        "pages.chat",
        "pages.turn",
        "verdicts.feedback",
    }
)
# Of these only where something is asked or looked for.
_WITH_QUERY = frozenset({"library.documents", "pages.chat"})

# Of texts sent along that take about as long as a question to the index.
_CHARACTERS = 2000


class RateLimit:
    """A moving window for each client address, kept in this process."""

    def __init__(self, rate: str) -> None:
        """Read a rate such as ``100 per minute``; an empty one limits nothing.

        Raises:
            ConfigError: it is none.
        """
        self._item: RateLimitItem | None = None
        if not rate:
            return
        try:
            items = parse_many(rate)
        except ValueError:
            items = []
        if len(items) != 1 or items[0].amount < 1:
            raise ConfigError(
                f"server.rate_limit: {rate!r} is no rate; write '100 per minute', or '' for none"
            )
        self._item = items[0]
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def check(self) -> None:
        """Count the current request.

        Raises:
            TooManyRequests: its client has used up its share.
        """
        if self._item is None or request.endpoint not in _LIMITED:
            return
        if request.endpoint in _WITH_QUERY and "q" not in request.args:
            return
        self._count(self._item, 1)

    def check_batch(self, questions: int) -> None:
        """Count the questions of the current request; it was counted as one when it came.

        Raises:
            FieldError: they are more than any client may ask at once.
            TooManyRequests: its client has used up its share.
        """
        if self._item is None or questions == 1:
            return
        if questions > self._item.amount:
            raise FieldError("questions", f"are {questions}, server.rate_limit allows {self._item}")
        self._count(self._item, questions - 1)

    def check_texts(self, characters: int) -> None:
        """Count the texts of the current request, which are embedded while it waits.

        Raises:
            TooManyRequests: its client has used up its share.
        """
        if self._item is None:
            return
        # Of a low rate, all that one client has.
        further = min(characters // _CHARACTERS, self._item.amount - 1)
        if further:
            self._count(self._item, further)

    def _count(self, item: RateLimitItem, requests: int) -> None:
        client = request.remote_addr or ""
        if not self._windows.hit(item, client, cost=requests):
            if requests > 1:
                # Not when the first of the places it needs is free: trying again takes one.
                raise TooManyRequests(item.get_expiry())
            until = self._windows.get_window_stats(item, client).reset_time
            raise TooManyRequests(max(1, math.ceil(until - time.time())))
