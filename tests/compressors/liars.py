"""Compressors that break the contract on purpose: the checks and the bound checker must see every one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from wavecomp.compressors import Capabilities, Compressor, ErrorBound, Unbounded
from wavecomp.compressors.stream import Buffer


class Liar(Compressor):
    """Keeps the field as it is, and does harm to what it gives back."""

    capabilities = Capabilities(nonfinite=True, releases_gil=True)
    bound: ErrorBound = Unbounded()

    def __init__(self, bound: ErrorBound, harm: Callable[[np.ndarray], None], padding: int = 0) -> None:
        super().__init__("liar")
        self.bound = bound
        self._harm = harm
        self._padding = bytes(padding)

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (field.tobytes(), self._padding)

    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        out[...] = np.frombuffer(parts[0], out.dtype).reshape(out.shape)
        self._harm(out)


def honest(_: np.ndarray) -> None:
    """No harm."""
