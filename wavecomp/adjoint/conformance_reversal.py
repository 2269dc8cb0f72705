"""Checks of a code's way back: that it depends on the levels it is given, and on nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from wavecomp.adjoint.complaint import Complaint, copies, finite, overlap, same
from wavecomp.adjoint.conformance_forward import advanced, go, middle
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import Reversal
from wavecomp.adjoint.time_stepping import Array, TimeStepping
from wavecomp.errors import UnsupportedStrategy
from wavecomp.plans.actions import imaged
from wavecomp.plans.strategies import parse_strategy

Code = TimeStepping[Any]

_OTHERS = ("store-all", "revolve:slots=1", "revolve:slots=2", "mixed:levels=6")


def turning(code: Code) -> Iterator[Complaint]:
    """See that the way back begins with a misfit, and that there is a gradient."""
    advanced(code, code.last)
    misfit = code.begin_reversal()
    if misfit is not None and not (isinstance(misfit, int | float | np.number) and math.isfinite(misfit)):
        yield Complaint(
            "begin_reversal", code.last, f"it returns {misfit!r}", "a finite number, or None where there is none"
        )
    gradient = code.gradient
    if not isinstance(gradient, np.ndarray) or gradient.dtype.kind != "f":
        yield Complaint("gradient", None, f"it is of type {type(gradient).__name__}", "a NumPy array of floats")
    elif overlap([gradient], code.state(code.last)):
        yield Complaint(
            "gradient", code.last, "it shares memory with the state", "memory of its own: states are written over"
        )


def levels_left_alone(code: Code) -> Iterator[Complaint]:
    """See that the reversal of a step does not change the level that it is given."""
    code.prepare(1, taped=True)
    step = code.last - 1
    (slot,) = code.slots(1)
    advanced(code, step)
    code.keep(step, slot)
    code.forward(step, code.last, record=True)
    code.begin_reversal()
    level = copies(slot.stored)
    sweep = code.sweep(1)
    sweep.down_to_image(code.last, step)
    sweep.image(step, slot)
    if not same(level, slot.stored):
        yield Complaint("image", step, "it changes the level that it is given", "the level left alone")


def recomputation(code: Code) -> Iterator[Complaint]:
    """See that going forward again between two steps back leaves the reversal alone."""
    code.prepare(1, taped=True)
    step = code.last - 1
    (slot,) = code.slots(1)
    code.rest()
    begun = copies(code.state(code.first))
    go(code, code.first, step, record=True)
    code.keep(step, slot)
    code.forward(step, code.last, record=True)
    code.begin_reversal()
    sweep = code.sweep(1)
    sweep.down_to_image(code.last, step)
    sweep.image(step, slot)
    gradient = code.gradient.copy()
    for buffer, array in zip(code.state(code.first), begun, strict=True):
        np.copyto(buffer, array)
    code.forward(code.first, middle(code), record=False)
    if not same([code.gradient], [gradient]):
        found = "forward, not recorded, changes the gradient of a reversal that is under way"
        yield Complaint("forward", middle(code), found, "what belongs to the way back left alone")


def left_out_levels(code: Code) -> Iterator[Complaint]:
    """See that where levels may be left out the gradient is linear in those that are not, and depends on nothing else.

    Twice the levels then give twice the gradient. Sums of products that cancel may differ by rounding: by half the
    digits, not by more.
    """
    steps = imaged(code.first, code.last, 2)
    try:
        code.prepare(2, taped=True)
    except UnsupportedStrategy:
        return
    if not steps:
        return
    once, twice = (_scaled(code, steps, factor) for factor in (1, 2))
    apart = float(np.linalg.norm(twice.astype(float) - 2 * once.astype(float)))
    right = "UnsupportedStrategy is raised where each step back reads its level; else a sum over levels"
    if not apart <= math.sqrt(float(np.finfo(once.dtype).eps)) * float(np.linalg.norm(twice)):
        yield Complaint("prepare", None, "every=2 is accepted, and the gradient is not linear in the levels", right)
        return
    bench = Reversal(code)
    found = [bench.run(parse_strategy(text)) for text in ("trajectory:every=2/identity", "revolve:slots=1,every=2")]
    if not same([found[0].gradient], [found[1].gradient]):
        yield Complaint("prepare", None, "every=2 is accepted, and computing states again changes the gradient", right)


def _scaled(code: Code, steps: range, factor: int) -> Array:
    """Return the gradient of every second level, each of them multiplied."""
    slots = dict(zip(steps, code.slots(len(steps)), strict=True))
    code.rest()
    at = code.first
    for step, slot in slots.items():
        go(code, at, step, record=True)
        code.keep(step, slot)
        for array in slot.stored:
            array *= factor
        at = step
    go(code, at, code.last, record=True)
    code.begin_reversal()
    sweep, at = code.sweep(2), code.last
    for step in reversed(steps):
        sweep.down_to_image(at, step)
        sweep.image(step, slots[step])
        at = step
    if at > code.first:
        sweep.down(at, code.first)
    return np.array(code.gradient)


def strategies(code: Code) -> Iterator[Complaint]:
    """See that a gradient has the same bits each time, and however the levels were kept."""
    bench = Reversal(code)

    def run(text: str) -> GradientRun:
        return bench.run(parse_strategy(text))

    first, second = run("trajectory/identity"), run("trajectory/identity")
    if not finite([first.gradient]):
        yield Complaint("gradient", code.first, "it holds NaN or infinities", "finite numbers")
        return
    if not same([first.gradient], [second.gradient]) or not _equal(first.misfit, second.misfit):
        found = "a second run gives another gradient or misfit"
        yield Complaint("rest", None, found, "the same bits each time: begin anew, with what the first run began with")
        return
    for text in _OTHERS:
        found_run = run(text)
        if same([found_run.gradient], [first.gradient]) and _equal(found_run.misfit, first.misfit):
            continue
        if text == "store-all" and code.in_buffers:
            found = "with the last levels read from the buffers the gradient has other bits"
            right = "the level of that step, as keep() copies it, where image() gets None; or in_buffers = 0"
            yield Complaint("image", code.last - 1, found, right)
        else:
            found = f"{text}, which computes states again, gives other bits than the levels of one forward run"
            right = "a reversal that depends on the levels it is given alone, and a record of the first run alone"
            yield Complaint("forward", None, found, right)
        return


def _equal(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))
