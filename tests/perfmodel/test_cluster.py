from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.alternatives import exchanged_bytes
from wavecomp.perfmodel.cluster import Node, cluster_run, falling_memory
from wavecomp.perfmodel.published import revolve_seconds
from wavecomp.perfmodel.revolve import recomputed_steps

SHAPE, N, ORDER = (881, 881, 287), 2500, 8
S = 881 * 881 * 287 * 4
NODE = Node(step_seconds=1.0, memory_bytes=4e9, bandwidth=8e9, network_bandwidth=1e10)
NODES = np.unique(np.geomspace(1, 1e5, 60).astype(int))


def test_one_node_is_the_published_model():
    run = cluster_run(1, SHAPE, N, ORDER, NODE)
    assert run.exchanged_bytes == 0
    assert run.checkpoints == 4
    assert run.seconds == revolve_seconds(N, 4e9, S, 1.0, 8e9)


def test_a_fixed_memory_a_node_ends_recomputation():
    """P nodes of 4 GB hold P · 4 GB / S checkpoints: everything from N S / 4 GB on, compressed from an F-th of it."""
    run = cluster_run(NODES, SHAPE, N, ORDER, NODE)
    enough = NODES >= N * S / 4e9
    assert np.array_equal(run.recomputed_steps == 0, enough)
    assert np.all(np.diff(run.recomputed_steps) <= 0)
    packed = cluster_run(NODES, SHAPE, N, ORDER, NODE, ratio=20.0)
    assert np.array_equal(packed.recomputed_steps == 0, NODES >= N * S / 4e9 / 20)


def test_a_whole_memory_that_does_not_grow_keeps_recomputation():
    """m_1 / P a node: as many checkpoints on any number of nodes, and p of them; at the adjoint's cost P-fold less."""
    node = replace(NODE, memory_bytes=falling_memory(NODES, 16e9, 1.0))
    run = cluster_run(NODES, SHAPE, N, ORDER, node)
    assert set(run.checkpoints) == {int(16e9 // S)}
    assert set(run.recomputed_steps) == {int(recomputed_steps(N, int(16e9 // S)))}


@given(st.integers(1, 100_000), st.floats(1.0, 100.0))
def test_what_is_exchanged_is_all_steps_times_the_surface(nodes, ratio):
    run = cluster_run(nodes, SHAPE, N, ORDER, NODE, ratio=ratio)
    sent = float(exchanged_bytes(SHAPE, nodes, ORDER))
    assert run.exchanged_bytes == pytest.approx((2 * N + int(run.recomputed_steps)) * sent, rel=1e-13)
    assert run.step_seconds == pytest.approx(1 / nodes + sent / 1e10, rel=1e-13)
    assert run.checkpoint_bytes == pytest.approx(S / nodes, rel=1e-13)


@given(st.integers(1, 50_000))
def test_a_perfect_network_makes_nodes_perfect(nodes):
    """Memory a node such that M stays: everything of a step falls as 1 / P, and so does the time."""
    node = Node(1.0, falling_memory([1, nodes], 8.5 * S, 1.0), 8e9, 1e300)
    run = cluster_run([1, nodes], SHAPE, N, ORDER, node, ratio=3.0, compress_seconds=0.5, decompress_seconds=0.25)
    assert run.seconds[0] / run.seconds[1] == pytest.approx(nodes, rel=1e-9)


def test_latency_is_charged_for_each_neighbour():
    """8 nodes have 3 neighbours each, 1,000 have 6, in the smooth division of a cube."""
    late = replace(NODE, latency_seconds=1e-3)
    for nodes, messages in ((8, 3), (1000, 6)):
        more = cluster_run(nodes, (400, 400, 400), 10, ORDER, late).step_seconds
        assert more - cluster_run(nodes, (400, 400, 400), 10, ORDER, NODE).step_seconds == pytest.approx(
            messages * 1e-3
        )


def test_arrays_are_loops():
    """To some units in the last place: a power of an array is computed otherwise than that of a number."""
    grid = cluster_run(NODES[:, None], SHAPE, N, ORDER, NODE, ratio=[1.0, 20.0], checkpoint_levels=2.0)
    for row, nodes in enumerate(NODES):
        for column, ratio in enumerate((1.0, 20.0)):
            one = cluster_run(nodes, SHAPE, N, ORDER, NODE, ratio=ratio, checkpoint_levels=2.0)
            assert grid.seconds[row, column] == pytest.approx(float(one.seconds), rel=1e-13)
            assert grid.checkpoints[row, column] == one.checkpoints
            assert grid.exchanged_bytes[row, column] == pytest.approx(float(one.exchanged_bytes), rel=1e-13)


def test_a_node_without_room_for_a_checkpoint():
    with pytest.raises(OutsideTheModel, match=f"memory_bytes = 1000.*: no checkpoint fits; one needs {S} bytes"):
        cluster_run(NODES, SHAPE, N, ORDER, replace(NODE, memory_bytes=1000))
    with pytest.raises(OutsideTheModel, match="exponent = -1: a finite number of at least 0"):
        falling_memory(10, 1e9, -1)
    with pytest.raises(OutsideTheModel, match="network_bandwidth = 0"):
        cluster_run(1, SHAPE, N, ORDER, replace(NODE, network_bandwidth=0))
