"""What two versions of the code are timed on, side by side: few cases, of every library and of every kind of work."""

from __future__ import annotations

from wavecomp.catalogue.suite import Suite, decades, plain
from wavecomp.sweep import Repeats

RACE = Suite(
    name="race",
    summary="a dozen cases of every library, for times of two versions side by side",
    entries=(
        *decades("interp:abs={}", (-3, -5), "peak"),
        *decades("zfp:accuracy={}", (-3, -5), "peak"),
        *plain(["zfp:reversible"]),
        *decades("sz3:abs={},algorithm=interp_lorenzo", (-3,), "peak"),
        *plain(
            [
                "blosc2:codec=lz4,level=5,shuffle=shuffle,chunk=1048576",
                "blosc2:codec=zstd,level=1,shuffle=shuffle,chunk=1048576",
                "blosc2:codec=zlib,level=1,shuffle=shuffle,chunk=524288",
                "float16",
                "int8:block=64",
            ]
        ),
    ),
    repeats=Repeats(seconds=0.05, least=3, most=100),
)
