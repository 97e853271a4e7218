"""Read a file in a process of its own: what it makes a native library do ends that one only."""

from __future__ import annotations

import logging
import resource
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from pathlib import PurePosixPath

from qa.errors import IngestError
from qa.ingest.parsed import Parsed

log = logging.getLogger(__name__)

Parse = Callable[[bytes, PurePosixPath], Parsed]

# Seconds for one file; a book takes some minutes.
_MOST_SECONDS = 1800
_PROGRAM = f"import sys; from {__name__} import serve; serve(int(sys.argv[1]))"


class Apart:
    """Parses files one after the other in a process that is started anew if it dies."""

    def __init__(self, parse: Parse, memory: int = 4 << 30) -> None:
        """``parse`` has to be a function of a module; ``memory`` is in bytes."""
        self._parse = parse
        self._memory = memory
        self._lock = threading.Lock()
        self._worker: _Worker | None = None

    def __call__(self, data: bytes, path: PurePosixPath) -> Parsed:
        """What ``parse`` returns, its warnings logged.

        Raises:
            IngestError: ``parse`` raised it, took too much time or memory, or died.
        """
        with self._lock:
            worker = self._worker = self._worker or _Worker(self._parse, self._memory)
            try:
                outcome, warnings = worker.parse(data, path)
            except BaseException:
                # It is dead, or busy with what nobody waits for any more.
                worker.kill()
                self._worker = None
                raise
        for warning in warnings:
            log.warning("%s", warning)
        if isinstance(outcome, Exception):
            raise outcome
        parsed: Parsed = outcome
        return parsed


class _Worker:
    """The process, as seen from this one."""

    def __init__(self, parse: Parse, memory: int) -> None:
        self._memory = memory
        self._connection, theirs = Pipe()
        # Neither a copy of this process, whose threads may hold locks, nor one of
        # multiprocessing's others, which first run the script again that this one runs.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
        )
        # Closed when the other one dies, if this one doesn't hold it as well.
        theirs.close()
        # At the latest when this process ends.
        self.kill = weakref.finalize(self, _kill, self._process, self._connection)
        self._connection.send((parse, memory))

    def parse(self, data: bytes, path: PurePosixPath) -> tuple[Parsed | Exception, list[str]]:
        """What the function returns or raises, and its warnings."""
        try:
            self._connection.send((data, path))
            if not self._connection.poll(_MOST_SECONDS):
                raise IngestError(f"{path}: not read after {_MOST_SECONDS // 60} minutes; split it")
            outcome, warnings = self._connection.recv()
        except (EOFError, OSError):
            raise IngestError(
                f"{path}: damaged, or not to be read with {self._memory >> 20} MB of memory; "
                "save it again or split it"
            ) from None
        return outcome, warnings


def _kill(process: subprocess.Popen[bytes], connection: Connection) -> None:
    process.kill()
    process.wait()
    connection.close()


class _Kept(logging.Handler):
    """Keeps messages to be told elsewhere."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def serve(descriptor: int) -> None:
    """Parse what comes, with the function and the memory that come first, to the end."""
    connection = Connection(descriptor)
    parse, memory = connection.recv()
    # Who interrupts a build in a terminal means both processes; the other one ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A few kilobytes may unpack to as many gigabytes.
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    kept = _Kept()
    logging.getLogger().addHandler(kept)
    while True:
        try:
            data, path = connection.recv()
        except EOFError:
            return
        outcome: Parsed | Exception
        try:
            outcome = parse(data, path)
        except MemoryError:
            # Told by the end of this process, as by that of one that the library ends.
            return
        except Exception as error:
            outcome = error
        try:
            connection.send((outcome, kept.messages))
        except OSError:
            return
        kept.messages = []
