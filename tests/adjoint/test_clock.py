"""Whose time a run's is."""

from __future__ import annotations

from wavecomp.adjoint import clock as module


def test_time_that_is_not_the_runs_is_no_part_of_it(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    clock = module.Clock()
    with clock.doing("advance"):
        now[0] += 2
    with clock.standing():
        now[0] += 50
    now[0] += 1
    seconds = clock.read()
    assert (seconds.advance, seconds.wall, seconds.other) == (2, 3, 1)
