"""``wavecomp table1`` and ``wavecomp report``: from records to tables and figures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from wavecomp.catalogue import find_suites
from wavecomp.cli.claiming import claim
from wavecomp.cli.console import err, out
from wavecomp.cli.fields import chosen, field_name, references
from wavecomp.cli.out_folder import OutFolder
from wavecomp.cli.own_snapshots import FIELD_WORDS, is_own, is_there
from wavecomp.cli.shortfalls import report_shortfalls
from wavecomp.cli.sweeping import measure_suites
from wavecomp.compressors import default_registry
from wavecomp.errors import NothingToReport
from wavecomp.records import Archive, load_frame
from wavecomp.sweep import FieldRef

if TYPE_CHECKING:
    import pandas as pd


@click.command()
@click.option("--field", default="quick", show_default=True, help=f"Whose records are read: {FIELD_WORDS}.")
@click.option("--out", "folder", type=OutFolder(), help="Archive folder [default: results/FIELD]")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "latex", "csv"]), default="text", show_default=True
)
def table1(field: str, folder: Path | None, form: str) -> None:
    """Print the study's Table 1, the best ratio of every Blosc codec, measured beside published.

    Without records of that field it measures the suite table1-quick first.

    \b
    Example:
      wavecomp table1
      wavecomp table1 --field standard --format latex
      wavecomp table1 --field wave.npy
    """
    from wavecomp.report.table import render
    from wavecomp.report.table1 import table1 as make_table1

    short = None
    archive = Archive(folder or Path("results") / field_name(field))
    # Of somebody's own snapshots only the records of these values count: another file may have had the same name.
    own = references(chosen(field), archive.folder) if is_own(field) and is_there(field) else None
    frame = _records_of(own, archive)
    if frame.empty or not (frame["compressor"] == "blosc2").any():
        err.print(f"no lossless records in {archive.folder} yet: measuring table1-quick")
        claim(archive.folder, Archive)
        snapshots = own if own is not None else references(chosen(field), archive.folder)
        suites = find_suites("table1-quick")
        short = report_shortfalls(measure_suites(suites, snapshots, archive.folder, default_registry()))
        frame = _records_of(own, archive)
    made = make_table1(frame, None, archive.provenances())
    click.echo(render(made.to_table(), form))  # type: ignore[arg-type]
    if form == "text":
        from wavecomp.report.order import explain_order

        for line in explain_order(made):
            out.print(Text(line))
    if short is not None:
        short.end(archive.path)


def _records_of(own: Sequence[FieldRef] | None, archive: Archive) -> pd.DataFrame:
    frame = load_frame([archive])
    if own is None or frame.empty:
        return frame
    found: pd.DataFrame = frame[frame["field_digest"].isin([one.digest for one in own])]
    return found


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("results/quick"))
def report(folder: Path) -> None:
    """Rebuild every table and figure of an archive, from its records alone.

    \b
    Example:
      wavecomp report results/quick
    """
    from wavecomp.report.page import build_report

    # A link that leads nowhere is there, and is told of when it is read.
    if not any(
        os.path.lexists(folder / name) for name in ("records.jsonl", "gradients.jsonl", "comparisons.jsonl")
    ) and not any(folder.glob("experiment-*.npz")):
        raise NothingToReport(f"{folder} holds no records.jsonl; make one with: wavecomp sweep quick --out {folder}")
    written = build_report(folder, folder)
    err.print(f"{len(written)} files written to {folder}; start with {folder / 'report.md'}")
