"""Pcodec: lossless coding of numbers by binned latents, after it has looked for a structure in them [Loncaric2025]_."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import Lossless
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.spec import Parameter
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer
from wavecomp.errors import StreamError


class Pcodec(Compressor):
    """Pcodec at one level; the field is one row of numbers."""

    bound = Lossless()
    capabilities = Capabilities(max_dimensions=MAX_DIMENSIONS, nonfinite=True, releases_gil=True)

    def __init__(self, spec: str, level: int) -> None:
        super().__init__(spec)
        self._level = level

    def _encode(self, field: Field) -> Iterable[Buffer]:
        from pcodec import ChunkConfig, standalone

        row = np.require(field.reshape(-1), requirements="A")  # it takes numbers only where numbers can lie
        return (standalone.simple_compress(row, ChunkConfig(compression_level=self._level)),)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        from pcodec import standalone

        if len(parts) != 1:
            raise StreamError(f"{self.spec}: the stream has {len(parts)} parts, 1 was expected")
        target = np.require(out.reshape(-1), requirements="A")
        try:
            progress = standalone.simple_decompress_into(_as_bytes(parts[0]), target)
        except (RuntimeError, TypeError) as error:
            raise StreamError(f"{self.spec}: pcodec cannot decode the stream: {error}") from error
        if progress.n_processed != out.size or not progress.finished:
            raise StreamError(
                f"{self.spec}: the stream holds other than {out.size} values; {progress.n_processed} were decoded"
            )
        if not np.may_share_memory(target, out):
            out.reshape(-1)[:] = target


def _as_bytes(part: memoryview) -> bytes:
    """Return the bytes of a part: pcodec takes nothing else, and those in memory are the ones that it made."""
    whole = part.obj
    return whole if isinstance(whole, bytes) and len(whole) == part.nbytes else bytes(part)


def _build(configuration: Configuration) -> Compressor:
    return Pcodec(configuration.spec, int(configuration.values["level"]))


DEFINITION = Definition(
    name="pcodec",
    summary="Pcodec: lossless, for numbers",
    parameters=(Parameter("level", "int", "0 is fastest, 12 compresses most", default=8, low=0, high=12, pinned=True),),
    build=_build,
    examples=("pcodec:level=8",),
    requires="pcodec",
    extra="compressors",
)
