"""The numbers that the study put into its model: Overthrust with 881 × 881 × 287 points in single precision.

N, S and F stand in its slides and Table 1 there [Kukreja2019]_. C, B, t_c and t_d are those of the authors' public
script (``performance.py`` of github.com/navjotk/lossy_compression, platform Skylake), which counts 2,526 steps.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LosslessSetting:
    """A row of the study's Table 1: a lossless codec at the setting with its best ratio, on one checkpoint.

    Attributes
    ----------
    name : str
        Blosc's codec.
    compress_seconds, decompress_seconds, ratio : float
        t_c, t_d and F.
    """

    name: str
    compress_seconds: float
    decompress_seconds: float
    ratio: float


@dataclass(frozen=True, slots=True)
class StudyConstants:
    """What the study's figures are drawn with, in seconds and bytes.

    Attributes
    ----------
    steps, script_steps : int
        N of the slides, and of the script.
    checkpoint_bytes : float
        S, one level: 881 · 881 · 287 · 4 bytes, rounded to the megabyte as in the slides.
    ratio : float
        F of ZFP. N S / F is the line at 55 GB, N S the one at 2.2 TB.
    step_seconds : float
        C.
    bandwidth : float
        B, which the script has from STREAM.
    compress_seconds, decompress_seconds : float
        t_c and t_d at that ratio.
    theoretical_decompress_seconds : float
        What the script calls so, for a second curve.
    lossless : tuple of LosslessSetting
        Table 1.
    """

    steps: int = 2500
    script_steps: int = 2526
    checkpoint_bytes: float = 891e6
    ratio: float = 41.0
    step_seconds: float = 1.11
    bandwidth: float = 8139.2e6
    compress_seconds: float = 0.36
    decompress_seconds: float = 1.6
    theoretical_decompress_seconds: float = 0.396
    lossless: tuple[LosslessSetting, ...] = (
        LosslessSetting("blosclz", 4.24944, 1.28886, 1.188),
        LosslessSetting("lz4", 1.37126, 0.92098, 1.199),
        LosslessSetting("lz4hc", 31.24516, 0.92669, 1.265),
        LosslessSetting("zlib", 30.21881, 2.47004, 1.291),
        LosslessSetting("zstd", 117.23876, 1.47734, 1.312),
    )


STUDY = StudyConstants()
