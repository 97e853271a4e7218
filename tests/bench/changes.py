"""Cost of a change, and taking the changed snapshot up while questions are asked.

Changes are made to 10,000 documents of a SQuAD paragraph each; the server that takes
ten snapshots up serves the shipped article to 16 clients.
"""

from __future__ import annotations

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from qa.index.builder import Built, build
from qa.index.snapshot import Snapshot
from tests.bench import corpora
from tests.bench.speed import ask
from tests.conftest import ARTICLE, Server, settings_in, start_server, stop_server, write

DOCUMENTS = 10_000
CLIENTS, RELOADS = 16, 10
EDITED = "The zyxomorphic harbour was opened in 1911."
QUESTION = "Who is the harbour master?"


def _timed(folder: Path) -> tuple[Built, float]:
    began = time.perf_counter()
    built = build(settings_in(folder))
    return built, time.perf_counter() - began


def _traces(snapshot: Path, word: str) -> list[str]:
    """Files that still hold a word, the encoder's own vocabulary aside."""
    return [
        path.name
        for path in snapshot.rglob("*")
        if path.is_file() and "encoder" not in path.parts and word.encode() in path.read_bytes()
    ]


def edits() -> None:
    documents, _, _ = corpora.squad()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = {f"{d.id}.txt": f"{d.title}\n\n{d.text}\n" for d in documents[:DOCUMENTS]}
        write(folder / "source", {file: text.encode() for file, text in texts.items()})
        full, whole = _timed(folder)
        same, nothing = _timed(folder)
        file = folder / "source" / "5000.txt"
        file.write_text(f"{texts['5000.txt']}\n{EDITED}\n")
        edited, edit = _timed(folder)
        assert _traces(edited.snapshot, "yxomorphic")
        file.unlink()
        deleted, deletion = _timed(folder)
        assert not _traces(deleted.snapshot, "yxomorphic")
        after = Snapshot(deleted.snapshot)
        assert "5000" not in {record.id for record in after.store.records}
        assert len(after.vectors) == len(after.lexical) == deleted.manifest.passages
    print(f"\n{DOCUMENTS:,} documents, {full.manifest.passages:,} passages\n")
    print("| build | seconds | share of the full one | embedded |\n|---|---|---|---|")
    for what, seconds, embedded in (
        ("full", whole, full.embedded),
        ("nothing changed", nothing, same.embedded),
        ("one document edited", edit, edited.embedded),
        ("one document deleted", deletion, deleted.embedded),
    ):
        print(f"| {what} | {seconds:.1f} | {seconds / whole:.1%} | {embedded:,} |")


def _memory(server: Server) -> float:
    """Resident memory of a server's process, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def _publish(folder: Path, master: str) -> str:
    text = f"Harbour rules\n\nThe harbour master is {master} Quist.\n"
    write(folder / "source", {"harbour.txt": text.encode()})
    return build(settings_in(folder)).snapshot.name


def reloads() -> None:
    """Every reply must be right for the snapshot that it names."""
    masters = [f"{first}{last}" for first in ("Anna", "Berta", "Clara") for last in "belo"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "source", {ARTICLE.name: ARTICLE.read_bytes()})
        said = {_publish(folder, masters[0]): masters[0]}
        server = start_server(folder)
        stop, replies = threading.Event(), []

        def client(_: int) -> None:
            while not stop.is_set():
                reply = ask(server.url, QUESTION)
                replies.append((reply["snapshot"], reply["answers"][0]["text"]))

        try:
            with ThreadPoolExecutor(CLIENTS) as clients:
                running = [clients.submit(client, number) for number in range(CLIENTS)]
                time.sleep(20)
                memory = [_memory(server)]
                for master in masters[1 : RELOADS + 1]:
                    published = _publish(folder, master)
                    said[published] = master
                    while replies[-1][0] != published:
                        time.sleep(0.1)
                    time.sleep(3)
                    memory.append(_memory(server))
                stop.set()
                for each in running:
                    each.result()
        finally:
            stop.set()
            stop_server(server)
        wrong = [reply for reply in replies if said[reply[0]] not in reply[1]]
        assert not wrong, wrong[:3]
    print(f"\n{RELOADS} snapshots taken up under {CLIENTS} clients: {len(replies)} replies, none")
    print("failed or mixed, resident memory after each, MB: ", end="")
    print(", ".join(f"{m:.0f}" for m in memory))


def main() -> None:
    reloads()
    edits()
