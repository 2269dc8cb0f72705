"""A run by the machine's own executor on a code, a store and a clock that only count: what would be done, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import process_time
from typing import cast

from wavecomp.adjoint.courier import Inline, Overlapped
from wavecomp.adjoint.executor import Executor
from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.adjoint.timeline import Span
from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.planning.priced_code import PricedCode, PricedSlot
from wavecomp.planning.shadow_store import Key, Packed, PackedOf, ShadowStore
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.virtual_clock import Charge, VirtualClock
from wavecomp.plans.budget import plan
from wavecomp.plans.live_schedule import LiveSchedule
from wavecomp.plans.schedules import Schedule
from wavecomp.plans.strategy import Strategy


@dataclass(frozen=True, slots=True)
class VirtualRun:
    """What a run would have done.

    Attributes
    ----------
    schedule : Schedule or LiveSchedule
        What was obeyed.
    forward_steps, writes, reads, held : int
        Its counts; ``held`` is the greatest number of checkpoints at one time.
    store_bytes, disk_bytes, peak_bytes : int
        The store's peaks in memory and on disk, and both with the slots.
    seconds : float
        Where the clock stood at its end; with what it took here to make up a schedule that is made up as it goes.
    spans : tuple of Span
        Its timeline: the tasks and steps of a real run, in their order.
    charges : tuple of (Charge or None)
        What each span was charged for.
    terms : dict of str to float
        Seconds by task.
    """

    schedule: Schedule | LiveSchedule
    forward_steps: int
    writes: int
    reads: int
    held: int
    store_bytes: int
    disk_bytes: int
    peak_bytes: int
    seconds: float
    spans: tuple[Span, ...]
    charges: tuple[Charge | None, ...]
    terms: dict[str, float]


def free_of_charge(_charge: Charge) -> float:
    """Return no price, whatever it is for."""
    return 0.0


def virtual_run(
    strategy: Strategy,
    sizes: ProblemSizes,
    *,
    packed: PackedOf | None = None,
    price: Callable[[Charge], float] = free_of_charge,
    share: float = 1.0,
    run_s: float = 0.0,
    span_s: float = 0.0,
    handoff_s: float = 0.0,
    budget_bytes: int = UNLIMITED,
    disk_budget_bytes: int = UNLIMITED,
) -> VirtualRun:
    """Let the executor obey a strategy's plan, with nothing computed and nothing held.

    Parameters
    ----------
    strategy : Strategy
        With a number for its imaging step.
    sizes : ProblemSizes
    packed : callable, optional
        Says what the checkpoint of a key is like; uncompressed by default.
    price : callable
        Says what a charge takes.
    share : float
        What the time steps and work beside them have of their speed while both go on.
    run_s, span_s : float
        What the run, and each of its tasks, take besides.
    handoff_s : float
        What it takes to hand a level to the thread that compresses beside the time steps.
    budget_bytes, disk_budget_bytes : int
        As those of a run. What compressed checkpoints take is counted, and refused to schedules alone that are made up
        as they go.

    Raises
    ------
    CheckpointTooLarge, SlotsTooLarge, ScheduleError
        No plan fits the budget.
    UnsupportedStrategy
        Checkpoints in two tiers, or an imaging step that nobody has found yet.
    """
    planned = plan(
        strategy, sizes.steps, sizes.state_bytes, sizes.level_bytes, budget_bytes, disk_budget_bytes,
        first=sizes.first, in_buffers=sizes.in_buffers,
    )  # fmt: skip
    clock = VirtualClock(share, span_s, handoff_s)
    clock.now = run_s
    code = PricedCode(sizes, clock, price)

    def plain(key: Key, _age: float) -> Packed:
        return Packed.plain(sizes.state_arrays if key[0] == "state" else sizes.level_arrays, sizes.dimensions)

    live = isinstance(planned.schedule, LiveSchedule)
    room = budget_bytes - planned.slots_bytes if live else None
    shadow = ShadowStore(strategy.tier, clock, packed or plain, price, sizes.first, room)
    store = cast(CheckpointStore, shadow)  # all of it that the executor and a courier ask for
    carried = code.carried(planned.carried)
    courier: Inline[PricedSlot] | Overlapped[PricedSlot]
    if strategy.overlap:
        courier = Overlapped(store, lambda _step: strategy.compressor, carried, clock, clock.begin_beside)
    else:
        courier = Inline(store, lambda _step: strategy.compressor, carried, clock)
    executor = Executor(code, store, lambda _step: strategy.compressor, courier, code.slots(planned.taped), clock)
    begun = process_time()
    executor.run(planned.schedule.actions_for(executor.books))
    if live:
        # The schedule was made up just now, as it will be in the run: that takes the same time there.
        clock.now += process_time() - begun
    tally = executor.tally
    return VirtualRun(
        schedule=planned.schedule,
        forward_steps=tally.forward_steps,
        writes=tally.writes,
        reads=tally.reads,
        held=tally.held_most,
        store_bytes=shadow.peak_bytes,
        disk_bytes=shadow.disk_peak_bytes,
        peak_bytes=shadow.peak_bytes + shadow.disk_peak_bytes + planned.slots_bytes,
        seconds=clock.now,
        spans=tuple(clock.spans),
        charges=tuple(clock.charges),
        terms=clock.terms,
    )
