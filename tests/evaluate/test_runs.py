"""Whole runs on real parts."""

import json
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from qa.errors import RunError, UsageError
from qa.evaluate import evaluation
from qa.evaluate.asking import ask
from qa.evaluate.evaluation import DERIVED, Order, evaluate
from qa.evaluate.predictions import Log, Place, Prediction, read
from qa.evaluate.questions import load
from qa.evaluate.report import check, check_names, demands
from qa.evaluate.runs import CACHE
from qa.evaluate.targets import LocalTarget
from tests.conftest import REPOSITORY, settings_in
from tests.evaluate.conftest import ROWS
from tests.evaluate.test_datasets import beir
from tests.test_cli import qa


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


def test_lines_written_before_places_were_kept_are_read(tmp_path: Path) -> None:
    said = Prediction("1", "Who?", ("Ann",), "Ann", 0.9, True, cited=Place("d", 3, 6, "0" * 64))
    with Log(tmp_path, {"seed": 0}) as log:
        log.append(said)
    assert read(tmp_path)[1] == [said]
    file = tmp_path / "predictions.jsonl"
    header, line = map(json.loads, file.read_text().splitlines())
    del line["cited"]
    file.write_text(f"{json.dumps(header)}\n{json.dumps(line)}\n")
    assert read(tmp_path)[1] == [replace(said, cited=None)]


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
    almost = {"figures": {"end_to_end": {"f1": 0.1 + 0.7}}}
    assert almost["figures"]["end_to_end"]["f1"] < 0.8
    check(almost, demands("f1=0.8"))
    with pytest.raises(RunError, match=r"^f1 0\.7000, below 0\.71; reader\.f1 0\.8000, below 1$"):
        check(REPORT, demands("f1=0.71,reader.f1=1"))
    with pytest.raises(RunError, match="coverage has no value"):
        check(REPORT, demands("coverage=0"))
    with pytest.raises(UsageError, match=r"no figure 'f2'.*f1, coverage.*reader\.f1"):
        check(REPORT, demands("f2=0.5"))
    check_names(demands("f1=0.7,citation_validity=1,reader.f1=0.3,retrieval.recall_at_5=0.2"))
    with pytest.raises(UsageError, match=r"no figure 'exactmatch'; the nearest is 'exact_match'"):
        check_names(demands("exactmatch=0.7"))
    with pytest.raises(UsageError, match="better when lower"):
        check_names(demands("expected_calibration_error=0.1"))
    # A server may be found to retrieve fewer than the ten that are looked at here.
    check_names(demands("retrieval.recall_at_7=0.2,retrieval.mrr_at_1=1"))
    listed = (
        r"no figure '{}'.*there are exact_match, f1, .*reader\.f1, .*, retrieval\.recall_at_5, "
    )
    for name in ("retrieval.bogus", "retrieval.recall_at_11", "retrieval.", "end_to_end.f1"):
        with pytest.raises(UsageError, match=listed.format(name)):
            check_names([(name, 0.5)])
    for text in ("f1", "f1=", "f1=70", "=0.5", "f1=nan", "f1=0.7,", "f1=-1"):
        with pytest.raises(UsageError, match="not NAME=SHARE"):
            demands(text)


def test_a_figure_that_there_will_not_be_is_named_before_anything_is_asked(
    workspace: Path, dataset: Path, tmp_path: Path
) -> None:
    folder = beir(tmp_path / "b", '{"_id": "q", "text": "a"}', '{"_id": "d"}', "q\td\t1\n")
    trick = tmp_path / "trick.jsonl"
    trick.write_text('{"question": "Who is the cook?", "answers": [], "document": "windows"}\n')
    stale = tmp_path / "stale.jsonl"
    row = {"question": "Who?", "answers": ["x"], "document": "windows", "sha256": "0" * 64}
    stale.write_text(json.dumps(row))
    settings = settings_in(workspace)
    for asked, name, there in [
        (dataset, "retrieval.recall_at_7", r"recall_at_5, .*retrieval\.ndcg_at_10$"),
        (dataset, "reader.f1", r"there are exact_match, (?!.*reader)"),
        (stale, "reader.f1", r"there are exact_match, (?!.*reader)"),
        (trick, "retrieval.recall_at_5", r"there are exact_match, (?!.*retrieval)"),
        (folder, "f1", r"there are retrieval\.recall_at_1, "),
    ]:
        order = Order(asked, run=tmp_path / "run", demands=[(name, 0.5)])
        with pytest.raises(UsageError, match=f"--fail-under: no figure '{name}'.*{there}"):
            evaluate(order, settings)
        assert not (tmp_path / "run").exists()
    # Nor was the folder's corpus indexed for it.
    assert not (settings.index.folder / CACHE).exists()
    done = evaluate(Order(trick, run=tmp_path / "run", demands=[("reader.f1", 0.5)]), settings)
    check(done.report, [("reader.f1", 0.5)])


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
    trick = tmp_path / "trick.jsonl"
    trick.write_text('{"question": "Who is the harbour master?", "answers": []}\n')
    tricked = qa(corpus, "eval", str(trick), "--run", str(tmp_path / "t"))
    assert tricked.stdout.startswith("trick.jsonl: 1 questions, 1 of them unanswerable\n")
    assert "Reader on the gold passage: not measured" in tricked.stdout
    report = (tmp_path / "t" / "report.html").read_text()
    assert "<dt>answered</dt><dd>Ingrid Solberg" in report
    assert "F1 is 0.5 or more" in report
    for demand in ("f1=70", "", "f2=0.5"):
        qa(corpus, *arguments, "--fail-under", demand, code=2)
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
