"""Word documents (.docx): their paragraphs, lists and tables, by way of HTML.

What stands in headers and footers, comments and pictures, what is hidden and what was struck out
is left out.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath

import mammoth

from qa.errors import IngestError
from qa.ingest import html
from qa.ingest.docx_parts import MOST_ELEMENTS, MOST_XML, TooLarge, prepared
from qa.ingest.parsed import Parsed, only_top_heading
from qa.ingest.text import titling_line

# Below the title, as the headings of a web page are.
_STYLES = "\n".join(f"p.Heading{level} => h{min(level + 1, 6)}:fresh" for level in range(10))
# What former versions of Word wrote, and what a password makes of a document.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# From a note to where it is referred to.
_BACK = re.compile(r'<a href="#(?:foot|end)note-ref-[^"]*">↑</a>')


def parse(data: bytes, path: PurePosixPath) -> Parsed:
    """Render the document and map its headings.

    Raises:
        IngestError: it is no Word document, is protected or damaged, or too large unpacked.
    """
    if data.startswith(_COMPOUND_FILE):
        raise IngestError(
            f"{path}: of an old version of Word, or protected by a password; "
            "save it as .docx without one"
        )
    try:
        page = mammoth.convert_to_html(
            io.BytesIO(prepared(data)),
            style_map=_STYLES,
            include_default_style_map=False,
            # A document doesn't say what is shown of it.
            include_embedded_style_map=False,
        ).value
    except TooLarge:
        raise IngestError(
            f"{path}: unpacks to more than {MOST_XML:,} bytes, or {MOST_ELEMENTS:,} elements that "
            "are seen; split it"
        ) from None
    except zipfile.BadZipFile:
        raise IngestError(f"{path}: not a Word document; save it as .docx again") from None
    # Whatever is stumbled on in a damaged document: the libraries name no errors of their own.
    except Exception as error:
        raise IngestError(
            f"{path}: can't be read as a Word document ({type(error).__name__}); save it again"
        ) from None
    parsed = html.parse(_BACK.sub("", page), path)
    titled = only_top_heading(parsed.text, parsed.blocks) is not None
    line = None if titled else titling_line(parsed.text, parsed.blocks)
    return replace(parsed, title=line) if line else parsed
