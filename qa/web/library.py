"""The pages people read on: the list of documents, one document, its raw text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, render_template, request

from qa.errors import DocumentNotFound
from qa.index.store import Record
from qa.web.api import service
from qa.web.offsets import number, slice_of
from qa.web.reading import lay_out, part_of, part_starts
from qa.web.schemas import document_href

library = APIBlueprint("library", __name__, enable_openapi=False)

_LISTED = 50
_MOST_WORDS = 10
_MOST_CITATIONS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """Where the shown citation stands among those of its reply."""

    number: int
    total: int
    previous: str | None
    next: str | None


@library.get("/documents")
def documents() -> str:
    """The list of documents, or of those that match every word looked for."""
    records = service().pipeline().snapshot.store.records
    wanted = request.args.get("q", "")[:200]
    found = [r for r in records if _matches(r, _folded(wanted).split()[:_MOST_WORDS])]
    pages = max(1, -(-len(found) // _LISTED))
    page = min(max(1, number(request.args.get("page")) or 1), pages)
    asked = _asked()
    along = f"?{urlencode({'for': asked})}" if asked else ""
    return render_template(
        "documents.html",
        documents=[
            (r, document_href(r.id) + along) for r in found[(page - 1) * _LISTED : page * _LISTED]
        ],
        found=len(found),
        total=len(records),
        wanted=wanted,
        asked=asked,
        page=page,
        pages=pages,
        turn_to=[_with(page=str(p)) for p in (page - 1, page + 1)],
    )


@library.get("/documents/<id>")
def document(id: str) -> str | tuple[str, int]:
    """A document, a part at a time, with the slice from ``start`` to ``end`` marked.

    Offsets count in one version of the text; where ``sha256`` says that they are of
    another one, nothing is marked.
    """
    step, asked = _step(id), _asked()
    try:
        found = service().pipeline().snapshot.store.document(id)
    except DocumentNotFound:
        if not step and not asked:
            raise
        return render_template("gone.html", step=step, asked=asked), 404
    length = len(found.text)
    start, end = slice_of(request.args.get("start"), request.args.get("end"), length) or (0, 0)
    if not found.sha256.startswith(request.args.get("sha256", "")):
        start, end = 0, 0
    starts = part_starts(length, found.blocks)
    wanted = number(request.args.get("part"))
    part = part_of(starts, start) if wanted is None else min(max(wanted - 1, 0), len(starts) - 1)
    span = (starts[part], [*starts, length][part + 1])
    return render_template(
        "document.html",
        document=found,
        paragraphs=lay_out(found, span, (start, end)),
        begins=span[0],
        raw=f"{document_href(id)}/raw",
        given="start" in request.args or "end" in request.args,
        marked=start < end,
        marked_here=max(start, span[0]) < min(end, span[1]),
        part=part + 1,
        parts=len(starts),
        turn_to=[_with(part=str(p)) for p in (part, part + 2)],
        step=step,
        asked=asked,
        longest=service().settings.server.max_question_chars,
    )


@library.get("/documents/<id>/raw")
def raw(id: str) -> Response:
    """A document's text and nothing else."""
    text = service().pipeline().snapshot.store.document(id).text
    return Response(text, mimetype="text/plain")


def _matches(record: Record, words: list[str]) -> bool:
    if not words:
        return True
    values = record.metadata.values()
    said = _folded(" ".join([record.title, record.path, *(str(value) for value in values)]))
    return all(word in said for word in words)


def _folded(text: str) -> str:
    """A text without what is only another way to write it: file names may divide letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def _step(id: str) -> Step | None:
    """The way to the citations before and after this one, if there are others.

    Those of documents that have been changed or removed since are on it.
    """
    slices = list(_citations(request.args.getlist("c")))
    places = [place[:3] for place in slices]
    shown = id, number(request.args.get("start")), number(request.args.get("end"))
    if shown not in places or len(places) < 2:
        return None
    at = places.index(shown)

    def href(position: int) -> str | None:
        if not 0 <= position < len(slices):
            return None
        trail = [("c", c) for c in request.args.getlist("c")[:_MOST_CITATIONS]]
        more = urlencode([*trail, ("for", _asked())])
        return f"{document_href(*slices[position])}&{more}#cited"

    return Step(at + 1, len(slices), href(at - 1), href(at + 1))


def _citations(values: list[str]) -> Iterator[tuple[str, int, int, str]]:
    """Slices given as ``start-end.sha256-document``; what isn't one is left out.

    Addresses made by former versions have no hash; it is empty then.
    """
    for value in values[:_MOST_CITATIONS]:
        start, _, rest = value.partition("-")
        numbered, _, id = rest.partition("-")
        end, _, sha256 = numbered.partition(".")
        left, right = number(start), number(end)
        if id and left is not None and right is not None:
            yield id, left, right, sha256


def _asked() -> str:
    """The question that an answer is being looked for to."""
    return request.args.get("for", "")[: service().settings.server.max_question_chars]


def _with(**changes: str) -> str:
    """This address with other arguments."""
    arguments = request.args.copy()
    for name, value in changes.items():
        arguments[name] = value
    return f"?{urlencode(list(arguments.items(multi=True)))}"
