"""The times that are reported are the library's own, not those of the machinery around it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest

from wavecomp.compressors import default_registry
from wavecomp.sweep import Repeats, measure

ROUNDS = 21


def _bare_zfp(field: np.ndarray) -> Callable[[], object]:
    import zfpy

    return lambda: zfpy.compress_numpy(field, tolerance=1e-3, write_header=False)


def _bare_sz3(field: np.ndarray) -> Callable[[], object]:
    from pysz import sz, szConfig

    def call() -> object:
        config = szConfig()
        config.errorBoundMode = 0
        config.absErrorBound = 1e-3
        config.cmprAlgo = 1
        return sz.compress(field, config)

    return call


def _bare_lz4(field: np.ndarray) -> Callable[[], object]:
    import blosc2

    raw = field.reshape(-1).view(np.uint8)
    keys = {
        "codec": blosc2.Codec.LZ4,
        "clevel": 5,
        "typesize": 4,
        "nthreads": 1,
        "blocksize": 0,
        "filters": [blosc2.Filter.SHUFFLE],
        "filters_meta": [0],
    }
    return lambda: [blosc2.compress2(raw[i : i + 2**20], **keys) for i in range(0, raw.size, 2**20)]


@pytest.mark.parametrize(
    ("spec", "bare"),
    [
        ("zfp:accuracy=1e-3", _bare_zfp),
        ("sz3:abs=1e-3,algorithm=interp_lorenzo", _bare_sz3),
        ("blosc2:codec=lz4,level=5,shuffle=shuffle,chunk=1048576", _bare_lz4),
    ],
)
def test_within_five_percent_of_a_bare_loop(spec, bare):
    """Interleaved: each round takes the median of five bare calls before and after the five samples of
    :func:`measure`; the ratio is the measured median over the mean of the two. The median over 21 rounds must lie
    within 5 %.

    A call takes 10 ms and more here, a hundred times what one more Python frame and a header cost, so the true ratio is
    within 1 %; the spread of the median of 21 ratios that each scatter by 10 % is about 10 % x 1.25 / sqrt(21) = 3 %.
    """
    grid = np.meshgrid(*[np.linspace(0, 9, 144, dtype=np.float32)] * 3, indexing="ij")
    field = (np.sin(grid[0] * grid[1]) * np.cos(3 * grid[2] - grid[0])).astype(np.float32)
    compressor = default_registry().parse(spec)
    call = bare(field)
    call()
    ratios = []
    for _ in range(ROUNDS):
        before = _median(call)
        ours = measure(compressor, field, Repeats(seconds=0.0, least=5, most=5)).compress.median_s
        after = _median(call)
        ratios.append(ours / (0.5 * (before + after)))
    assert 0.95 <= statistics.median(ratios) <= 1.05, sorted(ratios)


def _median(call: Callable[[], object]) -> float:
    samples = []
    for _ in range(5):
        result = None  # as the product does: let go of the last result outside the clock
        start = time.perf_counter()
        result = call()
        samples.append(time.perf_counter() - start)
    del result
    return statistics.median(samples)
