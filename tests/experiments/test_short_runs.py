"""The rounds of a calibration: what was disturbed does not count, and is made again."""

from __future__ import annotations

import pytest

from wavecomp.adjoint.result import GradientRun
from wavecomp.experiments.short_runs import STEADY, short_texts, short_trials
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.records import WorkTimes

SIZES = ProblemSizes(1, 301, (4000,), (9000, 9000), 2, 2)
TEXTS = short_texts(60)


class Machine:
    """A clock: everything takes as many times as long as `slow` says, from call to call of the bare sweeps."""

    def __init__(self, slow):
        self.slow, self.calls, self.ran = slow, 0, []

    def bare(self):
        self.calls += 1
        return 0.01 * self.speed

    @property
    def speed(self):
        return self.slow(self.calls)

    def run(self, strategy):
        seconds = 0.05 * self.speed
        self.ran.append(strategy.spec)
        return GradientRun(
            strategy.spec, None, 0.0, WorkTimes(0.0, 0.0, 0.0, 0.0, 0.0, seconds), 60, 0, 0, 0, (), 0, 0, 0
        )


def trials(slow, rounds=3):
    machine = Machine(slow)
    return (*short_trials(machine.run, machine.bare, SIZES, 60, rounds), machine)


def test_a_quiet_machine_makes_its_rounds_and_one_that_warms_up():
    found, bares, machine = trials(lambda _: 1.0)
    assert len(machine.ran) == 4 * len(TEXTS)
    assert len(found) == 3 * len(TEXTS)
    assert bares == pytest.approx([0.01] * 6)
    assert {one.speed for one in found} == {1.0}
    assert {one.sizes.steps for one in found} == {60}


def test_what_was_disturbed_at_first_is_made_again():
    """Ten bare sweeps at a third of the speed: the round that warms up takes two, the next two four each."""
    found, bares, machine = trials(lambda calls: 3.0 if calls <= 10 else 1.0)
    assert max(bares) <= STEADY * min(bares)
    assert len(found) >= 3 * len(TEXTS)
    assert max(one.run.seconds.wall for one in found) == pytest.approx(0.05)
    assert {one.strategy.spec for one in found} == set(machine.ran)
    assert len(machine.ran) == 6 * len(TEXTS)


def test_a_machine_that_never_rests_has_an_end_and_its_fastest_rounds_count():
    """Every round is slower than the one before: thirteen are made, and the first three that count are the fastest."""
    found, bares, machine = trials(lambda calls: 1.0 + calls)
    assert len(machine.ran) == 13 * len(TEXTS)
    assert len(found) == 3 * len(TEXTS)
    assert bares == sorted(bares[:3]) + sorted(bares[3:])
