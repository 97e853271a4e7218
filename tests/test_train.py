"""Taking the shipped reader up again for training, on the real weights."""

from importlib import resources
from pathlib import Path

import pytest

from qa.answer.readers import span_reader
from qa.answer.span_reader import SpanReader
from qa.index.models import PACKAGED, locate
from qa.train.export import export
from qa.train.restore import restore

TEXT = (
    "The harbour was built in 1891 by the engineer Ingrid Solberg (1850–1922), "
    "who also designed the lighthouse. It has room for 300 boats."
)


def test_what_ships_can_be_trained_on_from(tmp_path: Path) -> None:
    with resources.as_file(resources.files("qa.answer") / "data" / "reader") as shipped:
        restore(shipped, locate(PACKAGED).folder, tmp_path / "model")
    export(tmp_path / "model", tmp_path / "reader", int8=True)
    again = SpanReader(tmp_path / "reader", "again")
    for question in ("When was the harbour built?", "Who won the 1998 World Cup?"):
        before, after = (r.read(question, [TEXT])[0] for r in (span_reader(), again))
        assert (after.spans[0].start, after.spans[0].end) == (
            before.spans[0].start,
            before.spans[0].end,
        )
        # Weights are kept in half precision in between.
        assert after.spans[0].score == pytest.approx(before.spans[0].score, abs=0.6)
        assert after.null_score == pytest.approx(before.null_score, abs=0.6)
