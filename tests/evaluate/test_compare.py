"""Comparing two runs' folders."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from qa.errors import RunError
from qa.evaluate.compare import compare_runs, comparison_table
from qa.evaluate.predictions import GOLD, Log, Prediction, Ranked
from qa.evaluate.squad import f1
from tests.test_cli import qa

RANKING = tuple(Ranked(key, "d", 0, 1, 0.5) for key in ("x", GOLD))
GOOD = [
    Prediction(
        f"q{i}",
        f"Question {i}?",
        (f"word{i}",) if i % 3 else (),
        f"word{i}",
        0.9 if i % 3 else 0.2,
        bool(i % 3),
        rank=2,
        reason=None if i % 3 else "low_confidence",
        wanted={GOLD: 1} if i % 3 else {},
        ranking=RANKING,
    )
    for i in range(60)
]
# Every fourth answer is another question's.
WORSE = [
    replace(p, text="mango", error="wrong_span") if p.given and i % 4 == 0 else p
    for i, p in enumerate(GOOD)
]


def written(folder: Path, predictions: list[Prediction], **header: object) -> Path:
    with Log(folder, {"seed": 0, "corpus": "index"} | header) as log:
        for prediction in predictions:
            log.append(prediction)
    return folder


def test_a_loss_is_seen(tmp_path: Path) -> None:
    first = written(tmp_path / "a", GOOD, settings={"reader": "one"})
    second = written(tmp_path / "b", WORSE[::-1], settings={"reader": "two"})
    found = compare_runs(first, second)
    spoilt = [p.id for p in WORSE if p.error]
    assert (found["questions"], found["left_out"]) == (60, 0)
    assert sorted(case["id"] for case in found["lost"]) == sorted(spoilt)
    assert found["won"] == []
    drop = found["figures"]["end_to_end"]["f1"]
    assert drop["first"] == 1
    by_hand = [f1(p.text if p.given else "", p.golds) for p in WORSE]
    assert drop["second"] == pytest.approx(sum(by_hand) / 60)
    assert drop["difference"] == pytest.approx(-len(spoilt) / 60)
    assert drop["low"] < drop["difference"] < drop["high"] < 0
    # Ten and no other way round: 2 in 1024 by chance.
    assert drop["p"] < 0.01
    same = found["figures"]["retrieval"]["mrr_at_10"]
    assert (same["first"], same["difference"], same["p"]) == (0.5, 0, 1)
    assert found["changes"] == [("settings.reader", "one", "two")]
    assert json.loads((second / "comparison.json").read_text())["lost"] == found["lost"]
    assert "mango" in (second / "comparison.html").read_text()
    back = compare_runs(second, first)
    assert [case["id"] for case in back["won"]] == spoilt
    assert back["figures"]["end_to_end"]["f1"]["difference"] == -drop["difference"]


def test_the_page_can_be_used_with_the_keyboard(tmp_path: Path) -> None:
    second = written(tmp_path / "b", WORSE, settings={"reader": "two"})
    compare_runs(written(tmp_path / "a", GOOD, settings={"reader": "one"}), second)
    page = (second / "comparison.html").read_text()
    assert page.count("<main>") == page.count("</main>") == 1
    regions = re.findall('<div class="scroll"([^>]*)>', page)
    labels = ["End to end, first answer", "Retrieval", "What differs between the runs"]
    assert regions == [f' tabindex="0" role="group" aria-label="{name}"' for name in labels]


def test_searches_are_compared_by_rank(tmp_path: Path) -> None:
    found = Prediction("q", "Rivers?", (), "", 0.0, False, rank=2, wanted={"d7": 1})
    found = replace(found, ranking=(Ranked("d1", "1", 0, 9, 0.6), Ranked("d7", "7", 0, 9, 0.5)))
    lost = replace(found, rank=None, ranking=found.ranking[:1], error="not_retrieved")
    second = written(tmp_path / "b", [lost])
    compare_runs(written(tmp_path / "a", [found]), second)
    page = (second / "comparison.html").read_text()
    assert "no answer" not in page
    assert "expected" not in page
    assert '<dt>first</dt><dd>rank 2 <span class="soft">(right)</span>' in page
    assert "<dt>second</dt><dd>not among the passages retrieved" in page
    # Where answers are asked for, they are what differs.
    answers = written(tmp_path / "d", WORSE)
    compare_runs(written(tmp_path / "c", GOOD), answers)
    page = (answers / "comparison.html").read_text()
    assert '<dt>expected</dt><dd>word4</dd>\n<dt>first</dt><dd>word4 <span class="soft">' in page
    assert '<dt>second</dt><dd>mango <span class="soft">(wrong span)' in page


def test_only_common_questions_count(tmp_path: Path) -> None:
    first = written(tmp_path / "a", GOOD[:40])
    second = written(tmp_path / "b", GOOD[20:])
    found = compare_runs(first, second)
    assert (found["questions"], found["left_out"]) == (20, 40)
    assert "40 that only one of the runs asked are left out" in "\n".join(comparison_table(found))


def test_runs_on_other_questions_are_refused(tmp_path: Path) -> None:
    first = written(tmp_path / "a", GOOD)
    with pytest.raises(RunError, match="no question is in both"):
        compare_runs(first, written(tmp_path / "b", [replace(GOOD[0], id="other")]))
    with pytest.raises(RunError, match="question 'q0' is not the same in both"):
        compare_runs(first, written(tmp_path / "c", [replace(GOOD[0], golds=("x",))]))
    (tmp_path / "none").mkdir()
    with pytest.raises(RunError, match="is this a run's folder"):
        compare_runs(first, tmp_path / "none")


def test_the_command(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a", GOOD), written(tmp_path / "b", WORSE)
    done = qa(tmp_path, "eval", "--compare", str(first), str(second))
    assert "won 0, lost 10" in done.stdout
    assert "f1" in done.stdout
    assert done.stderr.strip() == f"written to {second / 'comparison.html'}"
    for option in (["--fail-under", "f1=1"], ["--limit", "5"], ["--fresh"], ["--url", "http://x"]):
        refused = qa(tmp_path, "eval", "--compare", str(first), str(second), *option, code=2)
        assert f"{option[0]} is for a run" in refused.stderr
    qa(tmp_path, "eval", "--compare", str(first), str(tmp_path / "none"), code=2)
