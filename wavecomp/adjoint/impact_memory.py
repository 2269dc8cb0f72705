"""What uncompressed ways of keeping the wavefield need, what memory there is, and what is left out for want of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from wavecomp.adjoint.impact_cases import ImpactCase
from wavecomp.adjoint.problem import GradientProblem
from wavecomp.adjoint.schedules import FIRST_STEP
from wavecomp.adjoint.strategies import UNCOMPRESSED, Strategy, parse_strategy
from wavecomp.compressors import Registry

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


def memory_for_levels(limit_bytes: int) -> int:
    """Return what uncompressed levels may take of a process that may hold so many bytes on this machine."""
    return int(SHARE * min(limit_bytes, psutil.virtual_memory().total))


def memory_there(limit_bytes: int) -> int:
    """Return the bytes that this process may still take: of its own limit, and of what the machine has free."""
    own = psutil.Process().memory_info().rss
    return max(0, min(limit_bytes - own, psutil.virtual_memory().available))


def leave_out(
    cases: Sequence[ImpactCase], asked: Sequence[str], memory_bytes: int, registry: Registry
) -> tuple[list[ImpactCase], list[LeftOut]]:
    """Take out the cases of which it is known beforehand that they cannot fit, unless they were asked for.

    Parameters
    ----------
    cases : sequence of ImpactCase
    asked : sequence of str
        Strategies that somebody named; they stay, and become a failure with the numbers.
    memory_bytes : int
        What a case without a budget may hold.

    Returns
    -------
    list of ImpactCase, list of LeftOut
        What stays, and what does not.
    """
    named = {parse_strategy(text, registry).spec for text in asked}
    kept: list[ImpactCase] = []
    out: list[LeftOut] = []
    for case in cases:
        strategy = case.strategy(registry)
        needed = None if strategy is None or case.spec in named else _held_bytes(strategy, case.problem)
        there = memory_bytes if case.budget_bytes is None else case.budget_bytes
        if needed is None or needed <= there:
            kept.append(case)
        else:
            out.append(LeftOut(case.spec, needed, there))
    return kept, out


def _held_bytes(strategy: Strategy, problem: GradientProblem) -> int | None:
    """Return what an uncompressed strategy holds at its peak; None where only the run or a budget tells."""
    whole = problem.levels_bytes(strategy.every)
    if whole is None or strategy.tier != "memory" or strategy.quantum is not None:
        return None
    match strategy.name:
        case "store-all":
            return whole
        case "trajectory" if strategy.compressor.spec == UNCOMPRESSED:
            return whole
        case "revolve" | "mixed" if strategy.compressor.spec == UNCOMPRESSED and {"slots", "levels"} & {
            *strategy.values
        }:
            assert problem.medium.steps is not None
            schedule = strategy.schedule(problem.medium.steps - FIRST_STEP, problem.state_bytes, problem.level_bytes, 0)
            return schedule.states_held_max * problem.state_bytes
    return None
