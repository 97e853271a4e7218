"""Request and reply bodies of the HTTP API."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from qa.errors import FieldError
from qa.types import Answer, Citation, Hit, Reply

MAX_BATCH = 64
MAX_CONTEXTS = 64
# Each context is embedded while the caller waits; more belongs into an index.
MAX_CONTEXT_CHARS = 100_000


def _plain(text: str) -> str:
    """Refuse what no document can hold and no encoder can read."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("must not hold lone surrogates")
    if "\0" in text:
        raise ValueError("must not hold NUL characters")
    return text


def _asking(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return _plain(text)


def _readable(contexts: list[str]) -> list[str]:
    total = sum(map(len, contexts))
    if total > MAX_CONTEXT_CHARS:
        raise ValueError(f"hold {total} characters, at most {MAX_CONTEXT_CHARS} are taken")
    return contexts


Text = Annotated[str, AfterValidator(_plain)]
Question = Annotated[str, AfterValidator(_asking)]


_QUESTION: TypeAdapter[str] = TypeAdapter(Question)


def checked_question(text: str, longest: int) -> str:
    """A question that came with a form or the command line, held to the API's rules.

    Raises:
        FieldError: it is empty, not text, or longer than ``longest`` characters.
    """
    try:
        question = _QUESTION.validate_python(text)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise FieldError("question", message) from None
    if len(question) > longest:
        raise FieldError("question", f"has {len(question)} characters, at most {longest} are taken")
    return question


class _Request(BaseModel):
    # Strict: "3" or true is not a number, and a misspelt field is an error.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Turn(_Request):
    """An earlier question of the conversation and the answer it got, if any."""

    question: Question
    answer: Text | None = None


class _Options(_Request):
    max_answers: Annotated[int, Field(ge=1, le=20)] | None = None
    min_confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    deadline_ms: Annotated[int, Field(ge=1, le=600_000)] | None = Field(
        None, description="Stop reading passages, the best first, when this much time has gone."
    )
    trace: bool = False


class _IndexOptions(_Options):
    top_k: Annotated[int, Field(ge=1, le=100)] | None = None
    documents: Annotated[list[Text], Field(min_length=1, max_length=1000)] | None = None
    where: (
        Annotated[dict[Text, Text | bool | int | float], Field(min_length=1, max_length=20)] | None
    ) = Field(None, description="Only from documents whose metadata have these values.")


class AskRequest(_IndexOptions):
    """A question to the indexed documents; null means as configured."""

    question: Question
    history: Annotated[
        list[Turn],
        Field(
            max_length=50,
            description="Earlier turns, oldest first, that the question may refer to "
            "('What did he emphasise?').",
        ),
    ] = []


class BatchRequest(_IndexOptions):
    """Several questions with the same options, all answered from one snapshot."""

    questions: Annotated[list[Question], Field(min_length=1, max_length=MAX_BATCH)]


class ExtractRequest(_Options):
    """A question to texts sent along; the index is not searched."""

    question: Question
    contexts: Annotated[
        list[Text], Field(min_length=1, max_length=MAX_CONTEXTS), AfterValidator(_readable)
    ]


class PageQuery(BaseModel):
    """Which part of a list to return."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    offset: Annotated[int, Field(ge=0, le=10**9)] = 0


class SentenceBody(BaseModel):
    """The whole sentence(s) around an answer."""

    text: str
    start: int
    end: int


class CitationBody(BaseModel):
    """Where the answer stands: code points ``start`` to ``end`` of the document's text."""

    number: int
    document: str
    title: str
    start: int
    end: int
    unit: Literal["codepoint"] = "codepoint"
    page: int | None
    section: str | None
    sha256: str
    href: str | None


class AnswerBody(BaseModel):
    """An answer in the documents' own words."""

    text: str
    confidence: float
    sentence: SentenceBody
    citations: list[CitationBody]


class PassageBody(BaseModel):
    """A retrieved passage."""

    document: str
    start: int
    end: int
    text: str
    score: float


class ReplyBody(BaseModel):
    """Answers, or a reason for giving none with the nearest passages."""

    question: str
    rewritten: str | None = Field(
        None,
        description="The question in words that stand alone, as it was read; "
        "null if it was read as it is.",
    )
    answered: bool
    reason: Literal["no_passages", "no_span", "low_confidence"] | None
    answers: list[AnswerBody]
    passages: list[PassageBody]
    passages_read: int
    snapshot: str | None
    took_ms: dict[str, float]
    trace: list[dict[str, Any]] | None = None


class BatchBody(BaseModel):
    """One reply for each question, in order."""

    replies: list[ReplyBody]


class DocumentSummary(BaseModel):
    """A document without its text."""

    id: str
    title: str
    characters: int
    passages: int
    sha256: str
    metadata: dict[str, Any]
    href: str


class DocumentsBody(BaseModel):
    """Part of the list of documents."""

    documents: list[DocumentSummary]
    total: int
    snapshot: str


class SectionBody(BaseModel):
    """What stands under one heading."""

    title: str
    start: int
    end: int


class DocumentBody(BaseModel):
    """A whole document; ``sha256`` is of ``text`` as UTF-8."""

    id: str
    title: str
    text: str
    sha256: str
    metadata: dict[str, Any]
    sections: list[SectionBody]
    snapshot: str


class HealthBody(BaseModel):
    """Whether the service is alive, or ready to answer."""

    status: str
    snapshot: str | None = None


class ProblemBody(BaseModel):
    """An error as RFC 9457 has it; ``errors`` names the fields at fault."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None


def document_href(id: str, start: int | None = None, end: int | None = None) -> str:
    """Address of a document's page, with a slice to be marked."""
    path = f"/documents/{quote(id, safe='')}"
    return path if start is None else f"{path}?start={start}&end={end}"


def reply_body(reply: Reply) -> ReplyBody:
    """A reply as it goes over HTTP; citations are numbered through all answers."""
    answers: list[AnswerBody] = []
    number = 1
    for answer in reply.answers:
        answers.append(_answer(answer, number, linked=reply.snapshot is not None))
        number += len(answer.citations)
    return ReplyBody(
        question=reply.question,
        rewritten=reply.rewritten,
        answered=bool(reply.answers),
        reason=reply.reason,
        answers=answers,
        passages=[_passage(hit) for hit in reply.hits],
        passages_read=reply.passages_read,
        snapshot=reply.snapshot,
        took_ms=dict(reply.took_ms),
        trace=None if reply.trace is None else [dict(entry) for entry in reply.trace],
    )


def _answer(answer: Answer, number: int, *, linked: bool) -> AnswerBody:
    sentence = answer.sentence
    return AnswerBody(
        text=answer.text,
        confidence=round(answer.confidence, 4),
        sentence=SentenceBody(text=sentence.text, start=sentence.start, end=sentence.end),
        citations=[
            _citation(citation, number + i, linked=linked)
            for i, citation in enumerate(answer.citations)
        ],
    )


def _citation(citation: Citation, number: int, *, linked: bool) -> CitationBody:
    return CitationBody(
        number=number,
        document=citation.document,
        title=citation.title,
        start=citation.start,
        end=citation.end,
        page=citation.page,
        section=citation.section,
        sha256=citation.sha256,
        href=document_href(citation.document, citation.start, citation.end) if linked else None,
    )


def _passage(hit: Hit) -> PassageBody:
    passage = hit.passage
    return PassageBody(
        document=passage.document,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        score=round(hit.score, 4),
    )
