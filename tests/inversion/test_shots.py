"""Gradients of many shots in processes: the same bits, one clear error, and nothing left behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from wavecomp.errors import ShotFailed, UnsupportedStrategy
from wavecomp.inversion.fwi import invert
from wavecomp.inversion.shots import OneByOne, ShotPool
from wavecomp.inversion.stacking import Stack, add_up
from wavecomp.physics.opening import threads_each
from wavecomp.plans.strategies import parse_strategy

SHOTS = (0, 1, 2, 3)
STRATEGY = "trajectory:every=2/zfp:accuracy=1e-1"


@pytest.fixture(scope="module")
def plain(tiny, open_workbench):
    """The plain loop: every shot's run on one workbench."""
    workbench = open_workbench(tiny)
    return [workbench.run(parse_strategy(STRATEGY), shot=shot) for shot in SHOTS]


@pytest.fixture(scope="module")
def pools(tiny):
    """A pool of one process, which has all threads, and one of two, which have half of them each."""
    with ShotPool(tiny, 1) as one, ShotPool(tiny, 2) as two:
        yield {1: one, 2: two}


def same(found, expected) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.gradient.tobytes() == other.gradient.tobytes()
        assert one.misfit == other.misfit
        assert one.checkpoint_ratios == other.checkpoint_ratios
        assert one.peak_checkpoint_bytes == other.peak_checkpoint_bytes


@pytest.mark.parametrize("processes", [1, 2])
def test_a_shot_and_the_sum_have_the_bits_of_the_plain_loop(pools, plain, processes):
    runs = list(pools[processes].runs(parse_strategy(STRATEGY), SHOTS))
    same(runs, plain)
    total = np.zeros(plain[0].gradient.shape)
    for run in plain:
        total += run.gradient
    assert add_up(run.gradient for run in runs).tobytes() == total.tobytes()


def test_shots_come_in_the_order_that_was_asked_for(pools, plain):
    asked = (3, 0, 2, 0, 1, 3, 3)  # more of them than there is room for in the shared memory
    same(pools[2].runs(parse_strategy(STRATEGY), asked), [plain[shot] for shot in asked])


def test_bits_do_not_depend_on_the_number_of_threads(plain):
    """A process of its own for each number: OpenMP and Devito look at it once."""
    code = (
        "import hashlib, os; from wavecomp.physics.opening import open_operators;"
        "from wavecomp.physics.workbench import Workbench; from wavecomp.physics.problem_recipe import find_problem;"
        "from wavecomp.plans.strategies import parse_strategy;"
        "bench = Workbench(open_operators(find_problem('tiny')));"
        f"run = bench.run(parse_strategy({STRATEGY!r}), shot=2);"
        "print(hashlib.sha256(run.gradient.tobytes()).hexdigest(), repr(run.misfit))"
    )

    def with_threads(count: int) -> str:
        environment = {**os.environ, "OMP_NUM_THREADS": str(count), "DEVITO_LANGUAGE": "openmp"}
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
        ).stdout

    here = f"{hashlib.sha256(plain[2].gradient.tobytes()).hexdigest()} {plain[2].misfit!r}\n"
    assert with_threads(1) == with_threads(2) == here


