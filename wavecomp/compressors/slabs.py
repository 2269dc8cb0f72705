"""A wrapper that cuts an array along its first axis and runs any compressor that releases the GIL in threads.

With planes a multiple of ZFP's block of four the streams have the size of the uncut one, and unlike ZFP's own OpenMP
this also decompresses in parallel.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import ErrorBound, FixedPrecision, FixedRate, L2Norm, SignalToNoise
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import Buffer, Stream, part_count
from wavecomp.compressors.thread_pool import pool
from wavecomp.errors import SpecError, StreamError


class Slabs(Compressor):
    """Runs one compressor over slabs of ``planes`` planes in ``threads`` threads."""

    def __init__(self, spec: str, inner: Compressor, planes: int, threads: int) -> None:
        super().__init__(spec)
        self._inner = inner
        self._planes = planes
        self._threads = threads

    @property
    def bound(self) -> ErrorBound:
        """That of the inner compressor: a slab's range and peak never exceed the field's. A rate is that of a slab."""
        bound = self._inner.bound
        if isinstance(bound, FixedPrecision):
            return FixedPrecision(bound.planes, self._planes)
        return FixedRate(bound.bits, self._planes, bound.overhead) if isinstance(bound, FixedRate) else bound

    @property
    def capabilities(self) -> Capabilities:
        """Those of the inner compressor, with more threads."""
        inner = self._inner.capabilities
        return Capabilities(inner.max_dimensions, inner.dtypes, inner.nonfinite, self._threads * inner.threads, True)

    def _check(self, field: Field) -> None:
        self._inner._check(field[: self._planes])
        if field.shape[0] % self._planes:
            self._inner._check(field[-(field.shape[0] % self._planes) :])

    def _check_peak(self, dtype: np.dtype[np.floating], peak: float) -> None:
        self._inner._check_peak(dtype, peak)

    def _encode(self, field: Field) -> Iterable[Buffer]:
        streams = pool("slab", self._threads).map(self._inner.encode, self._cut(field))
        return [part for stream in streams for part in (stream.head, *stream.parts)]

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        slabs = self._cut(out)
        streams = []
        start = 0
        while start < len(parts):
            stop = start + 1 + part_count(parts[start])
            streams.append(Stream(bytes(parts[start]), tuple(parts[start + 1 : stop])))
            start = stop
        if len(streams) != len(slabs):
            raise StreamError(f"{self.spec}: the stream holds {len(streams)} slabs, the output makes {len(slabs)}")
        # list() waits for all and raises what a thread raised.
        list(pool("slab", self._threads).map(self._inner.decompress, streams, slabs))

    def _cut(self, field: Field) -> list[Field]:
        return [field[start : start + self._planes] for start in range(0, field.shape[0], self._planes)]


def _build(configuration: Configuration) -> Compressor:
    inner = configuration.inner
    assert inner is not None  # the registry has seen to it
    if not inner.capabilities.releases_gil:
        raise SpecError(f'spec "{configuration.spec}": {inner.spec} holds the GIL, slabs in threads would only wait')
    if isinstance(inner, Slabs):
        raise SpecError(f'spec "{configuration.spec}": slabs of slabs make no sense')
    if isinstance(inner.bound, SignalToNoise | L2Norm):
        raise SpecError(f'spec "{configuration.spec}": {inner.bound} speaks of the whole field, not of a slab')
    values = configuration.values
    return Slabs(configuration.spec, inner, int(values["planes"]), int(values["threads"]))


DEFINITION = Definition(
    name="slabs",
    summary="wrapper: cuts the first axis into slabs and runs the compressor behind / in threads",
    parameters=(
        Parameter(
            "planes", "int", "planes a slab; a multiple of 4 suits ZFP", default=16, low=1, high=2**31, pinned=True
        ),
        Parameter("threads", "int", "threads", default=2, low=1, high=256, pinned=True),
    ),
    build=_build,
    examples=("slabs:planes=16,threads=2/zfp:accuracy=1e-3",),
    wraps=True,
)
