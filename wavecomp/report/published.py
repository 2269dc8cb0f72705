"""The published study's Table 1, so that measured rows can stand beside it.

Source: "Inversion with Devito: trading off memory and compute with PyRevolve" (Kukreja et al., slides, 2019); SEG/EAGE
Overthrust wavefield after the last of 2,500 steps, single precision, one row for each codec of the Blosc library: the
setting with the best ratio among 1,350 (9 chunk sizes, 3 shuffles, levels 0 to 9).
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = 'Kukreja et al., "Inversion with Devito: trading off memory and compute with PyRevolve", slides, 2019, Table 1'

STUDY_BYTES = 881 * 881 * 287 * 4
"""One time level of the study with its absorbing layer: 891 MB."""


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One codec's best row.

    Attributes
    ----------
    codec : str
        The codec's word in a spec.
    label : str
        Its name in the study's table.
    chunk_bytes : int
        As printed. The slides' 2965280 for LZ4 is 2^21.5 = 2965821 with two digits exchanged, it seems.
    shuffle : str
        The shuffle's word in a spec.
    level : int
        0 is fastest, 9 compresses most.
    compress_ms, decompress_ms : float
        Wall times in milliseconds, on the study's machine.
    ratio : float
        Uncompressed / compressed bytes.
    """

    codec: str
    label: str
    chunk_bytes: int
    shuffle: str
    level: int
    compress_ms: float
    decompress_ms: float
    ratio: float


PUBLISHED: tuple[PublishedRow, ...] = (
    PublishedRow("blosclz", "BloscLZ", 1048576, "shuffle", 6, 4249.44, 1288.86, 1.188),
    PublishedRow("lz4", "LZ4", 2965280, "shuffle", 4, 1371.26, 920.98, 1.199),
    PublishedRow("lz4hc", "LZ4HC", 2097152, "shuffle", 8, 31245.16, 926.69, 1.265),
    PublishedRow("zlib", "ZLib", 524288, "shuffle", 7, 30218.81, 2470.04, 1.291),
    PublishedRow("zstd", "ZStd", 524288, "shuffle", 9, 117238.76, 1477.34, 1.312),
)
