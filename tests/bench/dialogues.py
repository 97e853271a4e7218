"""Follow-up questions: how many are resolved, and what that is worth."""

from __future__ import annotations

import tempfile
from pathlib import Path

from qa.answer.pipeline import Pipeline
from qa.index.builder import build
from qa.index.snapshot import Snapshot
from tests.conftest import ARTICLE, settings_in, write
from tests.dialogues import answered, dialogues, paragraphs, resolved


def main() -> None:
    """Print resolution and answer accuracy, over an index of all the dialogues' documents."""
    talks = dialogues()
    print("| dialogues | later turns | resolved right |\n|---|---|---|")
    for split in ("first", "second", "last"):
        rights = [right for d in talks if d.split == split for _, _, right in resolved(d)]
        print(f"| {split} | {len(rights)} | {sum(rights)} ({sum(rights) / len(rights):.0%}) |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "source", {ARTICLE.name: ARTICLE.read_bytes(), **paragraphs()})
        settings = settings_in(folder)
        pipeline = Pipeline(Snapshot(build(settings).snapshot), settings)
        print("\n| later turns answered right | |\n|---|---|")
        for remember in (False, True):
            rights = [r for d in talks for r in answered(pipeline, d, remember=remember)]
            what = "with history" if remember else "without"
            print(f"| {what} | {sum(rights)} of {len(rights)} ({sum(rights) / len(rights):.0%}) |")
