"""The rooms depend in one direction, and one library is imported in one place."""

import ast
import importlib
from pathlib import Path

import pytest

from tests.bench.__main__ import SECTIONS
from tests.conftest import REPOSITORY

ORDER = ["foundation", "ingest", "index", "answer", "evaluate", "web", "cli"]
FOUNDATION = {"types", "errors", "config", "control"}
# Rooms at the same height, and what may be on top of all.
FORBIDDEN = {("evaluate", "web"), ("web", "evaluate")}
PLACES = {
    "faiss": {"qa/index/"},
    "bm25s": {"qa/train/"},
    "Stemmer": {"qa/index/terms.py", "qa/train/"},
    "sentencex": {"qa/index/sentences.py"},
    "sentence_transformers": {"qa/index/embedder.py"},
    "onnxruntime": {"qa/index/onnx.py", "qa/train/"},
    "torch": {
        *(
            "qa/index/embedder.py",
            "qa/index/tracing.py",
            "qa/answer/foreign_reader.py",
            "qa/train/",
        ),
    },
    "transformers": {"qa/index/embedder.py", "qa/answer/foreign_reader.py", "qa/train/"},
    "sklearn": {"qa/train/"},
    "flask": {"qa/web/"},
    "apiflask": {"qa/web/"},
    "waitress": {"qa/web/"},
    "limits": {"qa/web/"},
    "sqlite3": {"qa/web/feedback.py"},
    "prometheus_client": {"qa/web/"},
    "click": {"qa/cli.py", "qa/train/"},
    "ir_measures": {"qa/evaluate/retrieval.py"},
    "matplotlib": {"qa/evaluate/plots.py"},
    "jinja2": {"qa/evaluate/pages.py"},
    "markdown_it": {"qa/ingest/"},
    "mdit_py_plugins": {"qa/ingest/"},
    "frontmatter": {"qa/ingest/"},
    "lxml": {"qa/ingest/"},
    "charset_normalizer": {"qa/ingest/"},
    "pypdfium2": {"qa/ingest/"},
    "mammoth": {"qa/ingest/"},
}
MODULES = sorted(p.relative_to(REPOSITORY) for p in (REPOSITORY / "qa").rglob("*.py"))


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse((REPOSITORY / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(str(node.module))
    return names


def room(module: str) -> str:
    part = module.split(".")[1]
    return "foundation" if part in FOUNDATION else part


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports(path: Path) -> None:
    module = ".".join(path.with_suffix("").parts)
    for name in imports(path):
        top = name.split(".")[0]
        if top in PLACES:
            assert any(str(path).startswith(place) for place in PLACES[top]), f"{path} has {top}"
        if top == "qa" and len(path.parts) > 1 and path.name not in ("__main__.py", "__init__.py"):
            mine, theirs = room(module), room(name)
            assert theirs != "train" or mine == "train", f"{path} imports {name}"
            if mine != "train":
                assert ORDER.index(theirs) <= ORDER.index(mine), f"{path} imports {name}"
                assert (mine, theirs) not in FORBIDDEN


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_the_bench_finds_what_it_measures(section: str) -> None:
    assert callable(importlib.import_module(f"tests.bench.{section}").main)


def test_no_pickle() -> None:
    for path in MODULES:
        assert not {"pickle", "joblib", "dill", "cloudpickle"} & imports(path), path
        assert "allow_pickle=True" not in (REPOSITORY / path).read_text(), path
