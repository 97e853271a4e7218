"""Whole runs on real parts."""

import hashlib
import json
import resource
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from qa.answer.pipeline import Pipeline
from qa.errors import BuildInProgress, RunError, UsageError
from qa.evaluate import evaluation
from qa.evaluate.asking import ask
from qa.evaluate.evaluation import DERIVED, Order, evaluate
from qa.evaluate.predictions import Log, Prediction, read
from qa.evaluate.questions import Case, load
from qa.evaluate.remote import RemoteTarget
from qa.evaluate.report import check, demands, summarize
from qa.evaluate.runs import CACHE, dataset_snapshot
from qa.evaluate.targets import Asked, Found, LocalTarget, Read
from qa.index.publishing import build_lock
from tests.conftest import REPOSITORY, Index, Server, settings_in
from tests.evaluate.test_datasets import beir
from tests.test_cli import qa

ROWS = [
    {
        "question": "Who is the harbour master?",
        "answers": ["Ingrid Solberg"],
        "document": "windows",
    },
    {"question": "By when must boats leave?", "answers": ["22:00", "before 22:00"]},
    {"question": "Who is the Party secretary of Yangpu?", "answers": ["Xue Kan"]},
    {"question": "What colour is the vault?", "answers": ["blue"], "document": "hostile"},
    {"question": "How many days of paid sick leave do employees get?", "answers": ["twelve days"]},
    {"question": "How do I bake sourdough bread?", "answers": [], "document": "windows"},
    {"question": "Who is the harbour's cook?", "answers": [], "document": "windows"},
]


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dataset") / "harbour.jsonl"
    file.write_text("\n".join(map(json.dumps, ROWS)))
    return file


def predictions(target: LocalTarget, dataset: Path) -> list[Prediction]:
    return [ask(target, case) for case in load(dataset).cases]


def figures(found: list[Prediction]) -> dict[str, float]:
    report = summarize({"seed": 0}, found)
    return {
        f"{scope}.{name}": value
        for scope, values in report["figures"].items()
        for name, value in values.items()
    }


def test_a_run_writes_its_folder(corpus: Path, dataset: Path, tmp_path: Path) -> None:
    done = evaluate(Order(dataset, run=tmp_path / "run"), settings_in(corpus))
    assert done.asked == len(ROWS)
    report = json.loads((done.run / "report.json").read_text())
    assert report == json.loads(json.dumps(done.report))
    run = report["run"]
    assert (run["corpus"], run["seed"], run["questions"]) == ("index", 0, len(ROWS))
    for hashed in (run["dataset_sha256"], run["code_sha256"], run["reader"]["sha256"]):
        assert len(hashed) == 64
    assert run["settings"]["retrieval"]["top_k"] == 4
    assert run["versions"]["onnxruntime"]
    assert str(corpus) not in (done.run / "report.json").read_text()
    figures = report["figures"]["end_to_end"]
    assert figures["citation_validity"] == 1
    assert figures["f1"] > 0.5
    assert figures["answer_sentence_hit_rate"] > 0.5
    assert report["figures"]["retrieval"]["recall_at_10"] > 0.7
    for scope, values in report["figures"].items():
        for name, value in values.items():
            low, high = report["intervals"][scope][name]
            assert value is None or 0 <= low <= high <= 1
    assert sum(report["errors"].values()) <= len(ROWS)
    # Not every question names a document: the reader alone was not asked them all.
    assert "reader" not in report["figures"]


def test_equal_inputs_give_equal_figures(corpus: Path, dataset: Path, tmp_path: Path) -> None:
    runs = [
        evaluate(Order(dataset, run=tmp_path / name, limit=5, seed=4), settings_in(corpus))
        for name in "ab"
    ]
    first, second = (dict(run.report) for run in runs)
    assert first.pop("timing").keys() == second.pop("timing").keys()
    assert first == second
    other = evaluate(Order(dataset, run=tmp_path / "c", limit=5, seed=5), settings_in(corpus))
    asked = [{p.id for p in read(run.run)[1]} for run in (*runs, other)]
    assert asked[0] == asked[1] != asked[2]


