"""A calibration waits for the machine to be itself, and begins anew where its first runs were on a slower one."""

from __future__ import annotations

from time import perf_counter
from types import SimpleNamespace

import pytest

from made_up import SIZES, made_costs, trial_of
from wavecomp.experiments import calibrate
from wavecomp.experiments.calibrate import _Calibration, _Faster
from wavecomp.experiments.calibration_runs import CalibrateSettings
from wavecomp.plans.strategies import parse_strategy

TEXT = "trajectory:every=4"


@pytest.fixture
def calibration(monkeypatch):
    """Return one without a problem, whose whole runs all take the same, and the pauses it made."""
    pauses: list[float] = []
    monkeypatch.setattr(calibrate, "sleep", pauses.append)
    made = object.__new__(_Calibration)
    run = trial_of(TEXT, made_costs()).run
    made._workbench = SimpleNamespace(run=lambda *_args, **_more: run)
    made._settings, made._sizes, made._shot = CalibrateSettings(), SIZES, 0
    made._whole, made.bares, made.short, made._errors = [], [], [], []
    made._started, made._patient, made._large = perf_counter(), True, False
    return made, pauses


def with_speeds(monkeypatch, made, speeds):
    """Have bare sweeps tell these speeds, one before and one after each run."""
    told = iter(speeds)
    monkeypatch.setattr(made, "_speed", lambda _steps, _reference: next(told))


def test_a_whole_run_is_made_again_until_bare_sweeps_take_what_they_did(monkeypatch, calibration):
    made, pauses = calibration
    with_speeds(monkeypatch, made, [3.0, 3.0, 1.0, 3.0, 3.0, 3.0, 3.0, 3.0, 1.0, 1.1])
    trial = made._whole_run(parse_strategy(TEXT), 1.0, 32, 1.0)
    assert trial.speed == pytest.approx(1.05)
    assert len(pauses) == 4
    assert made._whole == [trial]


def test_a_large_problem_has_three_tries_and_takes_the_one_nearest_to_itself(monkeypatch, calibration):
    made, pauses = calibration
    made._large = True
    with_speeds(monkeypatch, made, [3.0, 3.0, 1.5, 1.5, 2.0, 2.0])
    assert made._whole_run(parse_strategy(TEXT), 1.0, 32, 1.0).speed == pytest.approx(1.5)
    assert not pauses


def test_nobody_waits_longer_than_the_time_that_there_is(monkeypatch, calibration):
    made, _ = calibration
    made._started = perf_counter() - CalibrateSettings().seconds
    with_speeds(monkeypatch, made, [3.0, 3.0])
    assert made._whole_run(parse_strategy(TEXT), 1.0, 32, 1.0).speed == pytest.approx(3.0)


def test_all_is_measured_again_where_the_first_runs_were_on_a_slower_machine(monkeypatch, calibration):
    """Once: the second time counts whatever the machine does."""
    made, _ = calibration
    patient = []

    def costs():
        patient.append(made._patient)
        made.bares.append(1.0)
        if made._patient:
            raise _Faster
        return made.bares

    monkeypatch.setattr(made, "_costs", costs)
    assert made.costs() == [1.0]
    assert patient == [True, False]
