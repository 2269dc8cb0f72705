"""Made-up costs with compressors, and jobs to plan for: no machine is asked."""

from __future__ import annotations

import numpy as np

from made_up import SIZES, made_costs
from wavecomp.adjoint.imaging_step import Signature
from wavecomp.planning.codecs import CodecCosts, ErrorSample
from wavecomp.planning.costs import Costs
from wavecomp.planning.imaging import Imaging
from wavecomp.planning.job import Job

FRACTIONS = (1e-5, 1e-4, 1e-3)
LOSSY = "interp:abs={},codec=huffman,level=1"
LOSSLESS = "blosc2:codec=lz4,level=5,shuffle=shuffle,chunk=1048576"


def codec(family: str, fraction: float | None, kind: str, ratio: float) -> CodecCosts:
    """Return a compressor whose ratio falls to a half along the run."""
    raw = SIZES.level_bytes if kind == "level" else SIZES.state_bytes
    arrays = 1 if kind == "level" else 2
    return CodecCosts(
        family=family,
        fraction=fraction,
        kind=kind,  # type: ignore[arg-type]
        raw_bytes=raw,
        places=(0.0, 1.0),
        sizes=(raw / (2 * ratio), raw / ratio),
        store_s=(0.004, 0.006),
        fetch_s=(0.002, 0.003),
        heads=(20,) * arrays,
        parts=(1,) * arrays,
    )


def costs_with_codecs(**values: object) -> Costs:
    """Return costs of a compressor whose error is its tolerance, and of one that loses nothing."""
    codecs = []
    for kind in ("level", "state"):
        codecs += [codec(LOSSY, fraction, kind, ratio) for fraction, ratio in zip(FRACTIONS, (5, 10, 20), strict=True)]
        codecs.append(codec(LOSSLESS, None, kind, 1.5))
    errors = [
        ErrorSample(one.family, one.fraction, one.kind, 1, one.fraction, 2 * one.fraction, 20)
        for one in codecs
        if one.fraction
    ]
    imaging = (Imaging(2, 1e-6, 1e-6, 1e-6), Imaging(4, 1e-4, 1e-4, 2e-4), Imaging(8, 1e-1, 1e-1, 2e-1))
    return made_costs(codecs=tuple(codecs), errors=tuple(errors), imaging=imaging, **values)


def job(*, spectrum: bool = True) -> Job:
    """Return a job of the sizes that the costs are for, with a source of 40 samples a period, or of none."""
    samples = np.arange(SIZES.last + 1)
    phase = np.pi * (samples / 40.0 - 1.0)
    wavelet = (1 - 2 * phase**2) * np.exp(-(phase**2))
    signature = Signature(wavelet, 1e-3, (80.0,)) if spectrum else None
    return Job("made-up", (40, 25), SIZES, signature=signature, problem="digest")
