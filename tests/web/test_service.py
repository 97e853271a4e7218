"""What a server holds of a snapshot that another one has followed."""

import threading
from pathlib import Path

import pytest

import qa.web.service
from qa.index.builder import build
from qa.web.service import Service
from tests.conftest import settings_in, write


def test_memory_is_returned_once_the_last_request_is_done_with_the_former_snapshot(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    returned, stop = threading.Event(), threading.Event()
    monkeypatch.setattr(qa.web.service, "_trim", returned.set)
    service = Service(settings_in(workspace))
    request = service.pipeline()
    watching = threading.Thread(target=service.watch, args=(stop, 0.05))
    watching.start()
    try:
        write(workspace / "source", {"new.txt": b"Notes\n\nOnly this sentence is new.\n"})
        build(settings_in(workspace))
        for _ in range(600):
            if service.pipeline() is not request:
                break
            stop.wait(0.05)
        assert service.pipeline() is not request
        assert not returned.wait(0.5)
        del request
        assert returned.wait(30)
    finally:
        stop.set()
        watching.join()
