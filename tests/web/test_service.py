"""What a server holds of a snapshot that another one has followed."""

import gc
import threading
import time
import weakref
from pathlib import Path

import pytest

import qa.web.service
from qa.index.builder import build
from qa.index.snapshot import CURRENT
from qa.web.service import Service
from tests.conftest import settings_in, write


def test_a_failure_is_told_whenever_a_reload_was_asked_for(
    workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(settings_in(workspace))
    pointer = workspace / "index" / CURRENT
    sound = pointer.read_text()

    def told(name: str, *, patient: bool) -> int:
        caplog.clear()
        pointer.write_text(name)
        service.reload(patient=patient)
        return sum(record.levelname == "ERROR" for record in caplog.records)

    assert told("20990101T000000-gone", patient=True) == 1
    assert told("20990101T000000-gone", patient=True) == 0
    assert told("20990101T000000-gone", patient=False) == 1
    assert told(sound, patient=True) == 0
    assert told("20990101T000000-gone", patient=True) == 1


def test_memory_is_returned_once_the_last_request_is_done_with_the_former_snapshot(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    returned = threading.Event()
    monkeypatch.setattr(qa.web.service, "_trim", returned.set)
    service = Service(settings_in(workspace))
    request = service.pipeline()
    store = weakref.ref(request.snapshot.store)
    watching = threading.Thread(target=service.watch, args=(0.05,))
    watching.start()
    try:
        write(workspace / "source", {"new.txt": b"Notes\n\nOnly this sentence is new.\n"})
        build(settings_in(workspace))
        for _ in range(600):
            if service.pipeline() is not request:
                break
            time.sleep(0.05)
        assert service.pipeline() is not request
        assert not returned.wait(0.5)
        assert store() is not None
        gc.disable()
        del request
        assert returned.wait(30)
        # By then: what a later collection would free could not be given back.
        assert store() is None
    finally:
        gc.enable()
        service.stop()
        watching.join()
