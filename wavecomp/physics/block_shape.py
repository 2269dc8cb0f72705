"""Which blocks of the grid a time step is computed in: a tenth of its time, and no bit of its result.

Devito's default blocks are square. A step reads nine planes of a block of order 8, so that tall blocks that fill half
of a core's second-level cache do better: on 140³ points and two cores 8 × 32 to 10 × 70 took 0.90 of the time of the
default 16 × 16, 8 × 8 took 1.07. Devito's own autotuner finds such blocks too; with some 200 steps a kernel, and one
sample a block, it takes as long as a fifth of a gradient. A few blocks that are known to be good are tried here, in
turn, once for all kernels.
"""

from __future__ import annotations

import time

from wavecomp.physics.compiled import Compiled

FEWEST_POINTS = 10**6
"""Smaller grids stay as they are: their levels lie in the cache, and a step is too short to measure."""

TRIAL_STEPS = 2
"""Steps of one trial; a run must have more."""

_ROUNDS = 3


def block_shapes(extent: tuple[int, int], threads: int) -> list[tuple[int, int]]:
    """Return the blocks worth a try, for the first two dimensions of a grid.

    Parameters
    ----------
    extent : tuple of int
        Points of the grid in these dimensions.
    threads : int
        The blocks of the first dimension are shared among so many.
    """
    x, y = extent
    even = -(-x // (threads * max(1, round(x / (10 * threads)))))  # ten planes or so, as many blocks for each thread
    tried = [(16, 16), (8, 16), (8, 32), (8, 64), (8, y), (even, -(-y // 2)), (even, -(-y // 3))]
    return list(dict.fromkeys((a, b) for a, b in tried if a <= x and b <= y))


def fastest_block(kernel: Compiled, extent: tuple[int, int], threads: int) -> tuple[int, int] | None:
    """Run a kernel's first steps in every block, interleaved, and return the one with the least time.

    The fields are left with what these steps make of them. None where the kernel has no blocks in two dimensions.
    """
    if len(kernel.block_names) != 2:
        return None
    seconds: dict[tuple[int, int], float] = {}
    for _ in range(_ROUNDS):
        for shape in block_shapes(extent, threads):
            kernel.set_block(shape)
            begun = time.perf_counter()
            kernel.up(1, 1 + TRIAL_STEPS)
            seconds[shape] = min(seconds.get(shape, float("inf")), time.perf_counter() - begun)
    return min(seconds, key=lambda shape: seconds[shape])
