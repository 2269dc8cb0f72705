"""The study's lossless sweep, and a thinned one that finds the same best ratios."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wavecomp.catalogue.suite import Suite, plain
from wavecomp.sweep import Repeats

CODECS = ("blosclz", "lz4", "lz4hc", "zlib", "zstd")
SHUFFLES = ("none", "shuffle", "bitshuffle")
LEVELS = tuple(range(10))

# 2^19 to 2^23 bytes in half powers of two; the odd ones are cut to whole float32 values.
CHUNKS = tuple(int(2 ** (exponent / 2)) // 4 * 4 for exponent in range(38, 47))


def specs(
    codecs: Iterable[str], shuffles: Iterable[str], levels: Iterable[int], chunks: Iterable[int]
) -> Iterator[str]:
    """Yield one spec for every combination, chunk sizes innermost."""
    shuffles, levels, chunks = tuple(shuffles), tuple(levels), tuple(chunks)
    for codec in codecs:
        for shuffle in shuffles:
            for level in levels:
                for chunk in chunks:
                    yield f"blosc2:codec={codec},level={level},shuffle={shuffle},chunk={chunk}"


TABLE1 = Suite(
    name="table1",
    summary="the study's lossless sweep: 5 codecs x 3 shuffles x 10 levels x 9 chunk sizes",
    entries=plain(specs(CODECS, SHUFFLES, LEVELS, CHUNKS)),
    repeats=Repeats(seconds=0.3, least=2, most=10),
)

TABLE1_QUICK = Suite(
    name="table1-quick",
    summary="the lossless sweep, thinned: best ratios within 1 % of table1's",
    entries=plain(specs(CODECS, ("shuffle", "bitshuffle"), (1, 5, 9), (CHUNKS[0], CHUNKS[4], CHUNKS[8]))),
    repeats=Repeats(seconds=0.3, least=2, most=10),
)
