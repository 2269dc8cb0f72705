from __future__ import annotations

from itertools import pairwise, product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.alternatives import block_edges, boundary_bytes, boundary_seconds, exchanged_bytes, neighbours

SHAPES = st.lists(st.integers(8, 200), min_size=1, max_size=3)
PAPER = (881, 881, 287)


def read_from_outside(shape, reach):
    """Points outside a box that a star of that reach, put on every point within, touches: each counted once."""
    inside = set(product(*map(range, shape)))
    touched = set()
    for point in inside:
        for axis, shift in product(range(len(shape)), range(-reach, reach + 1)):
            there = (*point[:axis], point[axis] + shift, *point[axis + 1 :])
            touched.add(there)
    return len(touched - inside)


@pytest.mark.parametrize(("shape", "order"), [((7,), 2), ((5, 6), 4), ((9, 3), 8), ((4, 5, 6), 2), ((5, 4, 7), 4)])
def test_a_strip_is_what_the_stencil_reads_from_outside(shape, order):
    assert boundary_bytes(shape, 1, order, itemsize=1) == read_from_outside(shape, order // 2)


def test_the_strips_of_quick():
    """480 MB, 6.3 % of what Devito stores: 501 levels of 100 points, 20 absorbing ones and a halo of 8 a side."""
    strips = boundary_bytes((100, 100, 100), 500, 8)
    assert strips == 480e6
    devito = 501 * (100 + 2 * 20 + 2 * 8) ** 3 * 4
    assert devito == pytest.approx(7608e6, rel=1e-4)
    assert strips / devito == pytest.approx(0.063, abs=5e-4)


def test_boundary_saving_takes_one_more_sweep():
    strips = 480e6
    assert boundary_seconds((100, 100, 100), 500, 8, 0.25, 1e9) == 3 * 500 * 0.25 + 2 * strips / 1e9
    packed = boundary_seconds((100, 100, 100), 500, 8, 0.25, 1e9, ratio=4, codec_seconds=0.125)
    assert packed == 375 + strips / 2e9 + 500 * 0.125


@given(SHAPES, st.integers(1, 8), st.integers(1, 400))
def test_strips_scale(shape, half, steps):
    one = boundary_bytes(shape, steps, 2 * half)
    assert boundary_bytes(shape, 2 * steps, 2 * half) == 2 * one
    assert boundary_bytes(shape, steps, 4 * half) == 2 * one
    assert boundary_bytes([2 * n for n in shape], steps, 2 * half) == one * 2 ** (len(shape) - 1)


# --- domain decomposition --------------------------------------------------------------------------------------------


def test_blocks_written_out():
    assert block_edges((64, 64, 64), [1, 8, 64]).tolist() == pytest.approx(np.array([[64] * 3, [32] * 3, [16] * 3]))
    # Two nodes: z, the short axis, stays whole, and x and y share the cut.
    edges = block_edges(PAPER, 2)
    assert edges.tolist() == pytest.approx([881 / 2**0.5, 881 / 2**0.5, 287])


@given(SHAPES, st.integers(1, 4000))
def test_blocks_have_their_volume_and_fit(shape, nodes):
    nodes = min(nodes, prod(shape))
    edges = block_edges(shape, nodes)
    assert np.prod(edges) == pytest.approx(prod(shape) / nodes, rel=1e-9)
    assert np.all(edges <= np.array(shape) * (1 + 1e-9))


@given(st.lists(st.integers(24, 200), min_size=2, max_size=3), st.lists(st.integers(1, 5), min_size=3, max_size=3))
def test_no_division_into_whole_parts_has_less_surface(shape, parts):
    """Blocks of a real division, one number of parts an axis, have at least the surface of the smooth ones."""
    parts = parts[: len(shape)]
    real = np.array(shape) / parts
    smooth = block_edges(shape, prod(parts))
    # Faces that are no cut count as well: the smooth blocks are those of least surface among boxes that fit.
    assert np.sum(1 / smooth) <= np.sum(1 / real) * (1 + 1e-9)


def test_exchange_written_out():
    """64³ points on 8 nodes: one neighbour an axis, a face of 32²; on 64: two, of 16². On one node nothing."""
    sent = exchanged_bytes((64, 64, 64), [1, 8, 64], 8)
    assert sent.tolist() == pytest.approx([0, 3 * 4 * 32**2 * 4, 6 * 4 * 16**2 * 4])
    assert neighbours((64, 64, 64), [1, 8, 64]).tolist() == pytest.approx(np.array([[0] * 3, [1] * 3, [2] * 3]))


def test_the_share_that_is_exchanged_grows_with_nodes():
    """Beyond 27 nodes all neighbours are there, and bytes fall as P^(-2/3) where volumes fall as P^-1."""
    nodes = np.array([1000, 8000])
    sent = exchanged_bytes(PAPER, nodes, 8)
    assert sent[0] / sent[1] == pytest.approx(4, rel=1e-9)


def test_arrays_are_loops():
    """To some units in the last place: a power of an array is computed otherwise than that of a number."""
    nodes = np.array([1, 2, 3, 17, 1000])
    grid = exchanged_bytes(PAPER, nodes[:, None], [4, 8])
    loops = [[float(exchanged_bytes(PAPER, p, o)) for o in (4, 8)] for p in nodes]
    assert grid == pytest.approx(np.array(loops), rel=1e-14)
    assert boundary_bytes(PAPER, [[10], [20]], [4, 8]).shape == (2, 2)


def test_what_makes_no_sense():
    with pytest.raises(OutsideTheModel, match="order = 5: an even order in space is needed"):
        boundary_bytes((10, 10), 5, 5)
    with pytest.raises(OutsideTheModel, match=r"shape = .*one to three axes"):
        boundary_bytes((10, 10, 10, 10), 5, 4)
    with pytest.raises(OutsideTheModel, match="nodes = 1001: more than points; at most 1000 can have one"):
        block_edges((10, 10, 10), 1001)
    with pytest.raises(
        OutsideTheModel, match="nodes = 4097: their blocks are thinner than order / 2 points; with up to 4096 nodes"
    ):
        exchanged_bytes((64, 64, 64), [8, 4097], 8)
    assert exchanged_bytes((64, 64, 64), 4096, 8) == pytest.approx(6 * 4 * 4**2 * 4)
    for less, more in pairwise((1, 2, 100, 4000)):
        assert np.all(block_edges((64, 64, 64), more) < block_edges((64, 64, 64), less))