def test_cores_are_divided_among_the_processes(pools, monkeypatch):
    cores = len(os.sched_getaffinity(0))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert threads_each(1) == cores
    for processes in (2, 3, cores, 5 * cores):
        assert threads_each(processes) == max(1, cores // processes)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads_each(1) == threads_each(2) == 1
    assert pools[2].processes == 2
    assert pools[2].threads * 2 <= max(2, cores)


def test_models_are_sent_and_taken_back(tiny, open_workbench, pools, plain):
    faster = 1.01 * tiny.initial_velocity().astype(np.float64)
    strategy = parse_strategy(STRATEGY)
    here = OneByOne(open_workbench(tiny))
    expected = list(here.runs(strategy, SHOTS, faster))
    same(here.runs(strategy, SHOTS), plain)
    assert expected[0].misfit != plain[0].misfit
    for _ in range(2):  # the second time it is there already
        same(pools[2].runs(strategy, SHOTS, faster), expected)
    same(pools[2].runs(strategy, SHOTS), plain)


def test_an_inversion_goes_the_same_way(tiny, open_workbench, pools):
    where = {"shots": (0, 2, 3), "iterations": 2, "fixed_depth_m": 200.0}
    strategy = parse_strategy("trajectory:every=4/int8")
    alone = invert(open_workbench(tiny), strategy, **where)
    spread = invert(open_workbench(tiny), strategy, **where, computed_by=pools[2])
    assert spread.misfits == alone.misfits
    assert spread.evaluations == alone.evaluations
    assert spread.peak_checkpoint_bytes == alone.peak_checkpoint_bytes
    np.testing.assert_array_equal(spread.velocity_m_s, alone.velocity_m_s)


def children() -> list[psutil.Process]:
    """This process's children, but for the one that Python keeps to look after semaphores."""
    return [child for child in psutil.Process().children() if "resource_tracker" not in " ".join(child.cmdline())]


def test_weights_of_an_earlier_gradient_are_refused(pools):
    """Which process has computed a shot before is chance: the bits would be."""
    with pytest.raises(UnsupportedStrategy, match="weights=coarse, which is the same everywhere"):
        list(pools[2].runs(parse_strategy("trajectory:weights=earlier/zfp:accuracy=1e-2"), (0,)))


def test_a_shot_that_fails_is_named(tiny, troublemaker):
    """What is refused leaves its process as it was; what kills the process ends the pool."""
    before = {child.pid for child in children()}
    with ShotPool(tiny, 1) as pool:
        for spec, says in (
            ("trajectory/trouble:kind=raise", "RuntimeError: no luck today"),
            # Of what is refused the class's own words say why.
            ("trajectory:every=1000/identity", "none of the steps 1 … 299 is a multiple of every = 1000"),
            ("trajectory/trouble:kind=segfault", "its process ended: killed by SIGSEGV$"),
        ):
            with pytest.raises(ShotFailed, match=f"^shot 2, {spec}: {says}") as caught:
                list(pool.runs(parse_strategy(spec), (2,)))
            assert caught.value.shots == (2,)
            if "segfault" not in spec:
                assert len({child.pid for child in children()} - before) == 1
    assert {child.pid for child in children()} <= before


def test_the_process_that_was_killed_is_told_from_those_that_the_pool_ended(tiny):
    """Both are at work when one is killed, long before it is done: the other one's shot is not to blame.

    1,000 steps from one checkpoint are half a million, a good deal of a minute; the kill comes in the first moments.
    """
    before = {child.pid for child in children()}
    slow = parse_strategy("revolve:slots=1")
    caught: list[ShotFailed] = []

    def ask() -> None:
        try:
            list(pool.runs(slow, (0, 1)))
        except ShotFailed as failure:
            caught.append(failure)

    with ShotPool(tiny.resized(steps=1000), 2) as pool:
        asking = threading.Thread(target=ask)
        asking.start()
        at_work: dict[int, int] = {}
        deadline = time.monotonic() + 600
        while len(at_work) < 2:
            assert time.monotonic() < deadline, f"at work: {at_work}"
            time.sleep(0.01)
            at_work = {pid: shot for shot, pid in enumerate(pool._memory.computing) if pid}
        victim, shot = at_work.popitem()
        os.kill(victim, signal.SIGKILL)
        asking.join(600)
    (failure,) = caught
    assert failure.shots == (shot,)
    assert str(failure).startswith(f"shot {shot}, {slow.spec}: its process ended: killed by SIGKILL; is the mem")
    assert {child.pid for child in children()} <= before


def busy(process: psutil.Process) -> bool:
    """Whether it is past its imports; a C compiler's process, which may be gone by now, never gets so far."""
    try:
        return process.cpu_times().user > 2.0
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_the_parent(tmp_path, number):
    """Ctrl-C goes to the whole group, as a terminal sends it; a SIGKILL to the parent alone."""
    code = "import sys; from wavecomp.cli import status_of; sys.exit(status_of(sys.argv[1:]))"
    words = ["gradient", "--problem", "tiny", "--experiment", "fwi", "--workers", "2", "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        [sys.executable, "-c", code, *words], start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as parent:
        family: list[psutil.Process] = []
        deadline = time.monotonic() + 600
        while sum(map(busy, family)) < 2:
            assert parent.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
            family = psutil.Process(parent.pid).children(recursive=True)
        if number == signal.SIGINT:
            os.killpg(parent.pid, number)
        else:
            os.kill(parent.pid, number)
        shown = parent.communicate(timeout=600)[1]
    gone, alive = psutil.wait_procs(family, timeout=600)
    assert not alive
    assert len(gone) >= 2
    if number == signal.SIGINT:
        assert parent.returncode == 130
        assert "interrupted" in shown
        assert "Traceback" not in shown


def test_a_sum_does_not_depend_on_the_order_of_arrival():
    """Numbers of very different size: another order of addition would round otherwise."""
    generator = np.random.default_rng(7)
    parts = [(generator.standard_normal(50) * 10.0**power).astype(np.float32) for power in (12, 0, -6, 12)]
    expected = add_up(parts)
    assert expected.dtype == np.float64
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)):
        stack = Stack(SHOTS)
        for shot in order:
            assert stack.total is None
            stack.add(shot, parts[shot])
        assert stack.total.tobytes() == expected.tobytes()
    assert add_up(reversed(parts)).tobytes() != expected.tobytes()
    alone = Stack((2,))
    alone.add(2, parts[2])
    assert alone.total.dtype == np.float32


def test_experiments_spread_their_shots_and_say_the_same(tiny, open_workbench, pools, monkeypatch):
    from wavecomp.experiments import bench as experiments_bench
    from wavecomp.experiments.bench import ExperimentBench
    from wavecomp.experiments.catalogue import compute_experiment
    from wavecomp.experiments.fwi import FwiSettings
    from wavecomp.experiments.shots import StackSettings

    asked = []

    def pool(problem, processes):
        asked.append((problem, processes))
        return contextlib.nullcontext(pools[processes])

    monkeypatch.setattr(experiments_bench, "ShotPool", pool)
    small = {
        "stack": StackSettings(shots=3, strategies=(STRATEGY,), orders=3),
        "fwi": FwiSettings(strategies=(STRATEGY,), shots=3, iterations=1),
    }
    for name, settings in small.items():
        rows = []
        for workers in (1, 2):
            bench = ExperimentBench(tiny, open_workbench(tiny))
            here = bench.shots
            found = compute_experiment(name, tiny, bench=bench, settings=settings, workers=workers)
            assert bench.shots is here
            rows.append(found.rows)
        assert rows[0] == rows[1]
    assert asked == [(tiny, 2)] * 2
