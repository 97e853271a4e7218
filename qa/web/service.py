"""The pipeline a running server answers from, and its replacement by a newer one."""

from __future__ import annotations

import copy
import logging
import threading
from pathlib import Path

from qa.answer.pipeline import Pipeline
from qa.config import Settings
from qa.errors import IndexMissing, QAError
from qa.index.snapshot import Snapshot, current

log = logging.getLogger(__name__)


class Service:
    """Holds one pipeline at a time; a request keeps the one it began with."""

    def __init__(self, settings: Settings) -> None:
        """Open the published snapshot, if there is a sound one."""
        self.settings = settings
        self._pipeline: Pipeline | None = None
        self._error: QAError = IndexMissing("no snapshot is loaded yet")
        self._failed: Path | None = None
        self._lock = threading.Lock()
        self.reload()

    def pipeline(self) -> Pipeline:
        """The pipeline to answer the whole of one request from.

        Raises:
            QAError: why there is none.
        """
        pipeline = self._pipeline
        if pipeline is None:
            # A copy: an exception keeps the frames of every place it was raised in.
            raise copy.copy(self._error)
        return pipeline

    def reload(self) -> None:
        """Change to the published snapshot; if it is damaged, go on with the loaded one."""
        with self._lock:
            try:
                folder = current(self.settings.index.folder)
                loaded = self._pipeline.snapshot if self._pipeline else None
                if folder in (loaded.folder if loaded else None, self._failed):
                    return
                # Not tried again until another is published.
                self._failed = folder
                self._pipeline = Pipeline(Snapshot(folder, loaded), self.settings)
                self._failed = None
                log.warning("answering from snapshot %s", folder.name)
            except QAError as error:
                if str(error) != str(self._error):
                    log.error("%s", error)
                self._error = error

    def watch(self, stop: threading.Event, seconds: float = 1.0) -> None:
        """Reload whenever another snapshot is published, until told to stop."""
        while not stop.wait(seconds):
            try:
                self.reload()
            except Exception:
                # The loaded snapshot still answers; the watch must go on.
                log.exception("the new snapshot could not be loaded")
