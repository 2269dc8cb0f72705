"""Keeping the processor's floating-point state to the compiled kernels.

Devito compiles with ``-ffast-math``. A library linked so may switch the thread that loads it to flushing subnormal
numbers to zero, for good: from then on all of Python, NumPy and every compressor would compute otherwise. The kernels
themselves profit: a wave's front is full of subnormal numbers, which are slow.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_STATE_BYTES = 256  # no platform's fenv_t is larger

_kernel_state: list[bytes] = []


@contextmanager
def kernel_float_state() -> Iterator[None]:
    """Load and run compiled kernels in their own floating-point state, and restore the caller's afterwards.

    The state that the kernels' loading has set is the same in every later block, since a library is loaded once only:
    the same recipe gives the same bits, whether it comes first in its process or second.
    """
    callers = _get()
    if _kernel_state:
        _set(_kernel_state[0])
    try:
        yield
    finally:
        _kernel_state[:] = [_get()]
        _set(callers)


def _get() -> bytes:
    state = ctypes.create_string_buffer(_STATE_BYTES)
    _maths().fegetenv(state)
    return state.raw


def _set(state: bytes) -> None:
    _maths().fesetenv(ctypes.create_string_buffer(state, _STATE_BYTES))


@cache
def _maths() -> ctypes.CDLL:
    try:
        program = ctypes.CDLL(None)
        program.fegetenv  # noqa: B018 - the look-up is the test
    except AttributeError:
        return ctypes.CDLL(ctypes.util.find_library("m"))
    return program
