"""A small dataset over the tests' documents, asked of the program itself."""

import json
from pathlib import Path

import pytest

from qa.evaluate.asking import ask
from qa.evaluate.predictions import Prediction
from qa.evaluate.questions import load
from qa.evaluate.report import summarize
from qa.evaluate.targets import LocalTarget

ROWS = [
    {
        "question": "Who is the harbour master?",
        "answers": ["Ingrid Solberg"],
        "document": "windows",
    },
    {"question": "By when must boats leave?", "answers": ["22:00", "before 22:00"]},
    {"question": "Who is the Party secretary of Yangpu?", "answers": ["Xue Kan"]},
    {"question": "What colour is the vault?", "answers": ["blue"], "document": "hostile"},
    {"question": "How many days of paid sick leave do employees get?", "answers": ["twelve days"]},
    {"question": "How do I bake sourdough bread?", "answers": [], "document": "windows"},
    {"question": "Who is the harbour's cook?", "answers": [], "document": "windows"},
]


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dataset") / "harbour.jsonl"
    file.write_text("\n".join(map(json.dumps, ROWS)))
    return file


def predictions(target: LocalTarget, dataset: Path) -> list[Prediction]:
    return [ask(target, case) for case in load(dataset).cases]


def figures(found: list[Prediction]) -> dict[str, float]:
    report = summarize({"seed": 0}, found)
    return {
        f"{scope}.{name}": value
        for scope, values in report["figures"].items()
        for name, value in values.items()
    }
