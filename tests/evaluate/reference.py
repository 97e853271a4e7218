"""The official SQuAD 2.0 evaluation, written anew from its published definition.

Shares no code with ``qa``, so that one can be checked with the other. To check a run's
predictions: ``python -m tests.evaluate.reference squad2-dev.json.gz RUN``.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

PUNCTUATION = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def tokens(text: str) -> list[str]:
    """Lower case, no punctuation, no articles, split on white space."""
    kept = "".join(c for c in text.lower() if c not in PUNCTUATION)
    # An article is one between word boundaries: next to anything but letters, digits, "_".
    words: list[str] = []
    word = ""
    for c in [*kept, " "]:
        if c.isalnum() or c == "_":
            word += c
            continue
        words.append(" " if word in {"a", "an", "the"} else word)
        words.append(c)
        word = ""
    return "".join(words).split()


def score(gold: str, said: str) -> tuple[float, float]:
    """Exact match and F1 of an answer with one gold answer."""
    wanted, got = tokens(gold), tokens(said)
    exact = float(wanted == got)
    if not wanted or not got:
        return exact, exact
    left = list(wanted)
    same = 0
    for token in got:
        if token in left:
            left.remove(token)
            same += 1
    if not same:
        return exact, 0.0
    precision, recall = same / len(got), same / len(wanted)
    return exact, 2 * precision * recall / (precision + recall)


def questions(path: Path) -> dict[str, list[str]]:
    """The gold answers by question id; none for an unanswerable question."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        data = json.load(file)["data"]
    return {
        qa["id"]: [answer["text"] for answer in qa["answers"]]
        for article in data
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    }


def evaluate(
    golds: dict[str, list[str]], said: dict[str, str], no_answer: dict[str, float]
) -> dict[str, float]:
    """The official figures, in percent.

    ``exact`` and ``f1`` of what was said as it is ("" declines), split by whether there
    is an answer, and the best of each over thresholds on the no-answer score.
    """
    scores = {}
    for id, answers in golds.items():
        usable = [answer for answer in answers if tokens(answer)] or [""]
        both = [score(answer, said[id]) for answer in usable]
        scores[id] = (max(e for e, _ in both), max(f for _, f in both))
    figures: dict[str, float] = {}
    groups = {
        "": list(golds),
        "HasAns_": [id for id in golds if golds[id]],
        "NoAns_": [id for id in golds if not golds[id]],
    }
    for prefix, ids in groups.items():
        for number, name in enumerate(("exact", "f1")):
            total = sum(scores[id][number] for id in ids)
            figures[prefix + name] = 100 * total / len(ids)
    for number, name in enumerate(("exact", "f1")):
        current = best = float(len(groups["NoAns_"]))
        for id in sorted(no_answer, key=no_answer.__getitem__):
            if golds[id]:
                current += scores[id][number]
            elif said[id]:
                current -= 1
            best = max(best, current)
        figures[f"best_{name}"] = 100 * best / len(golds)
    return figures


def main(dataset: Path, run: Path) -> None:
    """Set a run's figures beside those computed here."""
    rows = [json.loads(line) for line in (run / "predictions.jsonl").open()][1:]
    golds = questions(dataset)
    golds = {row["id"]: golds[row["id"]] for row in rows}
    no_answer = {row["id"]: -row["confidence"] for row in rows}
    shipped = {row["id"]: row["text"] if row["given"] else "" for row in rows}
    every = {row["id"]: row["text"] for row in rows}
    at, over = evaluate(golds, shipped, no_answer), evaluate(golds, every, no_answer)
    ours = json.loads((run / "report.json").read_text())["figures"]["end_to_end"]
    for name, theirs in {
        "exact_match": at["exact"],
        "f1": at["f1"],
        "has_answer_exact_match": at["HasAns_exact"],
        "has_answer_f1": at["HasAns_f1"],
        "no_answer_f1": at["NoAns_f1"],
        "best_exact_match": over["best_exact"],
        "best_f1": over["best_f1"],
        "forced_exact_match": over["HasAns_exact"],
        "forced_f1": over["HasAns_f1"],
    }.items():
        print(f"{name:<24} {100 * ours[name]:9.4f} {theirs:9.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
