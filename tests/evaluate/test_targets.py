"""What is asked: the program here, a running server, and one that is broken on purpose."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from qa.answer.pipeline import Pipeline
from qa.errors import RunError, UsageError
from qa.evaluate import evaluation
from qa.evaluate.evaluation import Order, evaluate
from qa.evaluate.remote import RemoteTarget
from qa.evaluate.report import summarize
from qa.evaluate.targets import Asked, Found, LocalTarget, Read
from tests.conftest import Server, settings_in, start_server, stop_server
from tests.evaluate.conftest import ROWS, figures, predictions


@dataclass
class Broken(LocalTarget):
    """The real program with its replies tampered with."""

    def __init__(
        self,
        pipeline: Pipeline,
        folder: Path,
        *,
        asked: Callable[[Asked], Asked] = lambda asked: asked,
        found: Callable[[tuple[Found, ...]], tuple[Found, ...]] = lambda found: found,
        done: Callable[[Read], Read] = lambda done: done,
    ) -> None:
        super().__init__(pipeline, settings_in(folder))
        self._break = asked, found, done

    def ask(self, question: str) -> Asked:
        return self._break[0](super().ask(question))

    def retrieve(self, question: str, depth: int) -> tuple[Found, ...]:
        return self._break[1](super().retrieve(question, depth))

    def read(self, question: str, passage: str) -> Read:
        return self._break[2](super().read(question, passage))


def _shift(asked: Asked) -> Asked:
    moved = [replace(q, start=q.start + 1, end=q.end + 1) for q in asked.quotations]
    return replace(asked, quotations=tuple(moved))


BREAKAGES = {
    "says something else": (
        {"asked": lambda a: replace(a, text="mango", sentence="A mango.")},
        [
            f"end_to_end.{name}"
            for name in ("f1", "exact_match", "forced_f1", "best_f1", "answer_precision")
        ],
    ),
    "never declines": (
        {"asked": lambda a: replace(a, given=True, text=a.text or "mango")},
        ["end_to_end.abstention_recall", "end_to_end.no_answer_f1"],
    ),
    "always declines": (
        {"asked": lambda a: replace(a, given=False, quotations=(), sentence="")},
        ["end_to_end.coverage", "end_to_end.has_answer_f1", "end_to_end.abstention_precision"],
    ),
    "cites a character off": ({"asked": _shift}, ["end_to_end.citation_validity"]),
    "cites another version": (
        {
            "asked": lambda a: replace(
                a, quotations=tuple(replace(q, sha256="0" * 64) for q in a.quotations)
            )
        },
        ["end_to_end.citation_validity"],
    ),
    "finds the worst first": (
        {"found": lambda found: found[::-1]},
        ["retrieval.mrr_at_10", "retrieval.ndcg_at_10", "retrieval.recall_at_1"],
    ),
    "finds nothing": ({"found": lambda found: ()}, ["retrieval.recall_at_10"]),
    "reads nothing": (
        {"done": lambda done: replace(done, text="mango")},
        ["reader.f1", "reader.forced_exact_match"],
    ),
}


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions that all name their document, so that every scope has figures."""
    file = tmp_path_factory.mktemp("placed") / "placed.jsonl"
    rows = [
        {"document": "windows"} | row if "boats" in row["question"] else row
        for row in ROWS
        if "document" in row or "boats" in row["question"]
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


@pytest.fixture(scope="module")
def sound(pipeline: Pipeline, corpus: Path, placed: Path) -> dict[str, float]:
    return figures(predictions(LocalTarget(pipeline, settings_in(corpus)), placed))


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_answerer_is_seen(
    name: str, pipeline: Pipeline, corpus: Path, placed: Path, sound: dict[str, float]
) -> None:
    breakage, falling = BREAKAGES[name]
    broken = figures(predictions(Broken(pipeline, corpus, **breakage), placed))
    for figure in falling:
        assert broken[figure] < sound[figure], figure
    scopes = {figure.split(".")[0] for figure in falling}
    for figure, value in sound.items():
        if figure.split(".")[0] not in scopes:
            assert broken[figure] == value


def test_overconfidence_is_seen(pipeline: Pipeline, corpus: Path, placed: Path) -> None:
    target = LocalTarget(pipeline, settings_in(corpus))
    found = predictions(target, placed)
    wrong = [replace(p, confidence=0.99 if not p.golds else 0.6) for p in found]
    sound, broken = figures(found), figures(wrong)
    for name in ("area_under_risk_coverage", "expected_calibration_error"):
        assert broken[f"end_to_end.{name}"] > sound[f"end_to_end.{name}"]


def test_a_passage_that_was_not_read_is_no_wrong_span(
    pipeline: Pipeline, corpus: Path, placed: Path
) -> None:
    unread = {
        "asked": lambda a: replace(a, text="mango", passages_read=0, quotations=a.quotations[:1])
    }
    found = predictions(Broken(pipeline, corpus, **unread), placed)
    assert {p.error for p in found if p.golds} == {"not_retrieved"}


def test_a_server_gives_the_same_figures(
    server: Server, pipeline: Pipeline, corpus: Path, dataset: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    order = Order(dataset, url=server.url, run=run)
    over_http = evaluate(order, settings_in(corpus)).report
    local = summarize(
        over_http["run"], predictions(LocalTarget(pipeline, settings_in(corpus)), dataset)
    )
    assert over_http["figures"]["end_to_end"] == pytest.approx(local["figures"]["end_to_end"])
    assert over_http["figures"]["end_to_end"]["citation_validity"] == 1
    assert over_http["errors"] == local["errors"]
    assert "recall_at_4" in over_http["figures"]["retrieval"]
    assert over_http["run"]["snapshot"] == pipeline.snapshot.id
    # What the server runs can't be seen: it is asked again.
    assert evaluate(order, settings_in(corpus)).asked == len(ROWS)
    kept = (run / "predictions.jsonl").read_text()
    with pytest.raises(RunError, match="another questions"):
        evaluate(replace(order, limit=1), settings_in(corpus))
    assert (run / "predictions.jsonl").read_text() == kept
    assert (run / "report.json").exists()


def test_a_server_s_reader_reads_the_gold_passage(server: Server, corpus: Path) -> None:
    remote = RemoteTarget(server.url)
    found = remote.read("Who is the harbour master?", "The harbour master is Ingrid Solberg.")
    assert (found.text, found.given) == ("Ingrid Solberg", True)


def test_what_a_server_refuses_is_named_by_its_place(
    server: Server, corpus: Path, tmp_path: Path
) -> None:
    file = tmp_path / "long.jsonl"
    file.write_text(json.dumps({"question": "Who? " * 1000, "answers": []}))
    order = Order(file, url=server.url, run=tmp_path / "run")
    message = r"long\.jsonl: line 1: refused by http://.*: question: has 5000 characters, at most"
    with pytest.raises(UsageError, match=message):
        evaluate(order, settings_in(corpus, server__max_question_chars=100_000))


def test_what_a_server_would_refuse_is_named_before_anything_is_asked(
    server: Server, corpus: Path, tmp_path: Path
) -> None:
    file = tmp_path / "long.jsonl"
    rows = [{"question": "Who?", "answers": []}, {"question": "w" * 2001, "answers": []}]
    file.write_text("\n".join(map(json.dumps, rows)))
    for url in (None, server.url):
        with pytest.raises(
            UsageError, match=r"long\.jsonl: line 2: the question has 2001 char.*2000"
        ):
            evaluate(Order(file, url=url, run=tmp_path / "run"), settings_in(corpus))
        assert not (tmp_path / "run").exists()


def test_a_server_that_goes_before_the_report_is_drawn(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tricky.jsonl"
    file.write_text(json.dumps({"question": "Who is the harbour master?", "answers": []}))
    server = start_server(workspace)
    stopped = []

    def gone(*arguments: Any) -> dict[str, Any]:
        stop_server(server)
        stopped.append(server)
        return summarize(*arguments)

    monkeypatch.setattr(evaluation, "summarize", gone)
    try:
        done = evaluate(Order(file, url=server.url, run=tmp_path / "run"), settings_in(workspace))
    finally:
        if not stopped:
            stop_server(server)
    assert json.loads((done.run / "report.json").read_text())["questions"] == 1
    page = (done.run / "report.html").read_text()
    # What was looked up for the citation is known, the other passages are not to be had.
    assert "<mark>Ingrid Solberg</mark>" in page
    assert "(can&#39;t be fetched any more)" in page


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("ftp://127.0.0.1", UsageError, "not an address"),
        ("file:///etc/passwd", UsageError, "not an address"),
        ("http://[", UsageError, "not an address"),
        ("http://127.0.0.1:port", UsageError, "not an address"),
        ("http://127.0.0.1:9", RunError, "no usable reply.*is 'qa serve' running"),
    ],
)
def test_no_server(url: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        RemoteTarget(url)


def test_a_page_that_is_not_there(server: Server) -> None:
    with pytest.raises(RunError, match="404"):
        RemoteTarget(f"{server.url}/elsewhere")


def test_a_busy_server_is_given_time() -> None:
    asked: list[str] = []

    class Busy(BaseHTTPRequestHandler):
        """Sends every other request away."""

        def do_GET(self) -> None:
            asked.append(self.path)
            busy = len(asked) % 2
            body = b'{"snapshot": "s1"}'
            self.send_response(429 if busy else 200)
            self.send_header("Content-Length", str(len(body)))
            if busy:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as busy:
        threading.Thread(target=busy.serve_forever, daemon=True).start()
        target = RemoteTarget(f"http://127.0.0.1:{busy.server_port}")
        busy.shutdown()
    assert target.identity()["snapshot"] == "s1"
    assert asked == ["/readyz", "/readyz"]
