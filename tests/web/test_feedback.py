import json
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from qa.evaluate.datasets import load_squad
from qa.index.builder import build
from qa.web.app import create_app
from qa.web.feedback import Feedback, FeedbackStore, as_jsonl, as_squad, judged
from tests.conftest import Index, settings_in, write
from tests.test_cli import qa

SAME = {"Origin": "http://localhost"}
QUESTION = "Who is the harbour master?"


@pytest.fixture
def own(corpus: Path, tmp_path: Path) -> APIFlask:
    """An app that keeps its feedback in the test's folder."""
    return create_app(settings_in(corpus, server__feedback_file=str(tmp_path / "said.sqlite3")))


def stored(app: APIFlask) -> list[Feedback]:
    return [entry for _, entry in app.extensions["qa.feedback"].all()]


def text_of(client: FlaskClient, id: str) -> str:
    return client.get(f"/api/documents/{id}").get_json()["text"]


def test_a_verdict_keeps_the_words_and_their_paragraph(own: APIFlask) -> None:
    client = own.test_client()
    text = text_of(client, "windows")
    start = text.index("Ingrid")
    form = {"question": QUESTION, "verdict": "right", "document": "windows"}
    form |= {"start": start, "end": start + len("Ingrid Solberg")}
    assert client.post("/feedback", data=form, headers=SAME).status_code == 200
    (entry,) = stored(own)
    assert (entry.quote, entry.start, entry.verdict) == ("Ingrid Solberg", start, "right")
    assert entry.context == "The harbour master is Ingrid Solberg."
    assert text[entry.context_start :].startswith(entry.context)


def test_words_typed_by_hand_are_found_or_asked_about(own: APIFlask) -> None:
    client = own.test_client()
    form = {"question": "Which colour?", "verdict": "place", "document": "hostile"}
    page = client.post("/feedback", data=form | {"words": "blue"}, headers=SAME)
    assert page.status_code == 300
    assert page.text.count("<mark>blue</mark>") == 2
    assert not own.extensions["qa.feedback"].file.exists()
    once = client.post("/feedback", data=form | {"words": "runs  the vault"}, headers=SAME)
    assert once.status_code == 200
    assert stored(own)[0].quote == "runs the vault"
    for words in ("nowhere to be found", " "):
        bad = client.post("/feedback", data=form | {"words": words}, headers=SAME)
        assert bad.status_code == 422
    # A browser's page names the field and the reason as well.
    seen = SAME | {"Accept": "text/html"}
    bad = client.post("/feedback", data=form | {"words": "nowhere to be found"}, headers=seen)
    assert bad.mimetype == "text/html"
    assert "words: don&#39;t stand in this document as they were typed" in bad.text


def test_more_places_than_are_shown_are_told_of(index: Index) -> None:
    snapshot = index({"bells.txt": b"The bell rang. " * 21, "gulls.txt": b"A gull cried. " * 20})
    client = create_app(settings_in(snapshot.folder.parent.parent)).test_client()
    for document, words, more in (("bells", "bell", True), ("gulls", "gull", False)):
        form = {"question": "What rang?", "verdict": "place", "document": document, "words": words}
        page = client.post("/feedback", data=form, headers=SAME)
        assert page.status_code == 300
        assert page.text.count(f"<mark>{words}</mark>") == 20
        assert ("The first 20 places are shown" in page.text) == more


def test_too_many_words_are_refused_for_their_number(own: APIFlask) -> None:
    client = own.test_client()
    text = text_of(client, "yangpu-ai-hub")[:2001].strip()
    form = {"question": "What is said?", "verdict": "place", "document": "yangpu-ai-hub"}
    for place in ({}, {"start": 0, "end": 2001}):
        words = {"words": text + "x" * (2001 - len(text))}
        refused = client.post("/feedback", data=form | place | words, headers=SAME)
        assert refused.status_code == 422
        assert refused.get_json()["detail"] == (
            "words: have 2001 characters, at most 2000 are taken"
        )
    lines = "\r\n".join("x" * 1000)
    refused = client.post("/feedback", data=form | {"words": lines}, headers=SAME)
    assert "don't stand in this document" in refused.get_json()["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("question", ""),
        ("question", "x" * 3000),
        ("verdict", "perhaps"),
        ("document", "nowhere"),
        ("document", ""),
        ("start", "-1"),
        ("start", "999999"),
        ("end", "²"),
        ("end", "9" * 5000),
        ("words", "other words"),
    ],
)
def test_what_is_not_so_is_refused(own: APIFlask, field: str, value: str) -> None:
    good = {"question": QUESTION, "verdict": "place", "document": "windows"}
    good |= {"start": "0", "end": "7", "words": "Harbour"}
    client = own.test_client()
    assert client.post("/feedback", data=good | {field: value}, headers=SAME).status_code == 422
    assert client.post("/feedback", data=good, headers=SAME).status_code == 200
    assert len(stored(own)) == 1


