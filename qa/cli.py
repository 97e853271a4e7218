"""The ``qa`` command: build, ask, serve, eval, info, feedback export."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qa.config import Settings, load
from qa.errors import QAError

ABSTAINED = 3


class _Group(click.Group):
    """Turns the program's own errors into one line and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except QAError as error:
            click.echo(f"qa: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qa")
@click.option("--config", type=click.Path(path_type=Path), help="Instead of ./config.yaml.")
@click.option("--source", type=click.Path(), help="Folder of documents [source.folder].")
@click.option("--index", type=click.Path(), help="Folder of the index [index.folder].")
@click.pass_context
def main(ctx: click.Context, config: Path | None, source: str | None, index: str | None) -> None:
    """Ask a folder of documents; get their exact words and where they stand."""
    logging.basicConfig(level=logging.WARNING, format="qa: %(message)s", stream=sys.stderr)
    flags = {
        "source.folder": str(Path(source).absolute()) if source else None,
        "index.folder": str(Path(index).absolute()) if index else None,
    }

    def settings(**more: object) -> Settings:
        extra = {name.replace("__", "."): value for name, value in more.items()}
        return load(config, {**flags, **extra})

    ctx.obj = settings


Loader = Callable[..., Settings]


@main.command()
@click.option("--full", is_flag=True, help="Embed every passage anew, reusing nothing.")
@click.option("--if-stale", is_flag=True, help="Do nothing if the index is up to date.")
@click.pass_obj
def build(settings: Loader, full: bool, if_stale: bool) -> None:
    """Build the index from the source folder and publish it."""
    from qa.index.builder import build as build_index
    from qa.index.builder import staleness

    loaded = settings()
    if if_stale and not full and staleness(loaded) is None:
        click.echo("up to date", err=True)
        return
    built = build_index(loaded, full=full)
    m = built.manifest
    click.echo(
        f"{built.snapshot.name}: {m.documents} documents, {m.passages} passages "
        f"({built.embedded} embedded, {m.passages - built.embedded} unchanged)"
    )


@main.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="The reply as the HTTP API gives it.")
@click.pass_obj
def ask(settings: Loader, question: str, as_json: bool) -> None:
    """Answer one question. Exit code 3 means the documents don't say."""
    from qa.answer.pipeline import Pipeline
    from qa.index.snapshot import Snapshot, current
    from qa.web.schemas import checked_question, reply_body

    loaded = settings()
    checked = checked_question(question, loaded.server.max_question_chars)
    reply = Pipeline(Snapshot(current(loaded.index.folder)), loaded).ask(checked)
    if as_json:
        click.echo(json.dumps(reply_body(reply).model_dump(), ensure_ascii=False, indent=1))
    elif reply.answers:
        for answer in reply.answers:
            click.echo(f"{answer.text}  ({answer.confidence:.0%})")
            if answer.sentence.text != answer.text:
                click.echo(f"    {' '.join(answer.sentence.text.split())}")
            for citation in answer.citations:
                click.echo(
                    f"    — {citation.title} [{citation.document} {citation.start}:{citation.end}]"
                )
    else:
        click.echo("The documents don't say.")
        for hit in reply.hits[:3]:
            words = " ".join(hit.passage.text.split())
            click.echo(f"    near: {words[:160]}", err=True)
    if not reply.answers:
        raise SystemExit(ABSTAINED)


@main.command()
@click.option("--host", help="Address to listen on [server.host].")
@click.option("--port", type=int, help="Port to listen on, 0 for any [server.port].")
@click.pass_obj
def serve(settings: Loader, host: str | None, port: int | None) -> None:
    """Serve the API and the chat page, after building the index if it is stale."""
    from qa.index.builder import staleness
    from qa.index.snapshot import current
    from qa.web.app import create_app
    from qa.web.server import serve as run

    loaded = settings(server__host=host, server__port=port)
    try:
        reason = staleness(loaded)
    except QAError as error:
        # A snapshot can be served where its sources are not.
        current(loaded.index.folder)
        click.echo(f"qa: {error}; serving the snapshot as it is", err=True)
        reason = None
    if reason:
        click.echo(f"qa: building the index: {reason}", err=True)
        # In a process of its own: the embedding model's memory is given back.
        code = subprocess.call(
            [sys.executable, "-m", "qa", *_global_arguments(), "build"], stdout=sys.stderr
        )
        if code:
            current(loaded.index.folder)
            click.echo("qa: the build failed; serving the former snapshot", err=True)
    app = create_app(loaded)
    # Fail here, in one line, rather than answer 503 to everything.
    app.extensions["qa.service"].pipeline()
    run(app, loaded)


@main.command()
@click.pass_obj
def info(settings: Loader) -> None:
    """Show what is in the index."""
    from qa.index.builder import staleness
    from qa.index.snapshot import Snapshot, current

    loaded = settings()
    snapshot = Snapshot(current(loaded.index.folder))
    m = snapshot.manifest
    try:
        state = staleness(loaded) or "up to date"
    except QAError as error:
        state = f"can't be compared with its sources: {error}"
    rows = {
        "snapshot": snapshot.id,
        "state": state,
        "format": m.format,
        "built": m.created.isoformat(),
        "size": f"{snapshot.size_bytes / 1e6:.1f} MB",
        "documents": m.documents,
        "passages": f"{m.passages} of up to {m.chunking.passage_tokens} tokens, "
        f"{m.chunking.overlap_sentences} sentence(s) of overlap",
        "sentences": m.sentences,
        "vectors": f"{m.vectors}, {m.dimension} dimensions",
        "lexical": f"BM25, {m.terms} terms",
        "model": f"{m.model} ({m.model_sha256[:12]})",
    }
    for name, value in rows.items():
        click.echo(f"{name:<10} {value}")


@main.command(name="eval")
@click.argument("dataset", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), help="Ask only so many, drawn at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw.")
@click.option(
    "--run",
    type=click.Path(path_type=Path),
    default=Path("runs/latest"),
    show_default=True,
    help="Folder for report.json and predictions.jsonl.",
)
@click.pass_obj
def evaluate(settings: Loader, dataset: Path, limit: int | None, seed: int, run: Path) -> None:
    """Measure the answers on a SQuAD file, over an index of the file's own articles."""
    from qa.evaluate.report import evaluate as evaluate_dataset

    report = evaluate_dataset(dataset, settings(), run, limit=limit, seed=seed)
    for section in ("end_to_end", "gold_passage"):
        click.echo(section.replace("_", " "))
        figures = report[section]
        assert isinstance(figures, dict)
        for name, value in figures.items():
            click.echo(f"  {name:<28} {value:8.3f}")


@main.group()
def feedback() -> None:
    """What people said about the answers on the pages."""


@feedback.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["squad", "jsonl"]),
    default="jsonl",
    show_default=True,
    help="SQuAD 2.0 JSON with contexts, or one question a line.",
)
@click.pass_obj
def export(settings: Loader, form: str) -> None:
    """Print the judged questions as an evaluation set for 'qa eval'."""
    from qa.web.feedback import FeedbackStore, as_jsonl, as_squad, judged

    questions = judged(FeedbackStore(settings().server.feedback_file).all())
    click.echo(as_squad(questions) if form == "squad" else as_jsonl(questions), nl=False)


def _global_arguments() -> list[str]:
    """The options given before the command, for a build in a process of its own."""
    parent = click.get_current_context().parent
    given = parent.params if parent else {}
    return [part for name, value in given.items() if value for part in (f"--{name}", str(value))]
