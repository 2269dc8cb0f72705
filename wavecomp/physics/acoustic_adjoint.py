"""The adjoint's way down, and the imaging condition on it: with three levels of v in turn, or two in place.

Iteration n computes v[n-1] from v[n] and, at each point alone, v[n+1]: it may write over the latter. That saves one of
the five arrays that a step moves through memory. But the imaging condition at n reads all three levels. So where every
step is imaged, three levels take turns; where only every k-th is, two levels do, and the physical domain of v[n+1] is
copied before the one iteration in k that needs it afterwards. The sum of the three is then rounded in another order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from devito import Buffer, Constant, Eq, Function, Inc, TimeFunction
from devito.data.allocators import DataReference
from numpy.typing import NDArray

from wavecomp.physics.compiled import Compiled, LevelSlot
from wavecomp.physics.physical_domain import PhysicalDomain

_ROWS_POINTS = 1 << 18
"""Of so many points at a time a weight is summed up: what lies in between stays in the caches."""


@dataclass(frozen=True)
class Imaged:
    """What the imaging condition combines with v.

    Attributes
    ----------
    gradient, level : devito.Function
        On the physical domain: what is summed up, and u[n].
    u : devito.TimeFunction
        The forward wavefield's own buffers.
    per_dt2 : numpy.floating
        1/Δt², in 1/ms² and the operators' precision.
    """

    gradient: Function
    level: Function
    u: TimeFunction
    per_dt2: np.floating


class AdjointSweep:
    """Three levels of v in turn.

    Parameters
    ----------
    v : devito.TimeFunction
        The adjoint wavefield, three levels.
    imaged : Imaged
    domain : PhysicalDomain
    step : callable
        Compiles one iteration on a given v, under a given name.
    build : callable
        Compiles equations, under a given name, with given arguments.
    """

    _name = ""

    def __init__(
        self,
        v: TimeFunction,
        imaged: Imaged,
        domain: PhysicalDomain,
        step: Callable[[TimeFunction, str], Compiled],
        build: Callable[..., Compiled],
    ) -> None:
        self._v, self._imaged, self._domain, self._build = v, imaged, domain, build
        self._step = step(v, f"Adjoint{self._name}")

    def prepare(self, *, taped: bool) -> None:
        """Compile what imaging takes, of a tape from the forward buffers as well: before the clock runs."""
        _ = self._image
        if taped:
            _ = self._image_live

    def down(self, last: int, first: int) -> None:
        """Run the iterations ``last > n >= first``."""
        self._step.down(last, first)

    def down_to_image(self, last: int, step: int) -> None:
        """Run the iterations ``last > n >= step``; :meth:`image` of that step comes next."""
        self._step.down(last, step)

    def image(self, step: int, slot: LevelSlot | None) -> None:
        """Evaluate the imaging condition at a step, right after :meth:`down_to_image` has come there.

        u[step] is taken from the slot, or from the forward buffers where ``slot`` is None.
        """
        if slot is None:
            self._image_live.up(step, step + 1)
        else:
            self._image.replace("level", slot.argument)
            self._image.up(step, step + 1)

    def weight(self, step: int) -> float:
        """Return the RMS of (v[n+1] − 2 v[n] + v[n-1]) / Δt² over the physical domain, right before :meth:`image`."""
        above, here, below = self.levels(step)
        rows = max(1, _ROWS_POINTS // max(1, here[0].size))
        total = 0.0
        for start in range(0, len(here), rows):
            some = slice(start, start + rows)
            bent = above[some] - 2 * here[some] + below[some]
            total += float(np.sum(np.square(bent, dtype=np.float64)))
        return math.sqrt(total / here.size) * float(self._imaged.per_dt2)

    def levels(self, step: int) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
        """Return v[n+1], v[n] and v[n-1] over the physical domain, as views, right before :meth:`image`."""
        return self._values_above(step), self._within(step), self._within(step - 1)

    def _within(self, step: int) -> NDArray[np.floating]:
        """Return v[step] in its buffer, at the physical domain's points."""
        data = np.asarray(self._v.data)
        return self._domain.within(data[step % len(data)])

    def _values_above(self, step: int) -> NDArray[np.floating]:
        return self._within(step + 1)

    def forget_slots(self) -> None:
        """Hold no slot of the last run any more."""
        if "_image" in vars(self):  # compiled when first needed
            self._image.put_back("level")

    @cached_property
    def _image(self) -> Compiled:
        level = self._imaged.level
        return self._imaging("Image", level, level=level)

    @cached_property
    def _image_live(self) -> Compiled:
        return self._imaging("ImageLive", self._domain.seen(self._imaged.u), u=self._imaged.u)

    def _above(self) -> tuple[Any, dict[str, Any]]:
        """Return v[n+1] at the physical domain's points, and the arguments that it takes."""
        return self._domain.seen(self._v.forward), {}

    def _imaging(self, name: str, image_of: Any, **arguments: Any) -> Compiled:
        gradient = self._imaged.gradient
        # 1/Δt² as a number of its own, and the sum in this order: as Devito's fused operator computes it.
        per_dt2 = Constant(name="per_dt2", dtype=gradient.dtype)
        here, below = self._domain.seen(self._v), self._domain.seen(self._v.backward)
        above, more = self._above()
        curvature = -2 * per_dt2 * here + per_dt2 * below + per_dt2 * above
        given = {"grad": gradient, "v": self._v, "per_dt2": self._imaged.per_dt2, **more, **arguments}
        return self._build([Inc(gradient, -curvature * image_of)], name + self._name, **given)


class InPlaceSweep(AdjointSweep):
    """Two levels of v, the first two of the three that it is given; for imaging at fewer than all steps."""

    _name = "InPlace"

    def __init__(self, v: TimeFunction, imaged: Imaged, domain: PhysicalDomain, *rest: Any) -> None:
        memory = np.asarray(v.data_with_halo)[:2]
        two = TimeFunction(
            name="v",
            grid=v.grid,
            time_order=2,
            space_order=v.space_order,
            save=Buffer(2),
            allocator=DataReference(memory),
        )
        super().__init__(two, imaged, domain, *rest)
        self._copy = domain.array("above", np.dtype(imaged.gradient.dtype))
        self._keep = self._build([Eq(self._copy, domain.seen(two.forward))], "KeepAbove", above=self._copy, v=two)

    def down_to_image(self, last: int, step: int) -> None:
        """Run the iterations ``last > n >= step``, the last of them with a copy of what it writes over."""
        self._step.down(last, step + 1)
        self._keep.up(step, step + 1)
        self._step.down(step + 1, step)

    def _values_above(self, step: int) -> NDArray[np.floating]:  # noqa: ARG002 (the copy is of the last step reached)
        return np.asarray(self._copy.data)

    def _above(self) -> tuple[Any, dict[str, Any]]:
        return self._copy, {"above": self._copy}
