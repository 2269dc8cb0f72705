"""ZFP, SZ3 and the short formats over tolerances, precisions and rates."""

from __future__ import annotations

from wavecomp.catalogue.suite import SpecTemplate, Suite, decades, plain
from wavecomp.sweep import Repeats

_DECADES = tuple(range(0, -16, -1))
_SZ3_LOSSY = ("interp_lorenzo", "lorenzo_reg", "interp", "nopred")

_ZFP = (
    *decades("zfp:accuracy={}", _DECADES),
    *decades("zfp:accuracy={}", _DECADES, "peak"),
    *plain(f"zfp:precision={planes}" for planes in range(6, 20)),
    *plain(f"zfp:rate={bits}" for bits in range(1, 17)),
    *plain(["zfp:reversible"]),
)


def _sz3() -> tuple[SpecTemplate, ...]:
    entries: list[SpecTemplate] = []
    for algorithm in _SZ3_LOSSY:
        entries += decades(f"sz3:abs={{}},algorithm={algorithm}", _DECADES)
        entries += decades(f"sz3:abs={{}},algorithm={algorithm}", _DECADES, "peak")
        entries += decades(f"sz3:rel={{}},algorithm={algorithm}", _DECADES)
    usual = _SZ3_LOSSY[0]
    entries += plain(f"sz3:abs=1e{k},rel=1e{k},algorithm={usual}" for k in _DECADES)
    entries += plain(f"sz3:psnr={decibel},algorithm={usual}" for decibel in range(20, 321, 20))
    entries += decades(f"sz3:l2norm={{}},algorithm={usual}", _DECADES)
    entries += decades(f"sz3:l2norm={{}},algorithm={usual}", _DECADES, "l2")
    return (*entries, *plain(["sz3:algorithm=lossless"]))


_SHORT = plain(
    [
        "float16",
        "bfloat16",
        "int8:block=64",
        "int16:block=64",
        *(f"blosc2:codec=zstd,level=5,shuffle=shuffle,truncate={bits},chunk=1048576" for bits in (6, 10, 14, 18)),
    ]
)

LOSSY = Suite(
    name="lossy",
    summary="ZFP and SZ3 in every mode, tolerances 1e0 to 1e-15 absolute and scaled; short formats",
    entries=(*_ZFP, *_sz3(), *_SHORT),
    repeats=Repeats(seconds=0.5, least=2, most=10),
)

LOSSY_QUICK = Suite(
    name="lossy-quick",
    summary="a few settings of each lossy family, scaled to the field",
    entries=(
        *decades("zfp:accuracy={}", range(0, -9, -1), "peak"),
        *plain(f"zfp:precision={planes}" for planes in (8, 12, 16)),
        *plain(f"zfp:rate={bits}" for bits in (2, 4, 8)),
        *plain(["zfp:reversible"]),
        *decades("sz3:abs={},algorithm=interp_lorenzo", range(-1, -8, -1), "peak"),
        *decades("sz3:abs={},algorithm=lorenzo_reg", range(-1, -8, -1), "peak"),
        *plain(["sz3:psnr=80,algorithm=interp_lorenzo", "sz3:algorithm=lossless"]),
        *_SHORT[:4],
        *decades("slabs:planes=16,threads=2/zfp:accuracy={}", (-3,), "peak"),
    ),
    repeats=Repeats(seconds=0.2, least=2, most=10),
)

INTERP_QUICK = Suite(
    name="interp-quick",
    summary="wavecomp's own compressor at a few tolerances, scaled to the field",
    entries=decades("interp:abs={}", range(-2, -7, -1), "peak"),
    repeats=Repeats(seconds=0.2, least=2, most=10),
)
