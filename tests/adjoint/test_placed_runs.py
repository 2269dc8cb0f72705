"""Schedules of memory and disk, and disks that are written beside the run: on integers, the same sum to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integers import Integers
from wavecomp.adjoint.reversal import Reversal
from wavecomp.errors import BudgetExceeded, CheckpointTooLarge, DiskTooSmall
from wavecomp.plans.strategies import parse_strategy

HEADS = (
    "h-revolve:slots=2,disk_slots=3", "h-revolve:slots=1,disk_slots=0", "h-revolve:slots=3", "disk-revolve:slots=2",
    "disk-revolve:slots=3,write=20", "periodic-disk-revolve:slots=2", "two-level:slots=2,period=5", "two-level:slots=1",
    "h-revolve", "disk-revolve", "revolve:slots=4,tier=disk", "revolve:slots=4,tier=two", "trajectory:tier=disk",
    "mixed:levels=9,tier=two", "trajectory:overlap,tier=disk",
)  # fmt: skip


@given(
    st.sampled_from(HEADS), st.booleans(), st.integers(1, 4), st.integers(0, 3), st.integers(1, 60), st.integers(1, 2)
)
def test_any_of_them_gives_the_exact_sum(head, beside, every, first, steps, in_buffers):
    steps += every  # something is imaged
    text = f"{head}{',' if ':' in head else ':'}every={every}{',async' if beside else ''}"
    made = Reversal(Integers(first, first + steps, in_buffers)).run(parse_strategy(text))
    expected = sum(n * n for n in range(first, first + steps) if n % every == 0) * every
    assert made.gradient.tolist() == [expected]


@pytest.mark.parametrize("beside", ["", ",async"])
def test_states_go_where_the_schedule_says(beside, tmp_path):
    code = Integers(1, 41, 2)
    run = Reversal(code).run(
        parse_strategy(f"h-revolve:slots=2,disk_slots=3{beside}"), disk_folder=tmp_path, traced=True
    )
    assert {receipt.tier for receipt in run.receipts} == {"memory", "disk"}
    if not beside:  # otherwise some are dropped before they come to it
        assert run.peak_disk_bytes == 3 * 2 * 8


def test_a_budget_becomes_slots_in_both_places():
    """40 levels of 1 kB a state; the bookkeeping is 2 kB a state."""

    class Fat(Integers):
        @property
        def state_bytes(self) -> int:
            return 100_000

    run = Reversal(Fat(1, 41, 2)).run
    held = run(parse_strategy("h-revolve"), budget_bytes=600_000, disk_budget_bytes=400_000, traced=True)
    on_disk = [receipt for receipt in held.receipts if receipt.tier == "disk"]
    assert len(on_disk) >= 1
    beside = run(parse_strategy("h-revolve:async"), budget_bytes=600_000, disk_budget_bytes=400_000)
    assert beside.forward_steps > held.forward_steps  # two slots wait for the disk
    with pytest.raises(CheckpointTooLarge, match="disk budget of 50000"):
        run(parse_strategy("h-revolve"), budget_bytes=600_000, disk_budget_bytes=50_000)
    with pytest.raises(CheckpointTooLarge, match="memory budget of 50000"):
        run(parse_strategy("h-revolve"), budget_bytes=50_000, disk_budget_bytes=500_000)


class Counting(Integers):
    """States of 16 bytes; ``begun`` counts the forward runs."""

    begun = 0

    def rest(self) -> None:
        self.begun += 1
        super().rest()


@pytest.mark.parametrize("beside", ["", ",async"])
@pytest.mark.parametrize(
    ("head", "instead"),
    [
        ("disk-revolve:slots=2", "h-revolve, which is planned for what the disk holds"),
        ("periodic-disk-revolve:slots=2", "h-revolve, which"),
        ("h-revolve:slots=2,disk_slots=9", "leave disk_slots to the budget"),
        ("two-level:slots=2,period=3", "leave period to the budget"),
    ],
)
def test_a_disk_that_is_too_small_is_said_before_a_step_is_run(head, beside, instead):
    """The number that is named suffices, and one byte less does not."""
    text = f"{head}{beside}"
    with pytest.raises(DiskTooSmall, match=instead) as said:
        Reversal(code := Counting(1, 61, 2)).run(parse_strategy(text), disk_budget_bytes=20)
    assert code.begun == 0
    needed = said.value.needed_bytes
    assert said.value.states * 16 == needed
    assert f"{needed} bytes, and the disk budget is 20; give at least {needed} bytes" in str(said.value)
    assert str(said.value).startswith(parse_strategy(text).spec)
    with pytest.raises(DiskTooSmall):
        Reversal(Integers(1, 61, 2)).run(parse_strategy(text), disk_budget_bytes=needed - 1)
    run = Reversal(Integers(1, 61, 2)).run(parse_strategy(text), disk_budget_bytes=needed)
    assert run.gradient.tolist() == [sum(n * n for n in range(1, 61))]
    assert run.peak_disk_bytes <= needed
    if not beside:  # what waits may be dropped before it is written
        assert run.peak_disk_bytes == needed


@given(
    st.sampled_from(["h-revolve", "two-level", "disk-revolve", "periodic-disk-revolve"]),
    st.integers(1, 6), st.integers(4, 60), st.integers(1, 10),
)  # fmt: skip
def test_in_any_budget_of_the_disk_a_run_is_right_or_refused_beforehand(name, slots, steps, on_disk):
    """States of 16 bytes, so many of them on the disk: nothing that is begun ends for want of room there."""
    strategy, budget = parse_strategy(f"{name}:slots={slots}"), 16 * on_disk
    free = Reversal(Integers(1, 1 + steps, 2)).run(strategy)
    if "disk-revolve" in name and free.peak_disk_bytes > budget:
        with pytest.raises(DiskTooSmall, match=f"give at least {free.peak_disk_bytes} bytes"):
            Reversal(code := Counting(1, 1 + steps, 2)).run(strategy, disk_budget_bytes=budget)
        assert code.begun == 0
        return
    run = Reversal(Integers(1, 1 + steps, 2)).run(strategy, disk_budget_bytes=budget)
    assert run.gradient.tolist() == [sum(n * n for n in range(1, 1 + steps))]
    assert run.peak_disk_bytes <= 16 * on_disk


def test_of_compressed_states_a_ratio_says_how_many_the_disk_holds():
    """At a ratio of 4 a state of 16 bytes is taken for 4; without one nobody knows, and the run tells."""
    text = "disk-revolve:slots=2,ratio=4/zfp:accuracy=1e-4"
    with pytest.raises(DiskTooSmall) as said:
        Reversal(Integers(1, 61, 2)).run(parse_strategy(text), disk_budget_bytes=20)
    assert said.value.needed_bytes == 4 * said.value.states
    code = Counting(1, 61, 2)
    with pytest.raises(BudgetExceeded, match="checkpoint"):
        Reversal(code).run(parse_strategy("disk-revolve:slots=2/zfp:accuracy=1e-4"), disk_budget_bytes=100)
    assert code.begun == 1


def test_lossy_states_come_back_from_either_place():
    run = Reversal(Integers(1, 41, 2)).run(parse_strategy("two-level:slots=2,period=7,async/zfp:accuracy=1e-4"))
    np.testing.assert_allclose(run.gradient, [sum(n * n for n in range(1, 41))], rtol=0)
