"""The bare sweeps: the least that a gradient can cost, forward and back with nothing stored between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wavecomp.adjoint.clock import Clock
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.errors import UnsupportedStrategy


@dataclass(frozen=True, slots=True)
class Bare:
    """What the bare sweeps took.

    Attributes
    ----------
    run : GradientRun
        Nothing in it is for checkpoints, and there is no gradient.
    one_level : bool
        Whether each step of the way back was given one and the same level; else it was given none.
    """

    run: GradientRun
    one_level: bool


def bare_sweeps(code: TimeStepping[Any]) -> Bare:
    """Run a code forward and back with nothing stored between; what its gradient holds then is to be thrown away.

    Where the reversal can leave levels out, it leaves out all. Where each of its steps reads a level, which nothing
    stored can give, every step reads level ``last - 1``: the arithmetic is that of a gradient, the result is none.
    """
    try:
        code.prepare(max(2, code.last), taped=False)
    except UnsupportedStrategy:
        return _with_one_level(code)
    sweep = code.sweep(max(2, code.last))
    code.rest()
    clock = Clock()
    with clock.doing("record", code.first, code.last):
        code.forward(code.first, code.last, record=True)
    code.begin_reversal()
    with clock.doing("down", code.last, code.first):
        sweep.down(code.last, code.first)
    return Bare(_run(code, clock), one_level=False)


def _with_one_level(code: TimeStepping[Any]) -> Bare:
    first, last = code.first, code.last
    code.prepare(1, taped=True)
    (slot,) = code.slots(1)
    sweep = code.sweep(1)
    code.rest()
    clock = Clock()
    with clock.doing("record", first, last):
        code.forward(first, last - 1, record=True)
        code.keep(last - 1, slot)
        code.forward(last - 1, last, record=True)
    code.begin_reversal()
    with clock.doing("down", last, first):
        for step in range(last - 1, first - 1, -1):
            sweep.down_to_image(step + 1, step)
            sweep.image(step, slot)
    return Bare(_run(code, clock), one_level=True)


def _run(code: TimeStepping[Any], clock: Clock) -> GradientRun:
    nothing = np.empty(0, code.dtype)
    return GradientRun("bare", nothing, float("nan"), clock.read(), code.last - code.first, 0, 0, 0, (), 0, 0, 0)
