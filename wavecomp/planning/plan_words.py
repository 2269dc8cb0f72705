"""A plan in sentences: what to do, why, what a little more or less memory would change, and how sure all of it is."""

from __future__ import annotations

from collections.abc import Iterator

from wavecomp.plain_text import size_text
from wavecomp.planning.choose import GIB, Plan
from wavecomp.planning.proposals import Proposal

_SAME = 0.02


def reason(plan: Plan) -> str:
    """Return in one sentence why the first proposal is the best."""
    best, job = plan.best, plan.job
    strategy = best.strategy
    words = {
        "store-all": "what is imaged fits uncompressed",
        "trajectory": "every level that is imaged fits once it is compressed, and nothing is computed twice",
        "mixed": "of what is computed twice it has least: levels and states share the memory",
        "revolve": "compressed states leave room for more of them, so that less is computed twice",
        "adaptive": "compressed states leave room for more of them, and the schedule follows their actual sizes",
    }
    why = words.get(strategy.name, "it is the fastest of what fits")
    every = strategy.every
    if every > 1:
        who = "two bare sweeps say that its gradient" if plan.costs.about(job.problem) else "the source's spectrum"
        why = f"{who} lets {every - 1} of {every} levels go; {why}"
    elif job.signature is None:
        why = f"every level is imaged, since nothing is known of the source's spectrum; {why}"
    return f"{strategy.spec}: {why}."


def lines(plan: Plan) -> Iterator[str]:
    """Yield the plan in sentences."""
    job, best = plan.job, plan.best
    yield (
        f"{job.name}, {job.sizes.last} steps: a level is {size_text(job.sizes.level_bytes)}, a state "
        f"{size_text(job.sizes.state_bytes)}, all levels {size_text(job.everything_bytes)}; there are "
        f"{size_text(plan.memory_bytes)}."
    )
    yield reason(plan)
    yield f"It is expected to take {time_of(best, job.shots)} and {size_text(best.needed_bytes)}{error_of(best)}."
    if best.strategy.weights is not None:
        yield (
            "What an error of each level weighs is found by a run with half the resolution, once a shot, before its "
            "first gradient: that is not in this time."
        )
    yield from _beyond(plan)
    for name, other in (("less", plan.with_less), ("more", plan.with_more)):
        change = "One GiB" if plan.change_bytes == GIB else f"{size_text(plan.change_bytes)}"
        yield f"{change} {name}: {_change(best, other)}."
    least = plan.least
    yield (
        f"The least memory that works is {size_text(least.needed_bytes)}: {least.strategy.spec}, "
        f"{ratio(least.prediction.seconds / best.prediction.seconds)} times as long."
    )


def _change(best: Proposal, other: Proposal | None) -> str:
    if other is None:
        return "nothing that is known fits"
    factor = other.prediction.seconds / best.prediction.seconds
    if other.strategy.spec == best.strategy.spec and abs(factor - 1.0) < _SAME:
        return "the same"
    if abs(factor - 1.0) < _SAME:
        return f"{other.strategy.spec}, as fast"
    return f"{other.strategy.spec}, {ratio(factor)} times as long"


def _beyond(plan: Plan) -> Iterator[str]:
    costs, prediction = plan.costs, plan.best.prediction
    factor = max(costs.scaled, 1.0 / costs.scaled)
    size = f"whose states are {ratio(factor)} times {'smaller' if costs.scaled > 1 else 'larger'}"
    if plan.job.problem and costs.problem == plan.job.name and costs.scaled == 1.0:
        yield f"Costs, ratios and errors were measured on {costs.problem} itself."
    elif costs.about(plan.job.problem):
        yield f"Costs were measured on {costs.problem}, {size}; ratios and errors on {plan.job.name} itself."
    else:
        yield (
            f"Costs, ratios and errors were measured on {costs.problem}, {size}: calibrate on the problem itself "
            "before a night hangs on it. By what a tolerance does to a gradient, models differed up to ten times."
        )
    if prediction.beyond > max(costs.scaled, 1.0 / costs.scaled) * 1.01:
        yield f"Tolerance or imaging step lie {ratio(prediction.beyond)} times beyond what was calibrated."


def time_of(proposal: Proposal, shots: int = 1) -> str:
    """Return the expected time with its interval, for so many shots one after the other."""
    found = proposal.prediction
    low, mid, high = (duration(shots * one) for one in (found.low, found.seconds, found.high))
    return f"{mid} ({low} to {high})" + (f" for {shots} shots" if shots > 1 else "")


def error_of(proposal: Proposal) -> str:
    """Return the expected error as the end of a sentence."""
    error = proposal.error
    if error is None:
        return ", with an error that nobody has measured"
    return ", and gives the exact gradient" if error == 0.0 else f", with an error of {error:.1e}"


def duration(seconds: float) -> str:
    """Return a time for people.

    Examples
    --------
    >>> duration(0.0123), duration(75.0), duration(9000.0)
    ('12.3 ms', '75 s', '2.5 h')
    """
    for unit, factor, limit in (("ms", 1e-3, 1.0), ("s", 1.0, 600.0), ("min", 60.0, 7200.0), ("h", 3600.0, 172800.0)):
        if seconds < limit:
            return f"{seconds / factor:.3g} {unit}"
    return f"{seconds / 86400.0:.3g} days"


def ratio(value: float) -> str:
    """Return a factor with two digits."""
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"
