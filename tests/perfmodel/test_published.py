from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.published import (
    COPIES,
    STUDY,
    checkpoints_that_fit,
    compressed_revolve_seconds,
    naive_seconds,
    revolve_seconds,
    speedup,
)
from wavecomp.perfmodel.writes import SCHEDULES
from wavecomp.plans import binomial

N, S, F = STUDY.steps, STUDY.checkpoint_bytes, STUDY.ratio
TIMES = st.floats(1e-6, 1e3)
RUNS = st.fixed_dictionaries(
    {
        "steps": st.integers(1, 20_000),
        "checkpoint_bytes": st.integers(1, 10**10),
        "step_seconds": TIMES,
        "bandwidth": st.floats(1e3, 1e13),
        "copies": st.sampled_from(list(COPIES)),
        "schedule": st.sampled_from(SCHEDULES),
    }
)
PACKED = st.fixed_dictionaries({"ratio": st.floats(0.5, 2000), "compress_seconds": TIMES, "decompress_seconds": TIMES})


def test_the_published_lines():
    """55 GB: from there everything fits compressed. 2.2 TB: from there it fits as it is. To the digits published."""
    everything = N * S
    assert everything / F == pytest.approx(55e9, rel=0.02)
    assert everything == pytest.approx(2.2e12, rel=0.02)
    assert checkpoints_that_fit([N * S / F, N * S / F * 0.999], S, F).tolist() == [N, N - 3]
    assert pytest.approx(881 * 881 * 287 * 4, rel=1e-4) == S


@pytest.mark.parametrize(("copies", "times"), [("slides", 2), ("draft", 1), ("script", 0)])
def test_the_equations_written_out(copies, times):
    """100 steps of 0.25 s, 5 slots of 8 bytes at 64 bytes a second: p = 316, 44 writes of the one schedule."""
    copy = times * 8 / 64
    expected = 2 * 0.25 * 100 + 316 * 0.25 + 44 * copy + 100 * copy
    assert revolve_seconds(100, 40, 8, 0.25, 64, copies=copies) == pytest.approx(expected, rel=1e-14)
    # Ratio 4 in the same memory: 20 slots, p = 2 * 100 - C(22, 1) = 178, W = 100 - C(21, 1) = 79.
    expected = 2 * 0.25 * 100 + 178 * 0.25 + 79 * (copy / 4 + 0.5) + 100 * (copy / 4 + 0.125)
    assert binomial.recomputed_steps(100, 20) == 178
    got = compressed_revolve_seconds(100, 40, 8, 0.25, 64, 4, 0.5, 0.125, copies=copies)
    assert got == pytest.approx(expected, rel=1e-14)


@given(RUNS, PACKED)
def test_everything_stored_is_a_branch_of_its_own(run, packed):
    n, s, c = run["steps"], run["checkpoint_bytes"], run["step_seconds"]
    copy = COPIES[run["copies"]] * s / run["bandwidth"]
    assert revolve_seconds(memory_bytes=n * s, **run) == pytest.approx(2 * c * n + 2 * n * copy, rel=1e-12)
    f = packed["ratio"]
    each = 2 * copy / f + packed["compress_seconds"] + packed["decompress_seconds"]
    enough = n * s / f * (1 + 1e-9)
    got = compressed_revolve_seconds(memory_bytes=enough, **run, **packed)
    assert got == pytest.approx(2 * c * n + n * each, rel=1e-12)


@given(RUNS, st.integers(2, 20_000))
def test_one_slot_less_than_everything_computes_each_step_but_one_anew(run, steps):
    """The step from the branch M >= N to Revolve with M = N - 1: N - 1 more steps, one write less."""
    run["steps"] = steps
    all_there, one_less = revolve_seconds(
        memory_bytes=run["checkpoint_bytes"] * np.array([steps, steps - 1], float), **run
    )
    copy = COPIES[run["copies"]] * run["checkpoint_bytes"] / run["bandwidth"]
    expected = (steps - 1) * run["step_seconds"] - copy
    assert one_less - all_there == pytest.approx(expected, abs=1e-12 * (one_less + all_there))


