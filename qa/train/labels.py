"""What the teacher, or it and a reader, say about examples, in files made over days."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from qa.evaluate.datasets import Dataset, load_squad
from qa.index.files import file_sha256, whole_tokenizer
from qa.train.augment import Augmenter
from qa.train.data import Example, Feature, Features, length, split
from qa.train.loop import precision
from qa.train.losses import Network, tensors
from qa.train.model import SpanReader
from qa.train.negatives import Negatives
from qa.train.teacher import Teacher, layout

Logits = NDArray[np.float32]

FILE = 1024
_SOURCE = "source.json"
# Of the examples, asked of a retrieved paragraph or, where that can be done, with a name
# or number swapped; of the others, read cut to CROP characters or with sentences left out.
NEGATIVE, SWAPPED = 0.1, 0.18
CROPPED, THINNED, THINNED_SENTENCES, CROP = 0.5, 0.15, 0.3, 420


@dataclass(frozen=True, slots=True)
class Label:
    """An example that makes one window, with what it is taught with.

    Attributes:
        start: logits of shape ``(1 + passage tokens,)``: of the null span, then of the tokens.
        end: the same, of the span's end.
    """

    example: Example
    start: Logits
    end: Logits


@dataclass(frozen=True, slots=True)
class _Expert:
    """A network whose logits are ``share`` of the label's."""

    network: Network
    features: Features
    share: float


def label(
    data_file: Path,
    base: Path,
    state: Path,
    target: Path,
    files: int,
    reader: Path | None = None,
    reader_share: float = 0.0,
) -> Iterator[int]:
    """Write the first ``files`` files of labels that aren't there yet; yields their numbers.

    ``base`` is the folder of the encoder that the teacher began as, for its shape and
    tokenizer, and ``state`` the teacher's checkpoint. With the folder of a ``reader``, labels are
    the mean of both, weighted: readers with other encoders make other mistakes.

    Raises:
        ClickException: teacher and reader cut text into different tokens, or the folder holds
            labels that others made.
    """
    target.mkdir(parents=True, exist_ok=True)
    _same_source(
        target,
        {
            "data": file_sha256(data_file),
            "base": file_sha256(base / "model.safetensors"),
            "state": file_sha256(state),
            "reader": file_sha256(reader / "model.safetensors") if reader else None,
            "reader_share": reader_share,
        },
    )
    data = load_squad(data_file)
    questions, _ = split(data)
    augmenter = Augmenter(data)
    negatives = Negatives(data)
    experts = [_teacher(data, base, state, 1.0 - reader_share)]
    if reader is not None:
        experts.append(_reader(data, reader, reader_share))
    random.Random(0).shuffle(questions)
    for number in range(files):
        file = target / f"{number:05}.npz"
        if file.exists():
            continue
        rng = random.Random(number)
        asked = [questions[(number * FILE + i) % len(questions)] for i in range(FILE)]
        examples = [
            _example(data, augmenter, question, negative, rng)
            for question, negative in zip(asked, negatives.of(asked), strict=True)
        ]
        _save(file, _labels(experts, examples))
        yield number


def source(folder: Path) -> dict[str, object]:
    """What a folder's labels are made of, and how many files of them there are.

    Raises:
        ClickException: it holds none.
    """
    try:
        made_of: dict[str, object] = json.loads((folder / _SOURCE).read_bytes())
    except FileNotFoundError:
        raise click.ClickException(f"{folder}: holds no labels") from None
    return {**made_of, "files": len(_files(folder))}


