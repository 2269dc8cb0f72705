"""The pinned gradient problem: what a study asks of :class:`~wavecomp.gate.pinned_wave.PinnedWave`."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wavecomp.gate.pinned_wave import RECEIVERS, SHAPE, SOURCE, STEPS, PinnedWave, layers, wavelet
from wavecomp.impact.own_code import OwnBench
from wavecomp.plans.actions import imaged

_LEVEL_BYTES = 4 * math.prod(SHAPE)
_ARITHMETIC = 1
"""Raised where the equations or their order of operations change: then it is another problem, of another digest."""


@dataclass(frozen=True)
class PinnedProblem:
    """The gradient of a small wave equation in NumPy, of the same bits on every processor and in every installation.

    Its digest covers the models, the wavelet, the geometry and a version of the arithmetic, not the files that the code
    lies in: a checkout and an installed package have the same one.
    """

    name: ClassVar[str] = "pinned-wave"
    shape: ClassVar[tuple[int, ...]] = SHAPE
    dtype: ClassVar[str] = "float32"
    shot_count: ClassVar[int] = 0
    steps: ClassVar[int] = STEPS
    first: ClassVar[int] = 0
    in_buffers: ClassVar[int] = 0
    level_bytes: ClassVar[int] = _LEVEL_BYTES
    state_bytes: ClassVar[int] = 2 * _LEVEL_BYTES
    sweeps_bytes: ClassVar[int] = 0
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    foreign: ClassVar[str] = ""
    devito: ClassVar[bool] = False

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of everything that determines the exact gradient."""
        across, depth = RECEIVERS
        geometry = [SHAPE, STEPS, SOURCE, (across.start, across.stop, across.step), depth]
        arrays = [layers(lens=False), layers(lens=True), np.array(wavelet(), np.float32)]
        digests = [hashlib.sha256(array.tobytes()).hexdigest() for array in arrays]
        return hashlib.sha256(json.dumps([self.name, _ARITHMETIC, geometry, digests]).encode()).hexdigest()

    def levels_bytes(self, every: int = 1) -> int:
        """Return the bytes of all levels of which every k-th is imaged."""
        return len(imaged(self.first, self.steps, every)) * self.level_bytes

    def pinned(self) -> PinnedProblem:
        """Return itself: it reads no file."""
        return self

    def open(self) -> OwnBench:
        """Open it."""
        return OwnBench(PinnedWave())
