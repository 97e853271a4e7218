"""Texts made to take a parser's time or stack; ``text(n)`` is as long as n is large."""

from __future__ import annotations

MARKDOWN = {
    "quotations": lambda n: ">" * n + "a",
    "lists": lambda n: "- " * n + "a",
    "both": lambda n: "> - " * (n // 2) + "a",
    "links": lambda n: "[" * (n // 10) + "a" + "](x)" * (n // 10),
    "images": lambda n: "![" * (n // 10) + "a" + "](x)" * (n // 10),
    "quoted links": lambda n: ">" * 90 + "[" * (n // 10) + "a" + "](x)" * (n // 10),
    "tags": lambda n: "<div>\n" * (n // 10) + "a",
    "lines": lambda n: "a b c\n" * (n // 6),
    "tasks": lambda n: "- [ ] a\n" * (n // 8),
    "templates": lambda n: "a\n\n<div>\n" + "<template>\n" * n,
    "deletions": lambda n: "a\n\n" + "<del>b\n\n" * (n // 10) + "</del>" * (n // 10),
    "deletions in lists": lambda n: "a\n\n" + "- <del>\n\n  b\n" * (n // 16),
}
PLAIN = {
    "quotation of code": lambda n: "- x of " + "`" * n + " x\n  lower goes",
    "spaces": lambda n: "a" + " " * n + "b\nc d",
    "commas": lambda n: "a,b" * (n // 3) + "\n" + "c,d" * (n // 3),
    "items": lambda n: "- a\n" * (n // 4),
    "numbers": lambda n: "1." * (n // 2) + " a\n1.1 b",
}
HTML = {
    "elements": lambda n: "<div>" * n + "a",
    "items": lambda n: "<ul>" + "<li>a" * (n // 5) + "</ul>",
    "terms": lambda n: "<dl>" + "<dt>a<dd>b" * (n // 10) + "</dl>",
    "hidden elements": lambda n: "a" + "<p hidden>b" * (n // 12),
    "columns": lambda n: "<table><tr>" + "<th>a" * (n // 10) + "<tr>" + "<td>b" * (n // 10),
    "cells over rows": lambda n: "<table>" + "<tr><td rowspan=1000>a<td>b" * (n // 27),
    "cells over columns": lambda n: "<table>" + "<tr><td colspan=1000>a<td>b" * (n // 27),
    "rows of names": lambda n: (
        "<table>" + "".join(f"<tr><td colspan=2><b>{k:x}.5</b><td><b>b</b>" for k in range(n // 40))
    ),
    "paragraphs in a cell": lambda n: "<table><tr><td>" + "<p>a" * (n // 4) + "<td>b",
}
SENTENCES = {
    "abbreviations": lambda n: "approx. 5 " * (n // 5),
    "dotted names": lambda n: "on .NET " * (n // 4),
    "quotation marks": lambda n: "ab " + "“" * n + " ",
    "brackets": lambda n: "(a. " * (n // 2),
    "numbers": lambda n: "1. " * (2 * n // 3),
}
WORDS = {
    "marks on a letter": lambda n: "b a" + "\u0301" * n + " c",
}
SIZE = 50_000
