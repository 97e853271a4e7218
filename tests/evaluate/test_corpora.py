"""Runs over documents that a dataset brings, and questions that name a place in one."""

import hashlib
import json
from pathlib import Path

import pytest

from qa.answer.pipeline import Pipeline
from qa.errors import BuildInProgress, RunError, UsageError
from qa.evaluate.asking import ask
from qa.evaluate.datasets import Dataset
from qa.evaluate.evaluation import Order, evaluate
from qa.evaluate.predictions import read
from qa.evaluate.questions import Case, load
from qa.evaluate.runs import CACHE, dataset_snapshot, index_articles
from qa.evaluate.targets import LocalTarget, Read
from qa.index.publishing import build_lock
from tests.conftest import Index, Server, settings_in
from tests.evaluate.test_datasets import beir

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


@pytest.mark.parametrize("title", ["Foo\u200e", "A\nB", "a\x85b", "../x", "\u202e"])
def test_an_article_of_any_title_is_indexed(workspace: Path, tmp_path: Path, title: str) -> None:
    data = Dataset(["The Vltava flows through Prague."], [title], [])
    found = index_articles(data, tmp_path, settings_in(workspace))
    assert len(found.store.records) == 1


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
        # A document that is asked about: finding itself is no hit, and no miss.
        {"_id": "d4", "text": "The Charles Bridge crosses the Vltava."},
    ]
    folder = beir(
        tmp_path / "rivers",
        "\n".join(map(json.dumps, queries)),
        "\n".join(map(json.dumps, corpus)),
        "q1\td1\t2\nq1\td4\t1\nq2\td2\t1\nq2\tgone\t1\nd4\td1\t1\n",
    )
    # Queries are no questions to a server: their length is not held to its limit.
    settings = settings_in(workspace, server__max_question_chars=20)
    order = Order(folder, run=tmp_path / "run", demands=[("retrieval.mrr_at_10", 1)])
    done = evaluate(order, settings)
    assert set(done.report["figures"]) == {"retrieval"}
    figures = done.report["figures"]["retrieval"]
    assert figures["recall_at_1"] == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert figures["mrr_at_10"] == 1
    assert figures["ndcg_at_10"] == pytest.approx((1 + 1 / (1 + 1 / 1.5849625) + 1) / 3)


def test_a_beir_document_is_indexed_as_it_is(workspace: Path, tmp_path: Path) -> None:
    texts = {
        "A #1 *title*: \x07x": "# No heading, 5 * 3, <b>, &amp; [x](y)\n\n- and no - list",
        "Indented": "    1. The   first.",
        "1e3": "A number.",
        "Only a title": "",
    }
    rows = [{"_id": str(i), "title": t, "text": x} for i, (t, x) in enumerate(texts.items())]
    folder = beir(
        tmp_path / "odd",
        json.dumps({"_id": "q", "text": "What?"}),
        "\n".join(map(json.dumps, rows)),
        "q\t0\t1\n",
    )
    questions = load(folder)
    snapshot = dataset_snapshot(questions, settings_in(workspace))
    found = {r.title: snapshot.store.document(r.id).text for r in snapshot.store.records}
    assert found == {
        "A #1 *title*: x": "# No heading, 5 * 3, <b>, &amp; [x](y)\n\n- and no - list",
        "Indented": "1. The first.",
        "1e3": "A number.",
        "Only a title": "Only a title",
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"document": "nowhere"}, "line 2: document 'nowhere' is not indexed"),
        ({"document": "windows", "start": 3}, "line 2: start 3 does not point at the first answer"),
    ],
)
def test_a_place_that_is_not_there(
    corpus: Path, tmp_path: Path, row: dict[str, object], message: str
) -> None:
    file = tmp_path / "bad.jsonl"
    wrong = json.dumps({"question": "Who?", "answers": ["Ingrid Solberg"]} | row)
    file.write_text('{"question": "Who?", "answers": []}\n' + wrong)
    with pytest.raises(UsageError, match=rf"bad\.jsonl: {message}"):
        evaluate(Order(file, run=tmp_path / "run"), settings_in(corpus))
    # Before the first question is asked.
    assert not (tmp_path / "run").exists()


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
