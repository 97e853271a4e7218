"""The pipeline a running server answers from, and its replacement by a newer one."""

from __future__ import annotations

import copy
import ctypes
import logging
import threading
import time
import weakref
from pathlib import Path

from qa.answer.pipeline import Pipeline
from qa.config import Settings
from qa.errors import IndexMissing, QAError
from qa.index.snapshot import Snapshot, current

log = logging.getLogger(__name__)

# Seconds until a snapshot that could not be opened is tried again: it may be being copied,
# and every attempt reads all of it.
_RETRY = 10.0
_NOTHING_YET = IndexMissing("no snapshot is loaded yet")


class Service:
    """Holds one pipeline at a time; a request keeps the one it began with."""

    def __init__(self, settings: Settings) -> None:
        """Open the published snapshot, if there is a sound one."""
        self.settings = settings
        self._pipeline: Pipeline | None = None
        self._error: QAError = _NOTHING_YET
        self._failed: Path | None = None
        self._retry_at = 0.0
        self._released = threading.Event()
        self._woken = threading.Event()
        self._stopped = False
        self._lock = threading.Lock()
        self.reload()

    def pipeline(self) -> Pipeline:
        """The pipeline to answer the whole of one request from.

        Raises:
            QAError: why there is none.
        """
        pipeline = self._pipeline
        if pipeline is None:
            raise copy.copy(self._error)
        return pipeline

    def reload(self, *, patient: bool = False) -> None:
        """Change to the published snapshot; if it is damaged, go on with the loaded one.

        ``patient`` leaves one alone that failed just before.
        """
        with self._lock:
            try:
                folder = current(self.settings.index.folder)
                loaded = self._pipeline.snapshot if self._pipeline else None
                if loaded and folder == loaded.folder:
                    self._failed, self._error = None, _NOTHING_YET
                    return
                if patient and folder == self._failed and time.monotonic() < self._retry_at:
                    return
                self._failed = folder
                try:
                    self._pipeline = Pipeline(Snapshot(folder, loaded), self.settings)
                finally:
                    self._retry_at = time.monotonic() + _RETRY
                self._failed, self._error = None, _NOTHING_YET
                if loaded:
                    # Once the last request that began with it is answered.
                    weakref.finalize(loaded, self._released.set).atexit = False
                log.warning("answering from snapshot %s", folder.name)
            except QAError as error:
                if not patient or str(error) != str(self._error):
                    log.error("%s", error)
                # A copy: an exception keeps the frames of every place it was raised in,
                # and they the snapshot that was loaded then.
                self._error = copy.copy(error)

    def watch(self, seconds: float = 1.0) -> None:
        """Reload when another snapshot is published, or at once when woken, until stopped.

        The memory of former ones is given back to the system.
        """
        while True:
            woken = self._woken.wait(seconds)
            self._woken.clear()
            if self._stopped:
                return
            try:
                if self._released.is_set():
                    self._released.clear()
                    _trim()
                self.reload(patient=not woken)
            except Exception:
                # The loaded snapshot still answers; the watch must go on.
                log.exception("the new snapshot could not be loaded")

    def wake(self) -> None:
        """Have the published snapshot looked at now, even one that failed just before."""
        self._woken.set()

    def stop(self) -> None:
        """End the watch."""
        self._stopped = True
        self._woken.set()


def _trim() -> None:
    """Return freed memory to the system: glibc keeps it, more with every snapshot at first."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
