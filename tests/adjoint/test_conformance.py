"""Every lie about a time-stepping code is seen and named; those that keep their word are left in peace."""

from __future__ import annotations

import numpy as np
import pytest
from adjoint.honest import Logistic, Wave

from wavecomp.adjoint import check_code


@pytest.mark.parametrize(
    "make",
    [Logistic, Wave, lambda: Logistic((3,), 1), lambda: Logistic((2, 3, 4), 2), lambda: Logistic(dtype="float32"),
     lambda: Wave(steps=3)],
)  # fmt: skip
def test_honest_codes_pass(make):
    report = check_code(make())
    assert report.ok, str(report)
    assert report.complete
    assert str(report).endswith("keeps its word.")


def test_devitos_operators_pass(cube, open_workbench):
    bench = open_workbench(cube)
    bench.operators.observed = bench.observed()
    bench.operators.set_shot(0)
    report = check_code(bench.operators)
    assert report.ok, str(report)


class HiddenClock(Logistic):
    """The clock is no part of the state: it does not restart."""

    def state(self, step):
        return (self.u,)


class RestForgetsTheClock(Logistic):
    def rest(self):
        clock = self.clock.copy()
        super().rest()
        self.clock[:] = clock


class RestDrifts(Logistic):
    def rest(self):
        self.start *= 1.001
        super().rest()


class SlotsAlias(Logistic):
    def slots(self, count):
        return super().slots(1) * count


class SlotIsState(Logistic):
    def slots(self, count):
        made = super().slots(count)
        made[0].stored = self.level(0)
        return made


class KeepsAView(Logistic):
    def keep(self, step, slot):
        slot.stored = self.level(step)


class KeepsAPart(Logistic):
    def keep(self, step, slot):
        slot.stored[0][1:] = self.u[1:]


class KeepChangesState(Logistic):
    def keep(self, step, slot):
        super().keep(step, slot)
        self.u *= 0.5


class NothingAtHand(Logistic):
    in_buffers = 2


class OneTooManyAtHand(Wave):
    """Level n - 1 is not what the buffers hold at step n: the code steps with both of them scaled."""

    def keep(self, step, slot):
        at = self.first if not hasattr(self, "at") else self.at
        np.copyto(slot.stored[0], self.buffers[at % 2])

    def forward(self, first, last, *, record):
        super().forward(first, last, record=record)
        self.at = last

    def rest(self):
        super().rest()
        self.at = self.first


class StateIsACopy(Logistic):
    def state(self, step):
        return self.u.copy(), self.clock


class StateIsAList(Logistic):
    def state(self, step):
        return [self.u, self.clock]


class StateIsStrided(Logistic):
    def state(self, step):
        return self.u.T, self.clock


class StateIsOfIntegers(Logistic):
    def state(self, step):
        return self.u, np.zeros(1, int)


class StateIsReadOnly(Logistic):
    def state(self, step):
        view = self.u.view()
        view.flags.writeable = False
        return view, self.clock


class StateOverlaps(Logistic):
    def state(self, step):
        return self.u, self.u[1:], self.clock


class StateHasNan(Logistic):
    def rest(self):
        super().rest()
        self.u[0, 0] = np.nan


class StateBytesAreLevelBytes(Logistic):
    @property
    def state_bytes(self):
        return self.level_bytes


class LevelBytesAreStateBytes(Logistic):
    @property
    def level_bytes(self):
        return self.state_bytes


class DtypeIsAnother(Logistic):
    dtype = np.dtype(np.float32)


class CallsCount(Logistic):
    """A half step at the beginning of each call: in pieces it is another run."""

    def forward(self, first, last, *, record):
        self.clock += 0.05
        super().forward(first, last, record=record)


class RecordMoves(Logistic):
    def forward(self, first, last, *, record):
        super().forward(first, last, record=record)
        if record:
            self.u += 1e-12


class RunsBackwards(Logistic):
    first_and_last = (5, 5)

    def __init__(self):
        super().__init__()
        self.first, self.last = self.first_and_last


class BlowsUp(Logistic):
    def forward(self, first, last, *, record):
        super().forward(first, last, record=record)
        if last == self.last:
            self.u[0, 0] = np.inf


class MendMutilates(Logistic):
    def mend(self, step):
        self.u[0] = 0


class ReversalReadsTheState(Logistic):
    """It looks at its own buffers, which recomputation writes over."""

    def reverse(self, step, level):
        super().reverse(step, (0.5 * (level[0] + self.u),))


class ForwardSpoilsAdjoint(Logistic):
    def forward(self, first, last, *, record):
        super().forward(first, last, record=record)
        if not record:
            self.sum *= 1.25


class GradientIsState(Logistic):
    @property
    def gradient(self):
        return self.u


class GradientIsAList(Logistic):
    @property
    def gradient(self):
        return self.sum.tolist()


