"""A running server as what is evaluated."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from qa.errors import DocumentNotFound, FieldError, QAError, RunError, UsageError
from qa.evaluate.targets import DOCUMENTS_KEPT, Asked, Cited, Found, Read, first_candidate

_TIMEOUT_S = 120
# A server that asks for patience gets it: so many times, so long at most.
_TRIES, _LONGEST_WAIT_S = 20, 60
_MAX_REPLY = 64 << 20


class RemoteTarget:
    """A running server, over its HTTP API."""

    def __init__(self, url: str) -> None:
        """Find out whether it is ready.

        Raises:
            UsageError: this is no http address.
            RunError: nothing ready answers there.
        """
        try:
            parts = urlsplit(url)
            sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if not sound:
            raise UsageError(f"--url {url!r}: not an address such as http://127.0.0.1:8000")
        self.url = url.rstrip("/")
        self._snapshot = str(self._call("/readyz")[0].get("snapshot"))
        self.document = lru_cache(DOCUMENTS_KEPT)(self._document)

    def identity(self) -> dict[str, object]:
        """The address and the snapshot it answers from; the rest can't be seen from here."""
        return {"url": self.url, "snapshot": self._snapshot}

    def ask(self, question: str) -> Asked:
        """Answer as shipped; what was withheld is taken from the trace.

        Raises:
            FieldError: it refuses the question, as too long for instance.
            RunError: it changed to another snapshot, or doesn't answer.
        """
        reply, elapsed = self._call("/api/ask", {"question": question, "trace": True})
        with self._our_api("/api/ask"):
            return self._asked(reply, elapsed)

    def _asked(self, reply: dict[str, Any], elapsed: float) -> Asked:
        if reply["snapshot"] != self._snapshot:
            raise RunError(
                f"{self.url}: changed to snapshot {reply['snapshot']} during the run; "
                "run the command again"
            )
        answers = reply["answers"]
        quotations = []
        for answer in answers:
            quotations += [
                Cited(c["document"], c["start"], c["end"], answer["text"], c["sha256"])
                for c in answer["citations"]
            ]
            first, s = answer["citations"][0], answer["sentence"]
            quotations.append(
                Cited(first["document"], s["start"], s["end"], s["text"], first["sha256"])
            )
        text, confidence = first_candidate(reply["trace"])
        return Asked(
            text=answers[0]["text"] if answers else text,
            confidence=confidence,
            given=bool(answers),
            reason=reply["reason"],
            sentence=answers[0]["sentence"]["text"] if answers else "",
            quotations=tuple(quotations),
            passages=tuple(
                Found(p["document"], p["start"], p["end"], p["text"], p["score"])
                for p in reply["passages"]
            ),
            passages_read=reply["passages_read"],
            snapshot=reply["snapshot"],
            milliseconds=elapsed,
            stages=reply["took_ms"],
        )

    def retrieve(self, question: str, depth: int) -> None:
        """Nothing: the API returns the few that it found, and no more are to be had."""

    def read(self, question: str, passage: str) -> Read:
        """What ``/api/extract`` finds in the passage."""
        body = {"question": question, "contexts": [passage], "trace": True}
        reply, elapsed = self._call("/api/extract", body)
        with self._our_api("/api/extract"):
            text, confidence = first_candidate(reply["trace"])
            given = bool(reply["answers"])
            return Read(reply["answers"][0]["text"] if given else text, confidence, given, elapsed)

    def _document(self, id: str) -> tuple[str, str]:
        body, _ = self._call(f"/api/documents/{quote(id, safe='')}")
        with self._our_api("/api/documents"):
            return body["text"], body["sha256"]

    @contextlib.contextmanager
    def _our_api(self, path: str) -> Iterator[None]:
        """Say in one line that a reply lacks what this program's has."""
        try:
            yield
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise RunError(
                f"{self.url}{path}: not the API of this version (no {error} in the reply)"
            ) from None

    def _call(
        self, path: str, body: dict[str, object] | None = None
    ) -> tuple[dict[str, Any], float]:
        """A reply, and how many milliseconds it took without waiting for one's turn."""
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self.url + path,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", "Accept": "application/json"},
        )
        for _ in range(_TRIES):
            began = time.perf_counter()
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
                    reply = json.loads(response.read(_MAX_REPLY))
            except urllib.error.HTTPError as error:
                with error:
                    wait = error.headers.get("Retry-After", "")
                    if error.code != 429 or not wait.isdigit():
                        raise self._refusal(path, error) from None
                time.sleep(min(int(wait), _LONGEST_WAIT_S))
                continue
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise RunError(
                    f"{self.url}{path}: no usable reply ({' '.join(str(error).split())[:120]}); "
                    "is 'qa serve' running there?"
                ) from None
            if not isinstance(reply, dict):
                raise RunError(f"{self.url}{path}: not the API this program has")
            return reply, 1000 * (time.perf_counter() - began)
        raise RunError(f"{self.url}: too many requests; raise its rate limit for this client")

    def _refusal(self, path: str, error: urllib.error.HTTPError) -> QAError:
        if error.code == 404 and path.startswith("/api/documents/"):
            return DocumentNotFound(f"{self.url}{path}: no such document")
        if error.code == 422:
            field, _, message = _detail(error).partition(": ")
            return FieldError(field, message)
        # Only what is wrong with the server may pass.
        advice = "; run the same command again" if error.code >= 500 else ""
        return RunError(f"{self.url}{path}: {error.code} {_detail(error)}{advice}")


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(10_000))["detail"])[:200]
    except (ValueError, KeyError, TypeError, OSError):
        return str(error.reason)