def test_what_is_stored_of_a_document_is_bounded(own: APIFlask) -> None:
    client = own.test_client()
    form = {"question": QUESTION, "document": "yangpu-ai-hub", "start": "0", "end": "2500"}
    refused = client.post("/feedback", data=form | {"verdict": "right"}, headers=SAME)
    assert refused.get_json()["detail"] == "start: and end hold 2499 characters, at most 2000"
    declined = client.post("/feedback", data=form | {"verdict": "unanswerable"}, headers=SAME)
    assert declined.status_code == 200
    (entry,) = stored(own)
    assert entry.context and len(entry.context) <= 2000
    assert own.extensions["qa.feedback"].file.stat().st_mode & 0o077 == 0


def test_exports_hold_no_control_characters() -> None:
    question = "Who \x9b2J\x9d0;owned\x9c?"
    entry = Feedback(question, "unanswerable", context="\x9b", context_start=0)
    found = judged([(1, entry)])
    for export in (as_jsonl(found), as_squad(found)):
        assert export.replace("\n", "").isprintable()
    assert json.loads(as_jsonl(found))["question"] == question


def forms_of(page: str) -> list[dict[str, str]]:
    """The hidden fields of each form of a page, as a browser would send them."""
    return [
        {
            name: unescape(value)
            for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
        }
        for form in re.findall(r"<form.*?</form>", page, re.DOTALL)
    ]


def verdict_forms(client: FlaskClient, question: str) -> list[dict[str, str]]:
    return forms_of(client.post("/turn", data={"q": question}).text)


def test_a_verdict_on_another_version_of_the_document_is_refused(workspace: Path) -> None:
    app = create_app(settings_in(workspace, server__feedback_file=str(workspace / "said.sqlite3")))
    client = app.test_client()
    forms = verdict_forms(client, QUESTION)
    forms += verdict_forms(client, "How do I bake sourdough bread?")
    typed = {"question": "Which colour?", "verdict": "place", "document": "hostile"}
    page = client.post("/feedback", data=typed | {"words": "blue"}, headers=SAME).text
    forms += forms_of(page)
    assert [form["verdict"] for form in forms] == ["right", "wrong", "unanswerable"] + ["place"] * 2
    for file in (workspace / "source").glob("*.txt"):
        title, _, rest = file.read_bytes().partition(b"\n")
        file.write_bytes(title + b", the second edition\n" + rest)
    build(settings_in(workspace))
    app.extensions["qa.service"].reload()
    for form in forms:
        refused = client.post("/feedback", data=form, headers=SAME)
        assert refused.status_code == 422
        assert "not those of the document any more" in refused.get_json()["detail"]
    assert not app.extensions["qa.feedback"].file.exists()
    for form in verdict_forms(client, QUESTION):
        assert client.post("/feedback", data=form, headers=SAME).status_code == 200


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, True),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "http://["}, True),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
    ],
)
def test_another_site_s_page_can_t_send_feedback(
    own: APIFlask, headers: dict[str, str], known: bool
) -> None:
    form = {"question": QUESTION, "verdict": "unanswerable"}
    response = own.test_client().post("/feedback", data=form, headers=headers)
    assert response.status_code == 403
    detail = response.get_json()["detail"]
    assert detail.startswith("This was sent from" if known else "It isn't known which page")
    assert not own.extensions["qa.feedback"].file.exists()


