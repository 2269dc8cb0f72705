"""Everybody else's compressors: those of the extra ``compressors``, a few settings of each."""

from __future__ import annotations

from wavecomp.catalogue.suite import Suite, decades, plain
from wavecomp.sweep import Repeats

OTHERS = Suite(
    name="others",
    summary="SPERR, LERC, fpzip, pcodec, numcodecs and HDF5's filters, a few settings of each (extra compressors)",
    entries=(
        *decades("sperr:abs={}", range(-1, -7, -1), "peak"),
        *plain(f"sperr:psnr={decibel}" for decibel in (60, 80, 100)),
        *plain(f"sperr:bpp={bits}" for bits in (1, 2, 4, 8)),
        *decades("lerc:abs={}", range(-1, -7, -1), "peak"),
        *plain(["lerc:lossless", "fpzip"]),
        *plain(f"fpzip:precision={bits}" for bits in (16, 20, 24, 28)),
        *plain(f"pcodec:level={level}" for level in (1, 4, 8, 12)),
        *plain(
            [
                "numcodecs:codec=zstd,level=3",
                "numcodecs:codec=lz4,acceleration=1",
                "numcodecs:codec=zlib,level=1",
                "numcodecs:codec=bz2,level=1",
                "numcodecs:codec=lzma,preset=1",
                "numcodecs:codec=blosc,cname=lz4,clevel=5,shuffle=1",
                "numcodecs:codec=blosc,cname=zstd,clevel=5,shuffle=2",
                "hdf5:filter=bitshuffle,cname=lz4,clevel=3",
                "hdf5:filter=bitshuffle,cname=zstd,clevel=3",
                "hdf5:filter=gzip,clevel=4,shuffle",
            ]
        ),
    ),
    repeats=Repeats(seconds=0.2, least=2, most=10),
)
