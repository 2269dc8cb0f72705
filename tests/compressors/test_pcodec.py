"""pcodec: all bits, and streams that hold other than they should."""

from __future__ import annotations

import numpy as np
import pytest
from pcodec import ChunkConfig, standalone

from wavecomp.compressors import default_registry
from wavecomp.compressors.base import identity_of
from wavecomp.compressors.stream import pack
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import DTYPES, bits_of, content, special
from wavecomp.errors import SpecError, StreamError

PCODEC = default_registry().parse("pcodec:level=8")


def test_all_bits() -> None:
    for dtype in DTYPES:
        field = special(dtype)
        assert np.array_equal(bits_of(round_trip(PCODEC, field)), bits_of(field))


@pytest.mark.parametrize("text", ["-1", "13", "1.5", "x"])
def test_levels_that_are_none(text: str) -> None:
    with pytest.raises(SpecError):
        default_registry().parse(f"pcodec:level={text}")


def test_fewer_more_or_other_values_are_refused() -> None:
    """pcodec itself fills what there is, and says how much that was."""
    field = content("wave", (10,), "float32")
    for other in (field[:9], np.concatenate([field, field]), field.astype(np.float64)):
        stream = standalone.simple_compress(other, ChunkConfig())
        with pytest.raises(StreamError):
            PCODEC.decompress(pack(field, (stream,), identity_of(PCODEC.spec)), np.zeros_like(field))
    with pytest.raises(StreamError, match="pcodec cannot decode"):
        PCODEC.decompress(pack(field, (b"garbage",), identity_of(PCODEC.spec)), np.zeros_like(field))
