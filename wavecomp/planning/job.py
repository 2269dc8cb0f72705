r"""A job to plan for: one of the problems that are there, or a grid and a clock in words.

Where no time step is given it is the one that Devito's seismic models take as the greatest stable one,

.. math:: \Delta t = \frac{2 h}{v_{max} \, \kappa \sqrt{d}}

in d dimensions, with :math:`\kappa` of :mod:`wavecomp.physics.signature` for differences of twice the space order (they
look so far to either side, which leaves some reserve), cut to four digits. The source is a Ricker wavelet with a delay
of one period, as in every problem here. Of a job in words, velocities are taken to be spread evenly between the two
that are given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.imaging_step import Signature, aliasing, step_for
from wavecomp.errors import UnsupportedStrategy, UsageError
from wavecomp.physics.signature import highest_frequency
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.wavefields.time_axis import last_step

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem

_PARTS = 20
_LEAST_POINTS = 3


@dataclass(frozen=True)
class Job:
    """What a gradient has to keep, as numbers.

    Attributes
    ----------
    name : str
        What sentences call it.
    shape : tuple of int
        Points of the physical domain.
    sizes : ProblemSizes
        Its steps, levels and states.
    shots : int
        Gradients that are added up, one after the other.
    signature : Signature or None
        What the imaging step is chosen from; None where frequency, spacing or velocity are not known.
    problem : str
        Digest of the problem that it is; "" for a job in words.
    """

    name: str
    shape: tuple[int, ...]
    sizes: ProblemSizes
    shots: int = 1
    signature: Signature | None = field(default=None, compare=False)
    problem: str = ""

    @property
    def everything_bytes(self) -> int:
        """Bytes of every level, uncompressed."""
        return self.sizes.steps * self.sizes.level_bytes

    def step_for(self, error: float) -> int:
        """Return the greatest imaging step that an error of the gradient allows; 1 where nobody knows the spectrum."""
        return 1 if self.signature is None else step_for(self.signature, error)

    def aliasing(self, every: int) -> float:
        """Return the estimated error of the gradient by imaging at every k-th step; 0 for each, infinite if unknown."""
        if every == 1:
            return 0.0
        return math.inf if self.signature is None else aliasing(self.signature, every)


def job_in_words(
    shape: Sequence[int],
    steps: int,
    *,
    layer_points: int = 40,
    space_order: int = 8,
    shots: int = 1,
    spacing_m: float | None = None,
    velocity_m_s: tuple[float, float] | None = None,
    peak_frequency_hz: float | None = None,
) -> Job:
    """Return the job that a grid and a number of steps make, in single precision, for the acoustic operators.

    Parameters
    ----------
    shape : sequence of int
        Points of the physical domain, two or three numbers.
    steps : int
        The last time step of a run.
    layer_points : int
        Absorbing layer on every side, in points.
    space_order : int
        Of the differences; the halo is so many points wide.
    shots : int
    spacing_m, velocity_m_s, peak_frequency_hz : optional
        Of the grid in m, the least and the greatest velocity in m/s, and of the source in Hz: all three, or none.

    Raises
    ------
    UsageError
        A number makes no sense, or one of the three is missing.
    """
    dims = tuple(int(n) for n in shape)
    if len(dims) not in (2, 3) or min(dims) < _LEAST_POINTS:
        raise UsageError(
            f"shape {'x'.join(map(str, dims))}: must be two or three numbers of at least {_LEAST_POINTS} points"
        )
    if steps < _LEAST_POINTS:
        raise UsageError(f"steps {steps}: must be at least {_LEAST_POINTS}")
    if layer_points < 0 or shots < 1:
        raise UsageError(f"an absorbing layer of {layer_points} points, {shots} shots: at least 0 and 1 are needed")
    if space_order < 2 or space_order % 2:
        raise UsageError(f"space order {space_order}: must be even and at least 2")
    given = (spacing_m, velocity_m_s, peak_frequency_hz)
    if any(one is None for one in given) and any(one is not None for one in given):
        missing = [
            name for name, one in zip(("spacing", "velocity", "peak frequency"), given, strict=True) if one is None
        ]
        raise UsageError(
            f"without {' and '.join(missing)} nobody can tell how many steps may be left out of the imaging; give "
            "spacing, velocity and peak frequency, or none of them"
        )
    signature = None
    if spacing_m is not None and velocity_m_s is not None and peak_frequency_hz is not None:
        signature = _words_signature(len(dims), steps, spacing_m, velocity_m_s, peak_frequency_hz, space_order)
    sizes = ProblemSizes.of_grid(dims, steps, absorbing_points=layer_points, space_order=space_order)
    return Job("x".join(map(str, dims)), dims, sizes, shots, signature)


def job_of(problem: GradientProblem, *, shots: int = 1) -> Job:
    """Return the job that a problem is, without opening it.

    Parameters
    ----------
    problem : GradientProblem
        Of the acoustic equation; of another one the imaging step is not known, nor what a duration takes in steps.
    shots : int
        Gradients that are added up.

    Raises
    ------
    UnsupportedStrategy
        Nobody knows the number of steps.
    ModelFileError
        The model's file is missing.
    """
    medium = problem.medium
    signature, last = None, problem.steps
    if medium.material is None:
        velocity = problem.initial_velocity().astype(np.float64)
        fastest = max(float(velocity.max()), float(problem.true_velocity().max()))
        spacing, order = min(medium.spacing_m), medium.space_order
        dt_s = medium.dt_s or stable_step_s(len(medium.shape), spacing, fastest, order)
        last = last_step(medium, dt_s)
        carried = tuple(highest_frequency(float(v), spacing, order) for v in np.quantile(velocity, _shares()))
        signature = Signature(_ricker(medium.peak_frequency_hz, dt_s, last), dt_s, carried)
    if last is None:
        raise UnsupportedStrategy(
            f"problem {problem.name} gives a duration, and how many steps that is only its operators tell; give steps"
        )
    sizes = ProblemSizes.of_problem(problem, last)
    return Job(problem.name, medium.shape, sizes, shots, signature, problem.digest)


def stable_step_s(dims: int, spacing_m: float, fastest_m_s: float, space_order: int) -> float:
    """Return the time step in s that Devito's seismic models take for the acoustic scheme of second order in time.

    Examples
    --------
    >>> round(stable_step_s(3, 25.0, 6000.0, 8), 9)
    0.001765
    """
    # highest_frequency is κ v / (2 π h); the step is 2 h / (v κ √d).
    step_ms = 1000.0 / (math.pi * highest_frequency(fastest_m_s, spacing_m, 2 * space_order) * math.sqrt(dims))
    return float(f"{step_ms:.3e}") / 1000.0


def _words_signature(
    dims: int,
    steps: int,
    spacing_m: float,
    velocity_m_s: tuple[float, float],
    peak_frequency_hz: float,
    space_order: int,
) -> Signature:
    slow, fast = velocity_m_s
    for name, value in (("spacing", spacing_m), ("velocity", slow), ("peak frequency", peak_frequency_hz)):
        if not 0.0 < value < math.inf:
            raise UsageError(f"{name} {value:g}: must be positive and finite")
    if not slow <= fast < math.inf:
        raise UsageError(f"velocity {slow:g}..{fast:g}: must be the least and the greatest one, such as 1500..4500")
    dt_s = stable_step_s(dims, spacing_m, fast, space_order)
    carried = tuple(highest_frequency(v, spacing_m, space_order) for v in slow + (fast - slow) * _shares())
    return Signature(_ricker(peak_frequency_hz, dt_s, steps), dt_s, carried)


def _shares() -> NDArray[np.float64]:
    return (np.arange(_PARTS) + 0.5) / _PARTS


def _ricker(peak_frequency_hz: float, dt_s: float, last: int) -> NDArray[np.float64]:
    """Return the samples 0 … last of a Ricker wavelet whose peak is a period after the first."""
    phase = np.pi * (peak_frequency_hz * dt_s * np.arange(last + 1) - 1.0)
    return np.asarray((1.0 - 2.0 * phase**2) * np.exp(-(phase**2)))
