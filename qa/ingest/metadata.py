"""YAML front matter to metadata of plain values."""

from __future__ import annotations

import datetime
import math
from pathlib import PurePosixPath

import yaml
from frontmatter.default_handlers import YAMLHandler

from qa.control import CONTROL
from qa.errors import BAD_YAML_VALUES, IngestError
from qa.types import Metadata, MetadataScalar, MetadataValue

# Whole numbers beyond this are not exact in every reader of JSON.
_LARGEST = 2**53
# YAML has numbers that take the square of their length.
_LONGEST = 65_536


def front_matter(text: str, path: PurePosixPath) -> tuple[Metadata, str]:
    """The mapping between the first two ``---`` lines, if it is one, and the rest.

    Raises:
        IngestError: it is not a YAML mapping of plain values.
    """
    try:
        raw, body = _split(text, path)
    except (yaml.YAMLError, *BAD_YAML_VALUES) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise IngestError(
            f"{path}:{line} front matter is not valid YAML; mend or remove it"
        ) from None
    clean: dict[str, MetadataValue] = {}
    for key, value in raw.items():
        name = str(_plain(key, f"{path}: a name in the front matter"))
        where = f"{path}: front matter {name[:80]!r}"
        if isinstance(value, list):
            clean[name] = [_plain(entry, where) for entry in value]
        elif value is not None:
            clean[name] = _plain(value, where)
    return clean, body


def _split(text: str, path: PurePosixPath) -> tuple[dict[object, object], str]:
    handler = YAMLHandler()
    if handler.detect(text):
        try:
            front, body = handler.split(text)
        except ValueError:
            # One line of hyphens is a rule, not the start of front matter.
            return {}, text
        if len(front) > _LONGEST:
            raise IngestError(
                f"{path}: front matter of {len(front)} characters, at most {_LONGEST} are read; "
                "shorten it or remove its '---' lines"
            )
        # Merged into each other, names of others take the square of their number.
        if "&" in front and any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(front)):
            raise IngestError(f"{path}: front matter has an alias (*name); write the value out")
        values = handler.load(front)
        if isinstance(values, dict):
            return values, body
    return {}, text


def _plain(value: object, where: str) -> MetadataScalar:
    if isinstance(value, str) and CONTROL.search(value):
        raise IngestError(f"{where} holds control characters; remove them")
    if isinstance(value, float) and not math.isfinite(value):
        raise IngestError(f"{where} must be a finite number")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise IngestError(f"{where} must be a number within ±2**53")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return value
    raise IngestError(f"{where} must be a text, number, date, true, false or a list of these")
