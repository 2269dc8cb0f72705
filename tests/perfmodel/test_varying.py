from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.published import COPIES, checkpoints_that_fit, compressed_revolve_seconds
from wavecomp.perfmodel.study import STUDY
from wavecomp.perfmodel.varying import (
    ESTIMATES,
    checkpoints_that_fit_at,
    mean_ratio,
    planned_slots,
    stored_bytes,
    stored_seconds,
)

RATIOS = st.lists(st.floats(1, 500), min_size=1, max_size=60)
FALLING = 480.0 * np.exp(-np.arange(2500) / 400) + 8
"""As measured ratios fall: from near 500 to near 8."""


def test_written_out():
    assert stored_bytes(80, [1, 2, 4, 8]) == 80 + 40 + 20 + 10
    assert mean_ratio([1, 2, 4, 8]) == 4 / (1 + 0.5 + 0.25 + 0.125)
    assert stored_seconds(80, [1, 2, 4, 8], 100, 0.5, [0, 0, 0, 1], times=2) == 4 * 150 / 100 + 4 * 0.5 + 1
    assert checkpoints_that_fit_at([80, 119, 120, 149, 150, 9e9], 80, [1, 2, 4, 8], [0, 1, 2, 3]).tolist() == [
        1,
        1,
        2,
        3,
        4,
        4,
    ]
    assert checkpoints_that_fit_at(30, 80, [1, 2, 4, 8], [3, 2, 1]) == 2


def test_estimates_written_out():
    """Sizes 80, 40, 20, 10; 4 of 4 need 150, 3 of 4 lie at 0, 1, 2 and need 140, 2 at 0 and 2 need 100."""
    memory = [80, 100, 139, 140, 150]
    assert planned_slots(memory, 80, [1, 2, 4, 8], "least").tolist() == [1, 1, 1, 1, 1]
    assert planned_slots(memory, 80, [1, 2, 4, 8], "median").tolist() == [3, 3, 4, 4, 4]
    assert planned_slots(memory, 80, [1, 2, 4, 8], "mean").tolist() == [2, 2, 3, 3, 4]
    assert planned_slots(memory, 80, [1, 2, 4, 8], "spread").tolist() == [1, 2, 2, 3, 4]
    assert planned_slots(memory, 80, [1, 2, 4, 8], "certain").tolist() == [1, 1, 2, 3, 4]


@given(RATIOS, st.sampled_from(ESTIMATES), st.floats(1, 100))
def test_a_ratio_that_does_not_vary_is_the_published_model(ratios, by, checkpoints):
    """All estimates agree then, and the bytes are N S / F."""
    n, f = len(ratios), ratios[0]
    size = 1e6
    memory = checkpoints * size / f
    expected = min(n, int(checkpoints_that_fit(memory, size, f)))
    # Sums of sizes are rounded, and just below a whole number of checkpoints may count as that number.
    whole = abs(checkpoints - round(checkpoints)) < 1e-9
    assert planned_slots(memory, size, [f] * n, by) == expected or whole
    assert stored_bytes(size, [f] * n) == pytest.approx(n * size / f, rel=1e-12)
    kept = stored_seconds(size, [f] * n, 1e9, 0.25, 0.5, times=2)
    run = compressed_revolve_seconds(n, 2 * n * size / f, size, 1.0, 1e9, f, 0.25, 0.5, copies="slides")
    assert COPIES["slides"][1] == 2
    assert run == pytest.approx(2.0 * n + kept, rel=1e-12)


@given(RATIOS, st.floats(1, 80))
def test_what_is_certain_always_fits_and_least_is_no_more(ratios, checkpoints):
    memory = checkpoints * 1000 / min(ratios)
    certain, least = (int(planned_slots(memory, 1000, ratios, by)) for by in ("certain", "least"))
    assert least <= certain <= planned_slots(memory, 1000, ratios, "spread")
    worst = np.argsort(ratios)
    assert checkpoints_that_fit_at(memory, 1000, ratios, worst) == certain
    assert checkpoints_that_fit_at(memory, 1000, ratios, np.random.default_rng(0).permutation(len(ratios))) >= certain


@given(RATIOS, st.sampled_from(ESTIMATES), st.floats(1, 80))
def test_more_memory_never_holds_less(ratios, by, checkpoints):
    memory = checkpoints * 1000 / min(ratios)
    less, more = planned_slots([memory, 1.3 * memory], 1000, ratios, by)
    assert less <= more <= len(ratios)


def test_one_number_for_a_ratio_that_falls_is_wrong_at_both_ends():
    """The order that a falling ratio gives, at a budget of 4 GiB and the study's size."""
    slots = [int(planned_slots(4 * 2**30, STUDY.checkpoint_bytes, FALLING, by)) for by in ESTIMATES]
    least, median, mean, spread, certain = slots
    assert least <= certain < spread
    assert least < mean < median
    assert spread == pytest.approx(mean, abs=2)


@given(st.lists(RATIOS, min_size=1, max_size=3))
def test_arrays_are_loops(runs):
    length = min(map(len, runs))
    grid = np.array([run[:length] for run in runs])
    sizes = np.arange(1.0, 1 + len(runs))
    assert stored_bytes(sizes, grid) == pytest.approx(
        [float(stored_bytes(s, f)) for s, f in zip(sizes, grid, strict=True)]
    )
    assert mean_ratio(grid) == pytest.approx([float(mean_ratio(f)) for f in grid])


def test_what_makes_no_sense():
    with pytest.raises(OutsideTheModel, match=r"memory_bytes = 39\.0: no checkpoint fits; one needs 40 bytes"):
        checkpoints_that_fit_at([50, 39], 80, [2, 4], [0, 1])
    with pytest.raises(OutsideTheModel, match=r"memory_bytes = 39\.0: no checkpoint fits; one needs 40 bytes"):
        planned_slots(39, 80, [2, 4], "certain")
    with pytest.raises(OutsideTheModel, match="steps = 2: a step from 0 to 1 is needed"):
        checkpoints_that_fit_at(50, 80, [2, 4], [0, 2])
    with pytest.raises(OutsideTheModel, match=r"ratios = 0.0: a finite number above 0"):
        mean_ratio([3.0, 0.0])
    with pytest.raises(OutsideTheModel, match="one ratio a step"):
        mean_ratio(3.0)
    with pytest.raises(OutsideTheModel, match="with one axis"):
        planned_slots(50, 80, [[2, 4]], "least")
    with pytest.raises(OutsideTheModel, match="by = best: one of least, median"):
        planned_slots(50, 80, [2, 4], "best")
