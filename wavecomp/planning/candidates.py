"""Ways of keeping the wavefield that may be the best one for a job: texts, made from what was calibrated.

The imaging step is any that the error allows which is asked for: of a calibrated problem by what each step does to its
gradient, of others by the source's spectrum. A compressor's tolerance is
the coarsest whose predicted error, with that of the imaging step, stays within the error over :data:`RESERVE`, cut to
two digits. Where the costs tell what an error of each level weighs, compressed trajectories, Revolve and ``mixed`` are
also tried with tolerances over time. Beyond :data:`REACH` times the calibrated tolerances nobody knows, and there is no
candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wavecomp.adjoint.imaging_step import Signature
from wavecomp.planning.codecs import HOLE, Kind
from wavecomp.planning.costs import Costs
from wavecomp.planning.gradient_error import expected_error
from wavecomp.planning.job import Job
from wavecomp.planning.level_factors import LevelFactors, level_factors

RESERVE = 1.5
"""By what factor a predicted error stays below the one that is asked for."""

RESERVE_APART = 2.0
"""The same where each level has a tolerance of its own: weights are those of the whole depth, and the error below its
top tenth was measured to be up to 1.6 times what they say."""

_AGE = 1.5
"""Of the states of a Revolve on the way back, about (:mod:`wavecomp.planning.ages`)."""

REACH = 10.0
"""How far a tolerance may lie beyond those that were calibrated, as a factor."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way that may be taken.

    Attributes
    ----------
    text : str
        Of the strategy; what a budget decides, such as the number of checkpoints, is left to it.
    bounded : bool
        Whether its memory is what the budget gives it, and not what it happens to need.
    slow : bool
        Whether foreseeing it takes seconds: then it is not foreseen for budgets that nobody asked about.
    """

    text: str
    bounded: bool
    slow: bool = False


def candidates(job: Job, costs: Costs, error: float, *, disk: bool = False) -> Iterator[Candidate]:
    """Yield the candidates for a job.

    Parameters
    ----------
    job : Job
    costs : Costs
        Scaled to the job.
    error : float
        Relative L2 error that the gradient may have, below the top tenth of the depth too; 0 for an exact one.
    disk : bool
        Whether checkpoints may be kept on disk as well.
    """
    ways = ["", *([",tier=disk"] if disk else []), *([",overlap"] if costs.handoffs else [])]
    steps = imaging_steps(job, costs, error)
    for every in steps:
        yield Candidate(f"store-all:every={every}", bounded=False)
        yield Candidate(f"mixed:every={every}", bounded=True)
        levels = level_factors(costs, job.sizes, every) if _weighable(job, costs) else None
        for family in sorted({codec.family for codec in costs.codecs}):
            for factors in [None, levels] if levels is not None and HOLE in family else [None]:
                weights = ",weights=coarse" if factors is not None else ""
                level = compressor_for(costs, family, "level", every, error, job, factors)
                state = compressor_for(costs, family, "state", every, error, job, factors)
                if level is not None:
                    yield from _trajectories(every, ways, weights, level)
                ratio = least_ratio(costs, family, state, "state")
                if ratio > 1.0:
                    yield Candidate(f"revolve:every={every},ratio={ratio:.3g}{weights}/{state}", bounded=True)
                finer = _finer(family, level, state)
                both = min(least_ratio(costs, family, finer, "state"), least_ratio(costs, family, finer, "level"))
                if both > 1.0:
                    yield Candidate(f"mixed:every={every},ratio={both:.3g}{weights}/{finer}", bounded=True)
                if ratio > 1.0 and every in (steps[0], steps[-1]) and factors is None:
                    # Made up as it goes, which takes seconds to foresee: of two imaging steps alone.
                    yield Candidate(f"adaptive:every={every},ratio={ratio:.3g}/{state}", bounded=True, slow=True)


def _trajectories(every: int, ways: Sequence[str], weights: str, level: str) -> Iterator[Candidate]:
    for way in ways:
        yield Candidate(f"trajectory:every={every}{way}{weights}/{level}", bounded=False)


def _weighable(job: Job, costs: Costs) -> bool:
    """Return whether a coarse run can tell the weights of a job's levels: acoustic operators can.

    Of problems alone the acoustic ones have a signature; jobs in words are acoustic.
    """
    return bool(costs.weights) and (job.signature is not None or not job.problem)


def source_of(job: Job, costs: Costs) -> Signature | None:
    """Return the source by which errors are predicted for a job; None where the costs are about its own gradient."""
    return None if costs.about(job.problem) else job.signature


def imaging_steps(job: Job, costs: Costs, error: float) -> list[int]:
    """Return imaging steps that an error allows: 1, the most, and some between.

    Of the job's own problem the costs say what each step does; of another one its spectrum says what may be tried. A
    smaller step than the most leaves more of the error to the compressor.
    """
    if error <= 0.0:
        return [1]
    looked = max((one.every for one in costs.imaging), default=1)
    most = looked if costs.about(job.problem) else job.step_for(error)
    while most > 1 and not _imaging_fits(job, costs, most, error):
        most -= 1
    wanted = {most, max(1, most - 1), max(1, most // 2)}
    return sorted({1, *(every for every in wanted if _imaging_fits(job, costs, every, error))})


def _imaging_fits(job: Job, costs: Costs, every: int, error: float) -> bool:
    found = expected_error(costs, every, None, 1.0, lossless=True, signature=source_of(job, costs))
    worst = max(found.relative_l2 or 0.0, found.deep or 0.0)
    return worst * RESERVE <= error


def compressor_for(
    costs: Costs, family: str, kind: Kind, every: int, error: float, job: Job, levels: LevelFactors | None = None
) -> str | None:
    """Return the text of a compressor at the coarsest tolerance that an error allows; None where there is none.

    Parameters
    ----------
    costs : Costs
    family : str
        With :data:`~wavecomp.planning.codecs.HOLE` for the tolerance; without it, it loses nothing.
    kind : "level" or "state"
        What it compresses.
    every : int
        Imaging step.
    error : float
        That the gradient may have.
    job : Job
    levels : LevelFactors, optional
        Where each level has a tolerance of its own: the one that is found is their geometric mean.
    """
    if HOLE not in family:
        return family if all(one.family != family for one in costs.errors) else None
    mine = [one for one in costs.errors if one.family == family and one.fraction]
    tolerances = [one.fraction for one in [one for one in mine if one.kind == kind] or mine if one.fraction]
    if not tolerances or error <= 0.0:
        return None
    share = 1.0 if kind == "level" else 0.0
    reserve = RESERVE if levels is None else RESERVE_APART

    def worst(fraction: float) -> float:
        found = expected_error(
            costs, every, (family, fraction), share, lossless=False, signature=source_of(job, costs), levels=levels
        )
        return max(found.relative_l2 or 0.0, found.deep or 0.0) * reserve

    low, high = math.log(min(tolerances) / REACH), math.log(max(tolerances) * REACH)
    if worst(math.exp(low)) > error:
        return None
    if worst(math.exp(high)) <= error:
        low = high
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if worst(math.exp(middle)) <= error else (low, middle)
    return family.replace(HOLE, f"{_two_digits_down(math.exp(low))}peak")


def _finer(family: str, one: str | None, other: str | None) -> str | None:
    """Return the compressor of the smaller tolerance: what both levels and states may lose; None where one is None."""
    if one is None or other is None:
        return None
    return min(one, other, key=lambda text: compressor_fraction(family, text) or 0.0)


def least_ratio(costs: Costs, family: str, compressor: str | None, kind: Kind) -> float:
    """Return the ratio that a compressor keeps all along the run, a twentieth in reserve; 0 if unknown."""
    if compressor is None:
        return 0.0
    found = [one for one in costs.codecs if one.family == family and one.kind == kind]
    if not found:
        return 0.0
    # The finest calibrated tolerance that is not coarser than the one taken; where none is, the finest of all.
    wanted = float(compressor_fraction(family, compressor) or 0.0)
    finer = [one for one in found if one.fraction is None or one.fraction <= wanted]
    chosen = (
        max(finer, key=lambda one: one.fraction or 0.0) if finer else min(found, key=lambda one: one.fraction or 0.0)
    )
    return 0.95 * chosen.raw_bytes / max(*(chosen.bytes_at(place, _AGE) for place in chosen.places), 1.0)


def compressor_fraction(family: str, compressor: str) -> float | None:
    """Return the tolerance of a compressor that was made from a family; None where it has none."""
    if HOLE not in family:
        return None
    before, _, after = family.partition(HOLE)
    return float(compressor[len(before) : len(compressor) - len(after)].removesuffix("peak"))


def _two_digits_down(value: float) -> str:
    power = math.floor(math.log10(value))
    digits = math.floor(value / 10.0 ** (power - 1) + 1e-9)
    return f"{digits / 10:g}e{power}"
