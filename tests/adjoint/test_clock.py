"""Whose time a run's is."""

from __future__ import annotations

from wavecomp.adjoint import clock as module


def test_time_that_is_not_the_runs_is_no_part_of_it(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    clock = module.Clock()
    with clock.doing("forward", 1, 3):
        now[0] += 2
    with clock.standing():
        now[0] += 50
    now[0] += 1
    seconds = clock.read()
    assert (seconds.advance, seconds.wall, seconds.other) == (2, 3, 1)


def test_a_traced_clock_keeps_what_was_done_when(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    clock = module.Clock(traced=True)
    now[0] += 1
    for task, *steps in (("record", 1, 5), ("put", 4), ("down", 5, 4), ("image", 4)):
        with clock.doing(task, *steps):
            now[0] += 2
    assert clock.spans == [
        ("record", 1, 5, 1, 2),
        ("put", 4, 4, 3, 2),
        ("down", 5, 4, 5, 2),
        ("image", 4, 4, 7, 2),
    ]
    seconds = clock.read()
    assert (seconds.advance, seconds.compress, seconds.decompress, seconds.reverse) == (2, 2, 0, 4)
