"""Marks that other Markdown programs take for instructions and CommonMark for words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin

# After a heading: "{#id}", "{ #id .class }", "{: .no_toc }", but not a format such as "{.2f}".
_ATTRIBUTES = re.compile(r"\{ *(?:: *)?(?:#[\w-]|\.[A-Za-z_-])[^{}]*\}\Z|\{:\w+\}\Z")
# A line of kramdown's: "{: .note }", "{:toc}", '{: width="200"}'.
_ATTRIBUTE_LINE = re.compile(
    r"^[ \t]*\{: *(?:[.#][^{}\n]*|[\w-]+=[^{}\n]*|[\w-]*)\}[ \t]*(?:\n|\Z)", re.MULTILINE
)
_CONTENTS = {"[TOC]", "[[TOC]]", "[[_TOC_]]"}
# "> [!WARNING]"; Obsidian lets a title follow.
_ALERT = re.compile(r"\[!\w+\][+-]?[ \t]*(.*)\n?")
# "- [x] done". The plugin for these looks for the list of each from the item backwards.
_TASK = re.compile(r"\[[ xX]\]\s+")
# '!!! note "Title"'
_ADMONITION = re.compile(r'\s*[A-Za-z][\w-]*(?: +[a-z][\w-]*)*(?: +"(?P<title>.*)")?\s*')


def dialects(parser: MarkdownIt) -> None:
    """A plugin that leaves out attributes, places for contents, and marks of tasks and notes."""
    parser.use(admon_plugin)
    parser.core.ruler.before("inline", "dialects", _read)


def _read(state: StateCore) -> None:
    for number, token in enumerate(state.tokens):
        if token.type == "inline":
            token.content = _content(token.content, state.tokens, number)


def _content(content: str, tokens: Sequence[Token], number: int) -> str:
    """What a reader sees of the paragraph, heading or cell with that number."""
    before = tokens[number - 1]
    if before.type == "heading_open":
        return _ATTRIBUTES.sub("", content.rstrip()).rstrip()
    if before.type == "admonition_title_open":
        return _admonition_title(tokens[number - 2], tokens[number + 2])
    if content.strip() in _CONTENTS:
        return ""
    within = tokens[number - 2].type if number > 1 else ""
    if within == "list_item_open" and (task := _TASK.match(content)):
        content = content[task.end() :]
    elif within == "blockquote_open" and (alert := _ALERT.match(content)):
        content = _alert_title(alert) + content[alert.end() :]
    return _ATTRIBUTE_LINE.sub("", content)


def _alert_title(alert: re.Match[str]) -> str:
    # A line of its own.
    return f"{alert[1]}  \n" if alert[1] else ""


def _admonition_title(opening: Token, following: Token) -> str:
    """The title that was written; the line as it stands if it is no admonition after all."""
    form = _ADMONITION.fullmatch(opening.info)
    if form is None or following.type == "admonition_close":
        return f"{opening.markup}{opening.info}"
    return form["title"] or ""
