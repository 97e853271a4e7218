"""Bytes to text, or a refusal that says why."""

from __future__ import annotations

import codecs
import contextlib
import logging
import re
from typing import NoReturn

import charset_normalizer

from qa.errors import IngestError
from qa.ingest.codepages import latin_code_page

log = logging.getLogger(__name__)

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A file of another encoding holds few bytes that make characters of UTF-8: in samples of
# every script there were never more than two for each that makes none.
_UTF8_PER_BAD = 2
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f\ufffd]")
# As every encoding has it that a page can state in letters which are read before it is known,
# and not, for example, UTF-16 or one of escaped characters.
_ASCII = bytes({*range(0x20, 0x7F)} - {*b"\\"}) + rb"\n \u0041 +AEE- ~{"
# How much of a legacy-encoded file the detector may find implausible.
_MAX_CHAOS = 0.1


def decode(data: bytes, name: str, declared: str | None = None) -> str:
    """The text of a file: by byte-order mark, as UTF-8, as declared, or by the words it makes.

    The last is a guess; a warning names the encoding.

    Raises:
        IngestError: the bytes are not text, their encoding can't be told, or they are
            UTF-8 with some bad bytes.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise IngestError(
                    f"{name}: begins as {encoding} but breaks off at byte "
                    f"{error.start + len(mark)}; save it as UTF-8"
                ) from None
            return _without_nul(text, name)
    if b"\0" in data:
        _refuse_nul(data, name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        position = error.start
    if declared:
        # One codec raises more than that of decoding.
        with contextlib.suppress(LookupError, UnicodeError):
            if _ASCII.decode(declared) == _ASCII.decode():
                return _without_nul(data.decode(declared), name)
    _refuse_broken_utf8(data, position, name)
    page = latin_code_page(data)
    if page is not None:
        return _guessed(data, page, name)
    guess = charset_normalizer.from_bytes(data, threshold=_MAX_CHAOS).best()
    if guess is None or guess.encoding in ("ascii", "utf_8"):
        raise IngestError(
            f"{name}: not UTF-8 (byte {position}), and no other encoding fits; save it as UTF-8"
        )
    return _guessed(data, guess.encoding, name)


def _refuse_nul(data: bytes, name: str) -> NoReturn:
    even, odd = data[::2].count(0), data[1::2].count(0)
    # Most letters are ASCII's and take one byte of their two.
    if len(data) % 2 == 0 and min(even, odd) == 0 and max(even, odd) * 4 > len(data):
        raise IngestError(
            f"{name}: holds NUL bytes and looks like UTF-16 without a byte-order mark; "
            "save it as UTF-8"
        )
    raise IngestError(f"{name}: holds NUL bytes, so it is not text; remove it from the folder")


def _refuse_broken_utf8(data: bytes, position: int, name: str) -> None:
    """Name the bad byte of a file that is UTF-8 otherwise, as no guess would be right."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    if len(_OUTSIDE_ASCII.findall(text)) > _UTF8_PER_BAD * bad:
        line = data.count(b"\n", 0, position) + 1
        more = f" and {bad - 1} more" if bad > 1 else ""
        raise IngestError(
            f"{name}: UTF-8 but for byte {position} (line {line}){more}; "
            "mend that line and save it as UTF-8"
        )


def _guessed(data: bytes, encoding: str, name: str) -> str:
    log.warning("%s: not UTF-8, read as %s; save it as UTF-8 if that is wrong", name, encoding)
    return _without_nul(data.decode(encoding), name)


def _without_nul(text: str, name: str) -> str:
    if "\0" in text:
        raise IngestError(f"{name}: holds NUL characters; remove them or the file")
    return text
