"""``python -m qa.train``: make the span reader."""

from __future__ import annotations

from pathlib import Path

import click
import torch

from qa.train.loop import Recipe, train


@click.command()
@click.option("--data", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--base", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--run", type=click.Path(path_type=Path), required=True, help="Run folder.")
@click.option("--steps", type=int, required=True, help="Optimizer steps in total.")
@click.option("--evaluate-every", type=int, default=1000, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
def main(data: Path, base: Path, run: Path, steps: int, evaluate_every: int, threads: int) -> None:
    """Train the span reader on SQuAD 2.0, going on from the run folder's last checkpoint."""
    torch.set_num_threads(threads)
    train(Recipe(steps=steps), data, base, run, evaluate_every)


if __name__ == "__main__":
    main()
