"""Speed of the whole product and of its parts.

Each figure is measured in the same run on the shipped article, in its own index.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from qa.answer.readers import span_reader
from qa.index.models import PACKAGED, locate
from qa.index.sentences import in_sentences
from qa.index.snapshot import Snapshot, current
from tests.conftest import ARTICLE, start_server, stop_server

QUESTIONS = (
    "Who is the Party secretary of Yangpu?",
    "What did UCloud launch?",
    "Which platform did Fudan University and Alibaba Cloud build?",
    "Who is an academician of the Chinese Academy of Engineering?",
    "Where was the conference hosted?",
    "What has emerged in Yangpu?",
    "How many emerging fields are there?",
    "What does GPT stand for?",
)
CLIENTS, SECONDS = 16, 60


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def milliseconds(call: Callable[[], object], times: int = 30) -> float:
    call()
    return 1000 * median(timed(call) for _ in range(times))


def ask(url: str, question: str) -> dict:
    request = urllib.request.Request(
        f"{url}/api/ask",
        json.dumps({"question": question, "min_confidence": 0.0}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def row(what: str, value: str) -> None:
    print(f"| {what} | {value} |", flush=True)


def processes(folder: Path) -> None:
    qa = [sys.executable, "-m", "qa", "--source", str(folder / "source")]
    qa += ["--index", str(folder / "index")]
    row(
        "first build, one article",
        f"{timed(lambda: subprocess.run([*qa, 'build'], check=True, stdout=sys.stderr)):.1f} s",
    )
    question = QUESTIONS[0]
    command = [*qa, "ask", question]
    seconds = median(
        timed(lambda: subprocess.run(command, check=True, stdout=sys.stderr)) for _ in range(7)
    )
    row("`qa ask`, whole process, median of 7", f"{seconds:.2f} s")

    def start_and_ask() -> None:
        server = start_server(folder)
        ask(server.url, question)
        stopping.append(server)

    stopping: list = []
    row("`qa serve` on a fresh index until the first answer", f"{timed(start_and_ask):.2f} s")
    stop_server(stopping[0])


def serving(folder: Path) -> None:
    server = start_server(folder)
    asked = QUESTIONS * 10
    for question in QUESTIONS:
        ask(server.url, question)
    single = [1000 * timed(lambda q=q: ask(server.url, q)) for q in asked]
    row("one client, p50 / p95", f"{median(single):.0f} / {quantiles(single, n=20)[-1]:.0f} ms")
    until = time.monotonic() + SECONDS

    def client(number: int) -> list[tuple[float, bool]]:
        seen = []
        while time.monotonic() < until:
            question = QUESTIONS[(number + len(seen)) % len(QUESTIONS)]
            began = time.perf_counter()
            reply = ask(server.url, question)
            seen.append((time.perf_counter() - began, reply["question"] == question))
        return seen

    with ThreadPoolExecutor(CLIENTS) as clients:
        results = [entry for seen in clients.map(client, range(CLIENTS)) for entry in seen]
    stop_server(server)
    times = [1000 * seconds for seconds, _ in results]
    row(
        f"{CLIENTS} clients for {SECONDS} s",
        f"{len(results)} replies, {sum(not own for _, own in results)} mixed up, 0 errors, "
        f"{len(results) / SECONDS:.0f} a second, p50 / p95 "
        f"{median(times):.0f} / {quantiles(times, n=20)[-1]:.0f} ms",
    )


def parts(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    snapshot = Snapshot(current(folder / "index"))
    question = QUESTIONS[0]
    ours = milliseconds(lambda: snapshot.encoder.encode([question]))
    model = SentenceTransformer(str(locate(PACKAGED).folder), device="cpu")
    theirs = milliseconds(lambda: model.encode([question], show_progress_bar=False))
    row(
        "query encoder, one question",
        f"{ours:.1f} ms; sentence-transformers {theirs:.1f} ms ({theirs / ours:.1f}×)",
    )
    reader = span_reader()
    passages = [in_sentences(p.text) for p in snapshot.store.passages()]
    longest = max(passages, key=lambda p: len(snapshot.encoder.tokenizer.encode(p.text).ids))
    row(
        "span reader, one passage of 160 tokens",
        f"{milliseconds(lambda: reader.read(question, [longest])):.1f} ms",
    )
    eight = milliseconds(lambda: reader.read(question, [longest] * 8), 15)
    row("span reader, eight of them", f"{eight:.0f} ms")


def main() -> None:
    print("| what | measured |\n|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "source").mkdir()
        (folder / "source" / ARTICLE.name).write_bytes(ARTICLE.read_bytes())
        with contextlib.chdir(folder):
            processes(folder)
            serving(folder)
            parts(folder)
