import gzip
import json
from pathlib import Path

import pytest

from qa.errors import UsageError
from qa.evaluate.datasets import load_squad
from qa.evaluate.questions import beir_documents, load


def squad(qas: list[dict]) -> dict:
    return {"data": [{"title": "T", "paragraphs": [{"context": "A red, red rose.", "qas": qas}]}]}


def test_squad_files(tmp_path: Path) -> None:
    qas = [
        {"id": "1", "question": "a?", "answers": [{"text": "red", "answer_start": 2}]},
        {"id": "2", "question": "b?", "answers": [], "is_impossible": True},
        {
            "id": "3",
            "question": "c?",
            "answers": [{"text": "red", "answer_start": 2}],
            "start_ambiguous": True,
        },
    ]
    plain, packed = tmp_path / "a.json", tmp_path / "a.json.gz"
    plain.write_text(json.dumps(squad(qas)))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    data = load_squad(plain)
    assert data == load_squad(packed)
    assert [q.spans for q in data.questions] == [((2, 5),), (), ((2, 5), (7, 10))]
    assert data.titles == ["T"]
    cases = load(packed).cases
    assert [c.golds for c in cases] == [("red",), (), ("red",)]
    assert {c.passage for c in cases} == {"A red, red rose."}


TWICE = [{"id": "1", "question": "a?", "answers": []}] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a SQuAD file"),
        ('{"version": 1}', "not a SQuAD file"),
        ('{"data": 5}', "TypeError"),
        ("[" * 100_000, "not a SQuAD file"),
        (json.dumps(squad([{"id": "6", "question": 5, "answers": []}])), "question '6'.*5 is not"),
        ('{"data": [{}]}', "article 1: .*'title'"),
        ('{"data": [{"title": "t", "paragraphs": [{}]}]}', "article 't', paragraph 1: .*'context'"),
        (json.dumps(squad([])).replace("rose", "ro\\u0000se", 1), "paragraph 1: .*NUL"),
        ('{"data": []}', "holds no questions"),
        (
            json.dumps(
                squad(
                    [{"id": "7", "question": "", "answers": [{"text": "rose", "answer_start": 1}]}]
                )
            ),
            "question '7'.*answer_start 1",
        ),
        (json.dumps(squad([{"id": "8", "answers": []}])), "question '8'.*'question'"),
        (json.dumps(squad(TWICE)), "question '1': the id '1' is there already"),
        (json.dumps(squad([{"id": "9", "question": " ", "answers": []}])), "question '9': .*empty"),
        (json.dumps(squad([{"id": "\ud800", "question": "a?", "answers": []}])), "lone surrogate"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(UsageError, match=rf"bad\.json: .*{message}"):
        load(file)


def test_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(
        '{"question": "Who?", "answers": ["Ann", "Ann B."], "document": "d", "start": 3, "id": 7}\n'
        "\n"
        '{"question": "Why?", "answers": []}\n'
    )
    first, second = load(file).cases
    assert (first.id, first.golds, first.document, first.start) == ("7", ("Ann", "Ann B."), "d", 3)
    assert (second.id, second.golds, second.document) == ("line-3", (), None)
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert [c.question for c in load(packed).cases] == ["Who?", "Why?"]


@pytest.mark.parametrize("name", ["Q.JSONL", "Q.jsonl.GZ", "Q.Json", "Q.JSON.GZ"])
def test_upper_case_endings_and_byte_order_marks(tmp_path: Path, name: str) -> None:
    row = {"question": "Who?", "answers": ["Ann"]}
    qas = [{"id": "1", "question": "Who?", "answers": [{"text": "red", "answer_start": 2}]}]
    content = json.dumps(row if "l" in name.lower() else squad(qas)).encode("utf-8-sig")
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    assert [case.question for case in load(file).cases] == ["Who?"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ("[" * 100_000, "not JSON"),
        ('{"answers": []}', "'question' must be"),
        ('{"question": 5, "answers": []}', "'question' must be"),
        ('{"question": "  ", "answers": []}', "the question is empty"),
        ('{"question": "a?"}', "'answers' must be"),
        ('{"question": "a?", "answers": "x"}', "'answers' must be"),
        ('{"question": "a?", "answers": [""]}', "'answers' must be"),
        ('{"question": "a?", "answers": ["x"], "start": 1}', "'start' needs a 'document'"),
        ('{"question": "a?", "answers": [], "document": "d", "start": 1}', "and an answer"),
        ('{"question": "a?", "answers": ["x"], "document": "d", "start": -1}', "'start' must be"),
        ('{"question": "a?", "answers": ["x"], "document": "d", "start": true}', "'start' must"),
        ('{"question": "a?", "answers": [], "document": 5}', "'document' must be"),
        ('{"question": "a?", "answers": [], "document": "d", "sha256": 5}', "'sha256' must be"),
        ('{"question": "a?", "answers": [], "sha256": "ab"}', "'sha256' must be"),
        ('{"question": "a?", "answers": [], "anwser": 5}', "unknown field 'anwser'.*'answers'"),
        ('{"question": "a?", "answers": [], "id": "one"}', "the id 'one' is there already"),
        (r'{"question": "\ud800?", "answers": []}', "lone surrogate"),
        (r'{"question": "a?", "answers": [], "id": "\ud800"}', "lone surrogate"),
        (r'{"question": "a?", "answers": [], "document": "\ud800"}', "lone surrogate"),
    ],
)
def test_a_bad_line_is_refused_by_number(tmp_path: Path, row: str, message: str) -> None:
    file = tmp_path / "bad.jsonl"
    good = '{"question": "a?", "answers": [], "id": "one"}\n'
    file.write_text(f"{good}{row}\n")
    with pytest.raises(UsageError, match=rf"bad\.jsonl: line 2: .*{message}"):
        load(file)


