"""The model in bfloat16 embeds as its exported graph does, nearly."""

from pathlib import Path

import numpy as np
import pytest

import qa.index.embedder
import qa.index.indexes
from qa.index.builder import build
from qa.index.snapshot import Snapshot
from tests.conftest import settings_in, write

TEXTS = {
    "short.txt": "Boats leave at ten.",
    "handbook.txt": "\n\n".join(
        f"Rule {number}. The harbour master of berth {number} keeps a log of every boat. "
        f"Boats that leave after {number + 10} o'clock pay {number * 7} crowns."
        for number in range(60)
    ),
    "other.txt": "上海 has a port. Its cranes are blue.",
}


@pytest.mark.parametrize("kind", ["exact", "lists"])
def test_many_passages_get_the_vectors_that_few_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    write(tmp_path / "source", {name: text.encode() for name, text in TEXTS.items()})
    settings = settings_in(tmp_path, index__passage_tokens=64, index__vectors=kind)
    few = Snapshot(build(settings).snapshot)
    monkeypatch.setattr(qa.index.indexes, "_MANY", 1)
    monkeypatch.setattr(qa.index.embedder, "multiplies_halves", lambda: True)
    many = Snapshot(build(settings, full=True).snapshot)
    rows = np.arange(len(few.store))
    assert len(rows) > 10 and len(many.store) == len(rows)
    pairs = few.vectors.reconstruct(rows), many.vectors.reconstruct(rows)
    assert not np.array_equal(*pairs)
    assert (pairs[0] * pairs[1]).sum(axis=1).min() > 0.999
    for row in rows.tolist():
        ours, theirs = (s.sentence_vectors.of(row).astype(np.float32) for s in (few, many))
        lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
        assert ((ours * theirs).sum(axis=1) / lengths).min() > 0.999
        bits = few.token_vectors.of(row) ^ many.token_vectors.of(row)
        assert np.unpackbits(bits).mean() < 0.02
