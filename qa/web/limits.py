"""How many requests one client may send in a stretch of time."""

from __future__ import annotations

import math
import time

from flask import request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from qa.errors import ConfigError, TooManyRequests

# Everything that makes the server read or write; never health, metrics or files.
_LIMITED = frozenset(
    {"api.ask", "api.ask_batch", "api.extract", "pages.turn", "pages.chat", "verdicts.feedback"}
)


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
            self._item = parse(rate)
        except ValueError:
            raise ConfigError(
                f"server.rate_limit: {rate!r} is no rate; write '100 per minute', or '' for none"
            ) from None
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def check(self) -> None:
        """Count the current request.

        Raises:
            TooManyRequests: its client has used up its share.
        """
        if self._item is None or request.endpoint not in _LIMITED:
            return
        if request.endpoint == "pages.chat" and "q" not in request.args:
            return
        client = request.remote_addr or ""
        if not self._windows.hit(self._item, client):
            until = self._windows.get_window_stats(self._item, client).reset_time
            raise TooManyRequests(max(1, math.ceil(until - time.time())))
