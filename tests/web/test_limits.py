from pathlib import Path

import pytest
from flask.testing import FlaskClient

from qa.errors import ConfigError
from qa.web.app import create_app
from tests.conftest import settings_in


@pytest.fixture
def limited(corpus: Path) -> FlaskClient:
    return create_app(settings_in(corpus, server__rate_limit="2 per minute")).test_client()


def test_a_client_that_asks_too_much_is_told_when_to_come_back(limited: FlaskClient) -> None:
    ask = {"question": "Who is the harbour master?", "top_k": 1}
    assert [limited.post("/api/ask", json=ask).status_code for _ in range(2)] == [200, 200]
    refused = limited.post("/api/ask", json=ask)
    assert refused.status_code == 429
    assert refused.mimetype == "application/problem+json"
    assert refused.get_json()["status"] == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert limited.post("/turn", data={"q": "x"}).status_code == 429
    page = limited.get("/?q=Who+is+it%3F", headers={"Accept": "text/html"})
    assert page.status_code == 429
    assert "Who is it?</textarea>" in page.text
    for path in ("/", "/healthz", "/readyz", "/metrics", "/documents", "/static/style.css"):
        with limited.get(path) as response:
            assert response.status_code == 200
    other = limited.post("/api/ask", json=ask, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert other.status_code == 200


def test_each_question_of_a_batch_counts(limited: FlaskClient) -> None:
    two = {"questions": ["Who is it?"] * 2, "top_k": 1}
    more = limited.post("/api/ask/batch", json=two | {"questions": ["Who is it?"] * 3})
    assert more.status_code == 422
    assert more.get_json()["detail"].startswith("questions: are 3, server.rate_limit allows 2 per")
    # A request that is refused has been counted as one.
    refused = limited.post("/api/ask/batch", json=two)
    assert refused.status_code == 429
    # Trying again counts as one too: only when all else is forgotten is there room for the rest.
    assert refused.headers["Retry-After"] == "60"
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert limited.post("/api/ask/batch", json=two, environ_base=other).status_code == 200
    assert limited.post("/api/ask/batch", json=two, environ_base=other).status_code == 429


def test_the_configured_number_of_passages_counts_for_a_batch(corpus: Path) -> None:
    client = create_app(settings_in(corpus, retrieval__top_k=100)).test_client()
    many = {"questions": ["Who is it?"] * 11}
    refused = client.post("/api/ask/batch", json=many)
    assert refused.status_code == 422
    detail = "questions: must be 10 or fewer, with 100 passages each"
    assert refused.get_json()["detail"] == detail
    refused = client.post("/api/ask/batch", json=many | {"top_k": 100})
    assert refused.get_json()["detail"] == "top_k: must be 90 or less for 11 questions at once"
    assert client.post("/api/ask/batch", json=many | {"top_k": 1}).status_code == 200


def test_long_texts_sent_along_count_as_several_requests(corpus: Path) -> None:
    client = create_app(settings_in(corpus, server__rate_limit="3 per minute")).test_client()
    body = {"question": "Who ate it?", "contexts": ["Ann ate it. " * 350]}
    assert client.post("/api/extract", json=body).status_code == 200
    assert client.post("/api/ask", json={"question": "Who ate it?"}).status_code == 429
    # However low the rate and long the texts, once a minute is possible.
    longer = body | {"contexts": ["Ann ate it. " * 700]}
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.post("/api/extract", json=longer, environ_base=other).status_code == 200


def test_long_texts_can_be_sent_at_one_a_minute(corpus: Path) -> None:
    client = create_app(settings_in(corpus, server__rate_limit="1 per minute")).test_client()
    body = {"question": "Who ate it?", "contexts": ["Ann ate it. " * 350]}
    assert client.post("/api/extract", json=body).status_code == 200
    assert client.post("/api/extract", json=body).status_code == 429


def test_looking_for_documents_counts_and_listing_them_does_not(limited: FlaskClient) -> None:
    for _ in range(3):
        assert limited.get("/documents").status_code == 200
    found = [limited.get("/documents?q=leave").status_code for _ in range(3)]
    assert found == [200, 200, 429]


def test_no_limit_and_one_that_can_t_be_read(corpus: Path) -> None:
    free = create_app(settings_in(corpus, server__rate_limit="")).test_client()
    assert free.post("/api/ask", json={"question": "Who?", "top_k": 1}).status_code == 200
    for rate in ("often", "0 per minute", "100 per minute; 5 per second", " "):
        with pytest.raises(ConfigError, match=rf"server\.rate_limit: '{rate}' is no rate"):
            create_app(settings_in(corpus, server__rate_limit=rate))


def test_a_name_that_is_not_the_services_own_reads_nothing(corpus: Path) -> None:
    def status(client: FlaskClient, host: str) -> int:
        with client.get("/api/documents", headers={"Host": host}) as response:
            return response.status_code

    local = create_app(settings_in(corpus)).test_client()
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "192.0.2.7", "qa.localhost"):
        assert status(local, host) == 200
    for host in ("rebound.example:8000", "localhost.example", "127.0.0.1.example", "1"):
        assert status(local, host) == 421
    for host in ("a_b", "[::1", ":", ""):
        assert status(local, host) in (400, 421)
    refused = local.post("/api/ask", json={"question": "Who?"}, headers={"Host": "x.example"})
    assert refused.status_code == 421
    assert refused.mimetype == "application/problem+json"
    assert "server.trusted_hosts" in refused.get_json()["detail"]
    proxied = create_app(settings_in(corpus, server__trusted_hosts=["QA.example"])).test_client()
    assert status(proxied, "qa.example") == 200
    assert status(proxied, "127.0.0.1:8000") == 200
    assert status(proxied, "x.example") == 421
    open_ = create_app(settings_in(corpus, server__host="0.0.0.0")).test_client()
    assert status(open_, "qa.example") == 200
