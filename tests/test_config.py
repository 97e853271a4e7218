from pathlib import Path

import pytest
import yaml

from qa.config import Settings, load
from qa.errors import ConfigError
from tests.conftest import REPOSITORY


def test_config_yaml_holds_every_setting_at_its_default() -> None:
    shipped = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    defaults = Settings.model_construct()
    expected = {
        section: {
            key: str(value) if isinstance(value, Path) else value
            for key, value in getattr(defaults, section).model_dump().items()
        }
        for section in Settings.model_fields
    }
    assert shipped == expected


def test_file_then_environment_then_flags(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "config.yaml").write_text("server:\n  port: 1\n  threads: 3\n  host: a\n")
    monkeypatch.setenv("QA_SERVER__PORT", "2")
    monkeypatch.setenv("QA_SERVER__HOST", "b")
    server = load(overrides={"server.host": "c", "server.threads": None}).server
    assert (server.host, server.port, server.threads) == ("c", 2, 3)


def test_folders_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "qa.yaml"
    file.parent.mkdir()
    file.write_text("source:\n  folder: papers\n")
    assert load(file).source.folder == file.parent / "papers"
    assert load(file).index.folder == file.parent / "index"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server:\n  prot: 1\n", r"unknown setting 'server\.prot'.*'server\.port'"),
        ("sever:\n  port: 1\n", r"unknown section 'sever'; the nearest valid one is 'server'$"),
        ("zebra:\n  port: 1\n", r"'zebra'; the sections are source, .*server$"),
        ("retrieval:\n  zebra: 1\n", r"'retrieval\.zebra'; retrieval has top_k, .*dense_weight$"),
        ("retrieval:\n  1: 1\n", r"'retrieval\.1'; retrieval has top_k"),
        ("server:\n  port: many\n", r"server\.port: Input should be a valid integer"),
        ("server:\n  port: 99999\n", r"server\.port: .*65535"),
        ("server:\n#  port: 1\n", r"server: is empty; give it a setting or leave it out"),
        ("server: 8000\n", r"server: must hold settings, not a int"),
        ("- a\n", r"must hold sections"),
        ("a: [\n", r"not valid YAML"),
        ("index:\n  passage_tokens: 3\n", r"index\.passage_tokens"),
        ("answering:\n  target_precision: 1.5\n", r"answering\.target_precision"),
    ],
)
def test_errors_name_the_file_and_the_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"^config\.yaml: .*{message}"):
        load()


def test_an_empty_or_absent_file_means_defaults(tmp_path: Path) -> None:
    assert load().server.port == 8000
    (tmp_path / "config.yaml").write_text("# nothing\n")
    assert load().server.port == 8000


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("qa.example.com", ["qa.example.com"]),
        ("qa.example.com, qa.internal,", ["qa.example.com", "qa.internal"]),
        (' ["qa.example.com", "qa.internal"]', ["qa.example.com", "qa.internal"]),
        ("", []),
        (" , ", []),
        ("[]", []),
    ],
)
def test_a_list_in_the_environment(
    tmp_path: Path, monkeypatch, value: str, hosts: list[str]
) -> None:
    (tmp_path / "config.yaml").write_text("server:\n  trusted_hosts: [old.example]\n")
    monkeypatch.setenv("QA_SERVER__TRUSTED_HOSTS", value)
    assert load().server.trusted_hosts == hosts


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[qa.example.com", "begins like a JSON list and is none"),
        ("[" * 100_000, "begins like a JSON list and is none"),
        ("[5]", "Input should be a valid string"),
    ],
)
def test_a_list_that_is_none_is_named(monkeypatch, value: str, message: str) -> None:
    monkeypatch.setenv("QA_SERVER__TRUSTED_HOSTS", value)
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(caught.value) == f"QA_SERVER__TRUSTED_HOSTS: server.trusted_hosts: {message}"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("QA.example.com.", "QA.example.com"), ("münchen.example", "xn--mnchen-3ya.example")],
)
def test_host_names_are_kept_as_browsers_send_them(given: str, kept: str) -> None:
    assert load(overrides={"server.trusted_hosts": [given]}).server.trusted_hosts == [kept]


@pytest.mark.parametrize(
    "name", ["qa.example:8443", "https://qa.example", "*.example", "a b", "", ".", "ü" * 99]
)
def test_a_host_name_that_no_request_could_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"server\.trusted_hosts.* is no host name"):
        load(overrides={"server.trusted_hosts": [name]})


def test_environment_errors(monkeypatch) -> None:
    monkeypatch.setenv("QA_SERVER__PORT", "x")
    with pytest.raises(ConfigError, match=r"^QA_SERVER__PORT: server\.port"):
        load()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("QA_SERVER__PRT", "the nearest valid one is 'QA_SERVER__PORT'"),
        ("qa_server__prt", "the nearest valid one is 'QA_SERVER__PORT'"),
        ("QA_SEVER__PORT", "the nearest valid one is 'QA_SERVER__PORT'"),
        ("QA_SERVER__PORT__X", "the nearest valid one is 'QA_SERVER__PORT'"),
        ("QA_RETRIEVAL__ZEBRA", "retrieval has top_k, candidates, dense_weight"),
        ("QA_ZEBRA__PORT", "the sections are source, index, retrieval, answering, server"),
    ],
)
def test_a_misspelt_variable_is_refused(monkeypatch, name: str, hint: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(caught.value) == f"environment: unknown setting '{name}'; {hint}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("QA_ENV", "they are named QA_SECTION__KEY"),
        ("QA_SERVER", "the nearest is QA_SERVER__"),
        ("QA_INDEX", "the nearest is QA_INDEX__"),
        ("QA_SERVER_PORT", "the nearest is QA_SERVER__PORT"),
        ("QA_SERVER__", "the nearest is QA_SERVER__"),
        ("QA___PORT", ""),
    ],
)
def test_a_variable_of_another_form_is_ignored(monkeypatch, caplog, name: str, hint: str) -> None:
    monkeypatch.setenv(name, '{"port": 1, "secret": 2}')
    assert load().server.port == 8000
    assert caplog.messages[0].startswith(f"environment: {name} is none of the settings and ignored")
    assert hint in caplog.messages[0]
    assert "secret" not in caplog.text


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: no such configuration file"):
        load(tmp_path / "none.yaml")
