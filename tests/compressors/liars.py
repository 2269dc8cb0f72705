"""Compressors that break the contract on purpose: the checks and the bound checker must see every one of them.

They stand at the top level of a module, so that processes of their own can be handed them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from itertools import count

import numpy as np

from wavecomp.compressors import Absolute, Capabilities, Compressor, ErrorBound, Lossless, Unbounded
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import UnsupportedField


def honest(_: np.ndarray) -> None:
    """No harm."""


def nudge(out: np.ndarray) -> None:
    """The last value is off by 0.02."""
    out[(-1,) * out.ndim] += 0.02


LOSSLESS = Lossless()


class Liar(Compressor):
    """Keeps the field as it is, and does harm to what it gives back."""

    capabilities = Capabilities(nonfinite=True, releases_gil=True)
    bound: ErrorBound = Unbounded()

    def __init__(
        self, bound: ErrorBound = LOSSLESS, harm: Callable[[np.ndarray], None] = honest, padding: int = 0
    ) -> None:
        super().__init__("liar")
        self.bound = bound
        self._harm = harm
        self._padding = bytes(padding)

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (field.tobytes(), self._padding)

    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        out[...] = np.frombuffer(parts[0], out.dtype).reshape(out.shape)
        self._harm(out)


class Honest(Liar):
    """One that passes: to copy bytes, it holds the GIL."""

    capabilities = Capabilities(nonfinite=True)


class TwoReadings(Liar):
    """What memory held before comes through."""

    def __init__(self) -> None:
        super().__init__(Absolute(1000.0))

    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        before = out.copy()
        super()._decode(parts, out)
        out += before / 2


class Spoils(Liar):
    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        parts = super()._encode(field)
        ctypes.memset(field.ctypes.data, 0, field.nbytes)  # as C does, which knows of no read-only arrays
        return parts


class WritesPastOut(Liar):
    """As a library does that works in whole vectors."""

    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        super()._decode(parts, out)
        ctypes.memset(out.ctypes.data + out.nbytes, 0, 8)


class WritesPastField(Liar):
    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        ctypes.memset(field.ctypes.data + field.nbytes, 0, 4)
        return super()._encode(field)


class Aliases(Liar):
    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (field.reshape(-1).view(np.uint8).data, b"")


class Drifts(Liar):
    _calls = count()

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (*super()._encode(field), str(next(self._calls)).encode())


class Numbered(Liar):
    """Every process of it writes something else."""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (*super()._encode(field), str(os.getpid()).encode())


class Learns(Liar):
    """Keeps the largest field that it has seen, as a dictionary would be kept."""

    _most = 0

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        self._most = max(self._most, field.size)
        return (*super()._encode(field), str(self._most).encode())


class Remembers(Liar):
    """Two calls at once share what only one of them may have."""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        self._seed = getattr(self, "_seed", 0) + 1
        return (*super()._encode(field), bytes([self._seed % 251]))


class Shares(Liar):
    """Two calls at once use one buffer; one after the other they are right."""

    _buffer = b""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        self._buffer = field.tobytes()
        time.sleep(0.0005)
        return (self._buffer, b"")


class Careless(Liar):
    """Takes any dtype in any byte order, and decodes into anything of the right shape."""

    def prepare(self, field: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(field)

    def decompress(self, stream: object, out: np.ndarray) -> None:
        raw = bytes(stream)[-out.nbytes :] if out.nbytes else b""  # type: ignore[call-overload]
        out[...] = np.frombuffer(raw.ljust(out.nbytes, b"\0"), out.dtype).reshape(out.shape)


class Trusting(Liar):
    """Reads any stream that is long enough."""

    def decompress(self, stream: object, out: np.ndarray) -> None:
        raw = bytes(stream)[-out.nbytes :] if out.nbytes else b""  # type: ignore[call-overload]
        if len(raw) < out.nbytes:
            super().decompress(stream, out)  # type: ignore[arg-type]
        out[...] = np.frombuffer(raw, out.dtype).reshape(out.shape)


class Hasty(Liar):
    """Writes first, and looks afterwards."""

    def decompress(self, stream: object, out: np.ndarray) -> None:
        if isinstance(out, np.ndarray) and out.flags.writeable and out.size:
            out[...] = 0
        super().decompress(stream, out)  # type: ignore[arg-type]


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


class RefusesOdd(Liar):
    """Says that it takes four dimensions, and takes no odd length."""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        if field.shape[0] % 2 and field.shape[0] > 1:
            raise ValueError("length must be even")
        return super()._encode(field)


class Picky(Liar):
    """Refuses a constant field, which no contract lets it."""

    def _check(self, field: np.ndarray) -> None:
        if field.size > 1 and (field == field.flat[0]).all():
            raise UnsupportedField(f"{self.spec}: a constant field has no range")


class Hoards(Liar):
    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        if field.size >= 60:
            self._kept = np.ones(2**26)
            time.sleep(600)
        return super()._encode(field)


class Crashes(Liar):
    """Of a field of seven values or more with a negative one among them."""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        if field.size >= 7 and (field < 0).any():
            os.kill(os.getpid(), signal.SIGSEGV)
        return super()._encode(field)


class Hangs(Liar):
    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        if out.size >= 60:
            time.sleep(600)
        super()._decode(parts, out)


class Prints(Liar):
    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        os.write(1, b"block 1 of 1 done\n")
        return super()._encode(field)


class Holds(Liar):
    """Says that it releases the GIL, and does not: this library is called without letting go of it."""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        if field.size > 1000:
            ctypes.PyDLL(None).usleep(60_000)
        return super()._encode(field)

    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        if out.size > 1000:
            ctypes.PyDLL(None).usleep(60_000)
        super()._decode(parts, out)


class Boasts(Liar):
    capabilities = Capabilities(max_dimensions=0)


class Fragile(Liar):
    """Does with a damaged payload what libraries do: it dies, raises, or writes too far."""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (b"whole" + field.tobytes(),)

    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        (raw,) = parts
        if bytes(raw[:5]) != b"whole":
            os.kill(os.getpid(), signal.SIGSEGV)
        if len(raw) < 5 + out.nbytes:
            raise ValueError("short")
        if len(raw) > 5 + out.nbytes:
            ctypes.memset(out.ctypes.data + out.nbytes, 0, 1)
        out[...] = np.frombuffer(raw[5 : 5 + out.nbytes], out.dtype).reshape(out.shape)


class Sleepy(Liar):
    """Hangs of what is short."""

    def _encode(self, field: np.ndarray) -> Iterable[Buffer]:
        return (field.tobytes(),)

    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        if len(parts[0]) < out.nbytes:
            time.sleep(600)
        out[...] = np.frombuffer(parts[0][: out.nbytes], out.dtype).reshape(out.shape)


class Stillborn(Liar):
    """Dies of its own whole stream."""

    def _decode(self, parts: list[memoryview], out: np.ndarray) -> None:
        os.abort()
