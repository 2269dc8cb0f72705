from __future__ import annotations

import numpy as np
import pytest

from wavecomp.wavefields.propagation import open_propagator, run
from wavecomp.wavefields.velocity import build_velocity

MARGIN = 120


def history(recipe, margin=0):
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    inner = (slice(margin, -margin),) * 2 if margin else ...
    return np.array([level[inner].copy() for _, level in run(propagator, recipe.kept.of(propagator.steps))])


@pytest.mark.parametrize(("velocity", "points", "level"), [(2000.0, 20, 0.06), (2000.0, 40, 0.02), (4000.0, 20, 0.06)])
def test_reflection_stays_below_the_stated_level(make_recipe, velocity, points, level):
    """Stated: a layer of two wavelengths throws back less than 6 % of the largest amplitude at the domain's edge, one
    of four wavelengths less than 2 %; at any velocity.

    The reference has no reflection at all: its layer lies 1200 m further out, so that an echo would need 2400 m, more
    than the wave runs in this time (1600 m).
    """
    frequency = velocity / 100.0  # a wavelength of 10 points
    common = {
        "model.velocity_m_s": velocity,
        "source": {"position_m": [300.0, 450.0], "peak_frequency_hz": frequency},
        "time": {"duration_s": 1600.0 / velocity, "dt_s": 3.0 / velocity},
        "snapshots": {"every": 25},
    }
    grid = {"spacing_m": 10.0, "space_order": 8}
    found = history(make_recipe({**common, "grid": {**grid, "shape": [101, 101], "absorbing_points": points}}))
    wide = {"shape": [101 + 2 * MARGIN] * 2, "origin_m": [-10.0 * MARGIN] * 2, "absorbing_points": 2}
    free = history(make_recipe({**common, "grid": {**grid, **wide}}), MARGIN)
    edges = np.concatenate([free[:, 0], free[:, -1], free[:, :, 0], free[:, :, -1]], axis=1)
    assert np.abs(found - free).max() < level * np.abs(edges).max()
    # What is left when the wave has gone is small too, and the reference has really lost its wave.
    assert np.abs(free[-1]).max() < 0.1 * np.abs(edges).max()
