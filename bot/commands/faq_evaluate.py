"""``faq evaluate``. In a module of its own, for the picture loads matplotlib."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from faq.embedding.choice import open_embedder
from faq.evaluate import as_json, as_table, unknown_entries
from faq.evaluate import evaluate as measure

_SHOWN = 10
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--phrasings", type=_FILE, required=True, help="What to learn from: entry, language and text, parted by tabs."
)
@click.option(
    "--questions", type=_FILE, required=True, help="What to ask, likewise; - as the entry means that none fits."
)
@click.option("--asked", type=_FILE, help="Questions that players asked before, one a line, to learn from too.")
@click.option(
    "--json", "wants_json", is_flag=True, help="Print one JSON object, and draw nothing unless --plot is given."
)
@click.option("--no-semantic", is_flag=True, help="Leave the sentence embedding out.")
@click.option(
    "--embedding",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="An ONNX model of your own, as faq.embedding names one.",
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Where to draw; by default evaluation.png."
)
def evaluate(
    phrasings: Path,
    questions: Path,
    asked: Path | None,
    wants_json: bool,
    no_semantic: bool,
    embedding: Path | None,
    plot: Path | None,
) -> None:
    """Measure the matcher on labelled questions.

    Prints accuracy, recall among the first three, how well questions in and out of scope are told apart, the share
    answered at 90, 95 and 98 % precision, the calibration error and the time a question takes; draws risk against
    coverage, and reliability. Runs anywhere, without config.yaml.
    """
    unknown = unknown_entries(phrasings, questions)
    if unknown:
        named = ", ".join(f"{entry} ({count})" for entry, count in list(unknown.items())[:_SHOWN])
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        click.echo(f"No phrasing has these entries of the questions, which count as wrong: {named}{more}", err=True)
    embedder = open_embedder(embedding) if embedding is not None else None
    report = measure(phrasings, questions, semantic=not no_semantic, embedder=embedder, asked_before=asked)
    click.echo(as_json(report) if wants_json else as_table(report))
    if plot is None and wants_json:
        return
    plot = plot or Path("evaluation.png")
    if find_spec("matplotlib") is None:
        click.echo("No picture was drawn: that needs  pip install matplotlib.", err=True)
        return
    from faq.plots import draw  # noqa: PLC0415 - matplotlib is no dependency of the program

    draw(report, plot)
    click.echo(f"Drawn to {plot}.", err=True)
