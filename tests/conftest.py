"""Real parts for every test: the packaged model, a real index, a real server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from qa.answer.pipeline import Pipeline
from qa.config import Settings, load
from qa.index.builder import build
from qa.index.snapshot import Snapshot, current

# Embedding takes longer than Hypothesis expects of one example, and machines differ.
settings.register_profile(
    "real-parts", deadline=None, max_examples=60, suppress_health_check=list(HealthCheck)
)
settings.load_profile("real-parts")

REPOSITORY = Path(__file__).parent.parent
# A copy: whoever takes the one in source/ away can still run the tests.
ARTICLE = REPOSITORY / "tests" / "data" / "yangpu-ai-hub.txt"

CORPUS = {
    "yangpu-ai-hub.txt": ARTICLE.read_bytes(),
    "emoji.txt": (
        "Field notes\n\nThe 👩🏽‍🚀 crew of the Zebra station ate 🍕🍕 on Monday. "
        "E\u0301milie Cafe\u0301 opened the 🚪 at noon.\n"
    ).encode(),
    "windows.txt": b"Harbour rules\r\n\r\nThe harbour master is Ingrid Solberg.\r\n\r\n"
    b"Boats must leave before 22:00.\r\n",
    "zh.txt": "上海手册\n\n上海的市花是白玉兰。黄浦江流经上海市区,最后汇入长江。\n".encode(),
    "hostile.txt": (
        b"Hostile page\n\nThe password of the vault is <script>alert('x')</script> & {{7*7}}. "
        b"Robert'); DROP TABLE students;-- runs the vault on Tuesdays.\n\n"
        b"The colour of the vault is blue. The colour of the vault is blue.\n"
    ),
    "handbook/leave.md": (
        b"---\ntitle: Leave policy\ndepartment: HR\nyear: 2024\n---\n\n# Leave\n\n"
        b"## Sick leave\n\nEmployees get **twelve days** of [paid sick leave](https://example.org) "
        b"a year.\n\n## Parental leave\n\nNew parents get *twenty-six weeks* of leave.\n\n"
        b"- Apply to the payroll office.\n- Apply six weeks ahead.\n"
    ),
}


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("QA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def settings_in(folder: Path, **overrides: object) -> Settings:
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    places = {
        "source.folder": str(folder / "source"),
        "index.folder": str(folder / "index"),
    }
    return load(overrides={**places, **named})


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``source`` and a built ``index``; not to be changed."""
    folder = tmp_path_factory.mktemp("corpus")
    write(folder / "source", CORPUS)
    build(settings_in(folder))
    return folder


@pytest.fixture(scope="session")
def snapshot(corpus: Path) -> Snapshot:
    return Snapshot(current(corpus / "index"))


@pytest.fixture(scope="session")
def pipeline(corpus: Path, snapshot: Snapshot) -> Pipeline:
    return Pipeline(snapshot, settings_in(corpus))


@pytest.fixture
def workspace(tmp_path: Path, corpus: Path) -> Path:
    """A copy of the corpus and its index that a test may change."""
    folder = tmp_path / "workspace"
    # What others have said about the corpus's own answers stays there.
    shutil.copytree(corpus, folder, ignore=shutil.ignore_patterns("feedback.sqlite3*"))
    return folder


Index = Callable[[Mapping[str, bytes]], Snapshot]


@pytest.fixture
def index(tmp_path: Path, corpus: Path) -> Index:
    """Builds an index of some files, taking the exported encoder over from the corpus."""
    folder = tmp_path / "small"

    def make(files: Mapping[str, bytes]) -> Snapshot:
        shutil.rmtree(folder, ignore_errors=True)
        write(folder / "source", files)
        shutil.copytree(corpus / "index", folder / "index")
        return Snapshot(build(settings_in(folder)).snapshot)

    return make


@dataclass(frozen=True)
class Server:
    """A running ``qa serve``."""

    url: str
    process: subprocess.Popen[str]
    folder: Path


def start_server(folder: Path, *arguments: str) -> Server:
    command = [sys.executable, "-P", "-m", "qa"]
    command += ["--source", str(folder / "source"), "--index", str(folder / "index")]
    process = subprocess.Popen(
        [*command, "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    assert process.stdout
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:"), "the server did not start"
    return Server(url, process, folder)


def stop_server(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=20)
    assert server.process.stdout
    server.process.stdout.close()


@pytest.fixture(scope="session")
def server(corpus: Path) -> Iterator[Server]:
    running = start_server(corpus)
    yield running
    stop_server(running)
