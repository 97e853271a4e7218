"""What a report shows of the passages, and what is marked in them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from qa.answer.pipeline import Pipeline
from qa.errors import DocumentNotFound, RunError
from qa.evaluate.asking import ask
from qa.evaluate.pages import report_page
from qa.evaluate.predictions import Place, Prediction, Ranked
from qa.evaluate.questions import Case
from qa.evaluate.report import summarize
from qa.evaluate.targets import LocalTarget, Target
from tests.conftest import settings_in


@pytest.fixture(scope="module")
def target(pipeline: Pipeline, corpus: Path) -> LocalTarget:
    return LocalTarget(pipeline, settings_in(corpus))


def excerpts(target: Target, *predictions: Prediction) -> list[str]:
    """The passages of a report as they are in its HTML, without their headings."""
    run = {"dataset": "d", "corpus": "index", "snapshot": "s", "seed": 0}
    report = summarize(run, predictions) | {"environment": {}}
    page = report_page(report, predictions, target)
    assert page.count("<main>") == page.count("</main>") == 1
    return re.findall(r"<blockquote[^>]*><span[^>]*>[^<]*</span>\n(.*?)</blockquote>", page, re.S)


def wrong(target: Target, document: str, text: str, golds: Sequence[str] = ("x",)) -> Prediction:
    """An answer from a document that was retrieved whole."""
    whole = target.document(document)[0]
    ranking = (Ranked("p", document, 0, len(whole), 0.5),)
    return Prediction(
        "1", "Who?", tuple(golds), text, 0.9, True, ranking=ranking, error="wrong_span"
    )


def test_an_answer_is_marked_where_it_is_cited(target: LocalTarget) -> None:
    text, sha256 = target.document("hostile")
    said = wrong(target, "hostile", "blue")
    first = text.index("blue")
    second = text.index("blue", first + 1)
    for start in (first, second):
        cited = Place("hostile", start, start + 4, sha256)
        (shown,) = excerpts(target, replace(said, cited=cited))
        before, rest = shown.split("<mark>")
        assert before.count("blue") == (start == second)
        assert rest.startswith("blue</mark>")


def test_without_a_citation_the_first_whole_word_is_marked(target: LocalTarget) -> None:
    (shown,) = excerpts(target, wrong(target, "windows", "harbour"))
    assert "The <mark>harbour</mark> master" in shown
    # "he" is a part of "The" only, and so the accepted answer is looked for.
    (shown,) = excerpts(target, wrong(target, "windows", "he", ["master"]))
    assert "The harbour <mark>master</mark>" in shown
    (shown,) = excerpts(target, wrong(target, "windows", "2:00", ["arbour"]))
    assert "<mark>" not in shown


def test_the_place_of_an_answer_given_is_kept(target: LocalTarget) -> None:
    case = Case("1", "Who is the harbour master?", ())
    said = ask(target, case)
    assert said.cited is not None
    text, sha256 = target.document(said.cited.document)
    assert (said.text, sha256) == (text[said.cited.start : said.cited.end], said.cited.sha256)
    assert ask(target, replace(case, question="How do I bake sourdough bread?")).cited is None


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (DocumentNotFound("gone"), "(no longer there)"),
        (RunError("503"), "(can&#39;t be fetched any more)"),
    ],
)
def test_a_document_that_is_not_to_be_had(
    pipeline: Pipeline, corpus: Path, error: Exception, shown: str
) -> None:
    class Leaving(LocalTarget):
        """Has lost one document."""

        def _document(self, id: str) -> tuple[str, str]:
            if id == "windows":
                raise error
            return super()._document(id)

    target = Leaving(pipeline, settings_in(corpus))
    lost = wrong(LocalTarget(pipeline, settings_in(corpus)), "windows", "there")
    # The words of the answer are not marked in what is said instead.
    other = wrong(target, "emoji", "notes")
    assert excerpts(target, lost, other)[0] == shown
    assert "<mark>notes</mark>" in excerpts(target, lost, other)[1]


def test_nothing_is_shown_of_another_version(target: LocalTarget) -> None:
    said = wrong(target, "windows", "harbour")
    assert excerpts(target, replace(said, cited=Place("windows", 0, 7, "0" * 64))) == [
        "(has changed since)"
    ]