def _same_source(folder: Path, made_of: dict[str, object]) -> None:
    """Note what labels are made of, or make sure that those already there are of the same."""
    if _files(folder):
        former = source(folder)
        other = [name for name in made_of if former.get(name) != made_of[name]]
        if other:
            raise click.ClickException(
                f"{folder}: holds labels of another {', '.join(other)}; choose another TARGET"
            )
    (folder / _SOURCE).write_text(json.dumps(made_of, indent=1) + "\n", encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.npz"))


def load(folder: Path) -> list[Label]:
    """All labels in a folder."""
    return [label for file in _files(folder) for label in _load(file)]


def _example(
    data: Dataset, augmenter: Augmenter, question: int, negative: int, rng: random.Random
) -> Example:
    paragraph = data.questions[question].paragraph
    text, answered, draw = None, True, rng.random()
    if draw < NEGATIVE:
        paragraph = negative if negative >= 0 else paragraph
    elif draw < NEGATIVE + SWAPPED and data.questions[question].spans:
        text = augmenter.swapped(question, rng)
        answered = text is None
    kept, draw = None, rng.random()
    if draw < CROPPED:
        kept = augmenter.cropped(question, paragraph, CROP, rng)
    elif draw < CROPPED + THINNED and paragraph == data.questions[question].paragraph:
        kept = augmenter.thinned(question, THINNED_SENTENCES, rng)
    return Example(question, paragraph, text, kept, answered)


def _teacher(data: Dataset, base: Path, state: Path, share: float) -> _Expert:
    tokenizer = whole_tokenizer(base)
    network = Teacher.from_folder(base)
    network.load_state_dict(torch.load(state, weights_only=True)["model"])
    return _Expert(network.eval(), Features(data, tokenizer, layout(tokenizer)), share)


def _reader(data: Dataset, folder: Path, share: float) -> _Expert:
    network = SpanReader.from_folder(folder)
    return _Expert(network.eval(), Features(data, whole_tokenizer(folder)), share)


def _labels(experts: Sequence[_Expert], examples: Sequence[Example]) -> list[Label]:
    """Labels of those examples that make one window for every expert."""
    said = [_read(expert, examples) for expert in experts]
    labels = []
    for number, example in enumerate(examples):
        logits = [each[number] for each in said if number in each]
        if len(logits) < len(experts):
            continue
        if len({len(start) for start, _ in logits}) > 1:
            raise click.ClickException("teacher and reader cut text into different tokens")
        shares = [expert.share for expert in experts]
        start, end = (
            np.average(side, axis=0, weights=shares) for side in zip(*logits, strict=True)
        )
        labels.append(Label(example, start, end))
    return labels


@torch.inference_mode()
def _read(expert: _Expert, examples: Sequence[Example]) -> dict[int, tuple[Logits, Logits]]:
    """Start and end logits, as in a label, of those examples that make one window."""
    single: list[tuple[int, Feature]] = []
    for number, example in enumerate(examples):
        built = expert.features.build([example])
        if len(built) == 1:
            single.append((number, built[0]))
    single.sort(key=lambda pair: length(pair[1]))
    said = {}
    for begin in range(0, len(single), 32):
        batch = single[begin : begin + 32]
        with precision():
            outputs = expert.network(*tensors([feature for _, feature in batch]))
        start, end = (logits.float().numpy() for logits in outputs[:2])
        for row, (number, feature) in enumerate(batch):
            window = feature.window
            shown = [0, *range(window.prefix, window.prefix + window.length)]
            said[number] = start[row, shown], end[row, shown]
    return said


def _save(file: Path, labels: Sequence[Label]) -> None:
    examples = json.dumps([asdict(each.example) for each in labels]).encode()
    temporary = file.with_name("new.npz")
    np.savez(
        temporary,
        examples=np.frombuffer(examples, np.uint8),
        lengths=np.array([len(each.start) for each in labels]),
        start=np.concatenate([each.start for each in labels]).astype(np.float16),
        end=np.concatenate([each.end for each in labels]).astype(np.float16),
    )
    os.replace(temporary, file)


def _load(file: Path) -> list[Label]:
    with np.load(file) as stored:
        examples = json.loads(stored["examples"].tobytes())
        borders = np.cumsum(stored["lengths"])[:-1]
        starts, ends = (
            np.split(stored[name].astype(np.float32), borders) for name in ("start", "end")
        )
    return [
        Label(Example(**example), start, end)
        for example, start, end in zip(examples, starts, ends, strict=True)
    ]
