"""What a level and a state of each physics are made of, known before any operator is there."""

from __future__ import annotations

from dataclasses import dataclass

from wavecomp.wavefields.material import TtiMaterial, ViscoacousticMaterial
from wavecomp.wavefields.recipe_type import Recipe

GRADIENT_PHYSICS = ("acoustic", "tti", "viscoacoustic")
"""Those that have a gradient."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Counts of arrays, and where a run begins.

    Attributes
    ----------
    level, state : int
        Arrays of a level, on the physical domain, and of a state, on the whole grid with its halo.
    first : int
        The step at which a run begins.
    in_buffers : int
        Levels that are at hand with a state.
    grid : int
        Arrays on the whole grid that the operators and the models take at most.
    domain : int
        Arrays on the physical domain, likewise.
    """

    level: int
    state: int
    first: int
    in_buffers: int
    grid: int
    domain: int


_ACOUSTIC = Sizes(level=1, state=2, first=1, in_buffers=2, grid=8, domain=9)


def sizes_of(medium: Recipe) -> Sizes:
    """Return the sizes of a problem's physics.

    On the whole grid lie of TTI four wavefields of three levels, two of them once more for levels that come from a
    store; of a medium with loss the pressure and its adjoint, memory variables and velocities, and the pressure once
    more; besides, of either, the gradient, the parameters of two models, and what filling a third one takes.
    """
    axes = len(medium.shape)
    match medium.material:
        case TtiMaterial():
            return Sizes(level=2, state=4, first=1, in_buffers=2, grid=18 + 1 + 3 * 4 + 3, domain=8)
        case ViscoacousticMaterial(kernel="sls"):
            fields = 2 * 2 * (2 + axes) + 2
            return Sizes(level=2, state=3 + axes, first=0, in_buffers=1, grid=fields + 1 + 3 * 4 + 3, domain=8)
        case ViscoacousticMaterial():
            return Sizes(level=2, state=2, first=1, in_buffers=1, grid=9 + 1 + 3 * 4 + 3, domain=8)
    return _ACOUSTIC