def beir(folder: Path, queries: str, corpus: str, qrels: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "queries.jsonl").write_text(queries)
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(corpus.encode()))
    (folder / "qrels" / "test.tsv").write_text(qrels)
    return folder


QUERIES = '{"_id": "q1", "text": "Who?"}\n{"_id": "q2", "text": "unjudged"}\n'
CORPUS = '{"_id": "d1", "title": "", "text": "It was Ann."}\n'


def test_beir_folders(tmp_path: Path) -> None:
    qrels = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td9\t0\n"
    found = load(beir(tmp_path / "set", QUERIES, CORPUS, qrels))
    assert found.kind == "beir"
    assert [(c.id, c.wanted) for c in found.cases] == [("q1", {"d1": 2, "d9": 0})]
    mark = "\ufeff"
    marked = load(beir(tmp_path / "b", mark + QUERIES, mark + CORPUS, mark + "q1\td1\t1\n"))
    assert [(c.id, c.wanted) for c in marked.cases] == [("q1", {"d1": 1})]
    assert [id for id, *_ in beir_documents(tmp_path / "b" / "corpus.jsonl.gz")] == ["d1"]


@pytest.mark.parametrize(
    ("queries", "qrels", "message"),
    [
        (QUERIES, "q1\td1\tx\n", r"test\.tsv: line 1: not query-id"),
        (QUERIES, "q1 d1 1\n", r"test\.tsv: line 1: not query-id"),
        ('{"_id": 1, "text": "a"}\n', "q1\td1\t1\n", r"queries\.jsonl: line 1: '_id'"),
        (QUERIES, "q1\td1\t0\n", "no query has a judgement"),
    ],
)
def test_a_bad_beir_folder(tmp_path: Path, queries: str, qrels: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(beir(tmp_path / "set", queries, CORPUS, qrels))


@pytest.mark.parametrize("text", ["\ud800", "\0"])
def test_a_bad_line_of_a_corpus(tmp_path: Path, text: str) -> None:
    lines = CORPUS + json.dumps({"_id": "d2", "text": text})
    folder = beir(tmp_path / "set", QUERIES, lines, "q1\td1\t1\n")
    with pytest.raises(UsageError, match=r"corpus\.jsonl\.gz: line 2: holds NUL or lone"):
        list(beir_documents(folder / "corpus.jsonl.gz"))


def test_a_damaged_file_is_no_bad_line(tmp_path: Path) -> None:
    folder = beir(tmp_path / "set", QUERIES, CORPUS, "")
    (folder / "qrels" / "test.tsv").unlink()
    damaged = folder / "qrels" / "test.tsv.gz"
    damaged.write_bytes(gzip.compress(b"q1\td1\t1\n" * 1000)[:-10])
    with pytest.raises(UsageError, match=r"test\.tsv\.gz: can't be read"):
        load(folder)
    # The same where its bytes are wrong rather than too few.
    for file in (damaged, tmp_path / "a.json.gz", tmp_path / "a.jsonl.gz"):
        packed = bytearray(gzip.compress(b'{"data": []}\n' * 1000))
        packed[12:40] = b"\xff" * 28
        file.write_bytes(packed)
        with pytest.raises(UsageError, match=rf"{file.name}: "):
            load(folder if file == damaged else file)


def test_what_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(UsageError, match=r"not \.json"):
        load(tmp_path / "a.csv")
    with pytest.raises(UsageError, match=r"has no queries\.jsonl"):
        load(tmp_path)
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(UsageError, match=r"empty\.jsonl: holds no questions"):
        load(tmp_path / "empty.jsonl")
