"""What compression does to a field: pure functions of the original and the decompressed array.

Every function accumulates in float64 and makes no float64 copy of a whole field; each docstring has its formula.
"""

from wavecomp.metrics.bitwise import bit_identical
from wavecomp.metrics.correlation import error_autocorrelation
from wavecomp.metrics.distortion import Distortion, distortion
from wavecomp.metrics.gradient import GradientDistance, gradient_distance
from wavecomp.metrics.histogram import ErrorHistogram, error_histogram
from wavecomp.metrics.size import bit_rate, ratio, throughput_mb_s
from wavecomp.metrics.spectrum import ErrorSpectrum, error_spectrum
from wavecomp.metrics.structure import ssim

__all__ = [
    "Distortion",
    "ErrorHistogram",
    "ErrorSpectrum",
    "GradientDistance",
    "bit_identical",
    "bit_rate",
    "distortion",
    "error_autocorrelation",
    "error_histogram",
    "error_spectrum",
    "gradient_distance",
    "ratio",
    "ssim",
    "throughput_mb_s",
]
