from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.errors import UnsupportedField, UsageError
from wavecomp.metrics import error_spectrum

DOUBLE = 2.0**-53


def brute_force(values, spacing, step):
    """All modes of the full complex transform, one by one, in float64."""
    power = np.abs(np.fft.fftn(values.astype(np.float64)) / values.size) ** 2
    grids = np.meshgrid(*(np.fft.fftfreq(n, h) for n, h in zip(values.shape, spacing, strict=True)), indexing="ij")
    shells = np.rint(np.sqrt(sum(grid**2 for grid in grids)) / step).astype(int)
    return np.bincount(shells.ravel()), np.bincount(shells.ravel(), weights=power.ravel())


@given(st.sampled_from([np.float32, np.float64]), hnp.array_shapes(min_dims=1, max_dims=4, max_side=9), st.data())
@settings(deadline=None, max_examples=120)
def test_parseval_and_symmetry(dtype, shape, data):
    """The transform itself rounds: a few DOUBLE for each factor of the length."""
    elements = st.floats(-100, 100, width=32)
    x, y = (data.draw(hnp.arrays(dtype, shape, elements=elements)) for _ in range(2))
    spectrum = error_spectrum(x, y)
    bound = 4 * (x.ndim + 1) * 8 * DOUBLE
    assert spectrum.field_power.sum() == pytest.approx(np.mean(x.astype(float) ** 2), rel=bound, abs=1e-300)
    error = y.astype(float) - x
    assert spectrum.error_power.sum() == pytest.approx(np.mean(error**2), rel=bound, abs=1e-300)
    assert spectrum.modes.sum() == x.size
    mirrored = error_spectrum(-x, -y)
    assert spectrum.error_power == pytest.approx(mirrored.error_power, rel=1e-12, abs=1e-12 * np.mean(error**2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(1,), (16,), (17,), (6, 1, 8), (12, 15), (9, 10, 11), (4, 5, 6, 7), (2000,), (300, 400)]
)
def test_against_the_full_transform(shape, dtype):
    """In double precision, whatever the field's: single precision puts shells off by up to 2e-6."""
    rng = np.random.default_rng(len(shape))
    x, y = rng.standard_normal(shape).astype(dtype), rng.standard_normal(shape).astype(dtype)
    spacing = [10.0 + axis for axis in range(len(shape))]
    spectrum = error_spectrum(x, y, spacing)
    step = max((1 / (n * h) for n, h in zip(shape, spacing, strict=True) if n > 1), default=0.1)
    assert spectrum.wavenumber_unit == "cycles/m"
    assert spectrum.wavenumber == pytest.approx(step * np.arange(spectrum.modes.size), rel=1e-14)
    for values, power in ((x, spectrum.field_power), (y.astype(float) - x, spectrum.error_power)):
        modes, expected = brute_force(values, spacing, step)
        assert spectrum.modes.tolist() == modes.tolist()
        assert power == pytest.approx(expected, rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_plane_wave_lies_in_its_shell(dtype, axis):
    """cos of amplitude 3 with 5 cycles over 32 points of 20 m: 5 / 640 m = 0.0078 cycles/m, power 9 / 2."""
    phase = 2 * np.pi * 5 * np.arange(32) / 32
    wave = np.broadcast_to(np.expand_dims(3 * np.cos(phase), [a for a in range(3) if a != axis]), (32, 32, 32))
    x = np.zeros((32, 32, 32), dtype)
    spectrum = error_spectrum(x, wave.astype(dtype), spacing_m=(20, 20, 20))
    shell = int(np.argmax(spectrum.error_power))
    assert spectrum.wavenumber[shell] == pytest.approx(5 / 640)
    assert spectrum.error_power[shell] == pytest.approx(4.5, rel=1e-6)
    assert spectrum.error_power.sum() == pytest.approx(4.5, rel=1e-6)
    assert not spectrum.field_power.any()


def test_a_constant_lies_in_the_first_shell():
    x = np.full((8, 9), 2.0, np.float32)
    spectrum = error_spectrum(x, x)
    assert spectrum.field_power[0] == pytest.approx(4.0, rel=1e-6)
    assert spectrum.field_power[1:].sum() < 1e-12
    assert not spectrum.error_power.any()
    assert spectrum.wavenumber_unit == "cycles/sample"


def test_white_errors_have_a_level_density():
    """A mode's power is exponential with mean s^2 / N; modes come in conjugate pairs, so the mean over m modes
    deviates by sqrt(2 / m) of that. Six deviations.
    """
    rng = np.random.default_rng(7)
    y = (0.5 * rng.standard_normal((40, 50, 60))).astype(np.float32)
    spectrum = error_spectrum(np.zeros_like(y), y)
    filled = spectrum.modes > 20
    level = spectrum.error_density[filled] * y.size / 0.25
    assert np.all(np.abs(level - 1) < 6 * np.sqrt(2 / spectrum.modes[filled]))


def test_shells_without_modes_have_no_density():
    """A 1-D array of 4 points has shells 0, 1, 2; with a long second axis of coarse spacing some shells stay empty."""
    spectrum = error_spectrum(np.ones((2, 50)), np.ones((2, 50)), spacing_m=(0.01, 1.0))
    assert (spectrum.modes == 0).sum() == np.isnan(spectrum.error_density).sum()
    assert (spectrum.modes == 0).sum() == np.isnan(spectrum.field_density).sum()


@pytest.mark.parametrize(("dtype", "scale"), [(np.float32, 1e-38), (np.float32, 1e38), (np.float64, 1e-150)])
def test_extreme_magnitudes(dtype, scale):
    rng = np.random.default_rng(8)
    x, y = (rng.uniform(-1, 1, (20, 30)).astype(dtype) for _ in range(2))
    plain, scaled = error_spectrum(x, y), error_spectrum(x * dtype(scale), y * dtype(scale))
    np.testing.assert_allclose(scaled.error_power / scale / scale, plain.error_power, rtol=1e-5)


def test_layout_does_not_matter():
    rng = np.random.default_rng(9)
    x, y = (rng.standard_normal((12, 14, 10)) for _ in range(2))
    expected = error_spectrum(x, y).error_power
    np.testing.assert_allclose(error_spectrum(np.asfortranarray(x), y).error_power, expected, rtol=1e-12)
    np.testing.assert_allclose(error_spectrum(x[::-1], y[::-1]).error_power, expected, rtol=1e-12)


def test_memory():
    """One complex128 transform is twice as large as the float32 field, plus a plane; chunks take a few megabytes."""
    x, y = np.zeros((128, 128, 128), np.float32), np.ones((128, 128, 128), np.float32)
    tracemalloc.start()
    try:
        error_spectrum(x, y)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * x.nbytes * 65 / 64 + 5_000_000


@pytest.mark.parametrize("spacing", [(1.0,), (1.0, 0.0), (1.0, -2.0), (1.0, math.nan), (1.0, math.inf), (1, 2, 3)])
def test_bad_spacing(spacing):
    with pytest.raises(UsageError, match="spacing_m"):
        error_spectrum(np.zeros((3, 3)), np.zeros((3, 3)), spacing)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nonfinite_values(value):
    x = np.zeros((3, 3))
    for changed in (0, 1):
        pair = [x, x.copy()]
        pair[1][1, 1] = value
        with pytest.raises(UnsupportedField, match="NaN or infinite"):
            error_spectrum(*(pair if changed else pair[::-1]))
