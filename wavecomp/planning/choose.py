"""The few best strategies for a job in a memory: every candidate predicted, those that fit in the order of their time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.compressors import Registry, default_registry
from wavecomp.errors import CheckpointTooLarge, ScheduleError, SlotsTooLarge, UsageError
from wavecomp.planning.candidates import Candidate, candidates
from wavecomp.planning.costs import Costs
from wavecomp.planning.job import Job
from wavecomp.planning.predict import Prediction, predict
from wavecomp.plans.strategies import Strategy, read_strategy
from wavecomp.spec_text import SpecText

GIB = 1 << 30

SPARE = 1.05
"""Of predicted compressed bytes, on the calibrated problem: what memory has to be there for them."""

SPARE_ELSEWHERE = 1.3
"""The same where ratios come from another problem."""

_CURVE = 12


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
        Memory that it needs: its peak with a reserve for what compression does not promise; of one that takes what it is
        given, the peak.
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
    with_less, with_more : Proposal or None
        The fastest with a GiB less and more; None where nothing fits, or less than a GiB is there.
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
            f"{memory_bytes} bytes ({memory_bytes / 1e9:.4g} GB) are too little for {job.name} at an error of {error:g}: "
            f"{least.strategy.spec} needs least, {least.needed_bytes} bytes ({least.needed_bytes / 1e9:.4g} GB)"
        )
    less = search.within(memory_bytes - GIB) if memory_bytes > GIB else []
    more = search.within(memory_bytes + GIB)
    return Plan(
        job=job,
        costs=search.costs,
        memory_bytes=memory_bytes,
        error=error,
        proposals=tuple(_best_of_each_kind(here)[:count]),
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
        return sorted(found, key=lambda proposal: proposal.prediction.seconds)

    def least(self) -> Proposal:
        """Return what works in the least memory."""
        found = [self.proposal(one, UNLIMITED) for one in self._all if not one.bounded]
        found += [self._smallest(one) for one in self._all if one.bounded]
        return min((one for one in found if one is not None), key=lambda one: one.needed_bytes)

    def curve(self, memory_bytes: int) -> list[Proposal]:
        """Return what a picture shows: unbounded candidates, and bounded ones in several budgets."""
        points = [self.proposal(one, UNLIMITED) for one in self._all if not one.bounded]
        greatest = 2 * max(memory_bytes, self._job.sizes.state_bytes)
        for one in self._all:
            smallest = self._smallest(one) if one.bounded and "every=1" not in one.text else None
            if smallest is None:
                continue
            low = max(smallest.needed_bytes, 1)
            ratio = max(greatest / low, 1.0)
            points += [self.proposal(one, int(low * ratio ** (part / _CURVE))) for part in range(_CURVE + 1)]
        return [one for one in points if one is not None]

    def proposal(self, candidate: Candidate, budget_bytes: int) -> Proposal | None:
        """Predict a candidate in a budget; None where no plan of it fits."""
        key = candidate.text, budget_bytes
        if key not in self._found:
            self._found[key] = self._predicted(candidate, budget_bytes)
        return self._found[key]

    def _predicted(self, candidate: Candidate, budget_bytes: int) -> Proposal | None:
        strategy = self._strategies.get(candidate.text)
        if strategy is None:
            strategy = read_strategy(SpecText.parse(candidate.text), self._registry)
            self._strategies[candidate.text] = strategy
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

    def _smallest(self, candidate: Candidate) -> Proposal | None:
        """Return a bounded candidate in the least budget that it can be planned in, within a hundredth."""
        high = 4 * self._job.sizes.state_bytes
        if self.proposal(candidate, high) is None:
            return None
        low = 1
        while high - low > max(high // 100, 1):
            middle = (low + high) // 2
            low, high = (low, middle) if self.proposal(candidate, middle) is not None else (middle, high)
        return self.proposal(candidate, high)


def _best_of_each_kind(found: Sequence[Proposal]) -> list[Proposal]:
    """Return the fastest of each kind of strategy with each compressor, in their order."""
    kinds: dict[object, Proposal] = {}
    for one in found:
        compressor = one.strategy.text.inner
        kinds.setdefault((one.strategy.name, one.strategy.tier, compressor and compressor.innermost.name), one)
    return list(kinds.values())
