"""``wavecomp gradient --plan``: the plan, and how far off it was once it was run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.text import Text

from wavecomp.cli.console import err, progress_bar
from wavecomp.compressors import Registry
from wavecomp.gradient_plan import plan
from wavecomp.physics.problem import GradientProblem
from wavecomp.plain_text import size_text
from wavecomp.planning.choose import Plan
from wavecomp.planning.plan_words import duration, lines
from wavecomp.records import GradientImpact, GradientRecord


def planned(
    problem: GradientProblem, shots: int, memory: int, error: float, disk: int | None, registry: Registry
) -> Plan:
    """Make a plan and say it."""
    with progress_bar(f"planning {problem.name}", "predictions") as bar:
        made = plan(
            problem, memory_bytes=memory, gradient_error=error, shots=shots, disk_bytes=disk, registry=registry,
            progress=bar,
        )  # fmt: skip
    for line in lines(made):
        err.print(Text(line))
    return made


def how_far_off(made: Plan, record: GradientRecord) -> Iterator[str]:
    """Yield in sentences what was expected and what came out: time, memory, error, and whether the limits were kept.

    Times are those of the fastest run and the fastest bare sweeps, as in the table: of the two rounds that a plan's run
    has one may be disturbed.
    """
    outcome, best = record.outcome, made.best
    if not isinstance(outcome, GradientImpact):
        yield f"The plan could not be run: {outcome.message}"
        return
    expected, shots = best.prediction, made.job.shots
    wall, bare = min(outcome.walls_s), [one for one in outcome.bare_walls_s if one is not None]
    yield _off("time", shots * expected.seconds, wall, duration)
    if bare:
        # The speed of the moment is no part of the plan: both as multiples of the bare sweeps beside them.
        yield _off("time over the bare sweeps", expected.seconds / made.costs.bare_s, wall / min(bare), "{:.3g}".format)
    memory = outcome.peak_checkpoint_bytes - outcome.peak_disk_bytes
    yield _off("memory", expected.peak_bytes - expected.disk_bytes, memory, size_text)
    found = [value for key in ("relative_l2", "deep_relative_l2") if (value := outcome.distance.get(key)) is not None]
    if best.error is not None and found:
        yield _off("error of the gradient", best.error, max(found), "{:.1e}".format)
        kept = max(found) <= made.error or made.error == max(found)
        yield f"The error {'is within' if kept else 'exceeds'} the {made.error:g} that was allowed."
    kept = memory <= made.memory_bytes
    yield f"The memory {'is within' if kept else 'exceeds'} the {size_text(made.memory_bytes)} given."


def _off(what: str, expected: float, measured: float, shown: Callable[[float], str]) -> str:
    off = f", {100 * (measured / expected - 1):+.0f} %" if expected else ""
    return f"{what}: expected {shown(expected)}, measured {shown(measured)}{off}"
