"""Every error the program raises on purpose.

::

    QAError                    exit 1, HTTP 500
    ├── UsageError             exit 2, HTTP 400   the command or request is malformed
    │   ├── ConfigError        exit 2, HTTP 503   config.yaml, QA_* or a flag
    │   └── FieldError         exit 2, HTTP 422   one field of a request, by name
    ├── IngestError            exit 1             a source file or folder, by name
    ├── IndexMissing           exit 1, HTTP 503   nothing has been built yet
    ├── SnapshotError          exit 1, HTTP 503   a snapshot is damaged or of another version
    ├── BuildInProgress        exit 1             another build holds the lock
    ├── ModelError             exit 1, HTTP 503   a model is missing or not the expected one
    ├── RunError               exit 1             an evaluation can't go on, or fell short
    ├── FeedbackError          exit 1, HTTP 503   feedback can't be stored or read
    ├── UnknownHost            exit 1, HTTP 421   the address has a name not known here
    ├── ForeignForm            exit 1, HTTP 403   a form came from another site's page
    ├── TooManyRequests        exit 1, HTTP 429   a client has used up its share
    └── DocumentNotFound       exit 1, HTTP 404   no such document in the snapshot

Each message is one line that says what is wrong and what to do next. Messages
may name files of the operator's machine, so only those of classes that are
``public`` are shown to HTTP clients.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# What PyYAML raises, besides its own error, of values that are none of their type.
BAD_YAML_VALUES = (ValueError, LookupError, AttributeError, TypeError, RecursionError)

# Comparing is quadratic, and whoever sends a name chooses its length.
_COMPARED = 100


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one was probably meant to be, for a message."""
    folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name[:_COMPARED].casefold(), folded, n=1)
    return folded[close[0]] if close else None


class QAError(Exception):
    """Base of the tree."""

    exit_code = 1
    http_status = 500
    public = False


class UsageError(QAError):
    """The command line or the request can't be understood."""

    exit_code = 2
    http_status = 400
    public = True


class ConfigError(UsageError):
    """A setting is unknown or has a value it can't have."""

    http_status = 503
    public = False


class FieldError(UsageError):
    """A field of a request has a value it can't have.

    Attributes:
        field: the field's name.
    """

    http_status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.detail = message


class IngestError(QAError):
    """A source file or folder can't be read as documents."""


class IndexMissing(QAError):
    """There is no published snapshot to answer from."""

    http_status = 503


class SnapshotError(QAError):
    """A snapshot can't be trusted: damaged, incomplete or of another format version."""

    http_status = 503


class BuildInProgress(QAError):
    """Another process is building into the same index folder."""


class ModelError(QAError):
    """A model is missing, damaged, or not of the kind it is used as."""

    http_status = 503


class RunError(QAError):
    """An evaluation was interrupted, can't go on, or fell below what was asked of it."""


class DocumentNotFound(QAError):
    """No document has this id in the snapshot."""

    http_status = 404
    public = True


class FeedbackError(QAError):
    """The file that feedback is kept in can't be written to or read."""

    http_status = 503


class UnknownHost(QAError):
    """A request names the service by a name it isn't known by."""

    http_status = 421
    public = True

    def __init__(self) -> None:
        super().__init__(
            "this service is not known by the name in the address; "
            "add the name to server.trusted_hosts"
        )


class ForeignForm(QAError):
    """A form was not, or not provably, sent from one of this service's pages."""

    http_status = 403
    public = True


class TooManyRequests(QAError):
    """A client has used up its share of requests.

    Attributes:
        seconds: after which it may ask again.
    """

    http_status = 429
    public = True

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many requests; try again in {seconds} s")
        self.seconds = seconds
