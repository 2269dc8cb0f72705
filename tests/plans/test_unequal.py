"""Checkpoints of unequal sizes: exact optima against searches that know no recurrence, and bounds."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.errors import ScheduleError
from wavecomp.plans.binomial import recomputed_steps
from wavecomp.plans.binomial_table import Moves, binomial_table, moved
from wavecomp.plans.first_sweep import first_sweep
from wavecomp.plans.stretches import Stretches
from wavecomp.plans.unequal import least_recomputed
from wavecomp.plans.unequal_bounds import above_by_blocks, bounds


def searched(sizes, budget, *, persistent):
    """Fewest forward steps over all schedules, by Dijkstra's algorithm over what the machine may look like.

    A node is (step in the buffers, steps of the held states, steps that are left to reverse). From each, for nothing:
    store the state here if it fits, give up any state (where ``persistent``, only one whose step is reversed), load
    any; reverse the uppermost step left if its state is in the buffers. Advancing costs one.
    """
    start = (0, frozenset({0}), len(sizes))
    best, queue, count = {start: 0}, [(0, 0, start)], 0
    while queue:
        cost, _, node = heappop(queue)
        if cost > best[node]:
            continue
        here, held, left = node
        if left == 0:
            return cost
        moves = [(here, held - {n}, left, 0) for n in held if not persistent or n >= left]
        moves += [(n, held, left, 0) for n in held if n != here]
        if here not in held and sum(sizes[n] for n in held) + sizes[here] <= budget:
            moves.append((here, held | {here}, left, 0))
        if here == left - 1:
            moves.append((here, held, left - 1, 0))
        if here < left - 1:
            moves.append((here + 1, held, left, 1))
        for *there, price in moves:
            there = tuple(there)
            if cost + price < best.get(there, 10**9):
                best[there] = cost + price
                count += 1
                heappush(queue, (cost + price, count, there))
    raise AssertionError("there is always a way")


@st.composite
def chains(draw, most=7):
    sizes = draw(st.lists(st.integers(1, 9), min_size=1, max_size=most))
    return sizes, sizes[0] + draw(st.integers(0, sum(sizes[1:])))


@settings(deadline=None, max_examples=60)
@given(chains())
def test_the_recurrence_is_the_optimum_of_persistent_schedules(chain):
    sizes, budget = chain
    assert least_recomputed(sizes, budget) == searched(sizes, budget, persistent=True)


@pytest.mark.parametrize("seed", range(4))
def test_twelve_steps(seed):
    sizes = np.random.default_rng(seed).integers(1, 10, 12).tolist()
    budget = sizes[0] + sum(sizes) // 4
    assert least_recomputed(sizes, budget) == searched(sizes, budget, persistent=True)


def test_persistence_may_cost_something():
    """The smallest case that a random search found: keeping states until they are reversed takes one step more."""
    sizes, budget = (2, 1, 2, 3, 2, 1, 4, 2), 4
    assert searched(sizes, budget, persistent=False) == 13
    assert least_recomputed(sizes, budget) == searched(sizes, budget, persistent=True) == 14


@settings(deadline=None, max_examples=40)
@given(chains())
def test_no_schedule_at_all_is_better_by_much(chain):
    """What persistence costs is at most a state given up early for another one; on short chains it is rare and small.

    The claim tested is the direction alone: all schedules include the persistent ones.
    """
    sizes, budget = chain
    assert searched(sizes, budget, persistent=False) <= least_recomputed(sizes, budget)


@settings(deadline=None)
@given(st.integers(1, 14), st.integers(1, 14), st.integers(1, 1000))
def test_equal_sizes_give_the_closed_form(steps, slots, size):
    assert least_recomputed([size] * steps, slots * size + size // 2) == recomputed_steps(steps, slots)


def test_the_table_is_the_closed_form():
    table = binomial_table(70, 40)
    assert all(table[m, n] == recomputed_steps(n, m) for m in range(1, 41) for n in range(1, 71))


@settings(deadline=None, max_examples=60)
@given(chains(most=12), st.integers(1, 80), st.integers(1, 12))
def test_bounds_hold(chain, units, pieces):
    sizes, budget = chain
    found = bounds(np.array(sizes), budget, units=units, pieces=pieces)
    assert found.below <= least_recomputed(sizes, budget) <= found.above


@settings(deadline=None, max_examples=60)
@given(chains(most=12))
def test_blocks_of_one_step_and_units_of_one_byte_are_exact(chain):
    """Nothing is rounded or interpolated then: the same number by another program, except with no room at all."""
    sizes, budget = chain
    free = budget - sizes[0]
    if len(sizes) < 2 or not free:
        return
    stretches = Stretches(np.arange(len(sizes) + 1), np.array(sizes, dtype=float), free, free)
    assert stretches.cost[len(sizes), 0, -1] == least_recomputed(sizes, budget)


@settings(deadline=None, max_examples=60)
@given(chains(most=12), st.integers(1, 80), st.integers(1, 12))
def test_a_schedule_by_blocks_is_never_better_than_the_optimum(chain, units, blocks):
    sizes, budget = chain
    assert above_by_blocks(np.array(sizes), budget, units=units, blocks=blocks) >= least_recomputed(sizes, budget)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=5), st.sampled_from([-1, 0, 1]))
def test_many_moves_at_once_are_the_same_bits(sizes, rounded):
    costs = np.random.default_rng(3).uniform(1, 1e5, (len(sizes), 50)).astype(np.float32)
    one_by_one = [moved(cost, size, rounded=rounded) for cost, size in zip(costs, sizes, strict=True)]
    found = Moves(np.array(sizes), 50, rounded=rounded)(costs)
    assert found.tobytes() == np.array(one_by_one).tobytes()


def test_a_sweep_keeps_no_more_than_fits():
    sizes = np.random.default_rng(1).uniform(1.0, 9.0, 200)
    sweep = first_sweep(np.arange(201), sizes, 60.0, 64, "mean")
    kept = sweep.kept(sizes, 60.0)
    assert kept == sorted(kept)
    assert sum(sizes[one] for one in kept) <= 60.0
    assert len(kept) >= 4


@pytest.mark.parametrize(("sizes", "budget"), [([], 5), ([0, 1], 5), ([6, 1], 5)])
def test_chains_that_make_no_sense(sizes, budget):
    with pytest.raises(ScheduleError, match="needed"):
        least_recomputed(sizes, budget)
