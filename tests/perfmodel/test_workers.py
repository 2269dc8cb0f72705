from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.published import compressed_revolve_seconds
from wavecomp.perfmodel.workers import (
    makespan_bounds,
    makespan_seconds,
    memory_per_worker,
    shots_seconds,
    step_seconds_on,
)

SECONDS = st.lists(st.floats(0.01, 100), min_size=1, max_size=30)


def by_whoever_is_free(seconds, workers):
    """Each shot to the worker that is free first, in the order given."""
    ends = [0.0] * workers
    for one in seconds:
        heapq.heappush(ends, heapq.heappop(ends) + one)
    return max(ends)


def test_written_out():
    assert memory_per_worker(100, [1, 2, 4], 5, 20).tolist() == [75, 35, 15]
    assert makespan_seconds(10, [1, 3, 4, 10, 99], 2.0).tolist() == [20, 8, 6, 2, 2]
    assert step_seconds_on([1, 2, 4], 8.0).tolist() == [8, 4, 2]
    assert step_seconds_on([0.5, 1, 4], 8.0, 0.5).tolist() == [16, 8, 5]


@given(SECONDS, st.integers(1, 12))
def test_unequal_shots_take_a_time_between_the_bounds(seconds, workers):
    least, most = makespan_bounds(seconds, workers)
    took = by_whoever_is_free(seconds, workers)
    assert least * (1 - 1e-12) <= took <= most * (1 + 1e-12)


@given(st.integers(1, 50), st.integers(1, 12), st.floats(0.01, 100))
def test_equal_shots_take_the_time_of_the_rounds(shots, workers, seconds):
    took = by_whoever_is_free([seconds] * shots, workers)
    assert makespan_seconds(shots, workers, seconds) == pytest.approx(took, rel=1e-12)


@given(st.floats(0.1, 64), st.floats(0, 1))
def test_more_cores_are_never_slower_and_never_faster_than_their_number(cores, share):
    one, two = step_seconds_on([cores, 2 * cores], 1.0, share)
    assert one / 2 * (1 - 1e-12) <= two <= one * (1 + 1e-12)


@given(st.integers(1, 16), st.integers(1, 40), st.floats(0, 0.5))
def test_all_shots_are_one_shot_times_the_rounds(workers, shots, share):
    """Each term of the composition taken apart: memory, cores and bandwidth a worker."""
    got = shots_seconds(shots, workers, 16, 64e9, 1e9, 500, 1e8, 2.0, 1e10, 10, 0.3, 0.2, serial_share=share)
    slower = float(step_seconds_on(16 / workers, 1.0, share))
    memory = 64e9 / workers - 1e9
    one = compressed_revolve_seconds(500, memory, 1e8, 2 * slower, 1e10 / workers, 10, 0.3 * slower, 0.2 * slower)
    assert got == pytest.approx(float(one) * -(-shots // workers), rel=1e-12)


def test_arrays_are_loops():
    workers = np.array([1, 2, 4, 8])
    words = (16, 64e9, 1e9, 500, 1e8, 2.0, 1e10)
    grid = shots_seconds(np.array([8, 100])[:, None], workers, *words)
    assert grid.tolist() == [[float(shots_seconds(s, w, *words)) for w in workers] for s in (8, 100)]


def test_what_makes_no_sense():
    with pytest.raises(OutsideTheModel, match=r"machine_bytes = 100: nothing is left .*; at least 121 bytes"):
        memory_per_worker(100, [1, 4], 25, 20)
    assert memory_per_worker(121, 4, 25, 20) == 0.25
    with pytest.raises(OutsideTheModel, match=r"serial_share = 1\.5: a share from 0 to 1"):
        step_seconds_on(2, 1.0, 1.5)
    with pytest.raises(OutsideTheModel, match="no checkpoint fits; one needs 10000000000 bytes"):
        shots_seconds(10, 4, 16, 1e10, 0, 100, 1e10, 1.0, 1e10)
