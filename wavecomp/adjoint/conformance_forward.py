"""Checks of a code's way forward: its arrays, its restart, its levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from wavecomp.adjoint.complaint import Complaint, copies, finite, overlap, same
from wavecomp.adjoint.time_stepping import Array, TimeStepping, total_bytes

Code = TimeStepping[Any]

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def middle(code: Code) -> int:
    """Return a step that is neither the first nor the last, where there are three."""
    return min(code.first + max(1, (code.last - code.first) // 2), code.last)


def go(code: Code, first: int, last: int, *, record: bool) -> None:
    """Advance, if it is any way: the machine never asks for none."""
    if first < last:
        code.forward(first, last, record=record)


def advanced(code: Code, step: int) -> None:
    """Begin anew and go to a step."""
    code.rest()
    go(code, code.first, step, record=True)


def attributes(code: Code) -> Iterator[Complaint]:
    """See that it runs from somewhere to somewhere."""
    first, last = getattr(code, "first", None), getattr(code, "last", None)
    if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first < last:
        yield Complaint("first, last", None, f"they are {first!r} and {last!r}", "integers, 0 <= first < last")
    if code.in_buffers not in (0, 1, 2):
        yield Complaint("in_buffers", None, f"it is {code.in_buffers!r}", "0, 1 or 2 levels at hand with a state")


def _wrong_arrays(arrays: object, method: str, step: int) -> Iterator[Complaint]:
    if not isinstance(arrays, tuple) or not arrays:
        yield Complaint(method, step, f"it returns {type(arrays).__name__}", "a tuple of one array or several")
        return
    for number, array in enumerate(arrays):
        which = f"array {number}"
        if not isinstance(array, np.ndarray):
            yield Complaint(method, step, f"{which} is of type {type(array).__name__}", "a NumPy array")
        elif array.dtype not in _DTYPES:
            yield Complaint(method, step, f"{which} is of {array.dtype}", "float32 or float64")
        elif not array.flags.c_contiguous:
            yield Complaint(
                method, step, f"{which} is not C-contiguous", "a buffer that lies in one piece, C-contiguous"
            )
        elif not array.flags.writeable:
            yield Complaint(method, step, f"{which} is read-only", "the code's own buffer, which can be written over")


def state_arrays(code: Code) -> Iterator[Complaint]:
    """See that the state is the code's own buffers, at one step and at another."""
    code.rest()
    complaints = list(_wrong_state(code, code.first))
    if not complaints:
        step = middle(code)
        go(code, code.first, step, record=True)
        complaints = list(_wrong_state(code, step))
    yield from complaints


def _wrong_state(code: Code, step: int) -> Iterator[Complaint]:
    arrays = code.state(step)
    wrong = list(_wrong_arrays(arrays, "state", step))
    if wrong:
        yield from wrong
        return
    if not finite(arrays):
        yield Complaint("state", step, "it holds NaN or infinities", "finite numbers")
        return
    if any(overlap([a], [b]) for i, a in enumerate(arrays) for b in arrays[:i]):
        yield Complaint("state", step, "two of its arrays share memory", "each array in memory of its own")
    for number, array in enumerate(arrays):
        if not _written_through(code, step, number, array):
            found = f"what is written to array {number} is not in the state"
            yield Complaint("state", step, found, "the code's own buffers, not copies of them")
    if total_bytes(arrays) != code.state_bytes:
        found = f"it is {code.state_bytes}, and the arrays take {total_bytes(arrays)}"
        yield Complaint("state_bytes", step, found, "the bytes of what state() returns")


def _written_through(code: Code, step: int, number: int, array: Array) -> bool:
    if not array.size:
        return True
    before = array.flat[0]
    array.flat[0] = before + 1 if before + 1 != before else 0
    seen = code.state(step)[number].flat[0] == array.flat[0]
    array.flat[0] = before
    return bool(seen)


def slot_arrays(code: Code) -> Iterator[Complaint]:
    """See that slots are memory of their own."""
    code.rest()
    slots = code.slots(2)
    if len(slots) != 2:
        yield Complaint("slots", None, f"asked for 2, it returned {len(slots)}", "as many as it is asked for")
        return
    one, other = slots
    wrong = [*_wrong_arrays(one.stored, "slots", code.first)]
    if wrong:
        yield from wrong
        return
    if overlap(one.stored, other.stored):
        yield Complaint("slots", None, "two slots share memory", "each slot with memory of its own")
    if overlap(one.stored, code.state(code.first)):
        yield Complaint("slots", None, "a slot shares memory with the state", "each slot with memory of its own")
    taken = total_bytes(one.stored)
    if not taken == one.nbytes == code.level_bytes:
        found = f"it is {code.level_bytes}; a slot says {one.nbytes}, and its arrays take {taken}"
        yield Complaint("level_bytes", None, found, "the bytes of one level's arrays")
    if one.stored[0].dtype != code.dtype:
        yield Complaint(
            "dtype", None, f"it is {code.dtype}, a level of {one.stored[0].dtype}", "that of a level's numbers"
        )


