"""Other extractive pipelines beside this one: the same questions, passages, weights, machine.

Haystack and txtai are installed from PyPI, each into an environment of its own below
``runs/peers``, kept for the next time. ``BENCH_READER`` names the folder of the Hugging
Face question-answering model that all of them read with (this program reads with its own
as well); ``BENCH_SQUAD`` a SQuAD 2.0 file for the second set of questions.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa.config import load
from qa.evaluate.bootstrap import value
from qa.evaluate.datasets import load_squad
from qa.evaluate.metrics import percentiles, squad_figures
from qa.evaluate.predictions import Prediction
from qa.evaluate.questions import Case
from qa.evaluate.questions import load as load_questions
from qa.evaluate.runs import write_articles
from qa.index.builder import build
from qa.index.models import locate
from qa.index.snapshot import Snapshot

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / "runs" / "peers"
WORKER = Path(__file__).with_name("peer_worker.py")
# torch first and exactly, so that pip takes the CPU build.
TORCH = "torch==2.13.0"
PEERS = {
    "haystack": (
        "haystack-ai==3.4.1",
        "transformers-haystack==2.0.0",
        "sentence-transformers-haystack==2.0.0",
    ),
    "txtai": ("txtai==9.14.0",),
}
ARTICLES, QUESTIONS, SEED = 3, 150, 7


@dataclass(frozen=True)
class Suite:
    """Questions with the index of the documents they are asked over."""

    name: str
    cases: list[Case]
    index: Path
    passages: list[tuple[str, str]]


def main() -> None:
    """Print one table for each set of questions."""
    reader = os.environ.get("BENCH_READER")
    if not reader:
        print("peers: skipped; set BENCH_READER to a question-answering model's folder\n")
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    weights = _in_float32(Path(reader).resolve())
    pythons = {name: _environment(name) for name in PEERS}
    for suite in _suites():
        print(
            f"{suite.name}: {len(suite.cases)} questions, "
            f"{sum(not c.golds for c in suite.cases)} of them unanswerable, "
            f"{len(suite.passages)} passages\n"
        )
        print(
            "| system | EM | F1 | F1, answerable | F1, unanswerable | declined | failed "
            "| p50 / p95 | a second | CPU a question | peak memory |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        _measure("qa, its own int8 file", "qa", sys.executable, "span", suite)
        _measure("qa, the same weights as the others", "qa", sys.executable, str(weights), suite)
        for name, python in pythons.items():
            label = " ".join(part.replace("==", " ") for part in PEERS[name][:1])
            _measure(label, name, str(python), str(weights), suite)
        print()


def _measure(label: str, system: str, python: str, reader: str, suite: Suite) -> None:
    """Run one system in a process of its own and print its row."""
    settings = load()
    job = {
        "passages": suite.passages,
        "questions": [case.question for case in suite.cases],
        "index": str(suite.index),
        "reader": reader,
        "embedding": str(locate(settings.index.embedding_model).folder),
        "top_k": settings.retrieval.top_k,
    }
    (CACHE / "job.json").write_text(json.dumps(job))
    done = subprocess.run(
        [python, "-P", str(WORKER), system, str(CACHE / "job.json"), str(CACHE / "out.json")],
        capture_output=True,
        text=True,
        check=False,
        cwd=CACHE,
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT) if system == "qa" else "",
            "OMP_NUM_THREADS": str(os.cpu_count()),
            "HF_HUB_OFFLINE": "1",
            "HAYSTACK_TELEMETRY_ENABLED": "False",
        },
    )
    if done.returncode:
        print(f"| {label} | did not run: {done.stderr.strip().splitlines()[-1][:200]} |")
        return
    found = json.loads((CACHE / "out.json").read_text())
    rows = found["rows"]
    predictions = [
        Prediction(c.id, c.question, c.golds, row["text"] or "", 1.0, row["text"] is not None)
        for c, row in zip(suite.cases, rows, strict=True)
    ]
    figures = squad_figures(predictions, [c.golds for c in suite.cases])
    shares = {
        name: value(figures[name], len(predictions)) or 0.0
        for name in ("exact_match", "f1", "has_answer_f1", "no_answer_f1")
    }
    times = percentiles([row["ms"] for row in rows])
    cells = [f"{share:.3f}" for share in shares.values()]
    cells += [
        f"{np.mean([not p.given for p in predictions]):.2f}",
        str(sum(row["failed"] is not None for row in rows)),
        f"{times['p50_ms']:.0f} / {times['p95_ms']:.0f} ms",
        f"{1000 * len(rows) / sum(row['ms'] for row in rows):.1f}",
        f"{found['cpu_ms']:.0f} ms",
        f"{found['peak_mb']:.0f} MB",
    ]
    print(f"| {label} | {' | '.join(cells)} |", flush=True)


def _suites() -> list[Suite]:
    article = load_questions(ROOT / "tests" / "data" / "article-questions.jsonl")
    suites = [_suite("The shipped article", article.cases, ROOT / "source")]
    squad = os.environ.get("BENCH_SQUAD")
    if not squad:
        print("peers: BENCH_SQUAD names no SQuAD 2.0 file, so only the article is asked about\n")
        return suites
    data = load_squad(Path(squad))
    rng = random.Random(SEED)
    titles = rng.sample(sorted(set(data.titles)), ARTICLES)
    source = CACHE / "squad-source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    write_articles(data, source, titles)
    asked = [q for q in data.questions if data.titles[q.paragraph] in titles]
    cases = [Case(q.id, q.text, q.golds) for q in rng.sample(asked, QUESTIONS)]
    return [*suites, _suite(f"{ARTICLES} articles of SQuAD 2.0 dev", cases, source)]


def _suite(name: str, cases: list[Case], source: Path) -> Suite:
    index = CACHE / f"index-{source.name}"
    settings = load(overrides={"source.folder": str(source), "index.folder": str(index)})
    snapshot = Snapshot(build(settings).snapshot)
    store = snapshot.store
    passages = [(store.record_of(p.row).title, p.text) for p in store.passages()]
    return Suite(name, cases, index, passages)


def _environment(name: str) -> Path:
    """The Python of a peer's own environment, made if it is not there yet."""
    folder = CACHE / name
    python, done = folder / "bin" / "python", folder / "installed.txt"
    wanted = "\n".join([TORCH, *PEERS[name]])
    if not done.exists() or done.read_text() != wanted:
        print(f"peers: installing {', '.join(PEERS[name])}", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        for packages in ((TORCH,), PEERS[name]):
            pip = [str(python), "-m", "pip", "install", "--quiet", *packages]
            subprocess.run(pip, check=True, stdout=sys.stderr)
        done.write_text(wanted)
    return python


def _in_float32(reader: Path) -> Path:
    """A copy of the weights in float32: in half precision a CPU is slow, whoever reads."""
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    target = CACHE / "reader"
    shutil.rmtree(target, ignore_errors=True)
    model = AutoModelForQuestionAnswering.from_pretrained(reader, dtype="float32")
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(reader).save_pretrained(target)
    return target
