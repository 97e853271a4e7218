"""A larger reader teaches a smaller one. The teacher here has the real one's make, not its size."""

import json
import random
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from click import ClickException
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import MPNetConfig, MPNetModel

from qa.evaluate.datasets import Dataset, Question, load_squad
from qa.index.files import whole_tokenizer
from qa.index.models import PACKAGED, locate
from qa.train import distil, labels, teacher
from qa.train.augment import Augmenter
from qa.train.average import average
from qa.train.data import Example, Features, held_out
from qa.train.distil import DistilRecipe
from qa.train.labels import Label
from qa.train.loop import bucketed, chunks
from qa.train.teacher import Teacher, TeacherRecipe
from tests.test_train import PARAGRAPH, SENTENCES, START

BASE = locate(PACKAGED).folder
TITLES = ("Norrvik", next(title for title in map(str, range(1000)) if held_out(title)))


@pytest.fixture(scope="module")
def squad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQuAD file of two articles, one of them held out."""
    answers = [{"text": "Ingrid Solberg", "answer_start": START}]
    articles = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": PARAGRAPH,
                    "qas": [
                        {"id": f"{title}1", "question": "Who built it?", "answers": answers},
                        {"id": f"{title}2", "question": "Who burnt it in 1891?", "answers": []},
                    ],
                }
            ],
        }
        for title in TITLES
    ]
    file = tmp_path_factory.mktemp("squad") / "squad.json"
    file.write_text(json.dumps({"data": articles}))
    return file


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MPNet encoder, small and untrained, with the tokenizer that MPNet has: BERT's, moved."""
    folder = tmp_path_factory.mktemp("mpnet")
    made = json.loads(whole_tokenizer(BASE).to_str())
    special = ("<s>", "<pad>", "</s>", "<unk>")
    vocabulary = {token: i + 4 for token, i in made["model"]["vocab"].items()}
    made["model"]["vocab"] = dict(zip(special, range(4), strict=True)) | vocabulary
    made["added_tokens"] = made["post_processor"] = None
    tokenizer = Tokenizer.from_str(json.dumps({k: v for k, v in made.items() if v is not None}))
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=len(vocabulary) + 5,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
    )
    config.save_pretrained(folder)
    encoder = MPNetModel(config, add_pooling_layer=False)
    save_file(encoder.state_dict(), folder / "model.safetensors")
    return folder


def test_a_teacher_labels_and_its_student_learns(
    squad: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "FILE", 128)
    recipe = TeacherRecipe(steps=2, batch=1, frozen=1)
    teacher.train(recipe, squad, small, tmp_path / "teacher", 2)
    before, after = (
        state["encoder.encoder.layer.0.attention.attn.q.weight"]
        for state in (
            Teacher.from_folder(small).state_dict(),
            torch.load(tmp_path / "teacher" / "state.pt", weights_only=True)["model"],
        )
    )
    assert torch.equal(before, after)
    last = "encoder.encoder.layer.2.attention.attn.q.weight"
    trained = torch.load(tmp_path / "teacher" / "state.pt", weights_only=True)["model"]
    assert not torch.equal(Teacher.from_folder(small).state_dict()[last], trained[last])

    state = tmp_path / "teacher" / "state.pt"
    made = [*labels.label(squad, small, state, tmp_path / "labels", 1)]
    assert made == [0]
    assert [*labels.label(squad, small, state, tmp_path / "labels", 1)] == []

    data = load_squad(squad)
    taught = labels.load(tmp_path / "labels")
    features = Features(data, whole_tokenizer(BASE))
    for label in taught[::50]:
        (feature,) = features.build([label.example])
        assert len(label.start) == len(label.end) == 1 + feature.window.length

    student = DistilRecipe(steps=2, warmup_steps=1, hard_share=0)
    run = tmp_path / "student"
    distil.train(replace(student, steps=1), squad, BASE, tmp_path / "labels", run, 1)
    distil.train(student, squad, BASE, tmp_path / "labels", run, 1)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log if "held_out" in row] == [1, 2]
    # Taken up, it is the run that was not interrupted.
    whole = tmp_path / "whole"
    distil.train(student, squad, BASE, tmp_path / "labels", whole, 9)
    made_of = [load_file(r / "model" / "model.safetensors") for r in (run, whole)]
    assert made_of[0].keys() == made_of[1].keys()
    assert all(torch.equal(made_of[0][name], made_of[1][name]) for name in made_of[0])
    average(run / "model", whole / "model", tmp_path / "mean", 0.5)
    mean = load_file(tmp_path / "mean" / "model.safetensors")
    assert all(torch.allclose(mean[name], made_of[0][name]) for name in mean)
    with pytest.raises(ClickException, match="not two trained readers"):
        average(BASE, run / "model", tmp_path / "mean", 0.5)
    with pytest.raises(ClickException, match="begun with another seed"):
        distil.train(replace(student, seed=1), squad, BASE, tmp_path / "labels", run, 1)

    def mixed(reader: Path, share: float) -> list[Label]:
        target = tmp_path / f"{reader.name}-{share}"
        assert [*labels.label(squad, small, state, target, 1, reader, share)] == [0]
        return labels.load(target)

    with pytest.raises(ClickException, match="labels of another reader, reader_share; choose"):
        [*labels.label(squad, small, state, tmp_path / "labels", 2, run / "model", 0.25)]
    with pytest.raises(ClickException, match="holds no labels"):
        distil.train(student, squad, BASE, tmp_path, tmp_path / "new", 1)
    both = zip(taught, mixed(run / "model", 0.25), mixed(run / "model", 1.0), strict=True)
    for teachers, mean, readers in both:
        assert teachers.example == mean.example == readers.example
        for side in ("start", "end"):
            expected = 0.75 * getattr(teachers, side) + 0.25 * getattr(readers, side)
            assert np.allclose(getattr(mean, side), expected, atol=0.01)
    assert not np.allclose(teachers.start, readers.start, atol=0.01)
    other = tmp_path / "other"
    shutil.copytree(run / "model", other)
    text = (other / "tokenizer.json").read_text()
    (other / "tokenizer.json").write_text(text.replace('"harbour":', '"harbourx":'))
    with pytest.raises(ClickException, match="cut text into different tokens"):
        mixed(other, 0.25)


