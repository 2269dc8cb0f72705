"""The short traced runs of a calibration: in rounds between bare sweeps, until enough of them were not disturbed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean, median
from typing import Any, NamedTuple

from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.planning.fitting import STEADY, Trial
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy

_MOST = 4
"""Rounds at most, over those that are wanted: a machine that others use has few undisturbed moments."""


_MANY_FROM = 100


class _Sitting(NamedTuple):
    """Some runs between two bare sweeps, and what these took on average."""

    runs: list[tuple[Strategy, GradientRun]]
    bare_s: float


def short_trials(
    run: Callable[[Strategy], GradientRun], bare: Callable[[], float], sizes: ProblemSizes, steps: int, rounds: int
) -> tuple[list[Trial], list[float]]:
    """Make each short run once a round, half of them between bare sweeps at a time; the first round warms up.

    Where bare sweeps took more than ``STEADY`` times the least of them, something else was running: such runs do
    not count, and there are more rounds for them, four times as many at most.

    Parameters
    ----------
    run, bare : callable
        Make a traced run of ``steps`` steps, and the bare sweeps of as many, which give their seconds.
    sizes : ProblemSizes
        Of the problem.
    steps, rounds : int

    Returns
    -------
    trials : list of Trial
        ``rounds`` of each run or more, at the speed that the bare sweeps beside them say.
    bares_s : list of float
        These bare sweeps; their median is the speed of 1.
    """
    texts = [parse_strategy(text) for text in short_texts(steps)]
    halves = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    sittings: tuple[list[_Sitting], list[_Sitting]] = ([], [])
    for turn in range(_MOST * rounds + 1):
        for half, found in zip(halves, sittings, strict=True):
            before = bare()
            runs = [(one, run(one)) for one in half]
            if turn:
                found.append(_Sitting(runs, fmean((before, bare()))))
        least = min((one.bare_s for found in sittings for one in found), default=0.0)
        if turn and all(sum(one.bare_s <= STEADY * least for one in found) >= rounds for found in sittings):
            break
    kept = [one for found in sittings for one in steady(found, rounds, least)]
    reference = median(one.bare_s for one in kept)
    shortened_sizes = sizes.resized(sizes.first + steps)
    trials = [
        Trial(strategy, shortened_sizes, made, one.bare_s / reference) for one in kept for strategy, made in one.runs
    ]
    return trials, [one.bare_s for one in kept]


def steady(found: Sequence[_Sitting], count: int, least_s: float) -> list[_Sitting]:
    """Return those whose bare sweeps are near the least; where these are fewer than wanted, the fastest so many."""
    kept = [one for one in found if one.bare_s <= STEADY * least_s]
    return kept if len(kept) >= count else sorted(found, key=lambda one: one.bare_s)[:count]


def short_texts(steps: int) -> list[str]:
    """Return the short runs: between them every task occurs, in calls of many lengths.

    Of long runs on small grids one Revolve has many checkpoints: few of them stay in the caches, where saving and
    loading is a fifth faster.
    """
    slots = 5 if steps > 40 else 3
    many = 4 * slots if steps > _MANY_FROM else slots
    return [
        "store-all", "trajectory", f"revolve:slots={many}", f"mixed:levels={4 * slots}",
        "store-all:every=4", "trajectory:every=4", "trajectory:every=16",
        f"revolve:slots={slots},every=4", f"mixed:levels={3 * slots},every=4",
    ]  # fmt: skip


@contextmanager
def shortened(code: TimeStepping[Any], steps: int) -> Iterator[None]:
    """Have a code run so many steps while the block lasts."""
    whole = code.last
    code.last = code.first + steps
    try:
        yield
    finally:
        code.last = whole
