"""How the ratio falls while the wave fills the model: a few compressors at every kept step."""

from __future__ import annotations

from wavecomp.catalogue.suite import Suite, decades, plain
from wavecomp.sweep import Repeats

STEPS = Suite(
    name="steps",
    summary="ratio at every kept time step, at tolerances scaled to the last one's peak",
    entries=(
        *decades("zfp:accuracy={}", (-2, -3, -4), "last-peak"),
        *decades("sz3:abs={},algorithm=interp_lorenzo", (-2, -3, -4), "last-peak"),
        *plain(
            [
                "blosc2:codec=lz4,level=5,shuffle=shuffle,chunk=1048576",
                "blosc2:codec=zstd,level=5,shuffle=shuffle,chunk=1048576",
            ]
        ),
    ),
    fields="every",
    repeats=Repeats(seconds=0.0, least=1, most=1),
)
