"""The API's description: what is true of all its operations, and how people are shown it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qa.web.schemas import ProblemBody

_JSON = "application/json"
_RETRY_AFTER = {
    "description": "Seconds after which the client may ask again.",
    "schema": {"type": "integer"},
}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body; ``history[].question`` is one of a list's entries.

    Attributes:
        default: as JSON; None where there is none.
    """

    name: str
    type: str
    required: bool
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page for people lists it."""

    method: str
    path: str
    description: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    reply: tuple[Field, ...]


def complete(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """Add what the operations' own descriptions leave out; errors are problem details."""
    assert isinstance(spec, dict)
    # Not the address that the first client happened to use, or claimed to.
    spec["servers"] = [{"url": "/"}]
    schemas = spec["components"]["schemas"]
    # The framework's own kind of errors, which none of these is.
    schemas.pop("HTTPError", None)
    schemas["ProblemBody"] = ProblemBody.model_json_schema()
    for path in spec["paths"].values():
        for operation in path.values():
            operation["summary"] = operation["summary"].removesuffix(".")
            operation["description"] = " ".join(operation["description"].split())
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
            responses = operation["responses"]
            # The name in the address is looked at before anything else.
            responses["421"] = {"description": "Misdirected Request"}
            if "429" in responses:
                responses["429"]["headers"] = {"Retry-After": _RETRY_AFTER}
            for status, response in responses.items():
                if status.startswith(("4", "5")):
                    schema = {"$ref": "#/components/schemas/ProblemBody"}
                    response["content"] = {"application/problem+json": {"schema": schema}}
            operation["responses"] = dict(sorted(responses.items()))
    return spec


def operations(spec: dict[str, Any]) -> Iterator[Operation]:
    """Every operation of a completed description, by path."""
    schemas = spec["components"]["schemas"]
    for path, methods in sorted(spec["paths"].items()):
        for method, operation in methods.items():
            yield Operation(
                method=method.upper(),
                path=path,
                description=operation["description"],
                parameters=tuple(
                    _field(p["name"], p["schema"], p["required"]) for p in operation["parameters"]
                ),
                body=tuple(_fields(_schema(operation.get("requestBody", {})), schemas)),
                reply=tuple(_fields(_schema(operation["responses"]["200"]), schemas)),
            )


def _schema(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body.get("content", {}).get(_JSON, {}).get("schema", {})
    return found


def _fields(
    schema: dict[str, Any], schemas: dict[str, dict[str, Any]], prefix: str = ""
) -> Iterator[Field]:
    """The fields of an object, each followed by those of the objects in it."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].split("/")[-1]]
    needed = schema.get("required", ())
    properties = schema.get("properties", {}).items()
    for name, about in sorted(properties, key=lambda item: item[0] not in needed):
        yield _field(prefix + name, about, name in needed)
        for kind in about.get("anyOf", [about]):
            if kind.get("type") == "array":
                yield from _fields(kind["items"], schemas, f"{prefix}{name}[].")
            else:
                yield from _fields(kind, schemas, f"{prefix}{name}.")


def _field(name: str, about: dict[str, Any], required: bool) -> Field:
    return Field(
        name=name,
        type=_type(about),
        required=required,
        default=json.dumps(about["default"]) if "default" in about else None,
        description=" ".join(filter(None, (about.get("description"), _limits(about)))),
    )


def _limits(about: dict[str, Any]) -> str:
    """What a field's value is held to, in words: "From 1 to 20."."""
    kinds = [kind for kind in about.get("anyOf", [about]) if kind.get("type") != "null"]
    limits = kinds[0] if len(kinds) == 1 else about
    if "minimum" in limits and "maximum" in limits:
        return f"From {limits['minimum']:,} to {limits['maximum']:,}."
    most = limits.get("maxItems", limits.get("maxProperties"))
    return "" if most is None else f"At most {most:,}."


def _type(about: dict[str, Any]) -> str:
    """A field's type in words; one of few values is described by them."""
    if "anyOf" in about:
        return " or ".join(map(_type, about["anyOf"]))
    if "const" in about:
        return json.dumps(about["const"])
    if "enum" in about:
        return " or ".join(map(json.dumps, about["enum"]))
    if about.get("type") == "array":
        return f"array of {_type(about['items'])}"
    return str(about.get("type", "object"))
