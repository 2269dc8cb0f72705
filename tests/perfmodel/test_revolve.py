from __future__ import annotations

import time
from functools import cache

import checkpoint_schedules
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.inputs import MOST
from wavecomp.perfmodel.revolve import SATURATED, most_steps, recomputed_steps, repetitions
from wavecomp.plans import binomial
from wavecomp.plans.replay import replay
from wavecomp.plans.schedules import revolve

STEPS = st.one_of(st.integers(1, 300), st.integers(1, MOST))
SLOTS = st.one_of(st.integers(1, 40), st.integers(1, MOST))


@cache
def least_recomputed(steps, slots):
    """p(N, M) from its definition."""
    if steps == 1:
        return 0
    if slots == 1:
        return steps * (steps - 1) // 2
    return min(k + least_recomputed(k, slots) + least_recomputed(steps - k, slots - 1) for k in range(1, steps))


@pytest.mark.parametrize(("steps", "slots", "p"), [(10, 3, 15), (100, 5, 316), (1, 1, 0), (7, 1, 21), (50, 80, 49)])
def test_published_values(steps, slots, p):
    assert recomputed_steps(steps, slots) == p


def test_the_recurrence_tried_out():
    n, m = np.mgrid[1:61, 1:61]
    assert recomputed_steps(n, m).tolist() == [[least_recomputed(a, b) for b in range(1, 61)] for a in range(1, 61)]


def test_equal_to_the_scalar_twin_up_to_200():
    n, m = np.mgrid[1:201, 1:201]
    for ours, theirs in ((recomputed_steps, binomial.recomputed_steps), (repetitions, binomial.repetitions)):
        assert ours(n, m).tolist() == [[theirs(a, b) for b in range(1, 201)] for a in range(1, 201)]


@given(STEPS, SLOTS)
def test_equal_to_the_scalar_twin_at_any_size(steps, slots):
    assert repetitions(steps, slots) == binomial.repetitions(steps, slots)
    assert recomputed_steps(steps, slots) == binomial.recomputed_steps(steps, slots)


def test_the_largest_and_all_around_the_borders_of_a_repetition():
    """Where t changes: N = C(M + t, t) and its neighbours, and the greatest that is allowed."""
    for slots in (1, 2, 3, 7, 31, 32, 33, 34, 100, 44_720, 44_721):
        for t in range(1, 6):
            for steps in (binomial.comb(slots + t, t) + shift for shift in (-1, 0, 1)):
                if 1 <= steps <= MOST:
                    assert recomputed_steps(steps, slots) == binomial.recomputed_steps(steps, slots), (steps, slots)
    assert recomputed_steps(MOST, 1) == MOST * (MOST - 1) // 2
    assert recomputed_steps(MOST, MOST) == MOST - 1


@pytest.mark.parametrize(("steps", "slots"), [(2, 1), (10, 3), (17, 5), (100, 5), (333, 12), (2526, 60)])
def test_schedules_that_are_run(steps, slots):
    """Ours, on the toy machine, takes p + 1 forward steps; that of checkpoint_schedules N + p."""
    p = int(recomputed_steps(steps, slots))
    assert replay(revolve(steps, slots)).forward_steps == p + 1
    for trajectory in ("maximum", "revolve"):
        theirs = checkpoint_schedules.MultistageCheckpointSchedule(steps, slots, 0, trajectory=trajectory)
        assert forward_steps(theirs) == steps + p


def forward_steps(schedule):
    steps = 0
    for action in schedule:
        if isinstance(action, checkpoint_schedules.Forward):
            steps += action.n1 - action.n0
        if isinstance(action, checkpoint_schedules.EndReverse):
            return steps
    raise AssertionError("their schedule has no end")


@pytest.mark.parametrize(("steps", "slots"), [(10, 3), (100, 5), (631, 19)])
def test_what_pyrevolve_runs(steps, slots):
    crevolve = pytest.importorskip("pyrevolve.crevolve")
    schedule, advanced = crevolve.CRevolve(slots, steps, None), 0
    while (action := schedule.revolve()) != crevolve.Action.terminate:
        if action == crevolve.Action.advance:
            advanced += schedule.capo - schedule.oldcapo
    assert advanced == recomputed_steps(steps, slots)


@given(STEPS, SLOTS)
def test_more_slots_never_repeat_more_and_more_steps_never_less(steps, slots):
    p = recomputed_steps(steps, [slots, min(slots + 1, MOST)])
    assert p[1] <= p[0]
    assert recomputed_steps(min(steps + 1, MOST), slots) >= p[0] >= steps - 1


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_most_steps_saturates(slots, t):
    assert most_steps(slots, t) == min(
        binomial.comb(slots + t, min(slots, t, 40)) if min(slots, t) <= 40 else SATURATED, SATURATED
    )


@given(st.lists(STEPS, min_size=1, max_size=4), st.lists(SLOTS, min_size=1, max_size=4))
def test_arrays_are_loops(steps, slots):
    grid = recomputed_steps(np.array(steps)[:, None], slots)
    assert grid.dtype == np.int64
    assert grid.tolist() == [[int(recomputed_steps(n, m)) for m in slots] for n in steps]


def test_a_grid_of_ten_million_steps_and_a_million_slots_takes_no_time():
    """The bound is some ten times what it takes on a busy machine: a loop over the steps would take minutes."""
    steps, slots = np.unique(np.geomspace(1, 1e7, 300).astype(int)), np.unique(np.geomspace(1, 1e6, 300).astype(int))
    begun = time.perf_counter()
    p = recomputed_steps(steps[:, None], slots)
    assert time.perf_counter() - begun < 2
    assert p[-1, 0] == 10**7 * (10**7 - 1) // 2
    assert p[-1, -1] == binomial.recomputed_steps(10**7, 10**6)


@pytest.mark.parametrize("wrong", [0, -3, 2.5, np.nan, np.inf, MOST + 1])
def test_what_is_no_number_of_steps(wrong):
    with pytest.raises(OutsideTheModel, match=r"steps = .*: a whole number from 1 to 1000000000 is needed"):
        recomputed_steps([4, wrong], 2)
    with pytest.raises(OutsideTheModel, match=r"slots = "):
        recomputed_steps(2, wrong)


@pytest.mark.parametrize("wrong", ["ten", None, [[1], [2, 3]], True])
def test_what_is_no_number(wrong):
    with pytest.raises(OutsideTheModel, match="a number or an array of numbers is needed"):
        recomputed_steps(wrong, 2)
