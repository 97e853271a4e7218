import json
import re
import tempfile
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from qa.errors import FieldError
from qa.web.app import create_app
from qa.web.request_bodies import Turn, check_history
from tests.conftest import CORPUS, settings_in

ASK = "/api/ask"
GOOD = "Who is the harbour master?"


def post(client: FlaskClient, body: Any, path: str = ASK) -> TestResponse:
    return client.post(path, data=json.dumps(body), content_type="application/json")


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body = response.get_json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert "Traceback" not in response.text
    assert "/site-packages" not in response.text
    assert str(Path(tempfile.gettempdir())) not in response.text
    return body


def check_citations(client: FlaskClient, body: dict[str, Any]) -> None:
    numbers = [c["number"] for a in body["answers"] for c in a["citations"]]
    assert numbers == list(range(1, len(numbers) + 1))
    for answer in body["answers"]:
        documents = [
            client.get(f"/api/documents/{citation['document']}").get_json()
            for citation in answer["citations"]
        ]
        for citation, document in zip(answer["citations"], documents, strict=True):
            assert document["text"][citation["start"] : citation["end"]] == answer["text"]
            assert document["sha256"] == citation["sha256"]
            assert citation["unit"] == "codepoint"
            assert client.get(citation["href"]).status_code == 200
        sentence = answer["sentence"]
        assert documents[0]["text"][sentence["start"] : sentence["end"]] == sentence["text"]


@pytest.mark.parametrize(
    "question",
    [
        GOOD,
        "Who is the Party secretary of Yangpu?",
        "Who ate pizza at the Zebra station?",
        "Who opened the door, Émilie Café?",
        "上海的市花是什么?",
        "What is the password of the vault?",
        "How long is parental leave?",
    ],
)
def test_every_citation_is_the_slice_it_claims(client: FlaskClient, question: str) -> None:
    response = post(client, {"question": question, "min_confidence": 0.0})
    assert response.status_code == 200
    body = response.get_json()
    assert body["answered"] is True
    assert body["reason"] is None
    assert body["question"] == question
    assert set(body["took_ms"]) == {"retrieve", "read", "total"}
    check_citations(client, body)


def test_an_abstention(client: FlaskClient) -> None:
    body = post(client, {"question": "How do I bake sourdough bread?"}).get_json()
    assert (body["answered"], body["answers"], body["reason"]) == (False, [], "low_confidence")
    for p in body["passages"]:
        text = client.get(f"/api/documents/{p['document']}").get_json()["text"]
        assert text[p["start"] : p["end"]] == p["text"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("question", ""),
        ("question", " \n\t\u3000"),
        ("question", "x" * 100_000),
        ("question", 7),
        ("question", None),
        ("question", ["a"]),
        ("question", "nul \0"),
        ("question", "\ud800 alone"),
        ("top_k", 0),
        ("top_k", -1),
        ("top_k", 1e9),
        ("top_k", 10**9),
        ("top_k", "x"),
        ("top_k", "3"),
        ("top_k", True),
        ("top_k", 2.5),
        ("max_answers", 0),
        ("max_answers", 21),
        ("min_confidence", 1.1),
        ("min_confidence", "high"),
        ("min_confidence", float("nan")),
        ("deadline_ms", 0),
        ("deadline_ms", 1.5),
        ("deadline_ms", float("inf")),
        ("top_k", float("-inf")),
        ("documents", ["nowhere"]),
        ("documents", []),
        ("documents", "windows"),
        ("where", {}),
        ("where", {"year": [2024]}),
        ("where", "year"),
        ("where", {"departement": "HR"}),
        ("where", {"year": float("nan")}),
        ("where", {"year": float("inf")}),
        ("where", {"year": None}),
        ("where", {"year": "nul \0"}),
        ("where", {"nul \0": 1}),
        ("history", [{"question": ""}]),
        ("history", [{"question": GOOD}, {"question": "x" * 2001}]),
        ("history", [{"question": GOOD, "answer": "x" * 20_001}]),
        ("history", "none"),
        ("trace", "yes"),
        ("topk", 3),
        ("__proto__", {}),
        ("_schema", {}),
    ],
)
def test_an_invalid_field_is_named(client: FlaskClient, field: str, value: Any) -> None:
    body = problem(post(client, {"question": GOOD} | {field: value}), 422)
    assert body["errors"][0]["field"].split(".")[0] == field
    assert field in body["detail"]
    assert len(body["errors"]) == 1
    for internal in ("Value error", "instance of", "function-", "[key]"):
        assert internal not in body["detail"]
    assert post(client, {"question": GOOD}).status_code == 200


def test_a_question_of_the_history_is_held_to_the_length() -> None:
    turns = [Turn(question="Who?"), Turn(question="x" * 11)]
    with pytest.raises(FieldError) as error:
        check_history(turns, 10)
    assert (error.value.field, "11 characters" in error.value.detail) == (
        "history.1.question",
        True,
    )
    check_history(turns, 11)


