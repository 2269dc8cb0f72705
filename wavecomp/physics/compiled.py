"""A Devito operator whose arguments are prepared once, and which is then called for any block of time steps."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from devito import Function, Operator
from numpy.typing import NDArray

from wavecomp.wavefields.float_state import kernel_float_state

ALIGNMENT = 64
"""Devito tells the C compiler that arrays begin at a multiple of so many bytes."""

BLOCK_SECONDS = 1.0
"""How long one call should take at most: short enough for Ctrl-C."""


class Compiled:
    """An operator, ready to run.

    Parameters
    ----------
    operator : devito.Operator
        A loop over time.
    arguments
        What ``operator.apply`` would be given, but for ``time_m`` and ``time_M``.
    """

    def __init__(self, operator: Operator, **arguments: Any) -> None:
        names = [parameter.name for parameter in operator.parameters]
        with kernel_float_state():
            self._kernel = operator.cfunction
            # The steps are given anew at every call; here they only have to be legal.
            prepared = operator.arguments(time_m=1, time_M=1, **arguments)
        self._prepared = prepared  # owns the memory that the values point to
        self._values = [prepared[name] for name in names]
        self._place = {name: index for index, name in enumerate(names)}
        self._first, self._last = self._place["time_m"], self._place["time_M"]
        self._step_s = 0.0

    def replace(self, name: str, value: object) -> None:
        """Give another value for one argument from the next call on."""
        self._values[self._place[name]] = value

    def put_back(self, name: str) -> None:
        """Give the value again that the operator was prepared with, and let go of the other one."""
        self._values[self._place[name]] = self._prepared[name]

    def takes(self, name: str) -> bool:
        """Tell whether there is an argument of that name."""
        return name in self._place

    @property
    def threads(self) -> int:
        """OpenMP threads of a call."""
        return int(self._prepared.get("nthreads", 1))

    @property
    def block_names(self) -> tuple[str, ...]:
        """Names of the arguments that say how large the blocks of the grid are, in the order of its dimensions."""
        return tuple(sorted(name for name in self._place if name.endswith("_blk0_size")))

    def set_block(self, shape: tuple[int, ...]) -> None:
        """Compute in other blocks of the grid from the next call on: other times, the same bits."""
        for name, size in zip(self.block_names, shape, strict=True):
            self.replace(name, size)

    def up(self, first: int, last: int) -> None:
        """Run the iterations ``first <= n < last`` of an operator that goes forward in time."""
        while first < last:
            stop = min(last, first + self._block())
            self._call(first, stop)
            first = stop

    def down(self, last: int, first: int) -> None:
        """Run the iterations ``last > n >= first`` of an operator that goes backward in time."""
        while first < last:
            start = max(first, last - self._block())
            self._call(start, last)
            last = start

    def _block(self) -> int:
        return max(1, int(BLOCK_SECONDS / self._step_s)) if self._step_s else 1

    def _call(self, first: int, stop: int) -> None:
        self._values[self._first], self._values[self._last] = first, stop - 1
        begun = time.perf_counter()
        with kernel_float_state():
            self._kernel(*self._values)
        self._step_s = (time.perf_counter() - begun) / (stop - first)


class LevelSlot:
    """One level in memory of its own, in the form in which an operator takes it.

    Attributes
    ----------
    array : ndarray
        The level.
    stored : tuple of ndarray
        The same, as a compressor takes it.
    nbytes : int
        What it takes.
    argument : object
        What a compiled operator is given.
    """

    def __init__(self, symbol: Function, raw: NDArray[np.uint8]) -> None:
        dtype = np.dtype(symbol.dtype)
        size = int(np.prod(symbol.shape)) * dtype.itemsize
        assert raw.ctypes.data % ALIGNMENT == 0
        self.array: NDArray[np.floating] = raw[:size].view(dtype).reshape(symbol.shape)
        self.stored = (self.array,)
        self.nbytes = size
        self.argument = symbol._C_make_dataobj(**{symbol.name: self.array})


def slots(symbol: Function, count: int) -> list[LevelSlot]:
    """Allocate levels in one piece, each aligned, and touch them all.

    Touching matters: the system hands out pages at their first use, which costs more than writing to them later.
    """
    size = int(np.prod(symbol.shape)) * np.dtype(symbol.dtype).itemsize
    stride = -(-size // ALIGNMENT) * ALIGNMENT
    raw = np.zeros(count * stride + ALIGNMENT, np.uint8)
    raw.fill(0)
    start = -raw.ctypes.data % ALIGNMENT
    return [LevelSlot(symbol, raw[begin : begin + stride]) for begin in range(start, start + count * stride, stride)]
