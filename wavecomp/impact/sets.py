"""The sets of strategies that a gradient study compares when nobody names any."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from wavecomp.impact.problem import Problem
from wavecomp.spec_text import SpecText

TOLERANCES = tuple(f"1.2e{exponent}peak" for exponent in range(-1, -8, -1))
"""Fractions of the wavefield's greatest amplitude. On the problem ``quick``, where that is 82.9, they are the absolute
tolerances 10, 1, 0.1 … 1e-5 within a hundredth."""

_LARGE = 10**8  # points × steps: beyond it one gradient takes seconds
_HUGE = 10**10  # beyond it every gradient takes minutes
_FAR_BEYOND = 10  # times the memory that there is for levels
_SLOTS = 20
_WORTH_SLABS = 1 << 20  # bytes of a level
_SLABS = "slabs:planes=16,threads=2"
_LZ4 = "blosc2:codec=lz4,level=1,shuffle=shuffle,chunk=4194304,block=65536"


CaseSet: TypeAlias = tuple[str, ...]
"""Strategies that are compared with each other; the bare sweeps and ``store-all`` are added to every study."""

CROSSED: CaseSet = ("trajectory", "trajectory:every=4", "revolve:slots=20", "mixed:levels=40")
"""What is combined with the compressors that somebody asks for, where no strategy is named."""

_BASELINES = ("store-all", "store-all:every=4", "revolve:slots=20", "mixed:levels=40")

SMALL: CaseSet = (
    *_BASELINES,
    *(f"trajectory/zfp:accuracy={tolerance}" for tolerance in TOLERANCES),
    *(f"trajectory/sz3:abs={tolerance}" for tolerance in TOLERANCES[1:-1]),
    *(f"trajectory/interp:abs={tolerance}" for tolerance in TOLERANCES[1:-1]),
    *(f"trajectory/{short}" for short in ("int8", "int16", "float16", "bfloat16", "blosc2")),
    "trajectory:every=4/zfp:accuracy=1.2e-3peak",
    "trajectory:every=4/zfp:accuracy=1.2e-5peak",
    "trajectory:every=4/interp:abs=1.2e-3peak",
    "trajectory:every=4/interp:abs=1.2e-5peak",
    "revolve:slots=20/zfp:accuracy=1.2e-6peak",
    "mixed:levels=40/zfp:accuracy=1.2e-6peak",
)
"""For problems of which one gradient takes a second: whole curves of ZFP, SZ3 and interp, every short format."""

THICK: CaseSet = (
    *_BASELINES,
    *(f"trajectory/{_SLABS}/zfp:accuracy={tolerance}" for tolerance in (TOLERANCES[0], TOLERANCES[2], TOLERANCES[4])),
    *(f"trajectory/sz3:abs={tolerance}" for tolerance in (TOLERANCES[2], TOLERANCES[4])),
    *(f"trajectory/interp:abs={tolerance},threads=2" for tolerance in (TOLERANCES[0], TOLERANCES[2], TOLERANCES[4])),
    "trajectory/int8",
    f"trajectory:every=4/{_SLABS}/zfp:accuracy={TOLERANCES[2]}",
    f"trajectory:every=4/{_SLABS}/zfp:accuracy={TOLERANCES[4]}",
    *(f"trajectory:every=4/interp:abs={tolerance},threads=2" for tolerance in (TOLERANCES[2], TOLERANCES[4])),
    f"trajectory/{_SLABS}/{_LZ4}",
)
"""For problems in 3-D: a few points of each curve, compressed in two threads."""

SHORT: CaseSet = (
    "store-all",
    "revolve:slots=20",
    f"trajectory/{_SLABS}/{_LZ4}",
    *(f"trajectory/{_SLABS}/zfp:accuracy={tolerance}" for tolerance in (TOLERANCES[0], TOLERANCES[2], TOLERANCES[4])),
    f"trajectory:every=4/{_SLABS}/zfp:accuracy={TOLERANCES[2]}",
    "trajectory:every=4/interp:abs=5e-5peak,threads=2",
)
"""The story in one small table: everything stored, some of it computed again, lossless, lossy, and fewer levels."""

BEYOND: CaseSet = (
    *_BASELINES,
    *(f"trajectory:every=8/{_SLABS}/zfp:accuracy={tolerance}" for tolerance in (TOLERANCES[0], TOLERANCES[2])),
    f"trajectory:every=4/{_SLABS}/zfp:accuracy={TOLERANCES[0]}",
    f"mixed:levels=40/{_SLABS}/zfp:accuracy={TOLERANCES[4]}",
    *(f"trajectory:every=8/interp:abs={tolerance},threads=2" for tolerance in (TOLERANCES[0], TOLERANCES[2])),
    f"mixed:levels=40/interp:abs={TOLERANCES[4]},threads=2",
)
"""Where not even a tenth of the levels fits into the memory: what is small enough to have a chance."""


def default_set(problem: Problem, memory_bytes: int | None = None) -> CaseSet:
    """Return the set that a study of this problem compares by default, in so much memory."""
    needed = problem.levels_bytes()
    if needed is not None and memory_bytes is not None and needed > _FAR_BEYOND * memory_bytes:
        return BEYOND
    return THICK if _work(problem) > _LARGE else SMALL


def default_rounds(problem: Problem) -> int:
    """Return how many rounds of a study tell its times, so that it stays a matter of minutes where it can."""
    work = _work(problem)
    return 3 if work <= _LARGE else 2 if work <= _HUGE else 1


def _work(problem: Problem) -> int:
    return math.prod(problem.shape) * (problem.steps or 1000)


def fitting(specs: Sequence[SpecText], budget_bytes: int | None, states: int | None = None) -> list[SpecText]:
    """Return the strategies with as many slots and levels as a budget holds, or no more than fit as states."""
    if budget_bytes is not None:
        return [spec.without("slots", "levels") for spec in specs]
    slots = _SLOTS if states is None else max(1, min(_SLOTS, states))
    counts = {"slots": str(slots), "levels": str(2 * slots)}
    return [_counted(spec, counts) for spec in specs]


def suited(spec: SpecText, problem: Problem) -> SpecText:
    """Return a strategy of a set, without slabs where a level is small: calls would cost more than threads save."""
    if problem.level_bytes >= _WORTH_SLABS:
        return spec
    return SpecText(tuple(part for part in spec.parts if part.name != "slabs"))


def _counted(spec: SpecText, counts: Mapping[str, str]) -> SpecText:
    for key in counts.keys() & spec.head.values.keys():
        spec = spec.with_value(0, key, counts[key])
    return spec
