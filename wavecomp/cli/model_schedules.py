"""The schedules of the study's figures 5 and 6, from our own plans, as plain numbers for a picture."""

from __future__ import annotations

from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import Schedule, revolve, store_all
from wavecomp.plans.unrolled import unroll
from wavecomp.report.draw_model_schedule import ScheduleTrace

SHORT = 12
"""Steps of figure 5's runs, few enough to see each."""

STEPS, SLOTS = 40, 4
"""Steps and checkpoints of figure 6's run."""


def extremes() -> tuple[ScheduleTrace, ScheduleTrace]:
    """Return the two ends that the idea of checkpointing lies between: every level stored, and the beginning alone."""
    everything, nothing = store_all(SHORT), revolve(SHORT, 1)
    return (
        trace(everything, f"Every level stored: {SHORT} checkpoints", tape=True),
        trace(nothing, "Only the beginning stored: 1 checkpoint", tape=False),
    )


def binomial() -> ScheduleTrace:
    """Return Revolve's schedule."""
    schedule = revolve(STEPS, SLOTS)
    counted = replay(schedule, max_states=SLOTS)
    title = f"Revolve: {STEPS} steps, {SLOTS} checkpoints, {counted.forward_steps} forward steps"
    return trace(schedule, title, tape=False)


def trace(schedule: Schedule, title: str, *, tape: bool) -> ScheduleTrace:
    """Lay a schedule out in time; ``tape`` shows levels that are kept for the reversal that follows as checkpoints."""
    seen = unroll(schedule)
    return ScheduleTrace(
        title,
        tuple((begun, first, last) for begun, first, last in seen.forward),
        tuple((begun, first, last) for begun, first, last in seen.backward),
        tuple((one.step, one.written, one.dropped) for one in seen.held if tape or one.kind != "tape"),
        seen.wall_steps,
    )
