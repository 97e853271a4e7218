"""The ``qa`` command: build, ask, serve, eval, info, feedback export."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from qa.config import Settings, load
from qa.control import visible
from qa.errors import QAError

ABSTAINED = 3


class _Group(click.Group):
    """Turns the program's own errors into one line and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except QAError as error:
            click.echo(visible(f"qa: {error}"), err=True)
            ctx.exit(error.exit_code)


class _OneLine(logging.Formatter):
    """Messages as one line each, whatever the files they name are called."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 the library's
        return visible(super().formatMessage(record)).replace("\n", "\ufffd")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qa")
@click.option("--config", type=click.Path(path_type=Path), help="Instead of ./config.yaml.")
@click.option(
    "--source", type=click.Path(), help="Folder of documents, to build from [source.folder]."
)
@click.option("--index", type=click.Path(), help="Folder of the index [index.folder].")
@click.pass_context
def main(ctx: click.Context, config: Path | None, source: str | None, index: str | None) -> None:
    """Ask a folder of documents; get their exact words and where they stand."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A letter that the terminal's encoding lacks is no reason to show nothing.
            stream.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("qa: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    if source and not index and ctx.invoked_subcommand in ("ask", "eval"):
        raise click.UsageError(
            f"'{ctx.invoked_subcommand}' answers from an index, not from --source: "
            "name the one that was built of it with --index"
        )
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
@click.option("--document", "documents", multiple=True, help="Only from this document (an id).")
@click.option(
    "--where",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only from documents whose metadata have this value.",
)
@click.pass_obj
def ask(
    settings: Loader,
    question: str,
    as_json: bool,
    documents: tuple[str, ...],
    where: tuple[str, ...],
) -> None:
    """Answer one question. Exit code 3 means the documents don't say.

    --document and --where can be repeated: any of the documents, all of the values.
    """
    from qa.answer.pipeline import Options, Pipeline
    from qa.index.snapshot import open_current
    from qa.web import terminal
    from qa.web.request_bodies import checked_question, checked_where

    loaded = settings()
    checked = checked_question(question, loaded.server.max_question_chars)
    options = Options(documents=documents or None, where=checked_where(where) or None)
    snapshot = open_current(loaded.index.folder)
    reply = Pipeline(snapshot, loaded).ask(checked, options)
    if as_json:
        click.echo(terminal.as_json(reply))
    elif reply.answers:
        click.echo(terminal.answers(reply))
    else:
        rows = snapshot.store.rows_of(options.documents, options.where)
        if where and rows is not None and not len(rows):
            searched = "documents asked for" if documents else "documents"
            none = f"None of the {searched} matches {' and '.join(where)}."
            click.echo(visible(none))
        else:
            click.echo("The documents don't say.")
        if reply.hits:
            click.echo(terminal.nearest(reply), err=True)
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
        click.echo(visible(f"qa: {error}; serving the snapshot as it is"), err=True)
        reason = None
    if reason:
        click.echo(visible(f"qa: building the index: {reason}"), err=True)
        # In a process of its own: the embedding model's memory is given back. Not from what
        # Python files happen to lie in the working folder (-P): it may hold the documents.
        code = subprocess.call(
            [sys.executable, "-P", "-m", "qa", *_global_arguments(), "build"], stdout=sys.stderr
        )
        if code:
            try:
                current(loaded.index.folder)
            except QAError:
                # The build has said what is wrong.
                raise SystemExit(code) from None
            click.echo("qa: the build failed; serving the former snapshot", err=True)
    app = create_app(loaded)
    # Fail here, in one line, rather than answer 503 to everything.
    app.extensions["qa.service"].pipeline()
    run(app, loaded)


@main.command()
@click.option("--documents", is_flag=True, help="The id and the file of each document instead.")
@click.pass_obj
def info(settings: Loader, documents: bool) -> None:
    """Show what is in the index."""
    from qa.index.builder import staleness
    from qa.index.snapshot import open_current
    from qa.web import terminal

    loaded = settings()
    snapshot = open_current(loaded.index.folder)
    if documents:
        click.echo(terminal.documents(snapshot))
        return
    try:
        state = staleness(loaded) or "up to date"
    except QAError as error:
        state = f"can't be compared with its sources: {error}"
    click.echo(terminal.overview(snapshot, state))


@main.command(name="eval")
@click.argument("dataset", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--corpus",
    type=click.Choice(["dataset", "index"]),
    help="Ask over the documents the dataset brings (the default if it does) or the index.",
)
@click.option("--url", help="Ask a running server instead, such as http://127.0.0.1:8000.")
@click.option("--limit", type=click.IntRange(min=1), help="Ask only so many, drawn at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of every draw.")
@click.option(
    "--run",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the report and the answers [runs/<dataset>-<hash of all it depends on>].",
)
@click.option("--fresh", is_flag=True, help="Throw away what the folder holds of an earlier run.")
@click.option("--fail-under", metavar="NAME=SHARE,…", help="Exit 1 below it: f1=0.70,coverage=0.8")
@click.option(
    "--compare",
    nargs=2,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="RUN_A RUN_B",
    help="Compare two runs' folders question by question.",
)
@click.pass_obj
def evaluate(
    settings: Loader,
    dataset: Path | None,
    corpus: Literal["dataset", "index"] | None,
    url: str | None,
    limit: int | None,
    seed: int,
    run: Path | None,
    fresh: bool,
    fail_under: str | None,
    compare: tuple[Path, Path] | None,
) -> None:
    """Measure the answers on a dataset: SQuAD (.json), .jsonl, or a BEIR folder.

    Retrieval, the reader on the gold passage and the whole, first answer only; figures
    are shares from 0 to 1 with their 95 % intervals.
    """
    from qa.evaluate.report import check, demands

    if (dataset is None) == (compare is None):
        raise click.UsageError("give a DATASET to ask, or --compare RUN_A RUN_B")
    if compare is not None:
        from qa.evaluate.compare import compare_runs, comparison_table

        given = {"--corpus": corpus, "--url": url, "--limit": limit, "--run": run}
        given |= {"--fail-under": fail_under, "--fresh": fresh or None}
        needless = [option for option, value in given.items() if value is not None]
        if needless:
            raise click.UsageError(f"{needless[0]} is for a run, not for a comparison")
        comparison = compare_runs(*compare)
        click.echo("\n".join(comparison_table(comparison)))
        click.echo(f"written to {compare[1] / 'comparison.html'}", err=True)
        return
    from qa.evaluate.evaluation import Order
    from qa.evaluate.evaluation import evaluate as run_evaluation
    from qa.evaluate.table import report_table

    assert dataset is not None
    wanted = demands(fail_under) if fail_under is not None else []
    order = Order(dataset, corpus, url, limit, seed, run, fresh, wanted)
    outcome = run_evaluation(order, settings())
    click.echo("\n".join(report_table(outcome.report)))
    already = outcome.report["questions"] - outcome.asked
    if already:
        click.echo(f"{already} of the answers were there already; --fresh asks again", err=True)
    click.echo(f"written to {outcome.run / 'report.html'}", err=True)
    check(outcome.report, wanted)


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
