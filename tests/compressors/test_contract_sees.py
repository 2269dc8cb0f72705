"""The contract itself can fail: every kind of misbehaviour is caught by the check that is meant for it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from itertools import count

import numpy as np
import pytest

from wavecomp.compressors import Absolute, Capabilities, Compressor, Lossless, Unbounded
from wavecomp.compressors.stream import Buffer

from . import contract
from .liars import Liar, honest


class Spoils(Liar):
    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        parts = super()._encode(field)
        ctypes.memset(field.ctypes.data, 0, field.nbytes)  # as C does, which knows of no read-only arrays
        return parts


class Aliases(Liar):
    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (field.reshape(-1).view(np.uint8).data, b"")


class Drifts(Liar):
    _calls = count()

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (*super()._encode(field), str(next(self._calls)).encode())


class Remembers(Liar):
    """Two calls at once share what only one of them may have."""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        self._seed = getattr(self, "_seed", 0) + 1
        return (*super()._encode(field), bytes([self._seed % 251]))


class Careless(Liar):
    """Takes any dtype in any byte order, and decodes into anything of the right shape."""

    def prepare(self, field: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(field)

    def decompress(self, stream: object, out: np.ndarray) -> None:
        raw = bytes(stream)[-out.nbytes :] if out.nbytes else b""  # type: ignore[call-overload]
        out[...] = np.frombuffer(raw.ljust(out.nbytes, b"\0"), out.dtype).reshape(out.shape)


class SeesLayout(Liar):
    def prepare(self, field: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(super().prepare(field) * (1 if field.flags.c_contiguous else 2))


class WritesBeside(Liar):
    def decompress(self, stream: object, out: np.ndarray) -> None:
        super().decompress(stream, out)  # type: ignore[arg-type]
        if out.base is not None and out.base.flags.writeable and out.base.ndim == out.ndim:
            out.base[...] = out.reshape(-1)[0]


class LosesNan(Liar):
    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        super()._decode(parts, out)
        np.nan_to_num(out, copy=False)


class HidesNan(Liar):
    capabilities = Capabilities(nonfinite=False)

    def prepare(self, field: np.ndarray) -> np.ndarray:
        return np.nan_to_num(super().prepare(np.nan_to_num(field)))


class Overflows(Liar):
    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        super()._decode(parts, out)
        out[np.abs(out) > np.finfo(out.dtype).max / 2] = np.inf


def nudge(out: np.ndarray) -> None:
    out[(-1,) * out.ndim] += 0.02


@pytest.mark.parametrize(
    ("liar", "check"),
    [
        (Liar(Absolute(1e-2), nudge), contract.check_shapes_and_contents),
        (Liar(Lossless(), nudge), contract.check_shapes_and_contents),
        (Spoils(Unbounded(), honest), contract.check_shapes_and_contents),
        (Drifts(Unbounded(), honest), contract.check_shapes_and_contents),
        (Aliases(Lossless(), honest), contract.check_independence),
        (Remembers(Lossless(), honest), contract.check_two_threads),
        (Careless(Lossless(), honest), contract.check_refused_fields),
        (Careless(Lossless(), honest), contract.check_refused_outputs),
        (Careless(Lossless(), honest), contract.check_damaged_streams),
        (Careless(Lossless(), honest), contract.check_empty),
        (SeesLayout(Lossless(), honest), contract.check_layouts),
        (WritesBeside(Lossless(), honest), contract.check_layouts),
        (LosesNan(Lossless(), honest), contract.check_special_values),
        (LosesNan(Absolute(1.0), honest), contract.check_special_values),
        (HidesNan(Lossless(), honest), contract.check_special_values),
        (Overflows(Absolute(1.0), honest), contract.check_largest_values),
        (Drifts(Lossless(), honest), contract.check_read_only),
        (Drifts(Lossless(), honest), contract.check_two_threads),
    ],
)
def test_misbehaviour_is_caught(liar: Compressor, check: Callable[[Compressor], None]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(liar)


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_an_honest_one_passes(check: Callable[[Compressor], None]) -> None:
    check(Liar(Lossless(), honest))
