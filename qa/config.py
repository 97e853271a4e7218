"""Settings: defaults < config.yaml < ``QA_SECTION__KEY`` variables < command line."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from qa.errors import BAD_YAML_VALUES, ConfigError, nearest

log = logging.getLogger(__name__)

CONFIG_FILE = "config.yaml"
ENV_PREFIX = "QA_"
# Anything else that begins so may be some other program's.
_VARIABLE = re.compile(rf"{ENV_PREFIX}(.+?)__(.+)", re.IGNORECASE)
# No scheme, port, path or wildcard.
_HOST_NAME = re.compile(r"[\w-]+(\.[\w-]+)*")


def _listed(value: object) -> object:
    """A list as a variable holds it: JSON, or the entries with commas between them."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("begins like a JSON list and is none") from None
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def _host_name(value: str) -> str:
    """A name as a ``Host`` header spells it."""
    name = value.strip().rstrip(".")
    if not _HOST_NAME.fullmatch(name):
        raise ValueError(f"{value!r} is no host name; write it bare, as qa.example.com")
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        raise ValueError(f"{value!r} is no host name") from None


Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
# NoDecode: a variable would be read as JSON before the validator sees it.
HostNames = Annotated[
    list[Annotated[str, AfterValidator(_host_name)]], NoDecode, BeforeValidator(_listed)
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(_Section):
    """Which files are read."""

    folder: Path = Path("source")
    max_file_mb: Annotated[float, Field(gt=0, le=1024)] = 20.0
    bad_files: Literal["refuse", "skip"] = "refuse"


class IndexSettings(_Section):
    """How documents are cut up and where snapshots are kept."""

    folder: Path = Path("index")
    embedding_model: Annotated[str, Field(min_length=1)] = "all-MiniLM-L6-v2"
    passage_tokens: Annotated[int, Field(ge=16, le=4096)] = 160
    overlap_sentences: Annotated[int, Field(ge=0, le=10)] = 1
    vectors: Literal["auto", "exact", "lists"] = "auto"
    keep_snapshots: Annotated[int, Field(ge=1, le=100)] = 3


class RetrievalSettings(_Section):
    """How passages are found."""

    top_k: Annotated[int, Field(ge=1, le=100)] = 4
    candidates: Annotated[int, Field(ge=1, le=10_000)] = 100
    dense_weight: Fraction = 0.8


class AnsweringSettings(_Section):
    """How answers are chosen and when none is given."""

    reader: Annotated[str, Field(min_length=1)] = "span"
    max_answers: Annotated[int, Field(ge=1, le=20)] = 3
    target_precision: Fraction = 0.6


class ServerSettings(_Section):
    """How the service listens and what it accepts."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    trusted_hosts: HostNames = []
    threads: Annotated[int, Field(ge=1, le=256)] = 8
    max_body_kb: Annotated[int, Field(ge=1, le=65536)] = 1024
    max_question_chars: Annotated[int, Field(ge=1, le=100_000)] = 2000
    rate_limit: str = "6000 per minute"
    feedback_file: Path = Path("feedback.sqlite3")


class Settings(BaseSettings):
    """All settings, each at its default unless the file, environment or flags say otherwise."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=ENV_PREFIX, env_nested_delimiter="__"
    )

    source: SourceSettings = SourceSettings()
    index: IndexSettings = IndexSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answering: AnsweringSettings = AnsweringSettings()
    server: ServerSettings = ServerSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line first, then environment, then the configuration file."""
        assert isinstance(env_settings, EnvSettingsSource)
        # QA_SERVER alone would be read as the whole section.
        env_settings.env_vars = {
            name: value
            for name, value in env_settings.env_vars.items()
            if _VARIABLE.fullmatch(name)
        }
        return (init_settings, env_settings, YamlConfigSettingsSource(settings_cls))


def load(path: Path | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Read the settings.

    Args:
        path: the configuration file; if None, ``config.yaml`` of the working folder,
            whose absence means defaults.
        overrides: values from the command line, by dotted name; those that are None
            are left out.

    Relative folders in the result are relative to the configuration file's folder.

    Raises:
        ConfigError: a key is unknown or a value invalid; names the key and what it may
            have been meant to be.
    """
    file = path or Path(CONFIG_FILE)
    if path is not None and not path.is_file():
        raise ConfigError(f"{path}: no such configuration file")
    _check_file(file)
    _check_environment()
    nested: dict[str, dict[str, object]] = {}
    for name, value in (overrides or {}).items():
        if value is not None:
            section, key = name.split(".")
            nested.setdefault(section, {})[key] = value

    class Loaded(Settings):
        model_config = SettingsConfigDict(yaml_file=file, yaml_file_encoding="utf-8")

    try:
        settings = Loaded(**nested)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        # Section and key; what follows them is a place in the value.
        name = ".".join(str(part) for part in first["loc"][:2])
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{_origin(name, overrides or {}, file)}: {name}: {message}") from None
    except SettingsError as error:
        raise ConfigError(f"environment: {error}") from None
    base = file.resolve().parent
    source = settings.source.model_copy(update={"folder": base / settings.source.folder})
    index = settings.index.model_copy(
        update={
            "folder": base / settings.index.folder,
            "embedding_model": _folder_or_name(base, settings.index.embedding_model),
        }
    )
    answering = settings.answering.model_copy(
        update={"reader": _folder_or_name(base, settings.answering.reader)}
    )
    server = settings.server.model_copy(
        update={"feedback_file": base / settings.server.feedback_file}
    )
    return settings.model_copy(
        update={"source": source, "index": index, "answering": answering, "server": server}
    )


