"""``wavecomp gate``: did anything get larger, less accurate or slower?"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click

from wavecomp.cli.claiming import claim
from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.experimenting import was_given
from wavecomp.cli.gate_against import Race, race
from wavecomp.cli.gate_fields import FieldsOfRecords, problem_of
from wavecomp.cli.judging import judged
from wavecomp.cli.out_folder import OutFolder
from wavecomp.cli.own_snapshots import FIELD_WORDS
from wavecomp.cli.plugin_files import plugin_option, registry_with
from wavecomp.cli.sweeping import default_limits
from wavecomp.compressors import Registry
from wavecomp.errors import UsageError
from wavecomp.gate.baseline import check_renewable, renew
from wavecomp.gate.forms import FORMS_BY_SUFFIX, Form, write
from wavecomp.gate.remeasure import measure_again, plan_again
from wavecomp.gate.runs import ComparedRun, read_runs
from wavecomp.gate.verdict import Verdict, judge
from wavecomp.records import Archive, GradientArchive
from wavecomp.records.whole_file import whole_file


@click.command()
@click.argument("old", type=click.Path(path_type=Path), required=False)
@click.argument("new", type=click.Path(path_type=Path), required=False)
@click.option("--times", is_flag=True, help="Judge times too; OLD is a folder of five or more runs of the old code.")
@click.option("--update", "why", metavar="WHY", help="Make the new run the baseline OLD, and write down why.")
@click.option("--format", "form", type=click.Choice(get_args(Form)), default="text", show_default=True)
@click.option(
    "--save", "saved", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help=f"Write the verdict there too, by its suffix ({', '.join(FORMS_BY_SUFFIX)}); may be given many times.",
)  # fmt: skip
@click.option("--out", "out_folder", type=OutFolder(), help="Keep what is measured now in this archive folder.")
@click.option("--field", "fields", multiple=True, help=f"Where a field is to be found: {FIELD_WORDS}.")
@click.option("--against", metavar="VENV|REV", help="Measure side by side with another environment or commit.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Time for --against [default: 5]")
@click.option("--compressor", "compressors", multiple=True, metavar="SPEC", help="For --against; many times.")
@click.option("--strategy", "strategies", multiple=True, metavar="SPEC", help="A gradient, for --against; many times.")
@click.option("--problem", help="Whose gradient --strategy computes [default: tiny]")
@click.option("--instructions", is_flag=True, help="For --against: count them too, with valgrind if need be (slow).")
@plugin_option
@judged
@click.pass_context
def gate(
    context: click.Context,
    old: Path | None,
    new: Path | None,
    times: bool,
    why: str | None,
    form: Form,
    saved: Sequence[Path],
    out_folder: Path | None,
    fields: Sequence[str],
    against: str | None,
    minutes: float | None,
    compressors: Sequence[str],
    strategies: Sequence[str],
    problem: str | None,
    instructions: bool,
    plugins: Sequence[str],
) -> int:
    """Compare a run with a baseline: did anything get larger, less accurate or slower?

    OLD and NEW are archive folders, JSON files of pytest-benchmark, or folders of several of them (the last one counts,
    and all of them for times). Without NEW the cases of OLD are measured here, now. Bytes, errors, bounds, forward
    steps and checkpoint bytes are compared exactly, or within a rounding that is said.

    With --against the code here and another environment or commit are measured in turn, in one session, until every
    time is decided; of a commit of your own repository the files of --plugin are taken.

    Exit status: 0 the same or better, 1 something got worse, 2 the words were wrong, 3 undecided or nothing to compare.

    \b
    Example:
      wavecomp gate results/baselines/pinned
      wavecomp gate .benchmarks/main.json .benchmarks/mine.json
      wavecomp gate results/baselines/pinned --save verdict.md --save verdict.xml
      wavecomp gate results/baselines/pinned --update "blosc2 4.15 splits blocks otherwise"
      wavecomp gate --against origin/main
      wavecomp gate --against HEAD~1 --plugin mine.py
    """
    check_saved(saved)
    registry = registry_with(plugins)
    if against is not None:
        refuse_beside(context, "--against", ("old", "new", "times", "why", "out_folder"))
        asked = Race(
            (fields or ("quick",))[-1], compressors, strategies, problem or "tiny", minutes or 5.0, instructions
        )
        verdict = race(against, asked, plugins, registry, default_limits())
        show(verdict, form, saved)
        return verdict.exit_status
    if old is None:
        raise UsageError("name a baseline, as in wavecomp gate results/baselines/pinned, or another version: --against")
    refuse_beside(context, "OLD", ("minutes", "compressors", "strategies", "problem", "instructions"))
    if why is not None:
        check_renewable(old, why)
    if out_folder is not None:
        claim(out_folder, Archive, GradientArchive)
    before = read_runs(old)
    left_out: tuple[str, ...] = ()
    if new is not None:
        if out_folder is not None or fields:
            raise UsageError(f"NEW is {new}: --out and --field are for what is measured now; leave them out, or NEW")
        now = read_runs(new)
    else:
        now, left_out = _measured(before[-1], registry, fields, out_folder, times)
    for reason in left_out:
        err.print(f"left out: {reason}")
    verdict = judge(before, now, times=times)
    show(verdict, form, saved)
    if why is not None:
        renew(old, now[-1], why, verdict)
        err.print(f"baseline {old} renewed: {why}")
        return 0
    return verdict.exit_status


def _measured(
    old: ComparedRun, registry: Registry, fields: Sequence[str], out_folder: Path | None, times: bool
) -> tuple[list[ComparedRun], tuple[str, ...]]:
    again = plan_again(old, registry, FieldsOfRecords(fields), problem_of)
    with tempfile.TemporaryDirectory(prefix="wavecomp-gate-") as scratch, progress_bar("measuring", "cases") as bar:
        folder = out_folder or Path(scratch)
        run = measure_again(again, folder, registry, limits=default_limits(), times=times, progress=bar)
    return [run], again.left_out


def refuse_beside(context: click.Context, what: str, names: Sequence[str]) -> None:
    """Refuse what was given and would not be listened to; raises UsageError."""
    parameters = {parameter.name: parameter for parameter in context.command.params}
    for name in names:
        if was_given(context, name):
            shown = parameters[name]
            word = shown.opts[0] if isinstance(shown, click.Option) else f"{name.upper()} ({context.params[name]})"
            raise UsageError(f"{word} and {what} do not go together; leave out one of them")


def check_saved(saved: Sequence[Path]) -> None:
    """See that every file has a suffix that says what form it is in; raises UsageError."""
    for path in saved:
        if path.suffix not in FORMS_BY_SUFFIX:
            raise UsageError(f"--save {path}: must end in {', '.join(FORMS_BY_SUFFIX)}, which say what is written")


def show(verdict: Verdict, form: Form, saved: Sequence[Path]) -> None:
    """Print a verdict, and write it where it was asked for."""
    for path in saved:
        text = write(verdict, FORMS_BY_SUFFIX[path.suffix])
        with whole_file(path, len(text)) as temporary:
            temporary.write_text(text, encoding="utf-8")
    click.echo(write(verdict, form), nl=False)