def pieces(code: Code) -> Iterator[Complaint]:
    """See that a run in pieces is the run in one piece, recorded or not."""
    advanced(code, code.last)
    whole = copies(code.state(code.last))
    if not finite(whole):
        yield Complaint("forward", code.last, "the state there holds NaN or infinities", "finite numbers at every step")
        return
    for record in (True, False):
        code.rest()
        for step in range(code.first, code.last):
            code.forward(step, step + 1, record=record)
        if not same(code.state(code.last), whole):
            how = "recorded" if record else "not recorded"
            found = f"step by step, {how}, the last state has other bits than in one piece"
            yield Complaint("forward", code.last, found, "the same bits, however the way is divided")
            return


def restart(code: Code) -> Iterator[Complaint]:
    """See that a state that was saved and brought back goes on as it did."""
    step = middle(code)
    advanced(code, step)
    saved = copies(code.state(step))
    kept = _kept(code, step) if step < code.last else ()
    code.mend(step)
    if not same(code.state(step), saved):
        yield Complaint(
            "mend", step, "it changes a state in which nothing is wrong", "the same bits where nothing was lost"
        )
        return
    go(code, step, code.last, record=True)
    end = copies(code.state(code.last))
    for buffer, array in zip(code.state(step), saved, strict=True):
        np.copyto(buffer, array)
    if step < code.last and not same(_kept(code, step), kept):
        found = "after the state was saved, left, and brought back, the level is another one"
        yield Complaint("keep", step, found, "a level that the state alone determines")
    go(code, step, code.last, record=False)
    if not same(code.state(code.last), end):
        found = "saved, left, and brought back, it goes on to another last state"
        yield Complaint(
            "state", step, found, "all that the code needs to go on from there, in the arrays that it returns"
        )


def _kept(code: Code, step: int) -> tuple[Array, ...]:
    (slot,) = code.slots(1)
    code.keep(step, slot)
    return copies(slot.stored)


def kept_levels(code: Code) -> Iterator[Complaint]:
    """See that a kept level is a copy, whole, and still at hand where that is promised."""
    step = min(middle(code), code.last - 1)
    advanced(code, step)
    state = copies(code.state(step))
    slots = code.slots(2)
    for slot, filling in zip(slots, (3.0, 5.0), strict=True):
        for array in slot.stored:
            array.fill(filling)
        code.keep(step, slot)
    level = copies(slots[0].stored)
    if not same(code.state(step), state):
        yield Complaint("keep", step, "it changes the state", "the state as it was")
    if not finite(level):
        yield Complaint("keep", step, "the level holds NaN or infinities", "finite numbers")
    elif not same(level, slots[1].stored):
        yield Complaint("keep", step, "kept twice, it gives two levels", "the whole slot written over")
    code.forward(step, code.last, record=True)
    if not same(level, slots[0].stored):
        yield Complaint(
            "keep", step, "the kept level changes when the state advances", "a copy in the slot's own memory"
        )
    yield from _at_hand(code, _levels(code, range(max(code.first, step - 1), code.last)))


def _levels(code: Code, steps: Sequence[int]) -> dict[int, tuple[Array, ...]]:
    """Return three levels, each kept while the state is at its step."""
    code.rest()
    found, at = {}, code.first
    for step in steps[:3]:
        go(code, at, step, record=True)
        found[step], at = _kept(code, step), step
    return found


def _at_hand(code: Code, levels: dict[int, tuple[Array, ...]]) -> Iterator[Complaint]:
    if not code.in_buffers:
        return
    step = max(levels)
    advanced(code, step)
    for back in range(code.in_buffers):
        if step - back in levels and not same(_kept(code, step - back), levels[step - back]):
            found = f"it is {code.in_buffers}, and with the state at step {step} level {step - back} is not at hand"
            yield Complaint("in_buffers", step, found, f"at most {back}")
            return


def rest_begins_anew(code: Code) -> Iterator[Complaint]:
    """See that nothing is left of an earlier run."""
    code.rest()
    before = copies(code.state(code.first))
    code.forward(code.first, code.last, record=True)
    end = copies(code.state(code.last))
    code.rest()
    if not same(code.state(code.first), before):
        yield Complaint(
            "rest", code.first, "after a run the state is another one", "the state at step first, each time"
        )
        return
    code.forward(code.first, code.last, record=True)
    if not same(code.state(code.last), end):
        yield Complaint("rest", code.last, "a second run comes to another state", "nothing left of the run before")
