r"""Gradient errors of a problem that was never calibrated, from two bare sweeps of it.

What a compressor's tolerance does to a level, as a part of the field's peak, was the same to a tenth on five problems
in two and three dimensions; what it does to the gradient differed by a factor of five, and below the top tenth of the
depth by eight. That factor is the problem's own, :math:`P (\sum_n \lVert w_n \rVert^2)^{1/2} / \lVert g \rVert` with P
the peak (:mod:`wavecomp.physics.sampled_gradient`): an error that was measured on another problem is multiplied by the
ratio of the two. What imaging at every k-th step does is not carried over at all: each problem's sweeps tell it.
"""

from __future__ import annotations

from dataclasses import replace

from wavecomp.adjoint.imaging_step import Signature, aliasing
from wavecomp.physics.sampled_gradient import SampledGradient
from wavecomp.planning.codecs import ErrorSample
from wavecomp.planning.costs import Costs
from wavecomp.planning.gradient_error import imaging_errors, without_imaging
from wavecomp.planning.imaging import Imaging
from wavecomp.planning.sizes import ProblemSizes

_WEIGHED = 40  # places of the run at which weights are kept, about: they change over many steps


def with_own_errors(
    costs: Costs, sampled: SampledGradient, peak: float, sizes: ProblemSizes, signature: Signature, digest: str
) -> Costs:
    """Return costs in which all that concerns the gradient's error is the problem's own.

    Parameters
    ----------
    costs : Costs
        Of a calibrated problem; without ``noise``, in which case errors by compressors stay those of that problem.
    sampled : SampledGradient
        Of the problem.
    peak : float
        Greatest amplitude of its wavefield.
    sizes : ProblemSizes
    signature : Signature
        Its source.
    digest : str
        The problem's.
    """
    imaging = tuple(
        Imaging(k, aliasing(signature, k), whole, deep, sizes.last) for k, (whole, deep) in sampled.imaging.items()
    )
    noise = (peak * sampled.noise[0], peak * sampled.noise[1])
    own = replace(costs, imaging=imaging, noise=noise, weights=_weights(sampled, sizes), peak=peak, digest=digest)
    if costs.noise is None:
        return own
    factors = (noise[0] / costs.noise[0], noise[1] / costs.noise[1])
    return replace(own, errors=tuple(_carried(one, costs, factors) for one in costs.errors))


def _weights(sampled: SampledGradient, sizes: ProblemSizes) -> tuple[tuple[float, float], ...]:
    """Return what an error of a level weighs at some places of the run."""
    apart = max(1, sizes.steps // _WEIGHED)
    return tuple(
        (sizes.place(sizes.first + number), float(sampled.weights[number])) for number in range(0, sizes.steps, apart)
    )


def _carried(one: ErrorSample, there: Costs, factors: tuple[float, float]) -> ErrorSample:
    """Return a compressor's own part of an error as this problem would have it."""
    imaged, _ = imaging_errors(there, one.every)
    values = []
    for value, other, factor in zip((one.relative_l2, one.deep), imaged, factors, strict=True):
        values.append(factor * (value if one.apart else without_imaging(value, other)))
    return replace(one, relative_l2=values[0], deep=values[1], apart=True)
