"""Which names the service answers to.

A page of another site can have its own name resolve to this machine (DNS rebinding)
and then read, as its own, what a browser here can reach. The name it used still stands
in the ``Host`` header.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from flask import request

from qa.errors import UnknownHost


class TrustedHosts:
    """Lets requests through that name the service by an address or a name it knows."""

    def __init__(self, listening: str, names: Collection[str]) -> None:
        """Know ``names``; if there are none and the service listens off this machine, any."""
        self._names = {name.casefold() for name in names}
        self._any = not self._names and not _loopback(listening)

    def listed(self, name: str) -> bool:
        """Whether a name is one of those the settings list."""
        return name.casefold().rstrip(".") in self._names

    def check(self) -> None:
        """Look at the current request.

        Raises:
            UnknownHost: it names neither an address nor a known name.
        """
        if "Host" not in request.headers:
            return  # HTTP/1.0; every browser sends one
        try:
            name = (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
        except ValueError:
            raise UnknownHost from None
        if not (self._any or self.listed(name) or _loopback(name) or _address(name)):
            raise UnknownHost


def _loopback(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address else host == "localhost" or host.endswith(".localhost")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
