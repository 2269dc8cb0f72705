"""Receivers on grid points are read and injected at directly: with the bits of Devito's interpolation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from devito import TimeFunction
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.physics.receivers import grid_indices


@given(
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2000)), min_size=1, max_size=20),
    st.sampled_from([0.5, 1.0, 2.0, 8.0]),
    st.integers(-1000, 1000),
)
def test_powers_of_two_are_found_whatever_the_place(points, spacing, origin):
    """Spacings that are powers of two round nowhere: every grid point is found, and half a spacing aside none is."""
    expected = np.array(points, dtype=np.int32)
    corner = np.array([float(origin), -float(origin)])
    positions = (corner + spacing * expected).astype(np.float32)
    steps = np.array([spacing, spacing])
    np.testing.assert_array_equal(grid_indices(positions, corner, steps), expected)
    beside = positions.copy()
    beside[-1, 0] += np.float32(spacing / 2)
    assert grid_indices(beside, corner, steps) is None


@pytest.mark.parametrize(("spacing", "found"), [(25.0, True), (12.5, True), (15.0, False), (39.0, False)])
def test_spacings_that_devito_cannot_write_in_six_digits_are_left_to_it(spacing, found):
    """1/25 = 0.04 and 1/12.5 = 0.08 are six digits; Devito's 1/15 is 0.0666667 and its 1/39 is 0.025641, so that point
    i lies at i (1 + 5e-7) and i (1 - 1e-6): the first few round to whole numbers, the thousandth does not."""
    places = np.arange(1000, dtype=np.float32)[:, None] * np.float32(spacing)
    indices = grid_indices(places, np.array([0.0]), np.array([spacing]))
    assert (indices is not None) == found
    if indices is not None:
        np.testing.assert_array_equal(indices[:, 0], np.arange(1000))


@pytest.mark.parametrize("name", ["tiny", "cube"])
@pytest.mark.parametrize("depth_in_spacings", [2.0, 2.25])
def test_records_and_adjoint_wavefield_are_devitos_bit_by_bit(name, depth_in_spacings, request, open_workbench):
    from wavecomp.physics.compiled import Compiled

    problem = request.getfixturevalue(name)
    depth = problem.medium.origin_m[-1] + depth_in_spacings * problem.medium.spacing_m[-1]
    problem = replace(problem, receivers=replace(problem.receivers, depth_m=depth))
    operators = open_workbench(problem).operators
    last = operators.last
    shared = {"dt": operators._dt_ms, **operators.model.physical_params()}
    origin, spacing = (np.array(which) for which in (operators.model.grid.origin, operators.model.grid.spacing))
    on_grid = grid_indices(np.asarray(operators.records.coordinates.data), origin, spacing) is not None
    assert on_grid == (depth_in_spacings == 2.0)

    operators.rest()
    operators.forward(1, last, record=True)
    ours = np.array(operators.records.data)
    theirs = TimeFunction(name="u", grid=operators.model.grid, time_order=2, space_order=problem.medium.space_order)
    devito = Compiled(operators.solver.op_fwd(False), src=operators.source, rec=operators.records, u=theirs, **shared)
    operators.rest()
    devito.up(1, last)
    np.testing.assert_array_equal(ours, operators.records.data)
    assert np.abs(ours).max() > 0

    operators.residual.data[:] = np.random.default_rng(5).standard_normal(ours.shape)
    operators.sweep().down(last, 1)
    wavefield = operators.v._data.copy()
    operators.v._data[:] = 0
    srca = operators.geometry.new_src(name="srca", src_type=None)
    devito = Compiled(operators.solver.op_adj(), rec=operators.residual, srca=srca, v=operators.v, **shared)
    devito.down(last, 1)
    np.testing.assert_array_equal(wavefield, operators.v._data)
    assert np.abs(wavefield).max() > 0
