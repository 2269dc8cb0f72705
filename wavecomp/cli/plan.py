"""``wavecomp plan``: a job and a memory in, the few best strategies out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wavecomp.cli.claiming import claim
from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.out_folder import OutFolder
from wavecomp.cli.plan_rows import as_json, plan_table, points
from wavecomp.cli.plugin_files import plugin_option, registry_with
from wavecomp.cli.sizes import Size
from wavecomp.errors import UsageError
from wavecomp.gradient_plan import CALIBRATIONS
from wavecomp.gradient_plan import plan as make_plan
from wavecomp.physics.problem import GradientProblem
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.choose import Plan
from wavecomp.planning.job import Job, job_in_words
from wavecomp.planning.plan_words import lines
from wavecomp.plans.parameters import USUAL_ERROR
from wavecomp.wavefields.devito_setup import check_devito


class Numbers(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click alone
    """Two or three whole numbers, such as ``881x881x287``."""

    name = "shape"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers; a text that is no shape ends the command with what would be one."""
        parts = str(value).lower().split("x")
        if not all(part.isascii() and part.isdigit() for part in parts) or len(parts) not in (2, 3):
            self.fail(
                f"{value!r} is no shape; write for example 881x881x287, or 401x101 for two dimensions", param, ctx
            )
        return tuple(int(part) for part in parts)


class Range(click.ParamType):  # type: ignore[type-arg]
    """The least and the greatest of something, such as ``1500..4500``; one number is both."""

    name = "range"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Return both numbers; a text that is no range ends the command with what would be one."""
        low, dots, high = str(value).partition("..")
        try:
            return float(low), float(high if dots else low)
        except ValueError:
            self.fail(f"{value!r} is no range of velocities in m/s; write for example 1500..4500", param, ctx)


@click.command()
@click.option("--problem", "name", help="A gradient problem's name, or its file; instead of --shape and --steps.")
@click.option("--shape", type=Numbers(), help="Points of the physical domain, such as 801x801x207.")
@click.option("--steps", type=click.IntRange(3), help="Time steps.")
@click.option("--memory", type=Size(), required=True, help="What there is beyond the bare sweeps, such as 16GiB.")
@click.option("--disk", type=Size(), help="What checkpoints may take on disk, such as 200GB.")
@click.option(
    "--gradient-error", "error", type=click.FloatRange(0, 1, max_open=True), default=USUAL_ERROR, show_default=True,
    help="Relative L2 error that the gradient may have, below the top tenth of the depth too; 0: exact.",
)  # fmt: skip
@click.option("--shots", type=click.IntRange(1), default=1, show_default=True, help="Gradients that are added up.")
@click.option("--layer", type=click.IntRange(0), default=40, show_default=True, help="Absorbing points on every side.")
@click.option("--space-order", type=click.IntRange(2), default=8, show_default=True)
@click.option("--peak-frequency", type=click.FloatRange(0, min_open=True), help="Of the Ricker source, in Hz.")
@click.option("--spacing", type=click.FloatRange(0, min_open=True), help="Of the grid, in m.")
@click.option("--velocity", type=Range(), metavar="LEAST..GREATEST", help="In m/s, such as 1500..4500.")
@click.option(
    "--look",
    is_flag=True,
    help="Run a problem without costs of its own some ten times, with nothing stored, for its own sizes and errors.",
)
@click.option(
    "--calibration", type=OutFolder(), default=CALIBRATIONS, show_default=True,
    help="Archive with the costs of this machine; measured into it where there are none.",
)  # fmt: skip
@click.option("--figure", type=OutFolder(), metavar="FOLDER", help="Draw time against memory there, as plan.svg.")
@click.option("--json", "as_data", is_flag=True, help="Print all of it as one JSON object.")
@plugin_option
@click.pass_context
def plan(
    context: click.Context,
    name: str | None,
    shape: tuple[int, ...] | None,
    steps: int | None,
    memory: int,
    disk: int | None,
    error: float,
    shots: int,
    layer: int,
    space_order: int,
    peak_frequency: float | None,
    spacing: float | None,
    velocity: tuple[float, float] | None,
    look: bool,
    calibration: Path,
    figure: Path | None,
    as_data: bool,
    plugins: tuple[str, ...],
) -> None:
    """Say how to keep the forward wavefield of a job in a memory: the fastest strategies that fit, what each is
    expected to take and to do to the gradient, and what more memory would change.

    Without --problem a job is a shape and a number of steps. With spacing, velocity and peak frequency the source's
    spectrum tells how many steps need not be imaged. Costs are those that `wavecomp model calibrate` measured here;
    where there are none, that is done first, in about a minute.

    \b
    Example:
      wavecomp plan --problem quick --memory 50MB
      wavecomp plan --shape 801x801x207 --steps 2500 --memory 16GiB --gradient-error 1e-3
      wavecomp plan --shape 801x801x207 --steps 2500 --memory 16GiB \\
          --spacing 25 --velocity 1500..6000 --peak-frequency 8
    """
    registry = registry_with(plugins)
    job = _job(context, name, shape, steps, shots, layer, space_order, peak_frequency, spacing, velocity)
    if look and isinstance(job, Job):
        raise UsageError(
            f"--look at {job.name}: only a problem can be run; name one with --problem, or leave out --look"
        )
    claim(calibration, report=True)
    check_devito()
    with progress_bar("planning", "predictions") as bar:
        made = make_plan(
            job, memory_bytes=memory, gradient_error=error, shots=shots, disk_bytes=disk, look=look,
            calibrations=calibration, registry=registry, progress=bar,
        )  # fmt: skip
    show_plan(made, as_data=as_data)
    if figure is not None:
        draw_plan(made, figure)


def show_plan(made: Plan, *, as_data: bool = False) -> None:
    """Print a plan."""
    if as_data:
        click.echo(json.dumps(as_json(made), indent=1))
        return
    from wavecomp.report.table import render

    for line in lines(made):
        click.echo(line)
    click.echo(render(plan_table(made), "text"))


def draw_plan(made: Plan, folder: Path) -> None:
    """Draw what a plan chose from."""
    from wavecomp.report.draw_plan import plan_figure
    from wavecomp.report.figures import save_figure

    title = f"{made.job.name}: expected time against memory, errors up to {made.error:g}"
    files = save_figure(plan_figure(points(made), made.memory_bytes, made.costs.bare_s, title), folder, "plan")
    err.print(f"drawn: {files[-1]}")


def _job(
    context: click.Context,
    name: str | None,
    shape: tuple[int, ...] | None,
    steps: int | None,
    shots: int,
    layer: int,
    space_order: int,
    peak_frequency: float | None,
    spacing: float | None,
    velocity: tuple[float, float] | None,
) -> Job | GradientProblem:
    if name is not None:
        from wavecomp.cli.experimenting import was_given

        words = ("shape", "steps", "layer", "space_order", "peak_frequency", "spacing", "velocity")
        for word in words:
            if was_given(context, word):
                raise UsageError(
                    f"--problem {name} has its own {word.replace('_', ' ')}: leave out --{word.replace('_', '-')}, or "
                    "--problem"
                )
        return find_problem(name)
    if shape is None or steps is None:
        raise UsageError("name a job: --problem quick, or --shape 801x801x207 --steps 2500")
    return job_in_words(
        shape, steps, layer_points=layer, space_order=space_order, shots=shots, spacing_m=spacing,
        velocity_m_s=velocity, peak_frequency_hz=peak_frequency,
    )  # fmt: skip