def _folder_or_name(base: Path, model: str) -> str:
    """A model's folder made absolute; a name as it is."""
    explicit = model.startswith((".", "/")) or "/" in model
    return str(base / model) if explicit and (base / model).is_dir() else model


def _names() -> dict[str, list[str]]:
    """Every section with its keys."""
    return {
        section: list(type(getattr(Settings.model_construct(), section)).model_fields)
        for section in Settings.model_fields
    }


def _check_file(file: Path) -> None:
    """Refuse unknown keys of the file before their values are looked at."""
    if not file.is_file():
        return
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, *BAD_YAML_VALUES) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{file}: not valid YAML: {reason}") from None
    except OSError as error:
        raise ConfigError(f"{file}: can't be read: {error.strerror}") from None
    if values is None:
        return
    names = _names()
    if not isinstance(values, dict):
        raise ConfigError(f"{file}: must hold sections ({', '.join(names)}), not a {_kind(values)}")
    for section, keys in values.items():
        if section not in names:
            raise ConfigError(f"{file}: unknown section {section!r}; {_hint(str(section))}")
        if keys is None:
            raise ConfigError(f"{file}: {section}: is empty; give it a setting or leave it out")
        if not isinstance(keys, dict):
            raise ConfigError(f"{file}: {section}: must hold settings, not a {_kind(keys)}")
        for key in keys:
            if key not in names[section]:
                hint = _hint(section, str(key))
                raise ConfigError(f"{file}: unknown setting {_dotted(section, key)!r}; {hint}")


def _check_environment() -> None:
    """Refuse variables that have the form of a setting and are none; say which are ignored."""
    names = _names()
    variables = [_variable(section, key) for section, keys in names.items() for key in keys]
    for name in os.environ:
        if not name.upper().startswith(ENV_PREFIX) or name.upper() in variables:
            continue
        parts = _VARIABLE.fullmatch(name)
        if parts:
            section, key = (part.lower() for part in parts.groups())
            hint = _hint(section, key, _variable)
            raise ConfigError(f"environment: unknown setting {name!r}; {hint}")
        near = nearest(name, variables)
        hint = f"the nearest is {near}" if near else f"they are named {_variable('section', 'key')}"
        log.warning("environment: %s is none of the settings and ignored; %s", name, hint)


def _variable(section: str, key: str) -> str:
    return f"{ENV_PREFIX}{section}__{key}".upper()


def _dotted(section: str, key: str) -> str:
    return f"{section}.{key}"


def _hint(
    section: str, key: str | None = None, written: Callable[[str, str], str] = _dotted
) -> str:
    """What an unknown section or setting may have been meant to be, else what there is."""
    names = _names()
    near = nearest(section, names)
    if near is None:
        return f"the sections are {', '.join(names)}"
    if key is None:
        return f"the nearest valid one is {near!r}"
    close = nearest(key, names[near])
    if close is None:
        return f"{near} has {', '.join(names[near])}"
    return f"the nearest valid one is {written(near, close)!r}"


def _kind(value: object) -> str:
    return type(value).__name__


def _origin(name: str, overrides: Mapping[str, object], file: Path) -> str:
    if overrides.get(name) is not None:
        return "command line"
    variable = ENV_PREFIX + name.replace(".", "__").upper()
    return variable if variable in (key.upper() for key in os.environ) else str(file)
