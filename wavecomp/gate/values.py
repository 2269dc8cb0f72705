"""What a gate looks at: the values that a run determines, and how far each is rounded. Less is better of them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from wavecomp.gate.finding import Value
from wavecomp.records import GradientImpact, Measurement

T = TypeVar("T")

LONG_SUM = 1e-9
"""Relative rounding of a float64 sum over a field. Its order is the library's, and may be another on another processor:
n values summed in any order differ by at most about n 2^-53 relative to the sum of their magnitudes, 1e-9 for the
10^7 values of a level [Higham2002]_."""

GRADIENT_ERROR = 0.02
"""Relative rounding of a gradient's error where the wavefield itself has other bits: another processor's compiler
contracts and vectorises otherwise, every level differs in its last digits, and compression errors fall otherwise. The
docs have what was measured, ``methods-regressions.md``."""

GRADIENT_FLOOR = 2e-6
"""What comes on top of it, relative to the gradient: float32 rounds in both gradients."""

CHECKPOINT_BYTES = 1e-2
"""Relative rounding of compressed sizes there."""


@dataclass(frozen=True, slots=True)
class Quantity(Generic[T]):
    """A value of which less is better.

    Attributes
    ----------
    name, unit : str
    read : callable
        Takes the outcome; None where there is no such value.
    rounding : float
        Relative: values closer than this are the same. 0: exactly.
    other_bits : float
        The same where the wavefields behind two gradients have other bits.
    floor : float
        Absolute, and there alone: values closer than this are the same.
    """

    name: str
    unit: str
    read: Callable[[T], Value]
    rounding: float = 0.0
    other_bits: float = 0.0
    floor: float = 0.0


_STATUS = ("holds", "rounding", "none", "violated")
"""From best to worst: a bound kept, kept but for the rounding of the field's own numbers, none promised, broken."""


def rank(value: Value) -> float | int | None:
    """Return what a value is compared by: numbers as they are, verdicts on a bound by their order."""
    if isinstance(value, str):
        return _STATUS.index(value) if value in _STATUS else len(_STATUS)
    return value


def _error(name: str) -> Callable[[Measurement], Value]:
    return lambda found: found.distortion.get(name)


def _distance(name: str) -> Callable[[GradientImpact], Value]:
    return lambda found: found.distance.get(name)


OF_SWEEPS: tuple[Quantity[Measurement], ...] = (
    Quantity("bound", "", lambda found: found.bound_status),
    Quantity("stream bytes", "bytes", lambda found: found.stream_bytes),
    Quantity("largest error", "", _error("max_absolute")),
    Quantity("RMS error", "", _error("rmse"), LONG_SUM),
    Quantity("error over bound", "", lambda found: found.bound_margin, LONG_SUM),
    Quantity("values lost (not finite)", "", _error("nonfinite_mismatches")),
)

OF_GRADIENTS: tuple[Quantity[GradientImpact], ...] = (
    Quantity("gradient error", "", _distance("relative_l2"), LONG_SUM, GRADIENT_ERROR, GRADIENT_FLOOR),
    Quantity("deep gradient error", "", _distance("deep_relative_l2"), LONG_SUM, GRADIENT_ERROR, GRADIENT_FLOOR),
    Quantity("forward steps", "", lambda found: found.forward_steps),
    Quantity("checkpoint writes", "", lambda found: found.writes),
    Quantity("checkpoint reads", "", lambda found: found.reads),
    Quantity("checkpoints held", "", lambda found: found.checkpoints_held),
    Quantity("peak checkpoint bytes", "bytes", lambda found: found.peak_checkpoint_bytes, other_bits=CHECKPOINT_BYTES),
    Quantity("peak disk bytes", "bytes", lambda found: found.peak_disk_bytes, other_bits=CHECKPOINT_BYTES),
)
