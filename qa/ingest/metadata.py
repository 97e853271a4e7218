"""YAML or TOML front matter to metadata of plain values."""

from __future__ import annotations

import datetime
import logging
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler

from qa.control import CONTROL
from qa.errors import BAD_YAML_VALUES, IngestError
from qa.types import Metadata, MetadataScalar, MetadataValue

log = logging.getLogger(__name__)

# Whole numbers beyond this are not exact in every reader of JSON.
_LARGEST = 2**53
# No number within these has more characters.
_DIGITS = len(str(_LARGEST)) + 1
# Neither hexadecimal nor infinite.
_DECIMAL = re.compile(r"[-+]?(?=\.?[0-9])[0-9]*")
# A rule that begins a text, and no front matter, may have an empty line below it.
_RULE = re.compile(r"\s*-{3,}[ \t]*\r?\n[ \t]*\r?\n")
_EMPTY_LINE = re.compile(r"[ \t]*\r?\n")
_TOML = re.compile(r"\+{3}[ \t]*\r?\n(.*?)^\+{3}[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML_KEY = re.compile(r"""^[ \t]*(?:[\w.-]|"[^"\n]*"|'[^'\n]*')+[ \t]*=""", re.MULTILINE)
_HEADING = re.compile(r"^#", re.MULTILINE)
# In hexadecimal, the longest hashes have so many digits.
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,128}")
# YAML has numbers that take the square of their length.
_LONGEST = 65_536


class _Loader(yaml.SafeLoader):
    """Takes plain words and numbers for what YAML 1.2 does: NO is no false, 0123 a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if not tag.endswith((":bool", ":int", ":float"))]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _form, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:(?:0|[1-9][0-9]*)?\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?[eE][-+]?[0-9]+"
        r"|(?:0|[1-9][0-9]*)\.|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_form})\Z"), list(_first)
    )


def _int(loader: _Loader, node: yaml.ScalarNode) -> MetadataScalar:
    written = str(loader.construct_scalar(node))
    if not _DECIMAL.fullmatch(written):
        number = int(loader.construct_yaml_int(node))
        return written if number > _LARGEST and _HEXADECIMAL.fullmatch(written) else number
    # Python refuses to read a number of thousands of digits.
    if len(written) > _DIGITS:
        return written
    number = int(written)
    return number if abs(number) <= _LARGEST and str(number) == written else written


def _float(loader: _Loader, node: yaml.ScalarNode) -> MetadataScalar:
    written = str(loader.construct_scalar(node))
    return _as_written(written) if _DECIMAL.match(written) else loader.construct_yaml_float(node)


def _as_written(written: str) -> MetadataScalar:
    """A number if it says all that was written: 1.10 is a version, 1234e56 a commit."""
    number = float(written)
    return number if repr(number) == written or not _DECIMAL.match(written) else written


_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def front_matter(text: str, path: PurePosixPath) -> tuple[Metadata, str]:
    """The mapping between the first two lines of hyphens or plus signs, and the rest.

    Raises:
        IngestError: it is not a YAML or TOML mapping of plain values.
    """
    raw: Mapping[Any, object]
    raw, body = _read_toml(text, path) or _read_yaml(text, path)
    clean: dict[str, MetadataValue] = {}
    for key, value in raw.items():
        name = str(_plain(key, f"{path}: a name in the front matter"))
        clean |= _values(name, value, path)
    return clean, body


def _read_toml(text: str, path: PurePosixPath) -> tuple[dict[str, object], str] | None:
    """What stands between two lines of plus signs, and the rest; nothing if it is a text."""
    toml = _TOML.match(text)
    if not toml or not _TOML_KEY.search(toml[1]):
        return None
    rule = _EMPTY_LINE.match(toml[1]) is not None
    if rule and len(toml[1]) > _LONGEST:
        return None
    _refuse_long(toml[1], path)
    try:
        values = tomllib.loads(toml[1], parse_float=_as_written)
        return {name: _exact(value) for name, value in values.items()}, text[toml.end() :]
    except (ValueError, RecursionError):
        if rule:
            return None
        raise IngestError(f"{path}: front matter is not valid TOML; mend or remove it") from None


def _exact(value: object) -> object:
    """A value with texts for whole numbers that not every reader of JSON keeps exact.

    TOML's reader tells what they are, not how they were written: a text has decimal digits.
    """
    if isinstance(value, dict):
        return {name: _exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_exact(entry) for entry in value]
    return str(value) if isinstance(value, int) and abs(value) > _LARGEST else value


def _read_yaml(text: str, path: PurePosixPath) -> tuple[dict[object, object], str]:
    try:
        return _split(text, path)
    except (yaml.YAMLError, *BAD_YAML_VALUES) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise IngestError(
            f"{path}:{line} front matter is not valid YAML; mend or remove it"
        ) from None


def _values(name: str, value: object, path: PurePosixPath) -> Iterator[tuple[str, MetadataValue]]:
    """A value by its name; one of a mapping by both names, as in ``author.name``."""
    where = f"{path}: front matter {name[:80]!r}"
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(f"{name}.{_plain(key, where)}", inner, path)
    elif isinstance(value, list) and any(isinstance(entry, list | dict) for entry in value):
        log.warning("%s: holds lists or mappings in a list, which are left out", where)
    elif isinstance(value, list):
        yield name, [_plain(entry, where) for entry in value if entry is not None]
    elif value is not None:
        yield name, _plain(value, where)


def _split(text: str, path: PurePosixPath) -> tuple[dict[object, object], str]:
    handler = YAMLHandler()
    if handler.detect(text):
        try:
            front, body = handler.split(text)
        except ValueError:
            # One line of hyphens is a rule, not the start of front matter.
            return {}, text
        rule = _RULE.match(text) is not None
        if rule and _HEADING.search(front):
            return {}, text
        try:
            values = _loaded(handler, front, path)
        except (yaml.YAMLError, *BAD_YAML_VALUES):
            if rule:
                return {}, text
            raise
        if isinstance(values, dict):
            return values, body
    return {}, text


def _loaded(handler: YAMLHandler, front: str, path: PurePosixPath) -> object:
    _refuse_long(front, path)
    # Merged into each other, names of others take the square of their number.
    if "&" in front and any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(front)):
        raise IngestError(f"{path}: front matter has an alias (*name); write the value out")
    return handler.load(front, Loader=_Loader)


def _refuse_long(front: str, path: PurePosixPath) -> None:
    if len(front) > _LONGEST:
        raise IngestError(
            f"{path}: front matter of {len(front)} characters, at most {_LONGEST} are read; "
            "shorten it or remove the lines it stands between"
        )


def _plain(value: object, where: str) -> MetadataScalar:
    if isinstance(value, str):
        value = _whole_characters(value, where)
    if isinstance(value, str) and CONTROL.search(value):
        raise IngestError(f"{where} holds control characters; remove them")
    if isinstance(value, float) and not math.isfinite(value):
        raise IngestError(f"{where} must be a finite number")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise IngestError(f"{where} must be a number within ±2**53; put it in quotes")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return value
    raise IngestError(f"{where} must be a text, number, date, true, false or a list of these")


def _whole_characters(text: str, where: str) -> str:
    """A text in which the halves of characters are joined, as JSON writes emoji in two."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise IngestError(f"{where} holds half of a character (\\uD800 to \\uDFFF)") from None
