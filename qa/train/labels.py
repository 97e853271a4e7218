"""What the teacher says about examples, in files of a thousand that can be made over days."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from qa.evaluate.datasets import Dataset, load_squad
from qa.index.files import whole_tokenizer
from qa.train.augment import Augmenter
from qa.train.data import Example, Feature, Features, length, split
from qa.train.loop import precision
from qa.train.losses import tensors
from qa.train.negatives import Negatives
from qa.train.teacher import Teacher, layout

Logits = NDArray[np.float16]

FILE = 1024
# Of the examples, asked of a retrieved paragraph or, where that can be done, with a name
# or number swapped; of the others, read cut to CROP characters or with sentences left out.
NEGATIVE, SWAPPED = 0.1, 0.18
CROPPED, THINNED, THINNED_SENTENCES, CROP = 0.5, 0.15, 0.3, 420


@dataclass(frozen=True, slots=True)
class Label:
    """An example that makes one window, with the teacher's logits.

    Attributes:
        start: logits of shape ``(1 + passage tokens,)``: of the null span, then of the tokens.
        end: the same, of the span's end.
    """

    example: Example
    start: Logits
    end: Logits


def label(data_file: Path, base: Path, state: Path, target: Path, files: int) -> Iterator[int]:
    """Write the first ``files`` files of labels that aren't there yet; yields their numbers.

    ``base`` is the folder of the encoder that the teacher began as, for its shape and
    tokenizer, and ``state`` the teacher's checkpoint.
    """
    data = load_squad(data_file)
    questions, _ = split(data)
    tokenizer = whole_tokenizer(base)
    features = Features(data, tokenizer, layout(tokenizer))
    augmenter = Augmenter(data)
    negatives = Negatives(data)
    teacher = Teacher.from_folder(base)
    teacher.load_state_dict(torch.load(state, weights_only=True)["model"])
    teacher.eval()
    target.mkdir(parents=True, exist_ok=True)
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
        _save(file, _read(teacher, features, examples))
        yield number


def load(folder: Path) -> list[Label]:
    """All labels in a folder.

    Raises:
        FileNotFoundError: there are none.
    """
    files = sorted(folder.glob("[0-9]*.npz"))
    if not files:
        raise FileNotFoundError(f"{folder}: no labels")
    return [label for file in files for label in _load(file)]


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


@torch.inference_mode()
def _read(teacher: Teacher, features: Features, examples: Sequence[Example]) -> list[Label]:
    """Labels of those examples that make one window."""
    single: list[tuple[Example, Feature]] = []
    for example in examples:
        built = features.build([example])
        if len(built) == 1:
            single.append((example, built[0]))
    single.sort(key=lambda pair: length(pair[1]))
    labels = []
    for begin in range(0, len(single), 32):
        batch = single[begin : begin + 32]
        with precision():
            outputs = teacher(*tensors([feature for _, feature in batch]))
        start, end = (logits.float().numpy().astype(np.float16) for logits in outputs[:2])
        for row, (example, feature) in enumerate(batch):
            window = feature.window
            shown = [0, *range(window.prefix, window.prefix + window.length)]
            labels.append(Label(example, start[row, shown], end[row, shown]))
    return labels


def _save(file: Path, labels: Sequence[Label]) -> None:
    examples = json.dumps([asdict(each.example) for each in labels]).encode()
    temporary = file.with_name("new.npz")
    np.savez(
        temporary,
        examples=np.frombuffer(examples, np.uint8),
        lengths=np.array([len(each.start) for each in labels]),
        start=np.concatenate([each.start for each in labels]),
        end=np.concatenate([each.end for each in labels]),
    )
    os.replace(temporary, file)


def _load(file: Path) -> list[Label]:
    with np.load(file) as stored:
        examples = json.loads(stored["examples"].tobytes())
        borders = np.cumsum(stored["lengths"])[:-1]
        starts, ends = (np.split(stored[name], borders) for name in ("start", "end"))
    return [
        Label(Example(**example), start, end)
        for example, start, end in zip(examples, starts, ends, strict=True)
    ]