def test_a_proxy_that_passes_on_another_name_is_no_other_site(corpus: Path, tmp_path: Path) -> None:
    said = str(tmp_path / "said.sqlite3")
    names = {"server__trusted_hosts": ["QA.example"], "server__feedback_file": said}
    client = create_app(settings_in(corpus, **names)).test_client()
    form = {"question": QUESTION, "verdict": "unanswerable"}

    def status(**headers: str) -> int:
        sent = {"Host": "127.0.0.1:8000"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return client.post("/feedback", data=form, headers=sent).status_code

    assert status(Origin="http://qa.example") == 200
    assert status(Origin="http://qa.example:8080") == 200
    assert status(Origin="http://evil.example") == 403
    assert status(Origin="http://qa.example.evil.example") == 403
    assert status(Origin="http://qa.example", Sec_Fetch_Site="cross-site") == 403


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "said.sqlite3"
    script = (
        "import sys; from pathlib import Path\n"
        "from qa.web.feedback import Feedback, FeedbackStore\n"
        "for i in range(15):\n"
        "    FeedbackStore(Path(sys.argv[1])).add(Feedback(f'{sys.argv[2]} {i}', 'unanswerable'))\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(file), str(n)]) for n in range(3)
    ]
    store = FeedbackStore(file)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda i: store.add(Feedback(f"here {i}", "unanswerable")), range(20)))
    assert [p.wait() for p in processes] == [0, 0, 0]
    questions = {entry.question for _, entry in store.all()}
    assert len(questions) == len(store.all()) == 65
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_the_last_verdict_of_a_turn_replaces_the_others(own: APIFlask) -> None:
    client = own.test_client()
    first, second = (verdict_forms(client, QUESTION) for _ in range(2))
    for form in (first[0], first[0], first[1]):
        assert client.post("/feedback", data=form, headers=SAME).status_code == 200
    assert [entry.verdict for entry in stored(own)] == ["wrong"]
    # Shown again it is another turn; without a turn every verdict counts.
    client.post("/feedback", data=second[0], headers=SAME)
    (declined,) = verdict_forms(client, "How do I bake sourdough bread?")
    for form in (declined, declined, declined | {"turn": ""}):
        client.post("/feedback", data=form, headers=SAME)
    found = [entry.verdict for entry in stored(own)]
    assert found == ["wrong", "right", "unanswerable", "unanswerable"]
    for turn in ("x" * 65, "a b", "é"):
        refused = client.post("/feedback", data=declined | {"turn": turn}, headers=SAME)
        assert refused.status_code == 422


OLD_FILE = """
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    created TEXT NOT NULL,
    question TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('right', 'wrong', 'place', 'unanswerable')),
    document TEXT,
    sha256 TEXT,
    start INTEGER,
    quote TEXT,
    context TEXT,
    context_start INTEGER
) STRICT;
INSERT INTO feedback VALUES
    (1, '2026-01-01', 'Who?', 'right', 'windows', 'ab', 5, 'Ingrid', 'It is Ingrid', 0),
    (3, '2026-01-02', 'Why?', 'unanswerable', NULL, NULL, NULL, NULL, NULL, NULL);
"""


def test_a_file_without_turns_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "said.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.executescript(OLD_FILE)
    connection.close()
    before = FeedbackStore(file).all()
    assert [(number, entry.question) for number, entry in before] == [(1, "Who?"), (3, "Why?")]
    assert before[0][1].quote == "Ingrid"
    # Stores of their own, as processes have: only one can add the column.
    with ThreadPoolExecutor(4) as threads:
        entries = [Feedback(f"new {n}", "unanswerable", turn=f"t{n}") for n in range(12)]
        list(threads.map(lambda entry: FeedbackStore(file).add(entry), entries))
    after = FeedbackStore(file).all()
    assert after[:2] == before
    assert {entry.turn for _, entry in after[2:]} == {f"t{n}" for n in range(12)}


def test_a_file_that_can_t_be_written_is_a_problem(own: APIFlask) -> None:
    own.extensions["qa.feedback"].file.write_bytes(b"no database at all, but long enough" * 9)
    form = {"question": QUESTION, "verdict": "unanswerable"}
    response = own.test_client().post("/feedback", data=form, headers=SAME)
    assert response.status_code == 503
    assert "said.sqlite3" not in response.text


def place(start: int, quote: str, verdict: str = "place", question: str = QUESTION) -> Feedback:
    text = "The harbour master is Ingrid Solberg. 🚪 She is tall."
    assert text[start:].startswith(quote)
    return Feedback(question, verdict, "windows", "ab", 100 + start, quote, text, 100)  # type: ignore[arg-type]