@given(RUNS, st.integers(1, 30_000))
def test_more_memory_is_no_slower_where_copies_are_free(run, slots):
    run["copies"] = "script"
    memory = run["checkpoint_bytes"] * np.array([slots, slots + 1], float)
    less, more = revolve_seconds(memory_bytes=memory, **run)
    assert more <= less


@given(RUNS, st.integers(1, 3000))
def test_ratio_1_without_times_is_no_compression(run, slots):
    memory = slots * run["checkpoint_bytes"]
    packed = {"ratio": 1, "compress_seconds": 0, "decompress_seconds": 0}
    assert speedup(memory_bytes=memory, **run, **packed) == 1


@given(RUNS, PACKED, st.integers(1, 3000))
def test_scales_with_the_unit_of_time_and_with_that_of_bytes(run, packed, slots):
    """Powers of two, so that nothing is rounded otherwise."""
    memory = slots * run["checkpoint_bytes"] * 3
    here = compressed_revolve_seconds(memory_bytes=memory, **run, **packed)
    slow = {name: value * 8 for name, value in (run | packed).items() if name.endswith("seconds")}
    slow["bandwidth"] = run["bandwidth"] / 8
    assert compressed_revolve_seconds(memory_bytes=memory, **(run | packed | slow)) == 8 * here
    large = {"checkpoint_bytes": run["checkpoint_bytes"] * 4, "bandwidth": run["bandwidth"] * 4}
    assert compressed_revolve_seconds(memory_bytes=4 * memory, **(run | packed | large)) == here


@given(
    RUNS, PACKED, st.lists(st.integers(1, 30_000), min_size=1, max_size=3), st.lists(st.integers(1, 900), max_size=3)
)
def test_arrays_are_loops(run, packed, slots, steps):
    steps = [*steps, run.pop("steps")]
    memory = 2.0 * run["checkpoint_bytes"] * np.array(slots)
    for function, words in (
        (revolve_seconds, run),
        (compressed_revolve_seconds, run | packed),
        (speedup, run | packed),
    ):
        grid = function(np.array(steps)[:, None], memory, **words)
        assert grid.dtype == np.float64
        assert grid.tolist() == [[float(function(n, m, **words)) for m in memory] for n in steps]


def test_naive():
    assert naive_seconds([1, 2500], 0.5).tolist() == [1, 2500]


def test_a_memory_without_a_checkpoint_is_told_what_one_needs():
    with pytest.raises(OutsideTheModel, match="memory_bytes = 890: no checkpoint fits; one needs 891 bytes"):
        revolve_seconds(10, [5000, 890], 891, 1, 1)
    with pytest.raises(OutsideTheModel, match="memory_bytes = 99: no checkpoint fits; one needs 100 bytes"):
        compressed_revolve_seconds(10, 99, 400, 1, 1, 4, 0, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("step_seconds", -1.0),
        ("step_seconds", np.nan),
        ("bandwidth", 0.0),
        ("checkpoint_bytes", -4),
        ("memory_bytes", np.inf),
        ("ratio", 0),
        ("ratio", -2.0),
        ("compress_seconds", -1e-9),
        ("decompress_seconds", np.inf),
        ("copies", "paper"),
        ("schedule", "best"),
    ],
)
def test_what_makes_no_sense_is_named(name, value):
    words = {
        "steps": 10,
        "memory_bytes": 100,
        "checkpoint_bytes": 4,
        "step_seconds": 1,
        "bandwidth": 8,
        "ratio": 2,
        "compress_seconds": 0,
        "decompress_seconds": 0,
    }
    with pytest.raises(OutsideTheModel, match=f"^{name} = {value}: .* needed"):
        compressed_revolve_seconds(**(words | {name: value}))
