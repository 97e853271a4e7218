import json
import subprocess
import sys
from pathlib import Path

import pytest

from qa.index.snapshot import current
from tests.conftest import CORPUS, write


def qa(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qa", "--source", str(folder / "source")]
    command += ["--index", str(folder / "index"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_ask(corpus: Path) -> None:
    done = qa(corpus, "ask", "Who is the harbour master?")
    assert "Ingrid Solberg" in done.stdout
    assert "[windows " in done.stdout
    assert not done.stderr


def test_other_possible_answers_are_told_apart(corpus: Path) -> None:
    question = "Where was the 2023 Foundation Models Entrepreneurship Conference held?"
    given = json.loads(qa(corpus, "ask", "--json", question).stdout)["answers"]
    assert len(given) > 1
    first, others = qa(corpus, "ask", question).stdout.split("Other possible answers:\n")
    assert first.startswith(given[0]["text"])
    assert others.startswith(given[1]["text"])


def test_ask_json_is_the_api_s_reply(corpus: Path) -> None:
    reply = json.loads(qa(corpus, "ask", "--json", "Who is the harbour master?").stdout)
    citation = reply["answers"][0]["citations"][0]
    text = (corpus / "source" / "windows.txt").read_bytes().decode()
    assert text[citation["start"] : citation["end"]] == reply["answers"][0]["text"]


def test_letters_that_the_terminal_lacks_are_written_out(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    done = qa(corpus, "ask", "--document", "月", "Where?", code=1)
    assert r"\u6708" in done.stderr
    assert "qa: no document" in done.stderr
    assert qa(
        corpus, "ask", "--json", "--document", "zh", "上海的市花是什么?", code=3
    ).stdout.isascii()


def test_an_unknown_document_is_named_with_the_nearest(corpus: Path) -> None:
    done = qa(corpus, "ask", "--document", "windoes", "Where?", code=1)
    assert done.stderr == ("qa: no document has the id 'windoes'; the nearest is 'windows'\n")


def test_asking_a_folder_that_is_no_index_is_refused(corpus: Path) -> None:
    command = [sys.executable, "-m", "qa", "--source", "elsewhere", "ask", "Which colour?"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=corpus, check=False)
    assert done.returncode == 2
    assert "with --index" in done.stderr
    assert not done.stdout


def test_abstaining_is_exit_code_3(corpus: Path) -> None:
    done = qa(corpus, "ask", "How do I bake sourdough bread?", code=3)
    assert done.stdout == "The documents don't say.\n"
    body = json.loads(qa(corpus, "ask", "--json", "How do I bake bread?", code=3).stdout)
    assert body["answered"] is False


@pytest.mark.parametrize("question", ["", "  ", "x" * 5000])
def test_a_bad_question_is_a_usage_error(corpus: Path, question: str) -> None:
    assert qa(corpus, "ask", question, code=2).stderr.startswith("qa: question: ")


@pytest.mark.parametrize(
    ("only", "code"),
    [
        (["--where", "department=HR", "--where", "year=2024"], 0),
        (["--where", "department=HR", "--document", "zh"], 3),
        (["--where", 'year="2024"'], 3),
        (["--document", "handbook-leave", "--document", "zh"], 0),
        (["--document", "nowhere"], 1),
        (["--where", "department"], 2),
        (["--where", "department=HR", "--where", "department=Legal"], 2),
        (["--where", "department=" + "[" * 100_000], 3),
    ],
)
def test_ask_some_documents_only(corpus: Path, only: list[str], code: int) -> None:
    done = qa(corpus, "ask", "How many days of sick leave do employees get?", *only, code=code)
    assert ("[handbook-leave " in done.stdout) == (code == 0)
    assert bool(done.stderr) == (code in (1, 2))


def test_a_misspelt_metadata_name_is_one_line(corpus: Path) -> None:
    done = qa(corpus, "ask", "How long is leave?", "--where", "departement=HR", code=2)
    assert done.stderr == (
        "qa: where: no document has metadata named 'departement'; "
        "the nearest name is 'department'\n"
    )


def test_a_filter_that_matches_nothing_is_named(corpus: Path) -> None:
    only = ["--where", "department=Legal", "--where", "year=2024"]
    done = qa(corpus, "ask", "How long is leave?", *only, code=3)
    assert done.stdout == "None of the documents matches department=Legal and year=2024.\n"
    # Another document does match, but was not asked for.
    other = ["--document", "zh", "--where", "department=HR"]
    done = qa(corpus, "ask", "How long is leave?", *other, code=3)
    assert done.stdout == "None of the documents asked for matches department=HR.\n"


def test_where_takes_texts_and_numbers_as_they_are_typed(workspace: Path) -> None:
    kinds = {"text": '"2025"', "number": "2025", "truth": "true", "word": '"true"'}
    for name, value in kinds.items():
        front = f"---\nyear: {value}\n---\n\nThe {name} gate is green.\n"
        write(workspace / "source", {f"{name}.md": front.encode()})
    qa(workspace, "build")

    def found(value: str) -> set[str]:
        done = qa(workspace, "ask", "--json", "Which gate?", "--where", f"year={value}", code=3)
        return {passage["document"] for passage in json.loads(done.stdout)["passages"]}

    assert found("2025") == {"text", "number"}
    assert found("true") == {"truth", "word"}
    assert found('"2025"') == {"text"}


def test_control_characters_of_a_document_do_not_reach_the_terminal(workspace: Path) -> None:
    escapes = "\x1b[31m\x9b2J\x7f\b\a"
    text = f"The keeper of the lighthouse\tis Marta{escapes} Olsen.\r\n\r\nIt is{escapes} red.\n"
    write(workspace / "source", {"light.txt": text.encode()})
    qa(workspace, "build")
    asked = ["ask", "Who is the keeper of the lighthouse?", "--document", "light"]
    outcomes = [
        qa(workspace, *asked),
        qa(workspace, *asked, "--json"),
        qa(workspace, "ask", "How do I bake bread?", "--document", "light", code=3),
        qa(workspace, "ask", "Who?", "--document", f"a{escapes}", code=1),
        qa(workspace, "--index", f"nowhere{escapes}", "ask", "Who?", code=1),
    ]
    for done in outcomes:
        assert done.stdout or done.stderr
        printed = set(done.stdout + done.stderr) - {"\n", "\t"}
        assert all(character.isprintable() for character in printed), done
    # Nor do those of a file's name.
    write(workspace / "source", {f"forged{escapes}\nqa: done.odt": b"x"})
    built = qa(workspace, "build")
    assert built.stderr.count("\n") == 1
    assert all(character.isprintable() for character in built.stderr.strip())
    assert "Marta\ufffd[31m" in outcomes[0].stdout
    assert escapes in json.loads(outcomes[1].stdout)["passages"][0]["text"]


def test_asking_imports_no_torch_no_web_server_and_nothing_that_reads_files(corpus: Path) -> None:
    script = (
        "import sys; from qa.cli import main\n"
        f"sys.argv = ['qa', '--index', {str(corpus / 'index')!r}, 'ask', 'Who ate pizza?']\n"
        "try: main()\n"
        "except SystemExit as e: assert e.code in (None, 0, 3), e.code\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'flask', 'sklearn'}\n"
        "heavy |= {'lxml', 'mammoth', 'markdown_it', 'pypdfium2'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=corpus, capture_output=True)


def test_no_index_yet(tmp_path: Path) -> None:
    write(tmp_path / "source", {"a.txt": b"a"})
    for command in (["ask", "a?"], ["info"]):
        done = qa(tmp_path, *command, code=1)
        assert done.stderr.endswith("no index yet; run 'qa build'\n")
        assert done.stderr.count("\n") == 1


def test_a_first_start_that_fails_ends_with_the_reason(tmp_path: Path) -> None:
    done = qa(tmp_path, "--source", "docz", "serve", code=1)
    assert "docz: no such folder" in done.stderr.splitlines()[-1]


def test_build_and_info(workspace: Path) -> None:
    assert "(0 embedded, " in qa(workspace, "build").stdout
    assert qa(workspace, "build", "--if-stale").stderr == "up to date\n"
    write(workspace / "source", {"bad.txt": b"a\0"})
    done = qa(workspace, "build", code=1)
    assert done.stderr.splitlines()[-1].startswith("qa: bad.txt: holds NUL bytes")
    info = qa(workspace, "info").stdout
    assert current(workspace / "index").name in info
    assert "bad.txt changed" in info
    assert "exact search, 384 dimensions" in info
    named = qa(workspace, "info", "--documents").stdout.splitlines()
    assert "handbook-leave  handbook/leave.md" in named
    assert len(named) == len(CORPUS)


def test_a_damaged_snapshot_is_one_line(workspace: Path) -> None:
    (current(workspace / "index") / "texts.bin").write_bytes(b"x")
    done = qa(workspace, "ask", "a?", code=1)
    assert "texts.bin: damaged" in done.stderr
    assert done.stderr.count("\n") == 1
    qa(workspace, "build")
    qa(workspace, "ask", "Who is the harbour master?")


def test_another_program_s_variable_stops_nothing(corpus: Path, monkeypatch) -> None:
    monkeypatch.setenv("QA_ENV", "prod")
    done = qa(corpus, "info")
    assert "passages" in done.stdout
    assert done.stderr.startswith("qa: environment: QA_ENV is none of the settings and ignored; ")
    assert done.stderr.count("\n") == 1


def test_configuration_errors_are_exit_code_2(workspace: Path) -> None:
    (workspace / "config.yaml").write_text("retrieval:\n  topk: 3\n")
    done = qa(workspace, "info", code=2)
    assert "unknown setting 'retrieval.topk'" in done.stderr
    assert "'retrieval.top_k'" in done.stderr
