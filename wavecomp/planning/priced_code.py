"""A time-stepping code that computes nothing: every call of the machine that reverses it is charged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wavecomp.adjoint.time_stepping import Array, TimeStepping
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.virtual_clock import Charge, VirtualClock


@dataclass(frozen=True, slots=True)
class PricedSlot:
    """A slot of no memory."""

    nbytes: int
    of_store: bool
    stored: tuple[Array, ...] = ()


class PricedCode(TimeStepping[PricedSlot]):
    """Stands for a code where a run is only priced.

    Parameters
    ----------
    sizes : ProblemSizes
        Its steps and bytes.
    clock : VirtualClock
        Gets the charges.
    price : callable
        Says what a charge takes, in s.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, sizes: ProblemSizes, clock: VirtualClock, price: Callable[[Charge], float]) -> None:
        self.first, self.last, self.in_buffers = sizes.first, sizes.last, sizes.in_buffers
        self._sizes, self._clock, self._price = sizes, clock, price
        self._gradient = np.zeros(1, np.float32)
        self._apart = "each"
        self._after_store = False

    @property
    def level_bytes(self) -> int:
        """Bytes of one level."""
        return self._sizes.level_bytes

    @property
    def state_bytes(self) -> int:
        """Bytes of one state."""
        return self._sizes.state_bytes

    def rest(self) -> None:
        """Nothing."""

    def forward(self, first: int, last: int, *, record: bool) -> None:
        """Charge for steps ahead."""
        self._charge("record" if record else "forward", last - first, last)

    def state(self, step: int) -> tuple[Array, ...]:  # noqa: ARG002 (there is none)
        """Return no arrays; they are asked for where a state goes to the store or comes from it."""
        self._after_store = True
        return ()

    def slots(self, count: int) -> list[PricedSlot]:
        """Return slots of a tape."""
        return [PricedSlot(self.level_bytes, of_store=False) for _ in range(count)]

    def carried(self, count: int) -> list[PricedSlot]:
        """Return slots of levels on their way to and from the store."""
        return [PricedSlot(self.level_bytes, of_store=True) for _ in range(count)]

    def keep(self, step: int, slot: PricedSlot) -> None:
        """Charge for the copy of a level; one that is for the store goes there next."""
        self._charge("keep:store" if slot.of_store else "keep:tape", 1, step)
        self._after_store = slot.of_store

    def prepare(self, every: int, *, taped: bool) -> None:
        """Nothing to compile."""

    def begin_reversal(self) -> None:
        """No misfit."""

    def sweep(self, every: int) -> PricedCode:
        """Return itself."""
        self._apart = "each" if every == 1 else "apart"
        return self

    def down(self, last: int, first: int) -> None:
        """Charge for steps back."""
        if first < last:
            self._charge(f"down:{self._apart}", last - first, first)

    def down_to_image(self, last: int, step: int) -> None:
        """Charge for steps back, that of the image included."""
        self._charge(f"down:{self._apart}", last - step, step)

    def image(self, step: int, slot: PricedSlot | None) -> None:
        """Charge for an image."""
        where = "live" if slot is None else "store" if slot.of_store else "tape"
        self._charge(f"image:{self._apart}:{where}", 1, step)

    @property
    def gradient(self) -> Array:
        """One zero."""
        return self._gradient

    def _charge(self, task: str, steps: int, step: int) -> None:
        charge = Charge(task, steps, step, self._after_store)
        self._after_store = False
        self._clock.spend(charge, self._price(charge))
