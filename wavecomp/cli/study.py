"""``wavecomp run``: the whole study on one field, from propagation to tables and figures."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import click
from rich.text import Text

from wavecomp.catalogue import examples_of_files, find_suites
from wavecomp.cli.claiming import claim
from wavecomp.cli.console import out
from wavecomp.cli.fields import chosen, field_name, references
from wavecomp.cli.gradient import case_limits, fell_short, measure_gradients, show_gradients
from wavecomp.cli.out_folder import OutFolder
from wavecomp.cli.own_snapshots import FIELD_WORDS, is_own
from wavecomp.cli.plugin_files import plugin_option, registry_with
from wavecomp.cli.sections import write_sections
from wavecomp.cli.shortfalls import report_shortfalls
from wavecomp.cli.sweeping import measure_suites
from wavecomp.compressors import default_registry
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.memory import memory_for_levels
from wavecomp.impact.sets import SHORT, CaseSet
from wavecomp.impact.study import ImpactResult
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import Archive, GradientArchive, load_frame
from wavecomp.snapshots import SnapshotSet
from wavecomp.wavefields.devito_setup import check_devito

# What each preset measures. On large fields the full lossless sweep takes hours: `wavecomp sweep table1` adds it.
PRESETS = {
    "quick": ("quick",),
    "standard": ("table1-quick", "lossy", "steps"),
    "paper": ("table1-quick", "lossy-quick"),
    "marmousi-2d": ("table1-quick", "lossy", "steps"),
    "overthrust-2d": ("table1-quick", "lossy", "steps"),
    "thrust-2d": ("table1-quick", "lossy", "steps"),
}


@dataclass(frozen=True, slots=True)
class GradientStage:
    """The gradients that end a preset's run: a problem's name, and what is compared; by default what suits its size."""

    problem: str
    case_set: CaseSet | None = None

    def measure(self, folder: Path) -> ImpactResult:
        """Measure what is not in the archive yet."""
        problem, limits = find_problem(self.problem), case_limits()
        there = memory_for_levels(limits.memory_bytes, problem)
        cases = impact_cases(problem, (), (), default_registry(), case_set=self.case_set, memory_bytes=there)
        return measure_gradients(problem, folder, cases, limits=limits)


# None where one gradient alone takes many minutes.
GRADIENT_STAGES = {
    "quick": GradientStage("thrust-3d", SHORT),
    "marmousi-2d": GradientStage("marmousi-2d"),
    "overthrust-2d": GradientStage("overthrust-2d"),
    "thrust-2d": GradientStage("thrust-2d"),
}


@click.command()
@click.option("--preset", type=click.Choice(list(PRESETS)), default="quick", show_default=True)
@click.option("--field", help=f"Another field for the preset's sweeps: {FIELD_WORDS}.")
@click.option("--out", "out_folder", type=OutFolder(), help="Where results go [default: results/FIELD]")
@plugin_option
def run(preset: str, field: str | None, out_folder: Path | None, plugins: tuple[str, ...]) -> None:
    """Run the whole study: propagate, sweep, compute gradients, and write Table 1, figures and a page about them.

    Interrupted, it goes on where it stood when it is started again. With --plugin the sweeps take the examples of what
    is in the file along; gradients with it are wavecomp gradient's.

    \b
    Example:
      wavecomp run
      wavecomp run --preset standard
      wavecomp run --field my-model.toml
      wavecomp run --field wave.npy
      wavecomp run --plugin mine.py
    """
    start = time.perf_counter()
    registry = registry_with(plugins)
    if field is None or not is_own(field):
        check_devito()  # said before anything is half done
    stage = GRADIENT_STAGES.get(preset) if field is None else None
    folder = out_folder or Path("results") / field_name(field or preset)
    claim(folder, Archive, *([GradientArchive] if stage is not None else []), report=True)
    fields = chosen(field or preset)
    snapshots = references(fields, folder)
    suites = [suite for name in PRESETS[preset] for suite in find_suites(name, registry)]
    suites += examples_of_files(registry)
    results = measure_suites(suites, snapshots, folder, registry)
    write_sections(fields, snapshots, folder)
    short = report_shortfalls(results, suites)
    gradients = stage.measure(folder) if stage is not None else None
    # Somebody's own snapshots may lie in one archive with others of the same name.
    figures = _close(folder, snapshots[-1].digest if isinstance(fields, SnapshotSet) else None)
    if stage is not None and gradients is not None:
        click.echo()
        show_gradients(folder, stage.problem, gradients)
    seconds = time.perf_counter() - start
    out.print(f"Tables, {figures} figures and all records: {folder / 'report.md'} ({seconds:.0f} s in all)")
    short.end(folder / "records.jsonl")
    if gradients is not None:
        fell_short(folder, gradients)


def _close(folder: Path, digest: str | None) -> int:
    """Write the page, print Table 1 (of one field's values) and what was found; return the number of figures."""
    from wavecomp.report.page import build_report
    from wavecomp.report.summary import summary
    from wavecomp.report.table import render
    from wavecomp.report.table1 import table1

    archive = Archive(folder)
    frame = load_frame([archive])
    written = build_report(folder, folder)
    rows = frame if digest is None else frame[frame["field_digest"] == digest]
    click.echo(render(table1(rows, None, archive.provenances()).to_table(), "text"))
    for line in summary(frame):
        out.print(Text(f"- {line}"))
    return sum(path.suffix == ".png" for path in written)
