"""The dialogues of ``data/dialogues.jsonl`` and how they are scored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from qa.answer.antecedents import Turn
from qa.answer.followups import resolve
from qa.answer.pipeline import Options, Pipeline
from qa.evaluate.judge import holds_gold, right

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Asked:
    """One turn: ``needs`` is None for a first one, empty for one that stands alone."""

    question: str
    golds: list[str]
    needs: list[str] | None


@dataclass(frozen=True)
class Dialogue:
    """``split``: "first", "second" and "last" were measured at different times."""

    id: str
    split: str
    document: str
    turns: list[Asked]


def dialogues() -> list[Dialogue]:
    rows = map(json.loads, (DATA / "dialogues.jsonl").read_text().splitlines())
    return [
        Dialogue(
            row["id"],
            row["split"],
            row["document"],
            [Asked(t["question"], t["answers"], t.get("needs")) for t in row["turns"]],
        )
        for row in rows
    ]


def paragraphs() -> dict[str, bytes]:
    """The SQuAD paragraphs the dialogues are about, as files."""
    rows = map(json.loads, (DATA / "dialogue-paragraphs.jsonl").read_text().splitlines())
    return {
        f"{row['id']}.txt": f"{row['title'].replace('_', ' ')}\n\n{row['text']}\n".encode()
        for row in rows
    }


def resolved(dialogue: Dialogue) -> list[tuple[Asked, str | None, bool]]:
    """Each later turn with its rewritten question and whether that is right.

    The turns before it are those of the file, with their true answers. Right means: a
    question that stands alone is unaltered, another holds the words it needs.
    """
    history: list[Turn] = []
    found = []
    for turn in dialogue.turns:
        if turn.needs is not None:
            said = resolve(turn.question, history)
            as_meant = (
                any(need.lower() in said.lower() for need in turn.needs)
                if turn.needs and said
                else not turn.needs and said is None
            )
            found.append((turn, said, as_meant))
        history.append(Turn(turn.question, turn.golds[0]))
    return found


def answered(pipeline: Pipeline, dialogue: Dialogue, *, remember: bool) -> list[bool]:
    """Whether each later turn's first answer is right; the history is what was answered.

    Right means: token F1 with a true answer of 0.5 or more, or holding one whole.
    """
    history: list[Turn] = []
    found = []
    for turn in dialogue.turns:
        if turn.needs is None and not remember:
            continue
        options = Options(history=history if remember else (), max_answers=1)
        reply = pipeline.ask(turn.question, options)
        answer = reply.answers[0].text if reply.answers else None
        if turn.needs is not None:
            golds = turn.golds
            found.append(answer is not None and (right(answer, golds) or holds_gold(answer, golds)))
        history.append(Turn(turn.question, answer))
    return found
