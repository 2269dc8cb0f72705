"""Blocks of the grid: other times, the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.physics import acoustic as operators
from wavecomp.physics.block_shape import block_shapes, fastest_block
from wavecomp.physics.opening import open_operators
from wavecomp.plans.strategies import parse_strategy


@given(st.integers(16, 900), st.integers(16, 900), st.integers(1, 64))
def test_blocks_lie_in_the_grid_and_the_default_is_among_them(x, y, threads):
    shapes = block_shapes((x, y), threads)
    assert shapes[0] == (16, 16)
    assert len(set(shapes)) == len(shapes) >= 2
    assert all(1 <= a <= x and 1 <= b <= y for a, b in shapes)


@pytest.mark.parametrize("block", [(8, 8), (5, 39), (42, 1), (64, 64)])
def test_any_block_gives_the_same_bits(block, cube, open_workbench, monkeypatch):
    from wavecomp.physics.workbench import Workbench

    monkeypatch.setattr(operators, "FEWEST_POINTS", 0)
    monkeypatch.setattr(operators, "fastest_block", lambda *_: block)
    other = Workbench(open_operators(cube))
    for text in ("store-all", "trajectory:every=3"):
        expected = open_workbench(cube).run(parse_strategy(text))
        run = other.run(parse_strategy(text))
        assert run.gradient.any()
        np.testing.assert_array_equal(run.gradient, expected.gradient)
        assert run.misfit == expected.misfit


def test_the_fastest_is_chosen_and_two_dimensions_have_no_blocks(cube, tiny, open_workbench, monkeypatch):
    """A clock that stands still but for one block's calls, which go back in time."""
    kernel = open_workbench(cube).operators._forward
    now, chosen = [0.0], []
    monkeypatch.setattr("wavecomp.physics.block_shape.time.perf_counter", lambda: now[0])
    monkeypatch.setattr(kernel, "set_block", chosen.append)
    monkeypatch.setattr(kernel, "up", lambda *_: now.__setitem__(0, now[0] + (1 if chosen[-1] == (8, 16) else 2)))
    assert fastest_block(kernel, (42, 39), 2) == (8, 16)
    assert set(chosen) == set(block_shapes((42, 39), 2))
    assert fastest_block(open_workbench(tiny).operators._forward, (120, 60), 2) is None
