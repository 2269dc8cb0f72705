"""How often to look at the size of a state on the first way up, beyond where a plan stores one.

Nothing but sizes that were seen says what fits on the way back, where a state is only held if it fits to the byte. How
far apart they may be depends on how they change: a look takes one compression, and no memory that is needed.
"""

from __future__ import annotations

_FEWEST, _FEWEST_UNKNOWN, _MOST = 64, 32, 256
"""Into how many parts looks divide a way where sizes hardly change, also with an unknown end, and where they jump.

With an unknown end it is the way so far that is divided: earlier looks lie closer together anyway.
"""

_MUCH, _LITTLE = 1.1, 1.03
"""By what factor a size is off where the next look is to be sooner, and where it may be later."""


class Looks:
    """The distance between looks: halved after a size that was off by more than a tenth, doubled after a good guess.

    Parameters
    ----------
    known_end : bool
        Whether the length of the way is known.
    """

    def __init__(self, *, known_end: bool) -> None:
        self._fewest = _FEWEST if known_end else _FEWEST_UNKNOWN
        self._parts = self._fewest

    def apart(self, places: int) -> int:
        """Return how far the next look is ahead on a way over so many places: at least one."""
        return max(1, places // self._parts)

    def learn(self, expected_bytes: float, size_bytes: float) -> None:
        """Take note of what was expected at a place, and what was found."""
        off = max(expected_bytes / size_bytes, size_bytes / expected_bytes)
        if off > _MUCH:
            self._parts = min(2 * self._parts, _MOST)
        elif off < _LITTLE:
            self._parts = max(self._parts // 2, self._fewest)