class GradientRolls(Logistic):
    """Something drawn anew each time."""

    def begin_reversal(self):
        misfit = super().begin_reversal()
        self.adjoint += 1e-9 * np.random.default_rng().standard_normal(self.adjoint.shape)
        return misfit


class GradientIsNotReset(Logistic):
    def rest(self):
        before = self.sum.copy()
        super().rest()
        self.sum[:] = before


class GradientHasNan(Logistic):
    def reverse(self, step, level):
        super().reverse(step, level)
        if step == self.first:
            self.sum[0, 0] = np.nan


class ChangesItsLevel(Logistic):
    def reverse(self, step, level):
        super().reverse(step, level)
        level[0][:] *= 2


class MisfitIsAWord(Logistic):
    def begin_reversal(self):
        super().begin_reversal()
        return "small"


class MisfitIsNan(Logistic):
    def begin_reversal(self):
        super().begin_reversal()
        return float("nan")


class ClaimsSeparable(Logistic):
    """It takes its own state where there is no level."""

    separable = True

    def reverse(self, step, level):
        super().reverse(step, (self.u,) if level is None else level)


class FillsInLevels(Wave):
    """Linear in the levels that it has, but for those it has not it takes what is in its buffers."""

    def reverse(self, step, level):
        super().reverse(step, self.level(step) if level is None else level)


class SteersByItsState(Wave):
    def reverse(self, step, level):
        super().reverse(step, level)
        if level is None:
            self.v[0] *= 1 + 1e-3 * self.buffers[0, 5]


class Raises(Logistic):
    def reverse(self, step, level):
        raise KeyError("no such thing")


LIARS = {
    HiddenClock: ("state", "goes on to another last state"),
    RestForgetsTheClock: ("rest", "after a run the state is another one"),
    RestDrifts: ("rest", "after a run the state is another one"),
    SlotsAlias: ("slots", "two slots share memory"),
    SlotIsState: ("slots", "a slot shares memory with the state"),
    KeepsAView: ("keep", "the kept level changes when the state advances"),
    KeepsAPart: ("keep", "kept twice"),
    KeepChangesState: ("keep", "it changes the state"),
    NothingAtHand: ("in_buffers", "is not at hand"),
    OneTooManyAtHand: ("in_buffers", "is not at hand"),
    StateIsACopy: ("state", "what is written to array 0 is not in the state"),
    StateIsAList: ("state", "it returns list"),
    StateIsStrided: ("state", "array 0 is not C-contiguous"),
    StateIsOfIntegers: ("state", "array 1 is of int64"),
    StateIsReadOnly: ("state", "array 0 is read-only"),
    StateOverlaps: ("state", "two of its arrays share memory"),
    StateHasNan: ("state", "NaN"),
    StateBytesAreLevelBytes: ("state_bytes", "and the arrays take"),
    LevelBytesAreStateBytes: ("level_bytes", "its arrays take"),
    DtypeIsAnother: ("dtype", "it is float32, a level of float64"),
    CallsCount: ("forward", "step by step, recorded"),
    RecordMoves: ("forward", "other bits than in one piece"),
    RunsBackwards: ("first, last", "5 and 5"),
    BlowsUp: ("forward", "NaN or infinities"),
    MendMutilates: ("mend", "nothing is wrong"),
    ReversalReadsTheState: ("forward", "computes states again"),
    ForwardSpoilsAdjoint: ("forward", "changes the gradient of a reversal"),
    GradientIsState: ("gradient", "shares memory with the state"),
    GradientIsAList: ("gradient", "of type list"),
    GradientRolls: ("rest", "another gradient or misfit"),
    GradientIsNotReset: ("rest", "another gradient or misfit"),
    GradientHasNan: ("gradient", "NaN"),
    ChangesItsLevel: ("image", "changes the level"),
    MisfitIsAWord: ("begin_reversal", "'small'"),
    MisfitIsNan: ("begin_reversal", "nan"),
    ClaimsSeparable: ("prepare", "not linear in the levels"),
    FillsInLevels: ("prepare", "not linear in the levels"),
    SteersByItsState: ("prepare", "computing states again changes the gradient"),
    Raises: ("reverse", "raised KeyError"),
}  # fmt: skip


@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: liar.__name__)
def test_each_lie_is_seen_and_named(liar):
    method, words = LIARS[liar]
    report = check_code(liar())
    assert not report.ok
    found = report.complaints[0]
    assert found.method == method, str(report)
    assert words in found.found, str(report)
    assert found.right
    lines = str(report).splitlines()
    assert lines[0].startswith(f"{liar.__name__}: ")
    assert lines[1].startswith(f"- {method}")


def test_what_is_complained_of_is_not_said_again():
    report = check_code(StateIsACopy())
    assert not report.complete
    assert {complaint.method for complaint in report.complaints} == {"state"}
    assert str(report).splitlines()[-1] == "What comes after these was not checked."
