"""The few best strategies for a job in a memory: every candidate predicted, and of those that fit the fastest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wavecomp.compressors import Registry, default_registry
from wavecomp.errors import UsageError
from wavecomp.planning.costs import Costs
from wavecomp.planning.job import Job
from wavecomp.planning.proposals import Proposal, best_of_each_kind
from wavecomp.planning.search import Search
from wavecomp.plans.strategy import Strategy

GIB = 1 << 30


class NoPlan(UsageError):
    """Nothing that was tried fits; the text says what would."""


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
    search = Search(job, costs, error, disk_bytes, registry or default_registry(), progress)
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
        proposals=tuple(best_of_each_kind(here)[:count]),
        change_bytes=change,
        with_less=less[0] if less else None,
        with_more=more[0] if more else None,
        least=least,
        tried=search.tried,
        points=tuple(search.curve(memory_bytes)),
    )