def test_verdicts_become_questions() -> None:
    entries = [
        place(22, "Ingrid Solberg", "right"),
        place(22, "Ingrid Solberg", "wrong", "who is the HARBOUR master"),
        place(22, "Ingrid", "place", "Who is the harbour master"),
        place(40, "She", "wrong", "Who opened the door?"),
        Feedback("Why?", "unanswerable"),
        place(38, "🚪", "place", "What stands there?"),
        Feedback("When?", "unanswerable"),
        Feedback("When?", "unanswerable", "windows", "ab", None, None, "The harbour", 0),
    ]
    found = judged(enumerate(entries, 1))
    assert [q.question for q in found] == [QUESTION, "Why?", "What stands there?", "When?"]
    assert [[g.quote for g in q.golds] for q in found] == [["Ingrid"], [], ["🚪"], []]
    rows = [json.loads(line) for line in as_jsonl(found).splitlines()]
    assert rows[0] == {
        "id": "feedback-1",
        "question": QUESTION,
        "answers": ["Ingrid"],
        "document": "windows",
        "start": 122,
        "sha256": "ab",
    }
    assert rows[1]["answers"] == []
    squad = json.loads(as_squad(found))
    asked = [qa for a in squad["data"] for p in a["paragraphs"] for qa in p["qas"]]
    assert {qa["question"] for qa in asked} == {QUESTION, "What stands there?", "When?"}


def test_the_exports_are_what_the_evaluation_reads(own: APIFlask, tmp_path: Path) -> None:
    client = own.test_client()
    for id, words, question in (
        ("emoji", "👩🏽‍🚀 crew", "Who ate pizza?"),
        ("windows", "before 22:00", "When must boats leave?"),
    ):
        form = {"question": question, "verdict": "place", "document": id, "words": words}
        assert client.post("/feedback", data=form, headers=SAME).status_code == 200
    reply = client.post("/turn", data={"q": "How do I bake sourdough bread?"}).text
    assert 'value="unanswerable"' in reply
    declined = {"question": "How do I bake bread?", "verdict": "unanswerable"}
    declined |= {"document": "windows", "start": "0", "end": "13"}
    assert client.post("/feedback", data=declined, headers=SAME).status_code == 200
    (tmp_path / "config.yaml").write_text("server: {feedback_file: said.sqlite3}\n")
    squad = tmp_path / "feedback.json"
    squad.write_text(qa(tmp_path, "feedback", "export", "--format", "squad").stdout)
    dataset = load_squad(squad)
    assert {q.text: q.golds for q in dataset.questions} == {
        "Who ate pizza?": ("👩🏽‍🚀 crew",),
        "When must boats leave?": ("before 22:00",),
        "How do I bake bread?": (),
    }
    rows = qa(tmp_path, "feedback", "export").stdout.splitlines()
    for row in map(json.loads, rows):
        if row["answers"]:
            text = text_of(client, row["document"])
            assert text[row["start"] :].startswith(row["answers"][0])


def test_export_without_feedback_is_one_line(tmp_path: Path) -> None:
    for _ in range(2):
        done = qa(tmp_path, "feedback", "export", code=1)
        assert done.stderr.endswith("feedback.sqlite3: no feedback has been stored yet\n")
        # As one that was made, and then nothing could be stored in it.
        (tmp_path / "feedback.sqlite3").touch()


def test_the_page_of_thanks_leads_back_to_the_conversation(client: FlaskClient) -> None:
    asked = {"q": "And when must boats leave?", "hq": QUESTION, "ha": "Ingrid Solberg"}
    form = forms_of(client.post("/turn", data=asked).text)[0]
    thanks = client.post("/feedback", data=form, headers=SAME).text
    (back,) = re.findall(r'<a href="([^"]*)">Back to the question', thanks)
    assert QUESTION in unescape(client.get(unescape(back)).text)
    elsewhere = client.post("/feedback", data=form | {"here": "//example.org"}, headers=SAME).text
    assert "example.org" not in elsewhere


def test_the_page_of_thanks_can_t_be_opened_again(client: FlaskClient) -> None:
    assert client.get("/feedback").location == "/"


def test_words_after_a_mark_that_scripts_take_for_a_space(workspace: Path) -> None:
    words = "The gate is green."
    write(workspace / "source", {"bom.txt": f"Gates\n\n\ufeff{words}\n".encode()})
    build(settings_in(workspace))
    app = create_app(settings_in(workspace, server__feedback_file=str(workspace / "said.sqlite3")))
    client = app.test_client()
    text = text_of(client, "bom")
    start, end = text.index(words) - 1, len(text.rstrip())
    form = {"question": "Which colour?", "verdict": "place", "document": "bom", "words": words}
    sent = client.post("/feedback", data=form | {"start": start, "end": end}, headers=SAME)
    assert sent.status_code == 200
    ((_, stored),) = app.extensions["qa.feedback"].all()
    assert stored.start == start + 1
