"""``wavecomp history``: many archives in order of time, with the steps that each metric made."""

from __future__ import annotations

from pathlib import Path

import click

from wavecomp.cli.console import err
from wavecomp.cli.out_folder import OutFolder


@click.command()
@click.argument(
    "archives",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="ARCHIVE...",
)
@click.option("--out", "folder", type=OutFolder(), help="Write history.md with tables and a picture a metric there.")
@click.option("--format", "form", type=click.Choice(["text", "markdown", "csv"]), default="text", show_default=True)
def history(archives: tuple[Path, ...], folder: Path | None, form: str) -> None:
    """Put many archives in order of time and say where a metric stepped, at which commit and versions.

    ARCHIVE is an archive, a JSON of pytest-benchmark, or a folder that holds many at any depth. An archive that was
    measured into for years gives all its runs. Bytes, errors and forward steps are exact: any change is told. Times,
    relative to a copy of the same run, and peak memory are noisy: steps beyond the noise are told, from six runs on,
    with the library ruptures (pip install 'wavecomp[history]').

    The table of steps is printed; --out writes the pictures too.

    \b
    Example:
      wavecomp history results/2026-*
      wavecomp history results --out results/history
    """
    from wavecomp.report.history import history_of, write_history
    from wavecomp.report.table import render

    runs, found, steps = history_of(archives)
    click.echo(render(steps, form))  # type: ignore[arg-type]
    if folder is not None:
        written = write_history(folder, runs, found, steps)
        err.print(f"{len(written)} files written to {folder}; start with {written[-1]}")
