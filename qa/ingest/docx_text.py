"""What a reader sees of a part of a Word document, in the elements that mammoth reads."""

from __future__ import annotations

from lxml import etree

from qa.ingest.docx_equations import said
from qa.ingest.docx_styles import Styles
from qa.ingest.docx_xml import M, W, child, is_on, properties, says_something, value

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_HIDING = ("vanish", "strike", "dstrike")
# What is of no account, or was taken away; bookmarks would be in the way between rows.
_LEFT_OUT = [
    f"{W}{name}"
    for name in (
        *("bookmarkStart", "bookmarkEnd", "del", "fldChar", "instrText", "moveFrom", "rt"),
        *("sdtPr", "sdtEndPr", "softHyphen"),
    )
]
# What only encloses what is shown.
_AROUND = [
    *(f"{W}{name}" for name in ("bdo", "customXml", "dir", "fldSimple", "hyperlink", "ins")),
    *(f"{W}{name}" for name in ("moveTo", "ruby", "rubyBase", "sdt", "sdtContent", "smartTag")),
    *(f"{_MC}{name}" for name in ("AlternateContent", "Choice", "Fallback")),
    f"{M}oMathPara",
]
# Breaks of pages and columns are breaks of lines, too.
_SPACES = {f"{W}br": f"{W}br", f"{W}cr": f"{W}br", f"{W}ptab": f"{W}tab"}
# In fonts of signs, instead of letters.
_SIGNS = range(0xF000, 0xF100)


def reduce(root: etree._Element, styles: Styles) -> None:
    """Leave of a part what is seen."""
    for row in list(root.iter(f"{W}tr")):
        if child(row, "trPr", "del") is not None:
            row.getparent().remove(row)
    joined = [paragraph for paragraph in root.iter(f"{W}p") if _goes_on(paragraph)]
    for field in root.iter(f"{W}fldChar"):
        _tick(field)
    for alternatives in list(root.iter(f"{_MC}AlternateContent")):
        _choose(alternatives)
    etree.strip_elements(root, *_LEFT_OUT, with_tail=False)
    etree.strip_tags(root, *_AROUND)
    _join(joined)
    for drawing in list(root.iter(f"{W}drawing", f"{W}object", f"{W}pict")):
        _only_text(drawing)
    for equation in list(root.iter(f"{M}oMath")):
        _write(equation, said(equation))
    for space in list(root.iter(*_SPACES)):
        space.tag = _SPACES[space.tag]
        space.attrib.clear()
    for sign in list(root.iter(f"{W}sym")):
        _spell(sign)
    of_paragraphs: dict[etree._Element, str | None] = {}
    for run in list(root.iter(f"{W}r")):
        paragraph = next(run.iterancestors(f"{W}p"), None)
        if paragraph not in of_paragraphs:
            of_paragraphs[paragraph] = value(paragraph, "pPr", "pStyle")
        style, formatted = of_paragraphs[paragraph], child(run, "rPr")
        if any(styles.is_shown(name, formatted, style) for name in _HIDING):
            run.clear()
        else:
            _format(run, formatted, bold=styles.is_shown("b", formatted, style))


def tell_notes_once(root: etree._Element) -> None:
    """Leave no more than the first reference to each note, whose text follows for every one."""
    told: set[tuple[str, str | None]] = set()
    for reference in list(root.iter(f"{W}footnoteReference", f"{W}endnoteReference")):
        note = reference.tag, reference.get(f"{W}id")
        if note in told:
            reference.getparent().remove(reference)
        told.add(note)


def mark_headings(root: etree._Element, styles: Styles) -> None:
    """Leave paragraphs that say something, and no properties of them but levels of headings."""
    for paragraph in list(root.iter(f"{W}p")):
        if not says_something(paragraph):
            paragraph.getparent().remove(paragraph)
            continue
        formatted = child(paragraph, "pPr")
        level = styles.heading(value(formatted, "pStyle"))
        paragraph.attrib.clear()
        if formatted is not None:
            paragraph.remove(formatted)
        if level is not None:
            style = etree.SubElement(properties(paragraph, "pPr"), f"{W}pStyle")
            style.set(f"{W}val", f"Heading{level}")


def _goes_on(paragraph: etree._Element) -> bool:
    """Whether the end of a paragraph was taken away, so that the next is part of it."""
    mark = child(paragraph, "pPr", "rPr")
    return child(mark, "del") is not None or child(mark, "moveFrom") is not None


def _join(paragraphs: list[etree._Element]) -> None:
    """Put what paragraphs say before what the next ones do."""
    place = None
    # The last first, or what is joined already would be moved again and again.
    for paragraph in reversed(paragraphs):
        following = paragraph.getnext()
        if following is None or following.tag != paragraph.tag:
            continue
        if place is None or place.getparent() is not following:
            place = properties(following, "pPr")
        for each in reversed(list(paragraph)):
            if each.tag != f"{W}pPr":
                place.addnext(each)
        paragraph.getparent().remove(paragraph)


def _tick(field: etree._Element) -> None:
    """Show the box of a form, if a field is one."""
    box = child(field, "ffData", "checkBox")
    if box is not None:
        state = child(box, "checked")
        state = child(box, "default") if state is None else state
        ticked = state is not None and is_on(state)
        shown = etree.Element(f"{W}t")
        shown.text = "☒" if ticked else "☐"
        field.addnext(shown)


def _choose(alternatives: etree._Element) -> None:
    """Of the forms in which something is there twice keep one in which mammoth finds its text."""
    forms = [*alternatives.findall(f"{_MC}Fallback"), *alternatives.findall(f"{_MC}Choice")]
    kept = next((form for form in forms if _boxes(form)), forms[0] if forms else None)
    for form in forms:
        if form is not kept:
            alternatives.remove(form)


def _only_text(drawing: etree._Element) -> None:
    """Leave of pictures and shapes the boxes of text."""
    boxes = _boxes(drawing)
    for each in list(drawing):
        drawing.remove(each)
    drawing.tag = f"{W}pict"
    drawing.extend(boxes)


def _boxes(element: etree._Element) -> list[etree._Element]:
    return list(element.iter(f"{W}txbxContent"))


def _spell(sign: etree._Element) -> None:
    """Show a sign as a letter, if it is none of a font of signs."""
    code = int(sign.get(f"{W}char"), 16)
    if code <= 0xFF or code in _SIGNS:
        # mammoth knows it in this form.
        sign.set(f"{W}char", f"{code:04X}")
    else:
        sign.tag, sign.text = f"{W}t", chr(code)


def _format(run: etree._Element, formatted: etree._Element | None, *, bold: bool) -> None:
    """Leave of the properties of text whether it is bold and whether it is raised."""
    place = child(formatted, "vertAlign")
    if formatted is not None:
        run.remove(formatted)
    run.attrib.clear()
    if place is not None:
        properties(run, "rPr").append(place)
    if bold:
        etree.SubElement(properties(run, "rPr"), f"{W}b")


def _write(element: etree._Element, text: str) -> None:
    """Make a run of text of an element."""
    element.clear()
    element.tag = f"{W}r"
    etree.SubElement(element, f"{W}t").text = text
