"""What every contestant has to meet: one measure of the error, and the values it may have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from wavecomp.errors import TargetError
from wavecomp.plans.relative import UNIT
from wavecomp.records.comparison_record import Measure

_COLUMN = {
    "psnr": "nrmse",
    "nrmse": "nrmse",
    "max-error": "max_absolute",
    "gradient-error": "relative_l2",
    "deep-error": "deep_relative_l2",
}

_RIGHT = {
    "psnr": "a number of decibels above 0, such as 80",
    "nrmse": "a number above 0, such as 1e-4 (of the value range)",
    "max-error": f"a number above 0 in the unit of the field, or a fraction of its peak such as 1e-3{UNIT}",
    "gradient-error": "a number above 0, such as 1e-3 (relative L2)",
    "deep-error": "a number above 0, such as 1e-3 (relative L2 below the top tenth of the depth)",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One value of one measure.

    Attributes
    ----------
    measure : {"psnr", "max-error", "nrmse", "gradient-error", "deep-error"}
        A PSNR of p dB is an nrmse of :math:`10^{-p/20}`, both over the value range of the field.
    text : str
        As it was asked for.
    number : float
        The number in it.
    relative : bool
        It is a fraction of the field's peak.
    """

    measure: Measure
    text: str
    number: float
    relative: bool = False

    def limit(self, peak: float) -> float:
        """Return what the error may be at most, in the unit of :meth:`error`; ``peak`` is max |x| of the field."""
        if self.measure == "psnr":
            return math.pow(10.0, -self.number / 20.0)
        return self.number * peak if self.relative else self.number

    def error(self, distortion: Mapping[str, float | None]) -> float:
        """Return the error of a round trip, or of a gradient, in this measure: infinite where it is no number."""
        found = distortion.get(_COLUMN[self.measure])
        return math.inf if found is None or math.isnan(found) else found


def parse_targets(measure: Measure, text: str) -> tuple[Target, ...]:
    """Read what follows an option: one value or several with commas between them, each once, in their order.

    Examples
    --------
    >>> [target.number for target in parse_targets("max-error", "1e-3peak,0.5")]
    [0.001, 0.5]

    Raises
    ------
    TargetError
        A value is no number above 0, or a fraction of the peak where that means nothing.
    """
    return tuple({word: _parsed(measure, word.strip()) for word in text.split(",")}.values())


def _parsed(measure: Measure, word: str) -> Target:
    relative = measure == "max-error" and word.endswith(UNIT)
    try:
        number = float(word.removesuffix(UNIT) if relative else word)
    except ValueError:
        number = math.nan
    if not 0.0 < number < math.inf:
        raise TargetError(f"--{measure} {word or '(nothing)'}: write {_RIGHT[measure]}")
    if measure == "psnr" and number > 6000.0:
        raise TargetError(f"--psnr {word}: no float64 error is that small; write {_RIGHT[measure]}")
    return Target(measure, word, number, relative)
