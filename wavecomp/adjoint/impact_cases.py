"""What a gradient study is about: one problem and one shot, many ways of keeping the forward wavefield."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wavecomp.adjoint.problem import GradientProblem
from wavecomp.adjoint.strategies import PARAMETERS, Strategy, parse_strategy
from wavecomp.compressors import Registry

BARE = "bare"
"""Stands for a strategy: the forward and the adjoint sweep with nothing stored, and no gradient."""

TOLERANCES = ("1e1", "1e0", "1e-1", "1e-2", "1e-3", "1e-4", "1e-5")

_LARGE = 10**8
_FAR_BEYOND = 10  # times the memory that there is for levels
_SLOTS = 20
_BASELINES = ("store-all", "store-all:every=4", "revolve:slots=20", "mixed:levels=40")
_CROSSED = ("trajectory", "trajectory:every=4", "revolve:slots=20", "mixed:levels=40")
_SMALL = (
    *(f"trajectory/zfp:accuracy={tolerance}" for tolerance in TOLERANCES),
    *(f"trajectory/sz3:abs={tolerance}" for tolerance in TOLERANCES[1:-1]),
    *(f"trajectory/{short}" for short in ("int8", "int16", "float16", "bfloat16", "blosc2")),
    "trajectory:every=4/zfp:accuracy=1e-1",
    "trajectory:every=4/zfp:accuracy=1e-3",
    "revolve:slots=20/zfp:accuracy=1e-4",
    "mixed:levels=40/zfp:accuracy=1e-4",
)
_SLABS = "slabs:planes=16,threads=2"
_THICK = (
    *(f"trajectory/{_SLABS}/zfp:accuracy={tolerance}" for tolerance in ("1e1", "1e-1", "1e-3")),
    *(f"trajectory/sz3:abs={tolerance}" for tolerance in ("1e-1", "1e-3")),
    "trajectory/int8",
    f"trajectory:every=4/{_SLABS}/zfp:accuracy=1e-1",
    f"trajectory:every=4/{_SLABS}/zfp:accuracy=1e-3",
    f"trajectory/{_SLABS}/blosc2:codec=lz4,level=5,shuffle=shuffle",
)
# Where not even a tenth of the levels fits into the memory: what is small enough to have a chance.
_BEYOND = (
    *(f"trajectory:every=8/{_SLABS}/zfp:accuracy={tolerance}" for tolerance in ("1e1", "1e-1")),
    f"trajectory:every=4/{_SLABS}/zfp:accuracy=1e1",
    f"mixed:levels=40/{_SLABS}/zfp:accuracy=1e-3",
)


@dataclass(frozen=True, slots=True)
class ImpactCase:
    """One row of the study's table.

    Attributes
    ----------
    problem : GradientProblem
    shot : int
    spec : str
        Canonical text of a strategy, or :data:`BARE`.
    budget_bytes : int or None
        What the checkpoint store may hold.
    """

    problem: GradientProblem
    shot: int
    spec: str
    budget_bytes: int | None

    @property
    def digest(self) -> str:
        """Identity of the case: the same on every machine."""
        identity = [self.problem.digest, self.shot, self.spec, self.budget_bytes]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]

    @property
    def level_bytes(self) -> int:
        """Bytes of one level of the physical domain in single precision."""
        return self.problem.level_bytes

    def strategy(self, registry: Registry) -> Strategy | None:
        """Return the strategy, None for the bare sweeps; raises SpecError."""
        return None if self.spec == BARE else parse_strategy(self.spec, registry)


def impact_cases(
    problem: GradientProblem,
    strategies: Sequence[str],
    compressors: Sequence[str],
    registry: Registry,
    *,
    budget_bytes: int | None = None,
    memory_bytes: int | None = None,
    shot: int = 0,
) -> list[ImpactCase]:
    """Return the cases that the words of a command line mean; the bare sweeps and ``store-all`` are always among them.

    :func:`wavecomp.adjoint.impact_memory.leave_out` takes those out that cannot fit.

    Parameters
    ----------
    strategies : sequence of str
        A strategy with its compressor behind ``/`` stands for itself, one without is crossed with ``compressors``. None
        at all: those that a study compares by default.
    compressors : sequence of str
        Specs. None at all: the default ones, where no strategy is given either.
    budget_bytes : int, optional
        With a budget, the default strategies take as many slots and levels as it holds.
    memory_bytes : int, optional
        What a case without a budget may hold: the default strategies take no more than that uncompressed.

    Raises
    ------
    SpecError
        A text that is no strategy or no compressor.
    """
    texts: list[str] = []
    for text in strategies or _default_heads(compressors, budget_bytes):
        name = text.partition("/")[0].partition(":")[0]
        crossed = compressors and "/" not in text and name != "store-all" and name in PARAMETERS
        texts += [f"{text}/{compressor}" for compressor in compressors] if crossed else [text]
    if not strategies:
        texts = [*_baselines(problem, budget_bytes, memory_bytes), *texts]
        if not compressors:
            texts += [_fitting(text, budget_bytes) for text in _default_texts(problem, memory_bytes)]
    specs = [parse_strategy(text, registry).spec for text in texts]
    unique = dict.fromkeys([BARE, "store-all", *specs])
    return [ImpactCase(problem, shot, spec, budget_bytes) for spec in unique]


def _default_heads(compressors: Sequence[str], budget_bytes: int | None) -> list[str]:
    return [_fitting(text, budget_bytes) for text in _CROSSED] if compressors else []


def _baselines(problem: GradientProblem, budget_bytes: int | None, memory_bytes: int | None) -> list[str]:
    texts = [_fitting(text, budget_bytes) for text in _BASELINES]
    slots = _SLOTS if memory_bytes is None else max(1, min(_SLOTS, memory_bytes // problem.state_bytes))
    return [
        text.replace(f"slots={_SLOTS}", f"slots={slots}").replace(f"levels={2 * _SLOTS}", f"levels={2 * slots}")
        for text in texts
    ]


def _default_texts(problem: GradientProblem, memory_bytes: int | None) -> tuple[str, ...]:
    needed = problem.levels_bytes()
    if needed is not None and memory_bytes is not None and needed > _FAR_BEYOND * memory_bytes:
        return _BEYOND
    points = int(np.prod(problem.medium.shape, dtype=np.int64))
    steps = problem.medium.steps or 1000
    return _THICK if points * steps > _LARGE else _SMALL


def _fitting(text: str, budget_bytes: int | None) -> str:
    """With a budget the number of slots or levels is not ours to choose."""
    if budget_bytes is None:
        return text
    return text.replace(":slots=20", "").replace(":levels=40", "")
