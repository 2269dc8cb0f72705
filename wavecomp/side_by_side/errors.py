"""What can be wrong with a side of a comparison."""

from __future__ import annotations

from wavecomp.errors import UsageError, WavecompError


class SideError(UsageError):
    """The other side cannot be had: no such environment or revision, no repository, a plug-in that it lacks."""


class SideBroken(WavecompError):
    """The other side is there and does not work: it cannot be built, or wavecomp cannot be imported there."""
