"""Candidates predicted, each in each budget once: what fits, what needs least, and what a picture shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.compressors import Registry
from wavecomp.errors import CheckpointTooLarge, ScheduleError, SlotsTooLarge
from wavecomp.planning.candidates import Candidate, candidates, source_of
from wavecomp.planning.costs import Costs
from wavecomp.planning.job import Job
from wavecomp.planning.predict import predict
from wavecomp.planning.proposals import Proposal, ranked
from wavecomp.plans.budget import plan
from wavecomp.plans.strategies import read_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.spec_text import SpecText

SPARE = 1.05
"""Of predicted compressed bytes, on the calibrated problem: what memory has to be there for them."""

SPARE_ELSEWHERE = 1.3
"""The same where ratios come from another problem."""

_NEAR = 2.0
"""Times the bare sweeps: from there on schedules that are made up as they go are worth the time to foresee them."""

_CURVE = 8
_FEWEST_STATES = 4


class Search:
    """Predicts candidates, each in each budget once.

    Parameters
    ----------
    job : Job
    costs : Costs
        Of this job's problem, or of another one of the same dimension; scaled to the job.
    error : float
        Relative L2 error that the gradient may have.
    disk_bytes : int or None
        What checkpoints may take on disk; None for no disk.
    registry : Registry
    progress : callable
        Takes predictions done, of how many, and the last one's text.

    Raises
    ------
    UsageError
        Costs of another dimension.
    """

    def __init__(
        self,
        job: Job,
        costs: Costs,
        error: float,
        disk_bytes: int | None,
        registry: Registry,
        progress: Callable[[int, int, str], None],
    ) -> None:
        sizes = job.sizes
        own = (sizes.level_bytes, sizes.state_bytes) == (costs.level_bytes, costs.state_bytes)
        self.costs = (
            costs if own else costs.scaled_to(sizes.level_bytes, sizes.state_bytes, sizes.dimensions, sizes.steps)
        )
        self._spare = SPARE if own else SPARE_ELSEWHERE
        self._job, self._disk = job, disk_bytes
        self._registry, self._progress = registry, progress
        self._all = list(candidates(job, self.costs, error, disk=disk_bytes is not None))
        self._found: dict[tuple[str, int], Proposal | None] = {}
        self._strategies: dict[str, Strategy] = {}

    @property
    def tried(self) -> int:
        """Candidates that were predicted."""
        return len(self._found)

    def within(self, memory_bytes: int) -> list[Proposal]:
        """Return what fits, fastest first.

        What takes seconds to foresee comes last, and only where nothing else comes near the bare sweeps: it computes
        again what others keep.
        """
        found: list[Proposal] = []
        for number, one in enumerate(sorted(self._all, key=lambda one: one.slow)):
            if one.slow and min((one.prediction.seconds for one in found), default=math.inf) <= self._near_s:
                break
            self._progress(number, len(self._all), one.text)
            proposal = self.proposal(one, memory_bytes if one.bounded else UNLIMITED)
            if proposal is not None and proposal.needed_bytes <= memory_bytes and self._on_disk(proposal):
                found.append(proposal)
        return ranked(found)

    @property
    def _near_s(self) -> float:
        return _NEAR * self.costs.bare_s

    def least(self) -> Proposal:
        """Return what works in the least memory."""
        found = [
            one for one in (self.proposal(one, UNLIMITED) for one in self._all if not one.bounded) if one is not None
        ]
        smallest = min(found, key=lambda one: one.needed_bytes)
        budgets = {one: self._smallest(one) for one in self._all if one.bounded and not one.slow}
        lowest = min(budgets.values(), default=UNLIMITED)
        if lowest >= smallest.needed_bytes:
            return smallest
        # With one checkpoint a run takes N²/2 steps: of those that need as little, only the last is counted out, which
        # images fewest of them.
        candidate = [one for one, budget in budgets.items() if budget <= 1.02 * lowest][-1]
        least = self.proposal(candidate, budgets[candidate])
        return smallest if least is None else replace(least, needed_bytes=budgets[candidate])

    def curve(self, memory_bytes: int) -> list[Proposal]:
        """Return what a picture shows: unbounded candidates, and the bounded ones of the longest step by budget."""
        points = [self.proposal(one, UNLIMITED) for one in self._all if not one.bounded]
        state = self._job.sizes.state_bytes
        least, greatest = _FEWEST_STATES * state, 2 * max(memory_bytes, (_FEWEST_STATES + 1) * state)
        budgets = [int(least * (greatest / least) ** (part / _CURVE)) for part in range(_CURVE + 1)]
        bounded = [one for one in self._all if one.bounded and not one.slow]
        kinds = {(one.text.partition(":")[0], "/" in one.text): one for one in bounded}
        for last in kinds.values():
            points += [self.proposal(last, budget) for budget in budgets]
        return [one for one in points if one is not None]

    def proposal(self, candidate: Candidate, budget_bytes: int) -> Proposal | None:
        """Predict a candidate in a budget; None where no plan of it fits."""
        key = candidate.text, budget_bytes
        if key not in self._found:
            self._found[key] = self._predicted(candidate, budget_bytes)
        return self._found[key]

    def _strategy(self, candidate: Candidate) -> Strategy:
        if candidate.text not in self._strategies:
            self._strategies[candidate.text] = read_strategy(SpecText.parse(candidate.text), self._registry)
        return self._strategies[candidate.text]

    def _predicted(self, candidate: Candidate, budget_bytes: int) -> Proposal | None:
        strategy = self._strategy(candidate)
        disk = UNLIMITED if self._disk is None else self._disk
        try:
            found = predict(
                strategy,
                self._job.sizes,
                self.costs,
                budget_bytes,
                disk_budget_bytes=disk,
                signature=source_of(self._job, self.costs),
            )
        except (CheckpointTooLarge, SlotsTooLarge, ScheduleError):
            return None
        memory = found.peak_bytes - found.disk_bytes
        compressed = strategy.compressor_spec not in ("", "identity")
        if candidate.bounded:
            return Proposal(strategy, found, memory) if found.fits else None
        return Proposal(strategy, found, int(memory * self._spare) if compressed else memory)

    def _on_disk(self, proposal: Proposal) -> bool:
        return self._disk is None or proposal.prediction.disk_bytes * self._spare <= self._disk

    def _smallest(self, candidate: Candidate) -> int:
        """Return the least budget, within a hundredth, in which a bounded candidate can be planned."""
        sizes, strategy = self._job.sizes, self._strategy(candidate)

        def fits(budget: int) -> bool:
            try:
                plan(
                    strategy, sizes.steps, sizes.state_bytes, sizes.level_bytes, budget, UNLIMITED,
                    first=sizes.first, in_buffers=sizes.in_buffers,
                )  # fmt: skip
            except (CheckpointTooLarge, SlotsTooLarge, ScheduleError):
                return False
            return True

        low, high = 1, 4 * sizes.state_bytes
        if not fits(high):
            return UNLIMITED
        while high - low > max(high // 100, 1):
            middle = (low + high) // 2
            low, high = (low, middle) if fits(middle) else (middle, high)
        return high
