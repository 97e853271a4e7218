"""What embeds passages in the least time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.errors import ModelError
from qa.index.encoder import OnnxEncoder
from qa.index.models import ModelFiles
from qa.index.passage_encoder import PassageEncoder

# Passages from which loading the model itself, which takes some seconds, pays.
MANY = 2000
_CPU = Path("/proc/cpuinfo")
_HALVES = re.compile(r"^flags\s*:.*\b(?:avx512_bf16|amx_bf16)\b", re.MULTILINE)


@contextmanager
def quickest(model: ModelFiles, graph: OnnxEncoder, passages: int) -> Iterator[PassageEncoder]:
    """What embeds so many passages in the least time, while it is needed.

    That is the model in bfloat16 for many of them on a processor that multiplies it, if
    the model can do with it; else the graph that was exported from it.
    """
    if passages >= MANY and multiplies_halves():
        # Imported here: torch takes seconds.
        from qa.index.embedder import HalfEncoder, one_thread_a_batch

        with one_thread_a_batch():
            try:
                half = HalfEncoder(model, graph)
            except ModelError:
                yield PassageEncoder(graph)
            else:
                yield PassageEncoder(half)
    else:
        yield PassageEncoder(graph)


def multiplies_halves() -> bool:
    """Whether the processor multiplies bfloat16, twice as fast as float32 or more."""
    try:
        return bool(_HALVES.search(_CPU.read_text(encoding="ascii", errors="replace")))
    except OSError:
        return False
