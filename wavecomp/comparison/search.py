"""The coarsest setting of one parameter that meets an error: the error need not be monotone in it.

A setting is better than another if it meets the limit at a higher compression ratio. Steps outwards find a setting that
meets it and a coarser one that does not; the gap between them is closed by interpolation and bisection on a logarithmic
scale (integers: bisection, then all neighbours). Beyond what was found coarser settings are tried as well, since an
error that rises may fall again. What is returned was always evaluated, and so was all that it is compared with.

Nothing is random and nothing is remembered from other searches: the same answers give the same search.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from wavecomp.comparison.trials import Answer, Axis, Number, Trial

DIGITS = 4
"""Of a value that is tried: four significant digits, rounded to the finer side."""

NARROW, NARROWEST, SAME_RATIO = 1e-2, 1e-3, 2e-3
"""The gap is closed when its ends are a thousandth apart, or a hundredth where ratios agree to two thousandths."""

MOST = 60
"""Settings tried at most before the look beyond."""

_FARTHEST = math.log(100.0)  # of one step outwards
_FIRST = 0.01
_TIRED = 3  # steps outwards without any change
_PROBES, _REACH = 6, math.log(4.0)  # beyond what was found
_AGAIN = 3
_FINER, _COARSER = 2, 6  # neighbours of an integer
_SPREAD = 7  # settings tried over the whole range where the first is refused
_WIDEST = 1 << 16  # integers on either side of the first


def search(evaluate: Callable[[Number], Trial], axis: Axis, limit: float) -> Answer:
    """Find the setting with the highest ratio whose error is at most ``limit``.

    Parameters
    ----------
    evaluate : callable
        Evaluates one value; called once for each. The value of the trial is that which it was given.
    axis : Axis
    limit : float
        Above 0.
    """
    looking = _Looking(evaluate, axis, limit)
    if axis.whole:
        looking.among_integers()
    else:
        looking.among_numbers()
    return Answer(looking.best(), tuple(looking.trials.values()), looking.coarsest())


def to_finer(value: float, coarser: int, digits: int) -> float:
    """Return a value with so many significant digits, down where larger values are coarser, else up.

    Examples
    --------
    >>> to_finer(0.0012349, 1, 3), to_finer(0.0012341, -1, 3)
    (0.00123, 0.00124)
    """
    exact = Decimal(repr(float(value)))
    step = Decimal((0, (1,), exact.adjusted() - digits + 1))
    return float(exact.quantize(step, ROUND_FLOOR if coarser > 0 else ROUND_CEILING))


class _Looking:
    """A search under way. Positions grow with coarseness: integers as they are, other numbers as their logarithms."""

    def __init__(self, evaluate: Callable[[Number], Trial], axis: Axis, limit: float) -> None:
        self._evaluate, self._axis, self._limit = evaluate, axis, limit
        self.trials: dict[Number, Trial] = {}
        self._sign: int = axis.coarser or 1
        if not axis.coarser:
            self._sign = self._which_way()

    def best(self) -> Trial | None:
        """Return the best that meets the limit: the highest ratio, among equals the least error, then the finest."""
        good = [trial for trial in self.trials.values() if self._meets(trial)]
        return max(good, key=lambda trial: (trial.ratio, -trial.error, -self._place(trial)), default=None)

    def coarsest(self) -> Number:
        """Return the coarsest value that was tried."""
        return max(self.trials.values(), key=self._place).value

    # --- numbers -----------------------------------------------------------------------------------------------------

    def among_numbers(self) -> None:
        """Bracket, close the gap, look beyond; again where something better lies there."""
        good = self._close_gap(None, None)
        if good is None and all(trial.failure for trial in self.trials.values()):
            good = self._from_coarser()
        for _ in range(_AGAIN):
            if good is None or (farther := self._beyond(good)) is None:
                return
            coarser = [t for t in self.trials.values() if not self._meets(t) and self._place(t) > self._place(farther)]
            good = self._close_gap(farther, min(coarser, key=self._place, default=None))

    def _from_coarser(self) -> Trial | None:
        """Where nothing came back: it may be coarser settings alone that the compressor takes."""
        start = max(map(self._place, self.trials.values()))
        for number in range(1, _TIRED + 1):
            value = self._value(start + number * _FARTHEST)
            if value is not None and not (trial := self._ask(value)).failure:
                return self._close_gap(trial, None) if self._meets(trial) else self._close_gap(None, trial)
        return None

    def _close_gap(self, good: Trial | None, bad: Trial | None) -> Trial | None:
        """Narrow the gap between what meets the limit and something coarser that does not; return the former."""
        outwards: list[Trial] = []
        nowhere = good is None and bad is None
        value = self._rounded(self._axis.start) if nowhere else self._next(good, bad, 0, outwards)
        for turn in range(MOST):
            if value is None or value in {end.value for end in (good, bad) if end is not None}:
                break
            trial = self._ask(value)
            if good is None or bad is None:
                outwards.append(trial)
            if self._meets(trial):
                good = trial if good is None or self._place(trial) > self._place(good) else good
            elif bad is None or (self._place(trial) < self._place(bad) and not (trial.failure and not bad.failure)):
                bad = trial
            if (good is None or bad is None) and self._tired(outwards):
                break
            if good is not None and bad is not None and self._is_closed(good, bad):
                break
            value = self._next(good, bad, turn, outwards)
        return good

    def _next(self, good: Trial | None, bad: Trial | None, turn: int, outwards: list[Trial]) -> Number | None:
        if good is not None and bad is not None:
            low, high = self._place(good), self._place(bad)
            return self._value(low + (high - low) * (self._share(good, bad) if turn % 2 else 0.5))
        least = _FIRST * 4.0 ** max(len(outwards) - 1, 0)
        if good is not None:
            step = math.log(self._limit / good.error) if good.error > 0.0 else _FARTHEST
            return self._value(self._place(good) + min(max(step, least), _FARTHEST))
        assert bad is not None
        refused = [self._place(t) for t in self.trials.values() if t.failure and self._place(t) < self._place(bad)]
        if refused and not bad.failure:  # finer settings end somewhere between
            return self._value((max(refused) + self._place(bad)) / 2)
        step = math.log(bad.error / self._limit) if math.isfinite(bad.error) else _FARTHEST
        return self._value(self._place(bad) - min(max(step, least), _FARTHEST))

    def _share(self, good: Trial, bad: Trial) -> float:
        """Return how far into the gap the limit would lie if error and value went in proportion."""
        if not 0.0 < good.error < bad.error < math.inf:
            return 0.5
        share = math.log(self._limit / good.error) / math.log(bad.error / good.error)
        return min(max(share, 0.05), 0.95)

    def _is_closed(self, good: Trial, bad: Trial) -> bool:
        width = self._place(bad) - self._place(good)
        alike = bad.ratio > 0.0 and abs(bad.ratio / good.ratio - 1.0) <= SAME_RATIO if good.ratio > 0.0 else False
        return width <= NARROWEST or (width <= NARROW and alike)

    def _tired(self, outwards: list[Trial]) -> bool:
        """Whether the last steps outwards, long ones, have changed nothing any more."""
        last = outwards[-_TIRED - 1 :]
        if len(last) <= _TIRED:
            return False
        far = abs(self._place(last[-1]) - self._place(last[0])) > math.log(10.0) or any(t.failure for t in last)
        if self._meets(last[-1]):
            return far and len({(trial.error, trial.ratio) for trial in last}) == 1
        return far and min(trial.error for trial in last[1:]) >= 0.99 * last[0].error

    def _beyond(self, good: Trial) -> Trial | None:
        """Try coarser settings than one; return the coarsest that meets the limit, if it compresses more."""
        start = self._place(good)
        values = [self._value(start + _REACH * number / _PROBES) for number in range(1, _PROBES + 1)]
        tried = [self._ask(value) for value in dict.fromkeys(values) if value is not None]
        better = [trial for trial in tried if self._meets(trial) and trial.ratio > good.ratio]
        return max(better, key=self._place, default=None)

    # --- integers ----------------------------------------------------------------------------------------------------

    def among_integers(self) -> None:
        """Bisect as if the error were monotone; then look at all neighbours of the answer, until none is better."""
        low, high = self._whole_range()
        ends = sorted((self._sign * low, self._sign * high))
        finest, coarsest = low, high = ends[0], ends[1]
        good: int | None = None
        while low <= high:
            middle = (low + high) // 2
            trial = self._ask(self._sign * middle)
            if trial.failure and all(one.failure for one in self.trials.values()):
                places = [low + (high - low) * part // (_SPREAD + 1) for part in range(_SPREAD, 0, -1)]
                if all(self._ask(self._sign * place).failure for place in dict.fromkeys(places)):
                    return
            if self._meets(trial):
                good, low = middle, middle + 1
            elif trial.failure and self._is_too_fine(middle):
                low = middle + 1
            else:
                high = middle - 1
        # Where nothing met the limit, the bisection ended at the finest that came back.
        came_back = [self._place(one) for one in self.trials.values() if not one.failure]
        centre = good if good is not None else round(min(came_back, default=finest))
        while True:
            near = range(max(finest, centre - _FINER), min(coarsest, centre + _COARSER) + 1)
            meeting = [place for place in near if self._meets(self._ask(self._sign * place))]
            if not meeting or max(meeting) <= centre:
                return
            centre = max(meeting)

    def _is_too_fine(self, place: int) -> bool:
        """Whether a refused setting is finer than all that came back."""
        return all(place < self._place(one) for one in self.trials.values() if not one.failure)

    def _whole_range(self) -> tuple[int, int]:
        axis, start = self._axis, int(self._axis.start)
        low = math.ceil(axis.low) if math.isfinite(axis.low) else start - _WIDEST
        low += axis.low_open and low == axis.low
        high = math.floor(axis.high) if math.isfinite(axis.high) else start + _WIDEST
        return max(low, start - _WIDEST), min(high, start + _WIDEST)

    # --- places and values -------------------------------------------------------------------------------------------

    def _meets(self, trial: Trial) -> bool:
        return not trial.failure and trial.error <= self._limit

    def _ask(self, value: Number) -> Trial:
        if value not in self.trials:
            self.trials[value] = self._evaluate(value)
        return self.trials[value]

    def _which_way(self) -> int:
        """Try settings until two came back: the higher ratio is coarser, or the larger error where ratios agree."""
        begin = self._axis.start
        if self._axis.whole:
            low, high = self._whole_range()
            spread = [low + (high - low) * part // _SPREAD for part in range(_SPREAD + 1)]
            near = [int(begin), int(begin) + (1 if begin < high else -1)]
            values: list[Number] = [value for value in (*near, *spread) if low <= value <= high]
        else:
            factors = (1.0, 2.0, 0.5, *(100.0**power for power in (1, -1, 2, -2, 3, -3)))
            values = [self._rounded(factor * begin) for factor in factors if self._inside(factor * begin)]
        came_back: list[Trial] = []
        for value in dict.fromkeys(values):
            came_back += [trial for trial in (self._ask(value),) if not trial.failure]
            if len(came_back) == 2:
                first, second = sorted(came_back, key=lambda trial: trial.value)
                return 1 if (second.ratio, second.error) >= (first.ratio, first.error) else -1
        return 1

    def _inside(self, value: float) -> bool:
        axis = self._axis
        return axis.low <= value <= axis.high and not (axis.low_open and value <= axis.low)

    def _place(self, trial: Trial) -> float:
        return self._sign * (trial.value if self._axis.whole else math.log(trial.value))

    def _value(self, place: float) -> Number | None:
        """Return the value at a place; None where that is beyond the range, and its end has been tried."""
        axis = self._axis
        # A thousand millionth coarser: what is a short number but for the rounding of exp and log stays one.
        value = self._rounded(math.exp(min(max(self._sign * (place + 1e-9), -700.0), 700.0)))
        too_low = value < axis.low or (axis.low_open and value <= axis.low)
        if not too_low and value <= axis.high:
            return value
        end = axis.low if too_low else axis.high
        return None if end in self.trials or end <= 0.0 or (too_low and axis.low_open) else end

    def _rounded(self, value: float) -> float:
        """Return a value with few digits, on the finer side of it and inside the range."""
        rounded = to_finer(value, self._sign, DIGITS)
        return rounded if self._axis.low <= rounded <= self._axis.high and rounded > 0.0 else float(value)
