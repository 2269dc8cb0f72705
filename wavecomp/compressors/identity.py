"""No compression at all: the memcpy row of every table."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import Lossless
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer
from wavecomp.spec_text import UNCOMPRESSED


class Identity(Compressor):
    """Copies the field's bytes; its time is that of one memory copy, below which no compressor can go."""

    bound = Lossless()
    capabilities = Capabilities(max_dimensions=MAX_DIMENSIONS, nonfinite=True)

    def _encode(self, field: Field) -> Iterable[Buffer]:
        return (field.tobytes(),)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        (raw,) = self.expect(parts, out.nbytes)
        out.reshape(-1).view(np.uint8)[:] = np.frombuffer(raw, np.uint8)


def _build(configuration: Configuration) -> Compressor:
    return Identity(configuration.spec)


DEFINITION = Definition(UNCOMPRESSED, "no compression: one memory copy", (), _build, (UNCOMPRESSED,))
