"""The parts of a Word document that are read, as a document that mammoth can read."""

from __future__ import annotations

import io
import posixpath
import zipfile

from lxml import etree

from qa.ingest import docx_tables, docx_text
from qa.ingest.docx_numbers import Numbers
from qa.ingest.docx_styles import Styles
from qa.ingest.docx_xml import parsed

# In bytes, of all parts together: a few kilobytes may unpack to as many gigabytes; and of what is
# seen in elements, each of which takes mammoth as long as a whole line of text.
MOST_XML, MOST_ELEMENTS = 20_000_000, 400_000
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


class TooLarge(Exception):
    """The parts of a document are over the limit together."""


def prepared(data: bytes) -> bytes:
    """A document that holds nothing but what is seen, and in a form that mammoth knows.

    Raises:
        zipfile.BadZipFile: it is no archive.
        TooLarge: there is more in it than is read.
        Exception: whatever comes of what is damaged in it.
    """
    package = _Package(data)
    main = package.targets("").get("officeDocument", "word/document.xml")
    targets = package.targets(main)
    parts = {
        name: package.root(targets.get(name, f"word/{name}.xml"))
        for name in ("styles", "numbering", "footnotes", "endnotes")
    }
    styles = Styles(parts["styles"])
    numbers = Numbers(parts["numbering"], styles)
    parts["document"] = package.root(main)
    kept, elements = io.BytesIO(), 0
    with zipfile.ZipFile(kept, "w") as archive:
        for name in ("document", "footnotes", "endnotes"):
            root = parts[name]
            if root is not None:
                docx_text.reduce(root, styles)
                docx_text.tell_notes_once(root)
                numbers.write(root)
                docx_text.mark_headings(root, styles)
                docx_tables.prepare(root, styles)
                elements += sum(1 for _ in root.iter())
                if elements > MOST_ELEMENTS:
                    raise TooLarge
                archive.writestr(f"word/{name}.xml", etree.tostring(root))
    return kept.getvalue()


class _Package:
    """The archive that a document is."""

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._names = frozenset(self._archive.namelist())
        self._left = MOST_XML

    def targets(self, part: str) -> dict[str, str]:
        """The parts that belong to one, or to the whole if it is "", by what they are to it."""
        folder, name = posixpath.split(part)
        root = self.root(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, str] = {}
        for each in () if root is None else root.iterchildren(_RELATIONSHIP):
            path = posixpath.join("/", folder, each.get("Target", ""))
            target = posixpath.normpath(path).lstrip("/")
            if target in self._names:
                found.setdefault(each.get("Type", "").rpartition("/")[2], target)
        return found

    def root(self, name: str) -> etree._Element | None:
        """The root of a part, if there is such a part."""
        if name not in self._names:
            return None
        part = self._archive.getinfo(name)
        # Others, which Word doesn't read either, are unpacked at once however large they are.
        if part.compress_type not in _PACKED:
            raise NotImplementedError
        with self._archive.open(part) as opened:
            raw = opened.read(self._left + 1)
        self._left -= len(raw)
        if self._left < 0:
            raise TooLarge
        return parsed(raw)