@given(st.lists(st.integers(0, 99)), st.integers(1, 5), st.integers())
def test_batches_are_of_like_length_and_hold_all_but_a_surplus(
    lengths: list[int], batch: int, seed: int
) -> None:
    items = list(enumerate(lengths))
    chunked = [item for chunk in chunks(items, batch) for item in chunk]
    assert chunked == items
    batches = bucketed(items, lambda item: item[1], batch, random.Random(seed))
    assert all(len(each) == batch for each in batches)
    assert len({item for each in batches for item in each}) == len(items) // batch * batch
    ranges = sorted((each[0][1], each[-1][1]) for each in batches)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))


QUESTION = Question("1", "Who built it?", 0, ((START, START + 14),), ("Ingrid Solberg",))
DATA = Dataset([PARAGRAPH], ["Norrvik"], [QUESTION, Question("2", "Who burnt it?", 0, (), ())])


@given(st.integers(0, 1), st.integers(1, 200), st.integers())
def test_a_cropped_paragraph_is_whole_sentences_around_the_answer(
    question: int, characters: int, seed: int
) -> None:
    ((start, end),) = Augmenter(DATA).cropped(question, 0, characters, random.Random(seed))
    shown = PARAGRAPH[start:end]
    assert len(shown) <= characters or shown in SENTENCES
    assert f" {shown} " in f" {PARAGRAPH} "
    assert any(shown.startswith(each) for each in SENTENCES)
    assert any(shown.endswith(each) for each in SENTENCES)
    if question == 0:
        assert "Ingrid Solberg" in shown


def test_the_divergence_is_zero_where_both_say_the_same() -> None:
    """And the same as of the distributions, one by one, where they don't."""
    features = Features(DATA, whole_tokenizer(BASE))
    rng = torch.Generator().manual_seed(1)
    batch, rows = [], []
    for kept in (None, [(0, len(SENTENCES[0]))]):
        (feature,) = features.build([Example(0, 0, kept=kept, answered=False)])
        logits = torch.randn(2, 1 + feature.window.length, generator=rng).half()
        batch.append((feature, Label(Example(0, 0), logits[0].numpy(), logits[1].numpy())))
        rows.append(logits.float())
    longest = max(len(feature.window.ids) for feature, _ in batch)

    def placed(moved: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        said = torch.full((2, len(batch), longest), 9.0)
        for row, (feature, _) in enumerate(batch):
            said[:, row, 0] = rows[row][:, 0] + moved
            begin = feature.window.prefix
            said[:, row, begin : begin + feature.window.length] = rows[row][:, 1:]
        return said[0], said[1], torch.zeros(len(batch))

    assert distil.divergence(batch, placed(0), 2.0).item() == pytest.approx(0, abs=1e-6)
    expected = 0.0
    for logits in rows:
        moved = logits.clone()
        moved[:, 0] += 3
        wanted, said = ((each / 2).log_softmax(-1) for each in (logits, moved))
        expected += 4 * (wanted.exp() * (wanted - said)).sum(-1).mean().item() / len(rows)
    assert distil.divergence(batch, placed(3), 2.0).item() == pytest.approx(expected, rel=1e-4)
