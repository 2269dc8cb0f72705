"""What uncompressed ways of keeping the wavefield need, what memory there is, and what is left out for want of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psutil

from wavecomp import machine_memory
from wavecomp.errors import MemoryTooSmall
from wavecomp.impact.cases import ImpactCase
from wavecomp.impact.problem import Problem
from wavecomp.plans.budget import plan
from wavecomp.plans.strategy import Strategy
from wavecomp.spec_text import UNCOMPRESSED

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem

SHARE = 0.5
"""Of a process's memory for uncompressed levels; operators, records, gradients and a coming run need the rest."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A case that nobody asked for by its name and that cannot fit.

    Attributes
    ----------
    spec : str
        The strategy.
    needed_bytes, memory_bytes : int
        What it holds at its peak, and what there is for it.
    """

    spec: str
    needed_bytes: int
    memory_bytes: int

    def __str__(self) -> str:
        needed, there = self.needed_bytes, self.memory_bytes
        return (
            f"left out: {self.spec} holds {needed} bytes ({needed / 1e9:.4g} GB), and there are {there} "
            f"({there / 1e9:.4g} GB)"
        )


def memory_for_levels(limit_bytes: int, problem: Problem | None = None) -> int:
    """Return what levels may take of a process that may hold so many bytes here: half of it, or what operators leave.

    "Here" is this machine, or the part of it that a control group or a limit of the process allows.
    """
    there = min(limit_bytes, machine_memory.limit().limit_bytes)
    left = there if problem is None else max(1, there - problem.sweeps_bytes)
    return min(int(SHARE * there), left)


def memory_there(limit_bytes: int) -> int:
    """Return the bytes that this process may still take: of its own limit, and of what is free here."""
    own = psutil.Process().memory_info().rss
    return max(0, min(limit_bytes - own, machine_memory.available().free_bytes))


def check_operators(problem: GradientProblem, limit_bytes: int) -> None:
    """Refuse a problem whose bare sweeps do not fit into a process that may hold so many bytes.

    Raises
    ------
    MemoryTooSmall
        The text says what is needed and what is there, and the spacing at which it would fit.
    """
    from wavecomp.wavefields.memory_needed import smaller_grid  # only where there are wavefields of ours

    share = machine_memory.limit()
    there = min(limit_bytes, share.limit_bytes)
    needed = problem.sweeps_bytes
    if needed > there:
        raise MemoryTooSmall(
            f"the bare sweeps of {problem.name}, {' x '.join(map(str, problem.medium.shape))} points,",
            needed,
            there,
            f"four fifths of {share.source}" if limit_bytes < share.limit_bytes else share.source,
            smaller_grid(problem.medium, lambda medium: replace(problem, medium=medium).sweeps_bytes, there),
        )


def what_fits(problem: Problem, memory_bytes: int) -> str:
    """Say in one line which ways of keeping the wavefield fit into so many bytes for levels."""
    states = (memory_bytes - 2 * problem.level_bytes) // problem.state_bytes
    wholes = problem.levels_bytes()
    words = [] if wholes is None else [f"a trajectory whose levels shrink to 1/{-(-wholes // max(1, memory_bytes))}"]
    if states >= 1:
        words = [f"revolve:slots={states}", f"mixed:levels={2 * states}", *words]
    return f"in {memory_bytes / 1e9:.4g} GB fit: {', '.join(words) or 'not a single state'}"


def leave_out(cases: Sequence[ImpactCase], memory_bytes: int) -> tuple[list[ImpactCase], list[LeftOut]]:
    """Take out the cases of which it is known beforehand that they cannot fit, unless they were asked for.

    Parameters
    ----------
    cases : sequence of ImpactCase
        Those whose strategy somebody named stay, and become a failure with the numbers.
    memory_bytes : int
        What a case without a budget may hold.

    Returns
    -------
    list of ImpactCase, list of LeftOut
        What stays, and what does not.
    """
    kept: list[ImpactCase] = []
    out: list[LeftOut] = []
    for case in cases:
        strategy = case.strategy
        needed = None if strategy is None or case.asked else _held_bytes(strategy, case.problem)
        there = memory_bytes if case.budget_bytes is None else case.budget_bytes
        if needed is None or needed <= there:
            kept.append(case)
        else:
            out.append(LeftOut(case.spec, needed, there))
    return kept, out


def _held_bytes(strategy: Strategy, problem: Problem) -> int | None:
    """Return what an uncompressed strategy holds at its peak; None where only the run or a budget tells."""
    if strategy.step_error is not None:
        return None
    whole = problem.levels_bytes(strategy.every)
    if whole is None or strategy.tier != "memory":
        return None
    match strategy.name:
        case "store-all":
            return whole
        case "adaptive" | "planned":
            return None
        case "trajectory" if strategy.reading.spec != UNCOMPRESSED:
            return None
        case "revolve" | "mixed" if strategy.reading.spec != UNCOMPRESSED or not (
            {"slots", "levels"} & {*strategy.values}
        ):
            return None
    planned = plan(
        strategy,
        (problem.levels_bytes() or 0) // problem.level_bytes,
        problem.state_bytes,
        problem.level_bytes,
        _AMPLE,
        _AMPLE,
        first=problem.first,
        in_buffers=problem.in_buffers,
    )
    return planned.held_bytes(problem.state_bytes, problem.level_bytes)


_AMPLE = 1 << 62
