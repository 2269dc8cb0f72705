"""The few best strategies for a job in a memory: every candidate predicted, and of those that fit the fastest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.compressors import Registry, default_registry
from wavecomp.errors import CheckpointTooLarge, ScheduleError, SlotsTooLarge, UsageError
from wavecomp.planning.candidates import Candidate, candidates
from wavecomp.planning.costs import Costs
from wavecomp.planning.job import Job
from wavecomp.planning.predict import Prediction, predict
from wavecomp.plans.budget import plan
from wavecomp.plans.strategies import read_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.spec_text import SpecText

GIB = 1 << 30

SPARE = 1.05
"""Of predicted compressed bytes, on the calibrated problem: what memory has to be there for them."""

SPARE_ELSEWHERE = 1.3
"""The same where ratios come from another problem."""

AS_FAST = 1.02
"""Up to which factor two predicted times are taken to be equal."""

_CURVE = 8
_FEWEST_STATES = 4


class NoPlan(UsageError):
    """Nothing that was tried fits; the text says what would."""


@dataclass(frozen=True)
class Proposal:
    """One strategy that fits, and what is expected of it.

    Attributes
    ----------
    strategy : Strategy
        Ready to be run.
    prediction : Prediction
        Of one shot.
    needed_bytes : int
        Memory that it needs: its peak, with a reserve for what compression does not promise where it does not take what
        it is given.
    """

    strategy: Strategy
    prediction: Prediction
    needed_bytes: int

    @property
    def error(self) -> float | None:
        """The greater of the errors of the whole gradient and of its deep part; None where nobody knows."""
        known = [one for one in (self.prediction.gradient_error, self.prediction.deep_error) if one is not None]
        return max(known) if known else None


@dataclass(frozen=True)
class Plan:
    """What to do.

    Attributes
    ----------
    job : Job
    costs : Costs
        Scaled to the job.
    memory_bytes : int
        What there is beyond the bare sweeps.
    error : float
        What was allowed.
    proposals : tuple of Proposal
        The best of each kind, fastest first.
    change_bytes : int
        A GiB, or half the memory where there are less than two.
    with_less, with_more : Proposal or None
        The fastest with so much less and more; None where nothing fits.
    least : Proposal
        What works in the least memory.
    tried : int
        Candidates that were predicted.
    points : tuple of Proposal
        All that fits into any memory, for a picture; those that take what they are given, at several budgets.
    """

    job: Job
    costs: Costs
    memory_bytes: int
    error: float
    proposals: tuple[Proposal, ...]
    change_bytes: int
    with_less: Proposal | None
    with_more: Proposal | None
    least: Proposal
    tried: int
    points: tuple[Proposal, ...]

    @property
    def best(self) -> Proposal:
        """The fastest."""
        return self.proposals[0]

    @property
    def strategy(self) -> Strategy:
        """The strategy of the fastest, as a run takes it."""
        return self.best.strategy


def choose(
    job: Job,
    costs: Costs,
    memory_bytes: int,
    error: float,
    *,
    disk_bytes: int | None = None,
    count: int = 5,
    registry: Registry | None = None,
    progress: Callable[[int, int, str], None] = lambda _done, _total, _note: None,
) -> Plan:
    """Return the best strategies for a job.

    Parameters
    ----------
    job : Job
    costs : Costs
        Of this job's problem, or of another one of the same dimension.
    memory_bytes : int
        What there is beyond the bare sweeps.
    error : float
        Relative L2 error that the gradient may have, below the top tenth of the depth too; 0 for an exact one.
    disk_bytes : int, optional
        What checkpoints may take on disk.
    count : int
        Proposals at most, each of a kind of its own.
    registry : Registry, optional
    progress : callable
        Takes predictions done, of how many, and the last one's text.

    Raises
    ------
    NoPlan
        Nothing fits; the text says how much memory would do.
    UsageError
        An error or a memory that makes no sense; costs of another dimension.
    """
    if memory_bytes < 1 or not 0.0 <= error < 1.0:
        raise UsageError(
            f"a memory of {memory_bytes} bytes and an error of {error:g}: at least 1 byte, and from 0 up to, not "
            "including, 1 are needed"
        )
    search = _Search(job, costs, error, disk_bytes, registry or default_registry(), progress)
    here = search.within(memory_bytes)
    least = search.least()
    if not here:
        raise NoPlan(
            f"{memory_bytes} bytes ({memory_bytes / 1e9:.4g} GB) are too little for {job.name} at an error of "
            f"{error:g}: {least.strategy.spec} needs least, {least.needed_bytes} bytes "
            f"({least.needed_bytes / 1e9:.4g} GB)"
        )
    change = min(GIB, memory_bytes // 2)
    less, more = search.within(memory_bytes - change), search.within(memory_bytes + change)
    return Plan(
        job=job,
        costs=search.costs,
        memory_bytes=memory_bytes,
        error=error,
        proposals=tuple(_best_of_each_kind(here)[:count]),
        change_bytes=change,
        with_less=less[0] if less else None,
        with_more=more[0] if more else None,
        least=least,
        tried=search.tried,
        points=tuple(search.curve(memory_bytes)),
    )


class _Search:
    """Predicts candidates, each in each budget once."""

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
        return len(self._found)

    def within(self, memory_bytes: int) -> list[Proposal]:
        """Return what fits, fastest first."""
        found = []
        for number, one in enumerate(self._all):
            self._progress(number, len(self._all), one.text)
            proposal = self.proposal(one, memory_bytes if one.bounded else UNLIMITED)
            if proposal is not None and proposal.needed_bytes <= memory_bytes and self._on_disk(proposal):
                found.append(proposal)
        return _ranked(found)

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
        for name in dict.fromkeys(one.text.partition(":")[0] for one in bounded):
            last = [one for one in bounded if one.text.startswith(name)][-1]
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
                signature=self._job.signature,
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


def _ranked(found: Sequence[Proposal]) -> list[Proposal]:
    """Return proposals by time; of those as fast as the fastest, as far as predictions tell, the smallest first."""
    ordered = sorted(found, key=lambda one: one.prediction.seconds)
    near = [one for one in ordered if one.prediction.seconds <= AS_FAST * ordered[0].prediction.seconds]
    near.sort(key=lambda one: one.needed_bytes)
    return [*near[:1], *(one for one in ordered if one is not near[0])] if near else []


def _best_of_each_kind(found: Sequence[Proposal]) -> list[Proposal]:
    """Return the fastest of each kind of strategy with each compressor, in their order."""
    kinds: dict[object, Proposal] = {}
    for one in found:
        compressor = one.strategy.text.inner
        kinds.setdefault((one.strategy.name, one.strategy.tier, compressor and compressor.innermost.name), one)
    return list(kinds.values())