def test_a_body_of_many_wrong_fields_gets_a_short_reply(client: FlaskClient) -> None:
    wrong = {"x" * 5000 + str(number): 1 for number in range(100)}
    response = post(client, {"question": GOOD} | wrong)
    problem(response, 422)
    assert len(response.data) < 30_000


@pytest.mark.parametrize("least", [None, 0, 0.0, 1, 1e-300])
def test_the_bounds_of_options_are_answered(client: FlaskClient, least: float | None) -> None:
    for more in ({"top_k": 1, "max_answers": 1}, {"top_k": 100, "max_answers": 20}):
        for deadline in (1, 600_000):
            body = {"question": GOOD, "min_confidence": least, "deadline_ms": deadline}
            reply = post(client, body | more).get_json()
            assert reply["answered"] is (least != 1)
            assert len(reply["answers"]) <= more["max_answers"]


def test_of_a_key_given_twice_the_last_counts(client: FlaskClient) -> None:
    data = f'{{"question": "Who ate pizza?", "top_k": 0, "top_k": 1, "question": "{GOOD}"}}'
    body = client.post(ASK, data=data, content_type="application/json").get_json()
    assert (body["question"], len(body["passages"])) == (GOOD, 1)


def test_where_is_strict_about_names_and_types(client: FlaskClient) -> None:
    for where, found in (({"year": 2024}, True), ({"year": "2024"}, False)):
        body = post(client, {"question": GOOD, "where": where}).get_json()
        assert (body["reason"] != "no_passages") is bool(body["passages"]) is found
    for path, asked in ((ASK, {"question": GOOD}), (f"{ASK}/batch", {"questions": [GOOD]})):
        body = problem(post(client, asked | {"where": {"departement": "HR"}}, path), 422)
        message = "no document has metadata named 'departement'; the nearest name is 'department'"
        assert body["errors"] == [{"field": "where", "message": message}]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"question": "a"',
        b"\xff\xfe",
        b"{'question': 1}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"top_k": ' + b"9" * 5000 + b"}",
    ],
)
def test_malformed_json(client: FlaskClient, data: bytes) -> None:
    problem(client.post(ASK, data=data, content_type="application/json"), 400)


@pytest.mark.parametrize("body", [[], "a", 3, None, True])
def test_a_body_that_is_no_object(client: FlaskClient, body: Any) -> None:
    detail = problem(post(client, body), 422)["detail"]
    # APIFlask reads null as an object without fields.
    assert detail == ("question: Field required" if body is None else "body: must be a JSON object")


def test_wrong_content_type_method_address_and_size(client: FlaskClient) -> None:
    good = json.dumps({"question": GOOD})
    for content_type in ("text/plain", "application/x-www-form-urlencoded", None):
        problem(client.post(ASK, data=good, content_type=content_type), 415)
    assert "POST" in client.get(ASK).headers["Allow"]
    problem(client.get(ASK), 405)
    problem(client.get("/api/nowhere"), 404)
    problem(client.get("/api/documents/nowhere"), 404)
    problem(post(client, {"question": "x" * 2_000_000}), 413)


@pytest.mark.parametrize(
    "question",
    [
        "'; DROP TABLE documents; --",
        "<script>alert(1)</script>",
        "{{ config.items() }} {% for x in y %}",
        "${jndi:ldap://x}",
        "../../etc/passwd",
        "%00 %s %n",
        "\u202eright to left",
        "x" * 1999,
        "🍕" * 500,
    ],
)
def test_hostile_questions_are_only_questions(client: FlaskClient, question: str) -> None:
    response = post(client, {"question": question})
    assert response.status_code == 200
    assert response.get_json()["question"] == question
    page = client.get("/", query_string={"q": question})
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_batch_answers_in_order_from_one_snapshot(client: FlaskClient) -> None:
    questions = [GOOD, "How do I bake sourdough bread?", "What did UCloud launch?"]
    body = post(client, {"questions": questions, "max_answers": 1}, "/api/ask/batch").get_json()
    assert [r["question"] for r in body["replies"]] == questions
    assert [r["answered"] for r in body["replies"]] == [True, False, True]
    assert len({r["snapshot"] for r in body["replies"]}) == 1
    for questions, field in (
        ([], "questions"),
        (["a"] * 65, "questions"),
        (["a", ""], "questions.1"),
        (["a", "b", "x" * 3000], "questions.2"),
    ):
        body = problem(post(client, {"questions": questions}, "/api/ask/batch"), 422)
        assert [error["field"] for error in body["errors"]] == [field]
    body = problem(post(client, {"questions": ["a"] * 64, "top_k": 16}, "/api/ask/batch"), 422)
    assert body["detail"] == "top_k: must be 15 or less for 64 questions at once"


