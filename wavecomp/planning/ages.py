r"""How much of compression's error a state carries: what is computed from compressed states compresses worse itself.

A state that was computed from one that had been brought back carries that one's error, which spreads into what was
smooth within some eight steps and then no further; stored and brought back in turn it hands on both. So with an age of
0 for what was never brought back, d steps after a state of age a the age is

.. math::

    a + \min\big(1, \tfrac13 \log_2(1 + d)\big),

and the stream has :math:`1 + g p a^{3/2}` times as many bytes as without any error, g the compressor's at its tolerance
and p the place in the run, 0 at its first step and 1 at its last: what there is to spread over grows with the field.
Measured on ``quick`` with ``interp`` at 1e-4 of the peak, at p = 0.1, 0.25, 0.5, 0.7 and 0.85: 13, 24, 42, 64 and 84 %
more after seven steps, and at 0.5 8, 25, 42 and 50 % after 1, 3, 7 and 15 steps and 118 % after seven more from a
second state; with ``zfp`` 8 % at 0.5 and 27 % after the second. The same laws held on ``thrust-2d``, within a third.
"""

from __future__ import annotations

import math

_SPREAD = 3.0  # doublings of the steps after which an error has spread

STEPS = 7
"""After so many an error has spread: an age of 1."""

GROWTH_PLACES = (0.5, 0.75)
"""Parts of the run at which a growth is sampled that no run tells."""


class Ages:
    """Follows the ages of a run's states.

    Parameters
    ----------
    rest : int
        The first step: the state of rest comes back as it was.
    """

    def __init__(self, rest: int) -> None:
        self._rest = rest
        self._held: dict[int, float] = {}
        self._base: int | None = None

    def brought_back(self, step: int) -> None:
        """Go on from a state that was stored."""
        self._base = step

    def stored(self, step: int) -> float:
        """Return the age of a state that is stored, and remember it."""
        self._held[step] = age = self.now(step)
        return age

    def now(self, step: int) -> float:
        """Return the age of what is computed at a step."""
        if self._base in (None, self._rest):
            return 0.0
        assert self._base is not None
        return self._held.get(self._base, 0.0) + min(1.0, math.log2(1 + max(step - self._base, 0)) / _SPREAD)


def grown(place: float, age: float) -> float:
    """Return p a^(3/2): by how much more bytes a stream has at a place of the run and an age, over g."""
    return place * age * math.sqrt(age)
