"""``python -m qa.train``: make the span reader and the calibrations, step by step."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from pathlib import Path
from typing import TypeVar

import click

from qa.answer.confidence import shipped
from qa.answer.readers import SENTENCE, SPAN, sentence_reader, span_reader
from qa.answer.span_reader import SpanReader
from qa.config import Settings
from qa.evaluate.datasets import load_squad
from qa.evaluate.metrics import squad_scores
from qa.evaluate.runs import gold_passage, sample
from qa.index.files import PROGRAM, file_hashes, file_sha256, indexing_code
from qa.index.models import locate
from qa.train.average import average as average_models
from qa.train.calibrate import (
    FEATURES,
    MIX,
    SENTENCE_FEATURES,
    SENTENCE_MIX,
    best_gap_threshold,
    collect,
    fit,
    load,
    save,
)
from qa.train.data import split
from qa.train.distil import DistilRecipe
from qa.train.distil import train as train_student
from qa.train.export import export as export_model
from qa.train.labels import label as write_labels
from qa.train.loop import Recipe
from qa.train.reader import ReaderRecipe
from qa.train.reader import train as train_reader
from qa.train.restore import restore as restore_model
from qa.train.teacher import TeacherRecipe
from qa.train.teacher import train as train_teacher

R = TypeVar("R", bound=Recipe)

_DATA = PROGRAM / "answer" / "data"
_FILE = click.Path(exists=True, path_type=Path)


def _training(kind: type[R]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command that gets its ``recipe`` from options, and those that all training has."""
    default = kind(steps=0)
    options = (
        click.option("--data", type=_FILE, required=True, help="SQuAD 2.0 training file."),
        click.option(
            "--base", type=_FILE, required=True, help="Folder of the encoder to start from."
        ),
        click.option("--run", type=click.Path(path_type=Path), required=True, help="Run folder."),
        click.option("--steps", type=int, required=True, help="Optimizer steps in total."),
        click.option(
            "--learning-rate",
            type=float,
            default=default.learning_rate,
            show_default=True,
            help="The peak.",
        ),
        click.option(
            "--seed",
            type=int,
            default=default.seed,
            show_default=True,
            help="Of order and variation.",
        ),
        click.option("--evaluate-every", type=int, default=1000, show_default=True),
    )

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def started(*, steps: int, learning_rate: float, seed: int, **rest: object) -> None:
            command(kind(steps=steps, learning_rate=learning_rate, seed=seed), **rest)

        return reduce(lambda done, option: option(done), reversed(options), started)

    return decorate


@click.group()
def main() -> None:
    """Make what ships in qa/answer/data."""


@main.command()
@_training(ReaderRecipe)
def reader(recipe: ReaderRecipe, data: Path, base: Path, run: Path, evaluate_every: int) -> None:
    """Train the reader, going on from the run folder's last checkpoint."""
    train_reader(recipe, data, base, run, evaluate_every)


@main.command()
@_training(TeacherRecipe)
def teacher(recipe: TeacherRecipe, data: Path, base: Path, run: Path, evaluate_every: int) -> None:
    """Train a larger reader, going on from the run folder's last checkpoint."""
    train_teacher(recipe, data, base, run, evaluate_every)


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--data", type=_FILE, required=True, help="SQuAD 2.0 training file.")
@click.option("--base", type=_FILE, required=True, help="Folder of the teacher's encoder.")
@click.option("--state", type=_FILE, required=True, help="The teacher's checkpoint.")
@click.option("--files", type=int, required=True, help="How many, of a thousand examples each.")
@click.option("--reader", type=_FILE, help="Folder of a model whose logits are averaged in.")
@click.option("--reader-share", type=float, default=0.3, show_default=True, help="Of --reader.")
def label(
    target: Path,
    data: Path,
    base: Path,
    state: Path,
    files: int,
    reader: Path | None,
    reader_share: float,
) -> None:
    """Write down what the teacher says, going on after the last file in TARGET."""
    share = reader_share if reader else 0.0
    for number in write_labels(data, base, state, target, files, reader, share):
        click.echo(f"{number + 1} of {files} files")


@main.command()
@_training(DistilRecipe)
@click.option("--labels", type=_FILE, required=True, help="Folder of the teacher's labels.")
def distil(
    recipe: DistilRecipe, data: Path, base: Path, run: Path, evaluate_every: int, labels: Path
) -> None:
    """Train the reader on the teacher's labels, going on from the run's last checkpoint."""
    train_student(recipe, data, base, labels, run, evaluate_every)


