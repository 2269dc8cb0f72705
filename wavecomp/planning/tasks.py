"""The tasks of a gradient, and the line that says what one of them takes.

A task is what :mod:`wavecomp.adjoint.timeline` books, told apart by what decides its price. ``forward`` and ``record``
go by their steps. ``down`` and ``image`` are told apart by whether each step is imaged (``each``) or steps apart
(``apart``, where an adjoint may run in place); images and copies of levels by where the level lies: in the code's own
buffers (``live``), on the ``tape``, or in a slot of the ``store``. ``save``, ``load``, ``put`` and ``get`` are those of
uncompressed checkpoints; with a compressor they come from its :class:`~wavecomp.planning.codecs.CodecCosts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

ADVANCING = ("forward", "record", "down:each", "down:apart")
"""Tasks of several steps a call."""

SINGLE = (
    "keep:tape", "keep:store", "save", "load", "put", "get",
    "image:each:live", "image:each:tape", "image:each:store",
    "image:apart:live", "image:apart:tape", "image:apart:store",
)  # fmt: skip
"""Tasks about one level or one state."""

OF_STATES = (*ADVANCING, "save", "load")
"""Tasks whose work grows with the whole grid; that of the others does with a level."""


@dataclass(frozen=True, slots=True)
class Line:
    """Seconds of one call: ``call_s + step_s · n`` for n steps, nothing for none.

    Attributes
    ----------
    call_s : float
        What a call takes besides; of an operator the restart cost. In s.
    step_s : float
        What each step adds, or the work on one level or state: in s, and proportional to their bytes.
    low, high : float
        The 10th and 90th percentile of the samples over what the line says.
    samples : int
        Spans that it was fitted to.
    """

    call_s: float
    step_s: float
    low: float = 1.0
    high: float = 1.0
    samples: int = 0

    def seconds(self, steps: int) -> float:
        """Return the price of a call."""
        return self.call_s + self.step_s * steps if steps else 0.0

    def scaled(self, factor: float) -> Line:
        """Return the line for arrays so many times as large; a call stays what it is."""
        return replace(self, step_s=self.step_s * factor)
