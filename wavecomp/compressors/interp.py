"""Prediction by interpolation from coarse to fine grids, quantised inside the loop, behind a coder for small integers.

The idea is that of SZ3's interpolation [Zhao2021]_, with finer steps on coarser grids as in QoZ [Liu2022]_. From the
points on every second grid line those between are predicted, by a polynomial through eight of what was already
*reconstructed*; the difference is kept as a multiple of twice the tolerance. These go through Huffman codes, one for
each class of blocks that are about as busy (:mod:`wavecomp.compressors.code_streams`), or through LZ4 or Zstandard, in
one byte a point, or in two where many would not fit. What does not fit, or would break the bound by rounding, escapes
and is kept as it is: :math:`|e| \\le` tolerance holds for every value, and NaN and infinities survive.

A field whose values are all alike, or so large beside the tolerance that an eighth of them escapes, is stored without
loss.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors.base import Capabilities, Compressor, Field, squeezed
from wavecomp.compressors.bounds import Absolute, ErrorBound, ValueRangeRelative
from wavecomp.compressors.byte_chunks import ByteChunks
from wavecomp.compressors.code_streams import BLOCK, CodeStreams, team
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.scratch import shared_scratch
from wavecomp.compressors.spec import THREADS, Parameter
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import SpecError, StreamError
from wavecomp.thread_settings import passive_threads

_VERSION = 1
_HEAD = struct.Struct("<BBddQ")  # version, how codes are kept, tolerance, noise of the rounding, values that escaped
_STORED, _NARROW, _WIDE, _HUFFMAN = range(4)
_CODE_BYTES = {_NARROW: 1, _WIDE: 2, _HUFFMAN: 2}
_MOST = {_NARROW: 32, _WIDE: 8, _HUFFMAN: 8}  # one value in so many may escape
_TRIED = {"huffman": (_HUFFMAN,), "lz4": (_NARROW, _WIDE), "zstd": (_NARROW, _WIDE)}
_SAMPLES = 1024
_LEAST = {4: 1e-30, 8: 1e-290}  # tolerances whose reciprocals and products are far from the ends of the numbers
_CHUNK = 1 << 18  # bytes of codes a chunk
_PLAIN_VALUES = 256  # so few are not worth a chunk
_PIECE = 1 << 15  # of a field along one axis: there the grids would take more memory than the field


class Interp(Compressor):
    """Interpolation under one error bound, with one byte codec."""

    def __init__(self, spec: str, mode: str, limit: float, codec: str, level: int, threads: int) -> None:
        super().__init__(spec)
        self._mode, self._limit, self._codec, self._threads = mode, limit, codec, threads
        if threads > 1:
            passive_threads()  # before the kernels load OpenMP: its threads would wait for each other busily
        bytes_codec = "zstd" if codec == "huffman" else codec
        # Codes of one byte are best as they are; of more the bytes of one significance stand together.
        self._bytes = {1: ByteChunks(spec, bytes_codec, level, _CHUNK, threads)}
        for size in (2, 4, 8):
            self._bytes[size] = ByteChunks(spec, bytes_codec, level, size * _CHUNK, threads, "shuffle")
        self._streams = CodeStreams(spec, threads)
        self._scratch = shared_scratch("interp")

    @property
    def bound(self) -> ErrorBound:
        """What the mode promises."""
        return Absolute(self._limit) if self._mode == "abs" else ValueRangeRelative(self._limit)

    @property
    def capabilities(self) -> Capabilities:
        """One to four dimensions; NaN and infinities survive where the tolerance is absolute: they have no range."""
        return Capabilities(max_dimensions=4, nonfinite=self._mode == "abs", threads=self._threads, releases_gil=True)

    def _encode(self, field: Field) -> Iterable[Buffer]:
        tolerance, noise = self._tolerance(field), _noise(field)
        itemsize = field.dtype.itemsize
        if field.size > 1 and _LEAST[itemsize] <= tolerance <= 1.0 / _LEAST[itemsize]:
            field = np.require(field, requirements="A")
            for how in _TRIED[self._codec]:
                codes = self._codes(field.size, how)
                values = self._scratch.take("values", field.size // _MOST[how] + 2, field.dtype)
                count = self._predict(field, how, codes, values, tolerance, noise)
                if count:
                    head = _HEAD.pack(_VERSION, how, tolerance, noise, count)
                    kept = self._keep(how, codes, field.size)
                    return (head, *self._keep_values(values[:count]), *kept)
        return (_HEAD.pack(_VERSION, _STORED, 0.0, 0.0, 0), *self._bytes[itemsize].encode(field))

    def _codes(self, size: int, how: int) -> NDArray[np.signedinteger]:
        """Return memory for the codes of a field in whole blocks, which holds anything."""
        codes: NDArray[np.signedinteger] = self._scratch.take(
            "codes", -(-size // BLOCK) * BLOCK, f"i{_CODE_BYTES[how]}"
        )
        return codes

    def _predict(
        self, field: Field, how: int, codes: NDArray[np.signedinteger], values: Field, tolerance: float, noise: float
    ) -> int:
        """Fill codes and the values that escaped; return how many these are, or 0 where they are too many."""
        from wavecomp.compressors.kernels import _interp

        done = count = 0
        for piece in _pieces(field):
            if count >= values.size:
                return 0
            how_to = (piece.shape, piece.itemsize, _CODE_BYTES[how], tolerance, noise, self._team(piece))
            found = _interp.encode(piece, codes[done:], values[count:], self._work(piece), *how_to)
            if found < 0:
                return 0
            done += piece.size - 1
            count += found
        codes[done:] = 0  # each piece leaves one out: what an earlier call left there would be kept
        return count

    def _team(self, piece: Field) -> int:
        return team(self._threads, piece.size)

    def _work(self, piece: Field) -> NDArray[np.uint8]:
        from wavecomp.compressors.kernels import _interp

        size = _interp.work(piece.shape, piece.itemsize, self._team(piece))
        work: NDArray[np.uint8] = self._scratch.take("work", size, np.uint8)
        return work

    def _keep(self, how: int, codes: NDArray[np.signedinteger], size: int) -> list[Buffer]:
        if how == _HUFFMAN:
            return self._streams.encode(codes)
        return self._bytes[_CODE_BYTES[how]].encode(codes[: size - 1])

    def _keep_values(self, values: Field) -> list[Buffer]:
        if values.size <= _PLAIN_VALUES:
            return [values.tobytes()]
        return self._bytes[values.itemsize].encode(values)

    def _tolerance(self, field: Field) -> float:
        return self._limit if self._mode == "abs" else self._limit * (float(field.max()) - float(field.min()))

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        if not parts or len(parts[0]) != _HEAD.size:
            raise StreamError(f"{self.spec}: the stream has no head of {_HEAD.size} bytes")
        version, how, tolerance, noise, count = _HEAD.unpack(parts[0])
        if version != _VERSION:
            raise StreamError(
                f"{self.spec}: version {version} of the stream is not the version {_VERSION} of this code"
            )
        if how == _STORED:
            self._bytes[out.itemsize].decode(parts[1:], out)
            return
        sound = how in _CODE_BYTES and 0 < count <= out.size and math.isfinite(tolerance) and math.isfinite(noise)
        if not sound or out.size < 2:
            raise StreamError(f"{self.spec}: the stream's head is damaged")
        values, rest = self._values(parts[1:], count, out.dtype)
        # Parts lie anywhere in a stream, and an output may: the kernels want numbers where numbers can lie.
        target = np.require(out, requirements="A")
        codes = self._codes(out.size, how)
        if how == _HUFFMAN:
            self._streams.decode(rest, codes)
        else:
            self._bytes[_CODE_BYTES[how]].decode(list(rest), codes[: out.size - 1])
        self._restore(target, how, codes, values, tolerance, noise)
        if target is not out:
            out[...] = target

    def _values(
        self, parts: Sequence[memoryview], count: int, dtype: np.dtype[np.floating]
    ) -> tuple[Field, Sequence[memoryview]]:
        """Return the values that escaped, and the parts behind them."""
        values = np.empty(count, dtype)
        many = 1 if count <= _PLAIN_VALUES else self._bytes[dtype.itemsize].pieces(values)
        if count > _PLAIN_VALUES:
            self._bytes[dtype.itemsize].decode(list(parts[:many]), values)
        elif not parts or len(parts[0]) != values.nbytes:
            raise StreamError(f"{self.spec}: there are no {count} {dtype} values that escaped")
        else:
            values[...] = np.frombuffer(parts[0], dtype)
        return values, parts[many:]

    def _restore(
        self, out: Field, how: int, codes: NDArray[np.signedinteger], values: Field, tolerance: float, noise: float
    ) -> None:
        from wavecomp.compressors.kernels import _interp

        done = used = 0
        try:
            for piece in _pieces(out):
                how_to = (piece.shape, piece.itemsize, _CODE_BYTES[how], tolerance, noise, self._team(piece))
                used += _interp.decode(piece, codes[done:], values[used:], self._work(piece), *how_to)
                done += piece.size - 1
        except ValueError as error:
            raise StreamError(f"{self.spec}: {error}") from error
        if used != values.size:
            raise StreamError(f"{self.spec}: the codes ask for {used} values, the stream has {values.size}")


def _pieces(field: Field) -> Iterable[Field]:
    """Cut a field along one axis, in which nothing far away says anything."""
    flat = squeezed(field)
    if flat.ndim > 1:
        return (flat,)
    return [flat[start : start + _PIECE] for start in range(0, flat.size, _PIECE)]


def _noise(field: Field) -> float:
    """Return by how much rounding may spoil a reconstructed value, from a sample: quanta are chosen that much smaller.

    It costs bytes where it is wrong, never the bound.
    """
    flat = field.reshape(-1)
    peak = float(np.abs(flat[:: max(1, flat.size // _SAMPLES)]).max(initial=0.0))
    return float(np.finfo(field.dtype).eps) * peak if math.isfinite(peak) else 0.0


def _build(configuration: Configuration) -> Compressor:
    values = configuration.values
    given = [mode for mode in ("abs", "rel") if mode in values]
    if len(given) != 1:
        raise SpecError(
            f'spec "{configuration.spec}": give exactly one of abs, rel, got {" and ".join(given) or "none"}'
        )
    return Interp(
        configuration.spec,
        given[0],
        float(values[given[0]]),
        str(values["codec"]),
        int(values["level"]),
        int(values[THREADS]),
    )


DEFINITION = Definition(
    name="interp",
    summary="interpolation from coarse to fine grids, quantised in the loop, behind Huffman codes, LZ4 or Zstandard",
    parameters=(
        Parameter("abs", "float", "greatest error, unit of the field", low=0.0, low_open=True),
        Parameter(
            "rel", "float", "greatest error, fraction of the field's value range", low=0.0, high=1.0, low_open=True
        ),
        Parameter(
            "codec", "choice", "what is behind it", default="huffman", choices=("huffman", "lz4", "zstd"), pinned=True
        ),
        Parameter("level", "int", "of LZ4 and Zstandard, 1 is fastest", default=1, low=1, high=9, pinned=True),
        Parameter(
            THREADS, "int", "threads of one call; one does fields of fewer than 2^18 values", default=1, low=1, high=256
        ),
    ),
    build=_build,
    examples=(
        "interp:abs=1e-3,codec=huffman,level=1",
        "interp:rel=1e-4,codec=lz4,level=1",
        "interp:abs=1e-4,codec=zstd,level=3,threads=2",
    ),
    requires="blosc2",
    kernels=("wavecomp.compressors.kernels._interp", "wavecomp.compressors.kernels._codes"),
    tolerances=("abs", "rel"),
)