def test_extract(client: FlaskClient) -> None:
    contexts = ["The moon is far.", "The 🗝 key is under the mat."]
    body = {"question": "Where is the key?", "contexts": contexts, "min_confidence": 0.0}
    reply = post(client, body, "/api/extract").get_json()
    citation = reply["answers"][0]["citations"][0]
    assert citation["document"] == "1"
    assert citation["href"] is None
    assert contexts[1][citation["start"] : citation["end"]] == reply["answers"][0]["text"]
    for bad in ([], ["a"] * 65, "a", [1], ["a " * 60_000]):
        problem(post(client, body | {"contexts": bad}, "/api/extract"), 422)
    problem(post(client, body | {"top_k": 3}, "/api/extract"), 422)


def test_documents(client: FlaskClient) -> None:
    body = client.get("/api/documents").get_json()
    assert body["total"] == len(body["documents"]) == len(CORPUS)
    leave = next(d for d in body["documents"] if d["id"] == "handbook-leave")
    assert leave["metadata"] == {"title": "Leave policy", "department": "HR", "year": 2024}
    part = client.get("/api/documents?limit=2&offset=1").get_json()
    assert part["documents"] == body["documents"][1:3]
    problem(client.get("/api/documents?limit=0"), 422)
    problem(client.get("/api/documents?page=1"), 422)
    whole = client.get("/api/documents/windows").get_json()
    assert whole["text"].encode() == CORPUS["windows.txt"]
    assert [s["title"] for s in client.get("/api/documents/handbook-leave").get_json()["sections"]]


def test_health_readiness_and_metrics(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz").get_json()
    assert ready == {
        "status": "ready",
        "snapshot": client.get("/api/documents").get_json()["snapshot"],
    }
    before = client.get("/metrics").text
    post(client, {"question": GOOD})
    assert 'qa_questions_total{outcome="answered"}' in client.get("/metrics").text
    assert client.get("/metrics").text != before


def test_not_ready_without_an_index(tmp_path) -> None:
    client = create_app(settings_in(tmp_path)).test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    problem(post(client, {"question": GOOD}), 503)
    page = client.get("/?q=x", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert "<h1>" in page.text


def test_openapi_describes_every_operation(client: FlaskClient) -> None:
    spec = client.get("/openapi.json", headers={"Host": "192.0.2.7:8000"}).get_json()
    assert spec["servers"] == [{"url": "/"}]
    assert set(spec["paths"]) == {
        "/api/ask",
        "/api/ask/batch",
        "/api/extract",
        "/api/documents",
        "/api/documents/{id}",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    for path, body in (("/healthz", {"status"}), ("/readyz", {"status", "snapshot"})):
        reply = spec["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        name = reply["schema"]["$ref"].split("/")[-1]
        assert set(spec["components"]["schemas"][name]["required"]) == body
    ask = spec["paths"]["/api/ask"]["post"]
    assert "application/problem+json" in ask["responses"]["422"]["content"]
    metrics = spec["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
    assert set(metrics) == {client.get("/metrics").mimetype} == {"text/plain"}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            assert len(operation["description"]) > len(operation["summary"]) > 0
            assert "421" in operation["responses"]
            assert ("429" in operation["responses"]) == (method == "post"), path
    limited = ask["responses"]["429"]
    assert limited["headers"]["Retry-After"]["schema"] == {"type": "integer"}
    assert "application/problem+json" in limited["content"]
    referred = set(re.findall(r'"#/components/schemas/([\w.]+)"', json.dumps(spec)))
    assert referred == set(spec["components"]["schemas"])
    assert all(
        operation["requestBody"]["required"]
        for operations in spec["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    )


def test_the_page_of_the_api_tells_all_that_is_described(client: FlaskClient) -> None:
    spec = client.get("/openapi.json").get_json()
    page = unescape(client.get("/docs").text)
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            assert f"{method.upper()} {path}</code>" in page
            assert operation["description"] in page
            for parameter in operation["parameters"]:
                assert f"<code>{parameter['name']}</code>" in page
    fields = [
        (name, about)
        for schema in spec["components"]["schemas"].values()
        # Errors are RFC 9457's; APIFlask's own kind of them is not used.
        if schema.get("title") not in (None, "ProblemBody")
        for name, about in schema["properties"].items()
    ]
    assert any("description" in about for _, about in fields)
    for name, about in fields:
        assert name in page
        assert about.get("description", "") in page
    rows = {
        "limit": "<td>integer</td><td><code>100</code></td>",
        "question": "<td>string</td><td>required</td>",
        "history": "<td>array of object</td><td><code>[]</code></td><td>Earlier turns",
        "history[].question": "<td>string</td><td>required</td>",
        "history[].answer": "<td>string or null</td><td><code>null</code></td>",
        "contexts": "<td>array of string</td><td>required</td><td>At most 64.</td>",
        "max_answers": "<td>integer or null</td><td><code>null</code></td>"
        "<td>At most so many different answers. From 1 to 20.</td>",
        "answers[].citations[].start": "<td>integer</td>",
    }
    for name, cells in rows.items():
        assert f'<th scope="row"><code>{name}</code></th>{cells}' in page


def test_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/docs", "/documents/hostile", "/api/documents", "/static/chat.js", "/x"):
        with client.get(path) as response:
            headers = response.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
