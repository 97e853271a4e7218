"""The whole service as a process on loopback."""

import json
import shutil
import signal
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qa.index.builder import build
from qa.index.snapshot import CURRENT, current
from tests.conftest import Server, settings_in, start_server, stop_server, write

EXPECTED = {
    "Who is the harbour master?": "Ingrid Solberg",
    "Who is the Party secretary of Yangpu?": "Xue Kan",
    "What did UCloud launch?": "Intelligent Cloud Platform",
    "How many days of paid sick leave do employees get?": "twelve days",
    "What is the colour of the vault?": "blue",
}


def ask(url: str, question: str, **more: object) -> dict:
    request = urllib.request.Request(
        f"{url}/api/ask",
        json.dumps({"question": question, "min_confidence": 0.0, **more}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def test_concurrent_clients_get_their_own_answers(server: Server) -> None:
    until = time.monotonic() + 8
    questions = list(EXPECTED)

    def client(number: int) -> int:
        asked = 0
        while time.monotonic() < until:
            question = questions[(number + asked) % len(questions)]
            reply = ask(server.url, question)
            assert reply["question"] == question
            assert EXPECTED[question] in reply["answers"][0]["sentence"]["text"]
            asked += 1
        return asked

    with ThreadPoolExecutor(16) as clients:
        assert min(clients.map(client, range(16))) > 0


def test_only_a_host_that_is_named_has_to_be_a_known_one(server: Server) -> None:
    address = urllib.parse.urlsplit(server.url)
    assert address.hostname and address.port
    for host, status in ((b"", b"200"), (b"Host: [:::]\r\n", b"421")):
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\n" + host + b"\r\n")
            assert connection.makefile("rb").readline().split()[1] == status


@pytest.fixture
def own_server(workspace: Path):
    server = start_server(workspace)
    yield server
    stop_server(server)


def test_a_new_snapshot_is_taken_up_without_a_failed_request(
    own_server: Server, workspace: Path
) -> None:
    stop = threading.Event()
    question = "Who is the harbour master?"

    def client(_: int) -> set[tuple[str, str]]:
        seen = set()
        while not stop.is_set():
            reply = ask(own_server.url, question, documents=["windows"], max_answers=1)
            seen.add((reply["snapshot"], reply["answers"][0]["sentence"]["text"]))
        return seen

    with ThreadPoolExecutor(4) as clients:
        results = [clients.submit(client, i) for i in range(4)]
        for name in ("Anna", "Bea"):
            text = f"Harbour rules\n\nThe harbour master is {name} Quist.\n"
            write(workspace / "source", {"windows.txt": text.encode()})
            published = build(settings_in(workspace)).snapshot.name
            until = time.monotonic() + 60
            while ask(own_server.url, question)["snapshot"] != published:
                assert time.monotonic() < until, "the new snapshot was not taken up"
            # Every client is to see it.
            time.sleep(1)
        stop.set()
        seen = set().union(*(r.result() for r in results))
    by_snapshot = dict(seen)
    assert len(seen) == len(by_snapshot) == 3
    assert {t.split(" is ")[1].split()[0] for t in by_snapshot.values()} == {
        "Ingrid",
        "Anna",
        "Bea",
    }


def test_a_damaged_new_snapshot_leaves_the_old_one_serving(
    own_server: Server, workspace: Path
) -> None:
    before = ask(own_server.url, "Who is the harbour master?")["snapshot"]
    folder = current(workspace / "index")
    broken = folder.with_name("99999999T000000-broken")
    shutil.copytree(folder, broken)
    (broken / "vectors.faiss").write_bytes(b"IxFI")
    (workspace / "index" / CURRENT).write_text(broken.name)
    time.sleep(2.5)
    assert ask(own_server.url, "Who is the harbour master?")["snapshot"] == before
    # Whole now, as after a copy that took its time.
    shutil.copy(folder / "vectors.faiss", broken)
    own_server.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 30
    while ask(own_server.url, "Who is the harbour master?")["snapshot"] != broken.name:
        assert time.monotonic() < until, "the mended snapshot was not taken up"


def test_serve_rebuilds_what_is_stale(workspace: Path) -> None:
    write(workspace / "source", {"new.txt": b"Tolls\n\nThe toll of the bridge is nine crowns.\n"})
    # What lies in the working folder is not the program.
    write(workspace, {"click.py": b"raise SystemExit(0)\n"})
    server = start_server(workspace)
    try:
        reply = ask(server.url, "What is the toll of the bridge?")
        assert "nine crowns" in reply["answers"][0]["text"]
    finally:
        stop_server(server)


def test_serve_goes_on_with_the_former_snapshot_if_the_build_fails(workspace: Path) -> None:
    write(workspace / "source", {"bad.txt": b"\0"})
    server = start_server(workspace)
    try:
        assert ask(server.url, "Who is the harbour master?")["answered"]
    finally:
        stop_server(server)


def test_a_2_mb_body_over_the_wire(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(server.url, "x" * 2_000_000)
    assert caught.value.code == 413
    assert caught.value.headers["Content-Type"] == "application/problem+json"
    caught.value.close()


def test_a_snapshot_is_served_where_its_sources_are_not(workspace: Path) -> None:
    shutil.rmtree(workspace / "source")
    server = start_server(workspace)
    try:
        assert ask(server.url, "Who is the harbour master?")["answered"]
    finally:
        stop_server(server)