class _Interrupted:
    """``ask``, but stopped by the user at the third question."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, target: LocalTarget, case) -> Prediction:
        if len(self.asked) == 3:
            raise KeyboardInterrupt
        self.asked.append(case.id)
        return ask(target, case)


def test_an_interrupted_run_goes_on(
    corpus: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, order = settings_in(corpus), Order(dataset, run=tmp_path / "run")
    whole = evaluate(Order(dataset, run=tmp_path / "whole"), settings)
    interrupted = _Interrupted()
    monkeypatch.setattr(evaluation, "ask", interrupted)
    with pytest.raises(RunError, match="interrupted after 3 of 7 questions"):
        evaluate(order, settings)
    assert not (tmp_path / "run" / "report.json").exists()
    log = tmp_path / "run" / "predictions.jsonl"
    # As if it had been killed while it wrote a line.
    with log.open("a") as handle:
        handle.write('{"id": "line-4", "question": "Wh')
    again: list[str] = []

    def counting(target: LocalTarget, case) -> Prediction:
        again.append(case.id)
        return ask(target, case)

    monkeypatch.setattr(evaluation, "ask", counting)
    resumed = evaluate(order, settings)
    assert sorted([*interrupted.asked, *again]) == sorted(c.id for c in load(dataset).cases)
    assert resumed.asked == 4
    for name in ("figures", "intervals", "errors", "risk_coverage", "reliability", "run"):
        assert resumed.report[name] == whole.report[name]
    # A complete run asks nothing.
    assert evaluate(order, settings).asked == 0
    assert len(again) == 4
    # What was drawn from other answers goes as soon as a question is asked.
    for name in DERIVED:
        (tmp_path / "run" / name).write_text("old")
    with log.open("a+") as handle:
        handle.truncate(0)
    unheard = _Interrupted()
    monkeypatch.setattr(evaluation, "ask", unheard)
    with pytest.raises(RunError, match="interrupted"):
        evaluate(order, settings)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"predictions.jsonl"}
    monkeypatch.setattr(evaluation, "ask", counting)
    assert evaluate(replace(order, fresh=True), settings).asked == 7


def test_another_run_s_folder_is_refused(corpus: Path, dataset: Path, tmp_path: Path) -> None:
    order = Order(dataset, run=tmp_path / "run", limit=2)
    evaluate(order, settings_in(corpus))
    with pytest.raises(RunError, match="another questions; choose another --run, or --fresh"):
        evaluate(replace(order, limit=3), settings_in(corpus))
    with pytest.raises(RunError, match="another settings;"):
        evaluate(order, settings_in(corpus, retrieval__top_k=3))
    log = tmp_path / "run" / "predictions.jsonl"
    log.write_text(log.read_text().replace('"golds"', '"gold"'))
    with pytest.raises(RunError, match="damaged near line 2"):
        evaluate(order, settings_in(corpus))
    assert evaluate(replace(order, fresh=True), settings_in(corpus)).asked == 2


def test_unnamed_runs_do_not_meet(corpus: Path, dataset: Path) -> None:
    first = evaluate(Order(dataset, limit=1), settings_in(corpus))
    second = evaluate(Order(dataset, limit=1), settings_in(corpus, retrieval__top_k=3))
    assert first.run.parent == second.run.parent == Path("runs")
    assert first.run != second.run
    assert evaluate(Order(dataset, limit=1), settings_in(corpus)).asked == 0


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


def test_two_evaluations_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        Log(tmp_path, {"seed": 0}),
        pytest.raises(RunError, match="another evaluation is writing"),
        Log(tmp_path, {"seed": 0}),
    ):
        pass
    with Log(tmp_path, {"seed": 0}) as log:
        log.append(Prediction("2", "Who?", (), "", 0.0, False))
        with (
            pytest.raises(RunError, match="another evaluation is writing"),
            Log(tmp_path, {"seed": 1}, fresh=True),
        ):
            pass
        for _ in range(2):
            log.append(Prediction("1", "Who?", (), "", 0.0, False))
    with pytest.raises(RunError, match="twice"):
        Log(tmp_path, {"seed": 0})


def test_a_server_s_reader_reads_the_gold_passage(server: Server, corpus: Path) -> None:
    remote = RemoteTarget(server.url)
    found = remote.read("Who is the harbour master?", "The harbour master is Ingrid Solberg.")
    assert (found.text, found.given) == ("Ingrid Solberg", True)


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


SQUAD = {
    "data": [
        {
            "title": "Rivers/1",
            "paragraphs": [
                {
                    "context": "The Vltava is the longest river in the Czech Republic. It flows "
                    "through Prague and joins the Elbe at Melnik.",
                    "qas": [
                        {
                            "id": "v1",
                            "question": "What is the longest river in the Czech Republic?",
                            "answers": [{"text": "The Vltava", "answer_start": 0}],
                        },
                        {
                            "id": "v2",
                            "question": "Where does the Vltava join the Elbe?",
                            "answers": [{"text": "Melnik", "answer_start": 101}],
                        },
                        {
                            "id": "v3",
                            "question": "Who swam the Vltava in 1960?",
                            "is_impossible": True,
                            "answers": [],
                        },
                    ],
                },
                {
                    "context": "The Danube rises in Donaueschingen and ends in the Black Sea.",
                    "qas": [
                        {
                            "id": "d1",
                            "question": "Where does the Danube rise?",
                            "answers": [{"text": "Donaueschingen", "answer_start": 20}],
                        }
                    ],
                },
            ],
        }
    ]
}


def test_a_squad_file_over_its_own_paragraphs(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "rivers.json"
    file.write_text(json.dumps(SQUAD))
    settings = settings_in(workspace)
    done = evaluate(Order(file, run=tmp_path / "run"), settings)
    assert done.report["run"]["corpus"] == "dataset"
    assert done.report["figures"]["retrieval"]["recall_at_1"] == 1
    assert done.report["figures"]["reader"]["has_answer_f1"] > 0.6
    assert done.report["figures"]["end_to_end"]["citation_validity"] == 1
    assert (done.report["questions"], done.report["answerable"]) == (4, 3)
    # Two evaluations don't write it side by side, nor is a file in its way a traceback.
    copy = tmp_path / "copy.json"
    copy.write_text(file.read_text() + "\n")
    found = load(copy)
    folder = settings.index.folder / CACHE / found.sha256[:16]
    with build_lock(folder), pytest.raises(BuildInProgress):
        dataset_snapshot(found, settings)
    (folder / "source.new").write_text("")
    with pytest.raises(RunError, match="can't be written to"):
        dataset_snapshot(found, settings)
    # The index made of it is kept: the second run has the same snapshot.
    again = evaluate(Order(file, run=tmp_path / "again"), settings)
    assert again.report["run"] == done.report["run"]
    # Over the configured index none of it is found.
    other = evaluate(Order(file, run=tmp_path / "other", corpus="index"), settings)
    assert other.report["figures"]["retrieval"]["recall_at_10"] == 0
    assert other.report["errors"]["not_retrieved"] == 3
    assert other.report["figures"]["reader"] == done.report["figures"]["reader"]


def test_a_beir_folder(workspace: Path, tmp_path: Path) -> None:
    corpus = [
        {"_id": "d1", "title": "Rivers", "text": "The Vltava flows through Prague."},
        {"_id": "d2", "title": "", "text": "Bread is baked from flour and water."},
        {"_id": "d3", "title": "", "text": "?"},
        {"_id": "d4", "title": "Bridges", "text": "The Charles Bridge crosses the Vltava."},
    ]
    queries = [
        {"_id": "q1", "text": "Which river flows through Prague?"},
        {"_id": "q2", "text": "How is bread baked?"},
    ]
    folder = beir(
        tmp_path / "rivers",
        "\n".join(map(json.dumps, queries)),
        "\n".join(map(json.dumps, corpus)),
        "q1\td1\t2\nq1\td4\t1\nq2\td2\t1\nq2\tgone\t1\n",
    )
    done = evaluate(Order(folder, run=tmp_path / "run"), settings_in(workspace))
    assert set(done.report["figures"]) == {"retrieval"}
    figures = done.report["figures"]["retrieval"]
    assert figures["recall_at_1"] == pytest.approx((0.5 + 0.5) / 2)
    assert figures["mrr_at_10"] == 1
    assert figures["ndcg_at_10"] == pytest.approx((1 + 1 / (1 + 1 / 1.5849625)) / 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"document": "nowhere"}, "line 1: document 'nowhere' is not indexed"),
        ({"document": "windows", "start": 3}, "line 1: start 3 does not point at the first answer"),
    ],
)
def test_a_place_that_is_not_there(
    corpus: Path, tmp_path: Path, row: dict[str, object], message: str
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(json.dumps({"question": "Who?", "answers": ["Ingrid Solberg"]} | row))
    with pytest.raises(UsageError, match=rf"bad\.jsonl: {message}"):
        evaluate(Order(file, run=tmp_path / "run"), settings_in(corpus))


def test_a_place_in_another_version_of_the_document_is_left_out(
    server: Server, corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = (corpus / "source" / "windows.txt").read_bytes().decode()
    row = {"question": "Who is the harbour master?", "answers": ["Ingrid Solberg"]}
    row |= {"document": "windows", "start": text.index("Ingrid")}
    current = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
    stale = {"sha256": "0" * 64, "start": 3}
    gone = {"sha256": "0" * 64, "document": "nowhere"}
    file = tmp_path / "said.jsonl"
    rows = [row, row | current, row | stale, row | gone]
    file.write_text("\n".join(map(json.dumps, rows)))
    message = "2 of 4 questions are about documents that have changed or gone since"
    for name, url in (("here", None), ("there", server.url)):
        caplog.clear()
        done = evaluate(Order(file, url=url, run=tmp_path / name), settings_in(corpus))
        assert [entry.getMessage()[: len(message)] for entry in caplog.records] == [message]
        assert done.report["figures"]["end_to_end"]["exact_match"] == 1
        found = read(done.run)[1]
        assert [p.reader is not None for p in found] == [True, True, False, False]
    # Of the same version it has to be right.
    file.write_text(json.dumps(row | current | {"start": 3}))
    with pytest.raises(UsageError, match="start 3 does not point at"):
        evaluate(Order(file, run=tmp_path / "strict"), settings_in(corpus))


def test_a_place_that_is_there(corpus: Path, tmp_path: Path) -> None:
    text = (corpus / "source" / "windows.txt").read_bytes().decode()
    row = {
        "question": "Who is the harbour master?",
        "answers": ["Ingrid Solberg"],
        "document": "windows",
        "start": text.index("Ingrid"),
    }
    file = tmp_path / "good.jsonl"
    file.write_text(json.dumps(row))
    report = evaluate(Order(file, run=tmp_path / "run"), settings_in(corpus)).report
    assert report["figures"]["reader"]["f1"] == 1
    assert report["figures"]["retrieval"]["recall_at_10"] == 1


def test_the_gold_passage_is_a_paragraph(index: Index, tmp_path: Path) -> None:
    story = "It was a long day at the quay. " * 700
    files = {
        "lines.txt": b"The quay is new.\r\n \r\nThe keeper is Marta Olsen.\r\n\r\nIt is late.",
        "long.txt": f"{story}The pilot is Ola Berg. {story}".encode(),
    }
    snapshot = index(files)
    settings = settings_in(snapshot.folder.parent.parent)
    target = LocalTarget(Pipeline(snapshot, settings), settings)
    heard: list[str] = []

    class Listening(LocalTarget):
        def read(self, question: str, passage: str) -> Read:
            heard.append(passage)
            return super().read(question, passage)

    listening = Listening(target.pipeline, settings)
    for document, gold in (("lines", "Marta Olsen"), ("long", "Ola Berg")):
        start = target.document(document)[0].index(gold)
        ask(listening, Case("1", "Who is it?", (gold,), document=document, start=start))
    assert heard == ["The keeper is Marta Olsen."]


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(RunError, match="can't be written"), Log(tmp_path, {"seed": 0}) as log:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
            log.append(Prediction("1", "Who?" * 100, (), "", 0.0, False))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_goes_with_what(corpus: Path, dataset: Path, tmp_path: Path) -> None:
    folder = beir(tmp_path / "b", '{"_id": "q", "text": "a"}', '{"_id": "d"}', "q\td\t1\n")
    for order, message in [
        (Order(dataset, corpus="dataset"), "brings no documents"),
        (Order(dataset, corpus="index", url="http://127.0.0.1:9"), "leave --corpus out"),
        (Order(folder, corpus="index"), "leave --corpus index out"),
        (Order(folder, url="http://127.0.0.1:9"), "leave --url out"),
    ]:
        with pytest.raises(UsageError, match=message):
            evaluate(order, settings_in(corpus))


REPORT = {
    "figures": {
        "end_to_end": {"f1": 0.7, "coverage": None, "expected_calibration_error": 0.1},
        "reader": {"f1": 0.8},
    }
}


def test_demands() -> None:
    check(REPORT, demands("f1=0.7, reader.f1=0.8"))
    with pytest.raises(RunError, match=r"^f1 0\.7000, below 0\.71; reader\.f1 0\.8000, below 1$"):
        check(REPORT, demands("f1=0.71,reader.f1=1"))
    with pytest.raises(RunError, match="coverage has no value"):
        check(REPORT, demands("coverage=0"))
    with pytest.raises(UsageError, match=r"no figure 'f2'.*f1, coverage.*reader\.f1"):
        check(REPORT, demands("f2=0.5"))
    with pytest.raises(UsageError, match="better when lower"):
        check(REPORT, demands("expected_calibration_error=0.1"))
    for text in ("f1", "f1=", "f1=70", "=0.5", "f1=nan", "f1=0.7,", "f1=-1"):
        with pytest.raises(UsageError, match="not NAME=SHARE"):
            demands(text)


def test_the_command(corpus: Path, dataset: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    arguments = ["eval", str(dataset), "--run", str(run), "--limit", "4"]
    done = qa(corpus, *arguments, "--fail-under", "citation_validity=1,retrieval.recall_at_10=0.5")
    assert "4 questions" in done.stdout
    assert "citation validity                  1.0000" in done.stdout
    assert f"written to {run}" in done.stderr
    again = qa(corpus, *arguments)
    assert again.stdout.startswith("harbour.jsonl: 4 questions")
    assert "were there already" in again.stderr
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"question": "Who is the harbour master?", "answers": ["nobody"]}\n')
    short = qa(
        corpus, "eval", str(wrong), "--run", str(tmp_path / "w"), "--fail-under", "f1=1", code=1
    )
    assert short.stdout.startswith("wrong.jsonl: 1 question")
    assert short.stderr.splitlines()[-1].startswith("qa: f1")
    qa(corpus, *arguments, "--fail-under", "f1=70", code=2)
    qa(corpus, "eval", code=2)
    qa(corpus, "eval", str(tmp_path / "none.json"), code=2)


def test_the_article_s_own_questions(corpus: Path, tmp_path: Path) -> None:
    questions = REPOSITORY / "tests" / "data" / "article-questions.jsonl"
    done = evaluate(Order(questions, run=tmp_path / "run", limit=10), settings_in(corpus))
    figures = done.report["figures"]
    assert done.report["answerable"] < done.report["questions"] == 10
    assert figures["end_to_end"]["citation_validity"] == 1
    assert min(figures["end_to_end"]["f1"], figures["reader"]["f1"]) > 0.5
    assert figures["retrieval"]["recall_at_10"] > 0.8
