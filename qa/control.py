"""Control characters: a terminal would obey them, and no document needs them."""

from __future__ import annotations

import json
import re

# All but tabs and line ends.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# A carriage return is part of a line end, or goes back over what stands there.
_LINE_END = re.compile(r"\r\n")
# Those that JSON allows in a text as they are.
_UNESCAPED = re.compile(r"[\x7f-\x9f]")


def visible(text: str) -> str:
    """A text with U+FFFD for every control character but tabs and line ends."""
    return CONTROL.sub("\ufffd", _LINE_END.sub("\n", text))


def plain_json(value: object, indent: int | None = None) -> str:
    """JSON in readable letters, with every control character escaped."""
    body = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", body)
