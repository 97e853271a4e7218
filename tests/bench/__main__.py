"""``python -m tests.bench [SECTION …]``: Markdown tables on standard output, for BENCHMARKS.md.

Without names every section runs, one after the other.
"""

from __future__ import annotations

import importlib
import os
import platform

import click

SECTIONS = (
    "speed",
    "retrieval",
    "scale",
    "changes",
    "faults",
    "hostile",
    "dialogues",
    "formats",
    "peers",
)


@click.command()
@click.argument("sections", nargs=-1, type=click.Choice(SECTIONS))
def main(sections: tuple[str, ...]) -> None:
    """Measure on this machine."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    for name in sections or SECTIONS:
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main()
