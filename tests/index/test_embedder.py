"""Models of several kinds embed; many passages get the vectors that few get, nearly."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
from transformers import AutoTokenizer, BertConfig, BertModel, MPNetConfig, MPNetModel

import qa.index.quickest
from qa.errors import ModelError
from qa.index.builder import build
from qa.index.embedder import HalfEncoder
from qa.index.models import PACKAGED, locate
from qa.index.passage_encoder import PassageEncoder
from qa.index.sentence_vectors import quantized
from qa.index.snapshot import Snapshot
from qa.index.token_vectors import packed
from qa.types import Text
from tests.conftest import settings_in, write

TEXTS = {
    "short.txt": "Boats leave at ten.",
    "handbook.txt": "\n\n".join(
        f"Rule {number}. The harbour master of berth {number} keeps a log of every boat. "
        f"Boats that leave after {number + 10} o'clock pay {number * 7} crowns."
        for number in range(60)
    ),
    "other.txt": "上海 has a port. Its cranes are blue.",
}
SIZE = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 30522,
}


@pytest.fixture
def every_build_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa.index.quickest, "MANY", 1)
    monkeypatch.setattr(qa.index.quickest, "multiplies_halves", lambda: True)


def built(folder: Path, **settings: object) -> Snapshot:
    write(folder / "source", {name: text.encode() for name, text in TEXTS.items()})
    return Snapshot(build(settings_in(folder, **settings), full=True).snapshot)


def vectors(snapshot: Snapshot) -> np.ndarray:
    return snapshot.vectors.reconstruct(np.arange(len(snapshot.store)))


def test_many_passages_get_the_vectors_that_few_get(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    few = built(tmp_path, index__passage_tokens=64)
    request.getfixturevalue("every_build_is_large")
    threads = torch.get_num_threads()
    many = built(tmp_path, index__passage_tokens=64)
    assert torch.get_num_threads() == threads
    ours, theirs = vectors(few), vectors(many)
    assert len(ours) == len(theirs) > 10 and not np.array_equal(ours, theirs)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    for row in range(len(ours)):
        ours, theirs = (s.sentence_vectors.of(row).astype(np.float32) for s in (few, many))
        lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
        assert ((ours * theirs).sum(axis=1) / lengths).min() > 0.999
        assert np.unpackbits(few.token_vectors.of(row) ^ many.token_vectors.of(row)).mean() < 0.03


def test_a_model_that_fails_in_halves_embeds_in_full(
    tmp_path: Path, every_build_is_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outputs(self: HalfEncoder, batch: Sequence[Sequence[int]]) -> None:
        raise RuntimeError("expected scalar type Float but found BFloat16")

    monkeypatch.setattr(HalfEncoder, "outputs", outputs)
    many = built(tmp_path)
    monkeypatch.undo()
    assert np.allclose(vectors(many), vectors(built(tmp_path)), atol=1e-5)


def tiny(folder: Path, kind: str = "", **options: object) -> SentenceTransformer:
    """A small untrained model, saved in a folder."""
    torch.manual_seed(0)
    bare = folder / "bare"
    if kind == "mpnet":
        MPNetModel(MPNetConfig(**SIZE)).save_pretrained(bare)
    else:
        BertModel(BertConfig(**SIZE)).save_pretrained(bare)
    AutoTokenizer.from_pretrained(locate(PACKAGED).folder).save_pretrained(bare)
    parts = [Transformer(str(bare)), Pooling(32, "cls" if kind == "first token" else "mean")]
    if kind == "dense":
        parts.append(Dense(32, 16))
    model = SentenceTransformer(modules=parts, device="cpu", **options)
    model.save(str(folder / "model"))
    return model


@pytest.mark.parametrize("kind", ["mpnet", "first token", "dense"])
def test_other_models(tmp_path: Path, every_build_is_large: None, kind: str) -> None:
    model = tiny(tmp_path, kind)
    snapshot = built(tmp_path, index__embedding_model=str(tmp_path / "model"))
    found = vectors(snapshot)
    assert found.shape[1] == snapshot.encoder.dimension == (16 if kind == "dense" else 32)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    question = "Who keeps the log?"
    expected = model.encode([question], normalize_embeddings=True)[0]
    assert snapshot.encoder.encode_question(question)[0] @ expected == pytest.approx(1, abs=1e-4)


def test_a_model_reads_its_prompts_before_questions_and_passages(tmp_path: Path) -> None:
    prompts = {"query": "search query: ", "passage": "search document: "}
    model = tiny(tmp_path, prompts=prompts, default_prompt_name="query")
    encoder = built(tmp_path, index__embedding_model=str(tmp_path / "model")).encoder
    question, text = "Who keeps the log?", "Boats leave. The harbour master keeps a log."
    vector, tokens = encoder.encode_question(question)
    options = {"normalize_embeddings": True, "show_progress_bar": False}
    assert vector @ model.encode_query(question, **options) == pytest.approx(1, abs=1e-4)
    # The words' own vectors as they are after the prompt, and none of the prompt's.
    everything = np.asarray(model.encode_query(question, output_value="token_embeddings"))
    assert np.allclose(tokens, everything[4:-1], atol=1e-4) and len(tokens) == 5
    (batch,) = PassageEncoder(encoder).batches([Text(text, ((0, 12), (13, len(text))))])
    expected = model.encode(text, prompt=prompts["passage"], **options)
    assert batch.vectors[0] @ expected == pytest.approx(1, abs=1e-4)
    whole = model.encode(text, prompt=prompts["passage"], output_value="token_embeddings")
    words = np.asarray(whole)[4:-1]
    assert np.unpackbits(batch.tokens[0] ^ packed(words)).mean() < 0.01
    assert np.array_equal(batch.sentences[0][0], quantized(words[:3].mean(axis=0)[None])[0])


def test_a_model_that_pools_without_its_prompts_is_refused(tmp_path: Path) -> None:
    model = tiny(tmp_path, prompts={"query": "search query: "})
    model.set_pooling_include_prompt(False)
    model.save(str(tmp_path / "model"))
    with pytest.raises(ModelError, match="leaves its prompts out"):
        built(tmp_path, index__embedding_model=str(tmp_path / "model"))


def test_small_changes_are_embedded_without_torch(workspace: Path) -> None:
    (workspace / "source" / "emoji.txt").write_text("Notes\n\nOnly this sentence is new.\n")
    places = {f"{name}.folder": str(workspace / name) for name in ("source", "index")}
    script = (
        "import sys\n"
        "from qa.config import load\n"
        "from qa.index.builder import build\n"
        f"assert build(load(overrides={places!r})).embedded == 1\n"
        "assert not {'torch', 'sentence_transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("cpuinfo", "does"),
    [
        ("flags\t\t: fpu avx512_bf16 clzero\n", True),
        ("model name : x\nflags : fpu amx_bf16\n", True),
        ("flags\t\t: fpu avx512_vnni amx_tile\nbugs: avx512_bf16\n", False),
        ("", False),
    ],
)
def test_what_the_processor_says_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpuinfo: str, does: bool
) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(cpuinfo)
    monkeypatch.setattr(qa.index.quickest, "_CPU", file)
    assert qa.index.quickest.multiplies_halves() == does
    monkeypatch.setattr(qa.index.quickest, "_CPU", tmp_path / "missing")
    assert not qa.index.quickest.multiplies_halves()