@main.command()
@click.argument("model", type=_FILE)
@click.option("--target", type=click.Path(path_type=Path), default=_DATA / "reader")
@click.option(
    "--data",
    type=_FILE,
    help="SQuAD 2.0 training file, whose questions show what int8 has to cope with.",
)
@click.option("--full", is_flag=True, help="Keep float32, to compare with.")
def export(model: Path, target: Path, data: Path | None, full: bool) -> None:
    """Turn a trained model into the int8 ONNX file that ships."""
    if full == bool(data):
        raise click.UsageError("give --data for the int8 file, or --full for float32")
    export_model(model, target, load_squad(data) if data else None)


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--reader", type=_FILE, default=_DATA / "reader", help="Folder of model.onnx.")
@click.option("--base", type=_FILE, required=True, help="Folder of the encoder it began as.")
def restore(target: Path, reader: Path, base: Path) -> None:
    """Turn the int8 file that ships back into a model, to train on from."""
    restore_model(reader, base, target)


@main.command()
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--share", type=float, default=0.5, show_default=True, help="Of AFTER's weights.")
def average(before: Path, after: Path, target: Path, share: float) -> None:
    """Write the mean of two models' weights."""
    average_models(before, after, target, share)


@main.command()
@click.option("--reader", type=_FILE, default=_DATA / "reader", help="Folder of model.onnx.")
@click.option("--data", type=_FILE, required=True, help="SQuAD file.")
@click.option("--held-out", is_flag=True, help="Of the training file: only what it leaves out.")
@click.option("--limit", type=int, help="Ask only so many questions, drawn at random.")
@click.option("--seed", type=int, default=1, show_default=True)
def score(reader: Path, data: Path, held_out: bool, limit: int | None, seed: int) -> None:
    """Put a SQuAD file's questions to a reader with their paragraphs; shares of 1.

    At the lead over "not answered here" that ships.
    """
    dataset = load_squad(data)
    among = [dataset.questions[q] for q in split(dataset)[1]] if held_out else dataset.questions
    asked = sample(among, limit, seed)
    threshold = shipped(SPAN).gap_threshold
    found = squad_scores(list(gold_passage(SpanReader(reader), dataset, asked, threshold)))
    for figure, value in found.items():
        click.echo(f"{figure}: {value:.4f}")


@main.command()
@click.argument("name", type=click.Choice([SPAN, SENTENCE]))
@click.option("--data", type=_FILE, required=True, help="SQuAD 2.0 training file.")
@click.option("--limit", type=int, default=1000, show_default=True, help="Questions to ask.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--samples",
    type=click.Path(path_type=Path),
    required=True,
    help="File for the candidates found; if it exists, nothing is asked to find them again.",
)
def calibrate(name: str, data: Path, limit: int, seed: int, samples: Path) -> None:
    """Fit a reader's calibration on held-out articles and write it where it ships."""
    dataset = load_squad(data)
    sentences = name == SENTENCE
    threshold = 0.0 if sentences else best_gap_threshold(dataset, span_reader(), 2 * limit, seed)
    settings = Settings()
    source: dict[str, object] = {
        "reader": name,
        "files": None if sentences else file_hashes(_DATA / "reader"),
        "data": file_sha256(data),
        "limit": limit,
        "seed": seed,
        "retrieval": settings.retrieval.model_dump(),
        "index": settings.index.model_dump(mode="json", exclude={"folder"}),
        "embedding": locate(settings.index.embedding_model).sha256,
        # What ships as data is hashed above, less the calibration itself.
        "code": {n: h for n, h in file_hashes(PROGRAM / "answer").items() if n.endswith(".py")},
        "indexing": indexing_code(),
        "asking": file_sha256(PROGRAM / "train" / "calibrate.py"),
    }
    if not samples.exists():
        found = collect(
            dataset,
            lambda snapshot: sentence_reader(snapshot.encoder) if sentences else span_reader(),
            limit=limit,
            seed=seed,
            whole_sentences=sentences,
            settings=settings,
        )
        save(samples, source, found)
    found = load(samples, source)
    calibration = (
        fit(found, name, SENTENCE_MIX, SENTENCE_FEATURES)
        if sentences
        else fit(found, name, MIX, FEATURES)
    ).model_copy(update={"gap_threshold": threshold})
    text = calibration.model_dump_json(indent=1) + "\n"
    (_DATA / f"{name}-calibration.json").write_text(text, encoding="utf-8")
    for target in (0.6, 0.7, 0.8, 0.9):
        click.echo(f"threshold at precision {target}: {calibration.threshold(target)}")


if __name__ == "__main__":
    main()
