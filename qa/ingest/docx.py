"""Word documents (.docx): their paragraphs, lists and tables, by way of HTML.

What stands in headers and footers, comments and struck-out changes is left out.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath

import mammoth

from qa.errors import IngestError
from qa.ingest import html
from qa.ingest.parsed import Parsed, only_top_heading
from qa.ingest.text import titling_line

# Below the title, as the headings of a web page are; Word's own names, whatever its language.
_STYLES = "\n".join(
    [
        "p[style-name='Title'] => h1:fresh",
        *(f"p[style-name='heading {n}'] => h{min(n + 1, 6)}:fresh" for n in range(1, 10)),
        *(f"p.Heading{n} => h{min(n + 1, 6)}:fresh" for n in range(1, 10)),
    ]
)
# What former versions of Word wrote, and what a password makes of a document.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# In bytes, of all texts together: a few kilobytes may unpack to as many gigabytes.
_MOST_XML = 100_000_000


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
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            unpacked = sum(p.file_size for p in parts.infolist() if p.filename.endswith(".xml"))
    except zipfile.BadZipFile:
        raise IngestError(f"{path}: not a Word document; save it as .docx again") from None
    if unpacked > _MOST_XML:
        raise IngestError(
            f"{path}: unpacks to {unpacked:,} bytes of text and marks, over the limit of "
            f"{_MOST_XML:,}; split it"
        )
    try:
        page = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda _: {}),
        ).value
    # Whatever the converter stumbles on in a damaged document: it names no errors of its own.
    except Exception as error:
        raise IngestError(
            f"{path}: can't be read as a Word document ({type(error).__name__}); save it again"
        ) from None
    parsed = html.parse(page, path)
    titled = only_top_heading(parsed.text, parsed.blocks) is not None
    line = None if titled else titling_line(parsed.text, parsed.blocks)
    return replace(parsed, title=line) if line else parsed
