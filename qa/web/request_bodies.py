"""Request bodies of the HTTP API, and the rules that questions are held to."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from qa.answer.followups import LONGEST_RESOLVED, REMEMBERED_TURNS
from qa.errors import FieldError
from qa.types import MetadataValue

MAX_BATCH = 64
MAX_CONTEXTS = 64
# Each context is embedded while the caller waits; more belongs into an index.
MAX_CONTEXT_CHARS = 100_000
# Room for every answer that is given here.
MAX_ANSWER_CHARS = 20_000


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


def _comparable(value: object) -> object:
    """Refuse what no metadata hold, in one message and not one for every type they have."""
    if not isinstance(value, str | bool | int | float):
        raise ValueError("must be a text, a number, true or false")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return _plain(value) if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_plain)]
Question = Annotated[
    str,
    AfterValidator(_asking),
    Field(description="Of at most server.max_question_chars characters."),
]


_QUESTION: TypeAdapter[str] = TypeAdapter(Question)


def checked_question(text: str, longest: int) -> str:
    """A question that came with a form or the command line, held to the API's rules.

    A form's line ends, of two characters, become one, as where they were typed.

    Raises:
        FieldError: it is empty, not text, or longer than ``longest`` characters.
    """
    try:
        question = _QUESTION.validate_python(text.replace("\r\n", "\n"))
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise FieldError("question", message) from None
    check_length("question", question, longest)
    return question


def check_length(field: str, question: str, longest: int) -> None:
    """Hold a question to the configured length.

    Raises:
        FieldError: it has more than ``longest`` characters.
    """
    if len(question) > longest:
        raise FieldError(field, f"has {len(question)} characters, at most {longest} are taken")


def check_history(history: Sequence[Turn], longest: int) -> None:
    """Hold the questions of earlier turns to the configured length.

    Raises:
        FieldError: one has more than ``longest`` characters; it is named by its number.
    """
    for number, turn in enumerate(history):
        check_length(f"history.{number}.question", turn.question, longest)


def checked_where(pairs: Sequence[str]) -> dict[str, MetadataValue]:
    """``NAME=VALUE`` as ``where`` has it.

    A value in quotes is a text. One without is a text as well, but if it reads as a
    number, true or false, also that: what the front matter holds can't be seen from here.

    Raises:
        FieldError: one is not of this form, or a name comes twice.
    """
    found: dict[str, MetadataValue] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise FieldError("where", f"{pair[:200]!r} is not NAME=VALUE")
        if name in found:
            raise FieldError("where", f"{name[:200]!r} is given twice")
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = value
        if isinstance(parsed, str):
            found[name] = parsed
        elif isinstance(parsed, bool | int | float):
            found[name] = [value, parsed]
        else:
            found[name] = value
    return found


class _Request(BaseModel):
    # Strict: "3" or true is not a number, and a misspelt field is an error.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Turn(_Request):
    """An earlier question of the conversation and the answer it got, if any."""

    question: Question
    answer: Annotated[Text, Field(max_length=MAX_ANSWER_CHARS)] | None = Field(
        None,
        description=f"Of at most {MAX_ANSWER_CHARS:,} characters; one of more than "
        f"{LONGEST_RESOLVED} is not referred to.",
    )


class _Options(_Request):
    max_answers: Annotated[int, Field(ge=1, le=20)] | None = Field(
        None, description="At most so many different answers."
    )
    min_confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = Field(
        None,
        description="No answer that is less sure; in place of the threshold that "
        "answering.target_precision stands for. The span reader's confidences stay below 0.9.",
    )
    deadline_ms: Annotated[int, Field(ge=1, le=600_000)] | None = Field(
        None,
        description="Passages are read best first, two at a time; none are begun that are "
        "likely to end later than this after the request. The first two are always read, and "
        "texts sent along are embedded first however long that takes.",
    )
    trace: bool = Field(False, description="Tell the evidence of every candidate.")


class _IndexOptions(_Options):
    top_k: Annotated[int, Field(ge=1, le=100)] | None = Field(
        None,
        description="Find so many passages; of these the best two are read, and the others if "
        "they are hardly behind the best.",
    )
    documents: Annotated[list[Text], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="Only from the documents with these ids."
    )
    where: (
        Annotated[
            dict[Text, Annotated[str | bool | int | float, BeforeValidator(_comparable)]],
            Field(min_length=1, max_length=20),
        ]
        | None
    ) = Field(None, description="Only from documents whose metadata have these values.")


class AskRequest(_IndexOptions):
    """A question to the indexed documents; null means as configured."""

    question: Question
    history: Annotated[
        list[Turn],
        Field(
            max_length=50,
            description="Earlier turns, oldest first, that the question may refer to "
            f"('What did he emphasise?'). The last {REMEMBERED_TURNS} count, without those whose "
            f"question has more than {LONGEST_RESOLVED} characters; a question longer than that "
            "is read as it is.",
        ),
    ] = []


class BatchRequest(_IndexOptions):
    """Several questions with the same options, all answered from one snapshot."""

    questions: Annotated[
        list[Question],
        Field(
            min_length=1,
            max_length=MAX_BATCH,
            description="Each of at most server.max_question_chars characters.",
        ),
    ]


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
