"""pyrevolve's interface: what its operators see under ours, beside pyrevolve itself where that is installed."""

from __future__ import annotations

import gc
import logging
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.adjoint import revolver as ours
from wavecomp.adjoint.revolver.words import completed, compressor_of, usual_checkpoints
from wavecomp.compressors import default_registry
from wavecomp.errors import (
    BudgetExceeded,
    CheckpointTooLarge,
    SpecError,
    UnsupportedField,
    UnsupportedStrategy,
    UsageError,
)
from wavecomp.plans.room import OVERHEAD_BYTES, PAGE_BYTES
from wavecomp.spec_text import SpecText


@pytest.fixture(scope="module")
def theirs():
    """pyrevolve, without its lines about every checkpoint."""
    module = pytest.importorskip("pyrevolve", reason="pyrevolve is not installed: it is in the extra peers")
    logging.getLogger("pyRevolve").setLevel(logging.WARNING)
    return module


class Run:
    """A nonlinear recurrence, whose reverse operator reads the state that no checkpoint lists as well.

    u[n+1] = F(u[n]); the adjoint of step n needs u[n], which the forward operator leaves in a buffer of its own.
    """

    size = 64

    def __init__(self, dtype=np.float64):
        self.dtype = np.dtype(dtype)
        grid = np.add.outer(np.arange(8), 1.5 * np.arange(8))
        whole = self.dtype.kind in "iu"
        self.now = (7 * grid if whole else np.sin(grid)).astype(self.dtype)
        self.before = np.zeros_like(self.now)
        self.adjoint = np.ones((8, 8))
        self.reversed, self.steps, self.seen = [], 0, []
        self.whole = whole
        self.listed = lambda: [self.now]

    def get_data(self, _timestep):
        return self.listed()

    def get_data_location(self, _timestep):
        return self.listed()

    def forward(self, t_start, t_end):
        for n in range(t_start, t_end):
            self.before[:] = self.now
            if self.whole:
                self.now[:] = (5 * self.before + np.roll(self.before, 1, axis=0) + n) % 65521
            else:
                self.now[:] = self.before + 0.1 * np.sin(self.before + 0.3 * n) + 0.05 * np.roll(self.before, 1, axis=0)
            self.steps += 1

    def reverse(self, t_start, t_end):
        self.reversed.append((t_start, t_end))
        self.seen.append((self.before.copy(), self.now.copy()))
        a = self.adjoint
        self.adjoint = a + 0.1 * np.cos(self.before + 0.3 * t_start) * a + 0.05 * np.roll(a, -1, axis=0)

    @property
    def parts(self):
        return self, SimpleNamespace(apply=self.forward), SimpleNamespace(apply=self.reverse)


def go(kind, checkpoints, steps, dtype=np.float64, **more):
    run = Run(dtype)
    made = kind(*run.parts, checkpoints, steps, **more)
    made.apply_forward()
    run.end, run.first_sweep = run.now.copy(), run.steps
    run.cost = made.apply_reverse()
    return run


def same(a, b):
    assert a.reversed == b.reversed
    for one, other in zip(a.seen, b.seen, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(a.end, b.end)
    np.testing.assert_array_equal(a.adjoint, b.adjoint)


@settings(deadline=None, max_examples=60)
@given(checkpoints=st.none() | st.integers(1, 12), steps=st.integers(2, 60), dtype=st.sampled_from(["f4", "f8", "i8"]))
def test_the_reverse_operator_sees_what_pyrevolve_shows_it(theirs, checkpoints, steps, dtype):
    """Order, states, buffers beside them, end of the forward run, gradient: bit for bit, with no forward step more."""
    peer = go(theirs.Revolver, checkpoints, steps, dtype)
    run = go(ours.Revolver, checkpoints, steps, dtype)
    same(run, peer)
    assert run.first_sweep == peer.first_sweep == steps
    assert run.steps <= peer.steps
    assert run.cost.forward_steps == run.steps
    assert run.cost.checkpoints_held <= (checkpoints or theirs.crevolve.adjust(steps))


def test_a_single_step(theirs):
    same(go(ours.Revolver, 3, 1), go(theirs.Revolver, 3, 1))


def test_the_number_of_checkpoints_that_nobody_gives_is_pyrevolves(theirs):
    assert [usual_checkpoints(n) for n in range(2, 2000)] == [theirs.crevolve.adjust(n) for n in range(2, 2000)]
    assert usual_checkpoints(1) == 1


@pytest.mark.parametrize("checkpoints", [1, 4, 9])
def test_it_holds_pyrevolves_bytes_and_its_bookkeeping(checkpoints):
    """pyrevolve's storage takes ``checkpoints`` times the state; a store besides what its budget is told of."""
    run = go(ours.Revolver, checkpoints, 40)
    state = run.now.nbytes
    assert run.cost.checkpoints_held == checkpoints
    assert run.cost.peak_checkpoint_bytes <= checkpoints * (state + OVERHEAD_BYTES) + PAGE_BYTES


@pytest.mark.parametrize(
    "strategy",
    ["store-all", "trajectory", "trajectory:overlap", "mixed", "mixed:levels=5", "revolve:slots=3,tier=disk",
     "revolve/zfp:reversible", "trajectory/blosc2:codec=lz4"],
)  # fmt: skip
def test_every_exact_strategy_gives_the_same_bits(strategy, tmp_path):
    more = {"disk_folder": tmp_path} if "disk" in strategy else {}
    run = go(ours.Revolver, 4, 33, strategy=strategy, **more)
    same(run, go(ours.Revolver, 33, 33))
    assert not list(tmp_path.iterdir())
    if strategy.startswith(("store", "traj")):
        assert run.steps == 2 * 33 - 1  # every state is there, and all but the last are advanced once more


@pytest.mark.parametrize("strategy", ["revolve:slots=3", "store-all", "trajectory", "mixed:levels=6", "mixed:levels=4"])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 9, 12, 25])
def test_a_reverse_operator_that_needs_no_forward_step_gets_none(strategy, steps):
    """A scheme of second order: the state at n is (u[n], u[n+1]), the reversal reads u[n+1], in both states' buffers.

    Forward steps saved: one for each reversal but that of the last step, or more.
    """

    def wave(**more):
        levels, read, counted = np.zeros((3, 50)), [], [0]
        levels[1, 20] = 1.0

        def forward(t_start, t_end):
            for n in range(t_start, t_end):
                a, b, c = (levels[(n + i) % 3] for i in range(3))
                c[:] = 1.2 * b - a + 0.4 * (np.roll(b, 1) + np.roll(b, -1))
            counted[0] += t_end - t_start

        checkpoint = SimpleNamespace(get_data=lambda n: [levels[n % 3], levels[(n + 1) % 3]])
        checkpoint.get_data_location = checkpoint.get_data

        def reverse(t_start, t_end):
            assert t_end == t_start + 1
            read.append(levels[t_end % 3].copy())

        operators = (SimpleNamespace(apply=operator) for operator in (forward, reverse))
        made = ours.Revolver(checkpoint, *operators, 3, steps, **more)
        made.apply_forward()
        made.apply_reverse()
        return read, counted[0]

    exact, as_pyrevolve = wave()
    found, fewer = wave(strategy=strategy, forward_before_reverse=False)
    np.testing.assert_array_equal(found, exact)
    assert fewer <= max(as_pyrevolve - (steps - 1), steps) or strategy == "mixed:levels=4"


def test_a_lossy_error_falls_with_the_tolerance():
    """The gradient's error is of the order of the states', so a hundredth of the tolerance makes it smaller.

    ZFP uses between a tenth and all of its tolerance: a step of 100 cannot be undone by that.
    """
    exact = go(ours.Revolver, 30, 30).adjoint
    errors = []
    for tolerance in ("1e-2", "1e-4", "1e-6", "1e-8"):
        for strategy in ("revolve:slots=4", "trajectory"):
            run = go(ours.Revolver, 4, 30, strategy=f"{strategy}/zfp:accuracy={tolerance}")
            errors.append(np.linalg.norm(run.adjoint - exact) / np.linalg.norm(exact))
    for line in (errors[::2], errors[1::2]):
        assert all(0 < after < before for before, after in pairwise(line))
    assert max(errors[-2:]) < 1e-6


def test_a_tolerance_may_be_relative_to_the_forward_run():
    """It takes a forward run of its own, after which the state of the beginning is there again."""
    run = go(ours.Revolver, 4, 30, strategy="revolve/zfp:accuracy=1e-9peak")
    plain = go(ours.Revolver, 4, 30)
    np.testing.assert_array_equal(run.end, plain.end)
    np.testing.assert_allclose(run.adjoint, plain.adjoint, rtol=1e-6)
    assert run.steps == run.cost.forward_steps == plain.steps + 30


def test_a_budget_decides_how_many_states_are_held():
    state = Run().now.nbytes
    budget = 6 * (state + OVERHEAD_BYTES) + PAGE_BYTES
    run = go(ours.Revolver, None, 40, budget_bytes=budget)
    assert run.cost.checkpoints_held == 6
    assert run.cost.peak_checkpoint_bytes <= budget
    with pytest.raises(BudgetExceeded):
        go(ours.Revolver, 30, 40, budget_bytes=3 * state + PAGE_BYTES)
    with pytest.raises(CheckpointTooLarge):
        go(ours.Revolver, None, 40, budget_bytes=state)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyrevolve closes no file
def test_the_siblings(theirs, tmp_path):
    plain = go(ours.Revolver, 4, 30)
    filedir = f"{tmp_path}/"  # pyrevolve joins it as text
    for run in (
        go(ours.MemoryRevolver, 4, 30),
        go(ours.DiskRevolver, 4, 30, filedir=filedir),
        go(ours.SingleLevelRevolver, 4, 30, diskstorage=True, filedir=filedir, singlefile=False),
        go(theirs.DiskRevolver, 4, 30, filedir=filedir),
    ):
        same(run, plain)
    del run
    gc.collect()
    assert go(ours.DiskRevolver, 4, 30, filedir=filedir).cost.peak_disk_bytes == 4 * plain.now.nbytes


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_storages_of_two_levels(theirs, tmp_path):
    def two_levels(kinds, **more):
        run = Run()
        profiler = theirs.Profiler() if kinds is theirs else None
        memory = kinds.NumpyStorage(run.size, 2, run.dtype, profiler)
        disk = kinds.DiskStorage(run.size, 3, run.dtype, profiler, filedir=f"{tmp_path}/", wd=2, rd=2)
        made = kinds.MultiLevelRevolver(*run.parts, 30, [memory, disk], **more)
        made.apply_forward()
        run.end = run.now.copy()
        run.cost = made.apply_reverse()
        return run

    run, peer = two_levels(ours), two_levels(theirs)
    gc.collect()
    np.testing.assert_array_equal(run.adjoint, peer.adjoint)
    assert run.steps <= peer.steps
    assert run.cost.checkpoints_held == 5
    with pytest.raises(UsageError, match="storage_list is empty"):
        ours.MultiLevelRevolver(*Run().parts, 30, [])
    with pytest.raises(UsageError, match="neither a NumpyStorage"):
        ours.MultiLevelRevolver(*Run().parts, 30, ["memory"])


def test_it_may_run_twice():
    run = Run()
    made = ours.Revolver(*run.parts, 3, 20)
    start, found = run.now.copy(), []
    for _ in range(2):
        run.now[:], run.adjoint = start, np.ones((8, 8))
        made.apply_forward()
        made.apply_reverse()
        found.append(run.adjoint)
    run.now[:], run.adjoint = start, np.ones((8, 8))
    made.apply_forward()
    run.now[:] = start
    made.apply_forward()  # abandons the one before
    made.apply_reverse()
    for adjoint in (found[1], run.adjoint):
        np.testing.assert_array_equal(adjoint, found[0])


@pytest.mark.parametrize(
    ("number", "steps", "text"),
    [(0, 5, "n_checkpoints=0"), (-2, 5, "n_checkpoints=-2"), (2.5, 5, "n_checkpoints=2.5"), (3, 0, "n_timesteps=0"),
     (3, None, "n_timesteps=None"), (3, True, "n_timesteps=True")],
)  # fmt: skip
def test_numbers_that_make_no_sense(number, steps, text):
    with pytest.raises(UsageError, match=text):
        ours.Revolver(*Run().parts, number, steps)


def test_parts_without_their_methods():
    run, forward, reverse = Run().parts
    with pytest.raises(UsageError, match=r"rev_operator: .* has no method apply\(t_start, t_end\)"):
        ours.Revolver(run, forward, object(), 3, 5)
    with pytest.raises(UsageError, match=r"checkpoint: .* get_data\(timestep\) and get_data_location\(timestep\)"):
        ours.Revolver(object(), forward, reverse, 3, 5)


def test_reverse_before_forward():
    made = ours.Revolver(*Run().parts, 3, 5)
    for _ in range(2):
        with pytest.raises(UsageError, match="call apply_forward first"):
            made.apply_reverse()
        made.apply_forward()
        made.apply_reverse()


def test_states_that_cannot_be_kept():
    run = Run()
    run.listed = lambda: [np.zeros(3 + run.steps)]
    with pytest.raises(UnsupportedField, match="new arrays at each call"):
        ours.Revolver(*run.parts, 3, 5).apply_forward()
    run.listed = lambda: [run.now[: 8 - run.steps]]
    with pytest.raises(UnsupportedField, match=r"at step 0: float64 \(7, 8\); it must list float64 \(8, 8\)"):
        ours.Revolver(*run.parts, 3, 5, strategy="trajectory").apply_forward()
    run.listed = list
    with pytest.raises(UnsupportedField, match="0 arrays"):
        ours.Revolver(*run.parts, 3, 5).apply_forward()
    half = np.ones(4, np.float16)
    run.listed = lambda: [half]
    with pytest.raises(UnsupportedField, match="float16; give float32"):
        ours.Revolver(*run.parts, 3, 5).apply_forward()
    with pytest.raises(UsageError, match="holds integers"):
        go(ours.Revolver, 3, 5, np.int64, strategy="revolve/zfp:accuracy=1e-3")


def test_arrays_that_are_not_contiguous_and_complex_ones():
    def states(listed):
        run = Run()
        run.listed = lambda: listed(run)
        made = ours.Revolver(*run.parts, 2, 12)
        made.apply_forward()
        made.apply_reverse()
        return run.seen

    exact = states(lambda run: [run.now])
    for listed in (
        lambda run: [run.now[:, ::2], run.now[:, 1::2]],
        lambda run: [run.now.T],
        lambda run: [run.now.view(np.complex128)],
    ):
        np.testing.assert_array_equal(states(listed), exact)


@pytest.mark.parametrize("strategy", [None, "trajectory", "store-all", "revolve/zfp:reversible", "trajectory:overlap",
                                      "revolve:slots=3/zfp:accuracy=1e-9peak"])  # fmt: skip
def test_what_is_read_may_be_a_copy(strategy):
    """What is brought back goes into ``get_data_location``: written into what ``get_data`` returns it would be lost."""
    exact, run = go(ours.Revolver, 4, 25, strategy=strategy), Run()
    run.get_data = lambda _timestep: [run.now.copy()]
    run.get_data_location = lambda _timestep: [run.now]
    made = ours.Revolver(*run.parts, 4, 25, strategy=strategy)
    made.apply_forward()
    run.end = run.now.copy()
    made.apply_reverse()
    same(run, exact)


def test_strategies_that_its_operators_cannot_do():
    with pytest.raises(UnsupportedStrategy, match="every=2: the reverse operator reads the state of each step"):
        go(ours.Revolver, 3, 8, strategy="trajectory:every=2")
    with pytest.raises(UsageError, match="trajectory:overlap"):
        go(ours.Revolver, 3, 8, strategy="mixed:overlap")
    with pytest.raises(SpecError, match="revolv"):
        go(ours.Revolver, 3, 8, strategy="revolv")
    with pytest.raises(UsageError, match="profiler"):
        go(ours.Revolver, 3, 8, profiler=object())
    with pytest.raises(UsageError, match="nothing on disk"):
        go(ours.Revolver, 3, 8, disk_folder="here")


@pytest.mark.parametrize(
    ("params", "spec"),
    [(None, None), ({"scheme": None}, None), ({"scheme": "zfp"}, "zfp:accuracy=1e-7"),
     ({"scheme": "zfp", "tolerance": 1e-3, "parallel": True}, "zfp:accuracy=1e-3"),
     ({"scheme": "zfp", "precision": 12}, "zfp:precision=12"), ({"scheme": "zfp", "rate": 8.0}, "zfp:rate=8"),
     ({"scheme": "blosc"}, "blosc2:codec=blosclz,level=9,shuffle=shuffle,chunk=1000000")],
)  # fmt: skip
def test_compression_params_are_specs(params, spec):
    found = compressor_of(params)
    assert (None if found is None else str(found)) == spec
    if spec is not None:
        assert default_registry().parse(spec).spec == spec
        assert go(ours.Revolver, 3, 8, compression_params=params).cost.strategy == f"revolve:slots=3/{spec}"


def test_compression_params_that_are_none_of_ours():
    for params in ({"scheme": "sz"}, {"scheme": "zfp", "level": 3}, {"tolerance": 1e-3}):
        with pytest.raises(UsageError, match=r"no compressor of that meaning; write strategy="):
            compressor_of(params)
    with pytest.raises(UsageError, match="functions are not taken"):
        compressor_of({"scheme": "custom", "compressor": len, "decompressor": len})
    with pytest.raises(UsageError, match="give one of them"):
        go(ours.Revolver, 3, 8, strategy="revolve", compression_params={"scheme": "zfp"})


def test_what_a_text_leaves_open():
    def text(given, **more):
        usual = {"by_budget": False, "on_disk": False, "two_a_state": False, "compressor": None}
        return str(completed(None if given is None else SpecText.parse(given), 7, **usual | more))

    assert text(None) == "revolve:slots=7"
    assert text("revolve/zfp:accuracy=1e-3") == "revolve:slots=7/zfp:accuracy=1e-3"
    assert text("revolve:slots=3/lz4") == "revolve:slots=3/lz4"
    assert text("revolve", by_budget=True) == "revolve"
    assert text(None, on_disk=True) == "revolve:slots=7,tier=disk"
    assert text("revolve:tier=two", on_disk=True) == "revolve:tier=two,slots=7"
    assert text("mixed:levels=7/lz4") == "revolve:slots=3/lz4"
    assert text("mixed", two_a_state=True) == "mixed:levels=14"
    assert text("trajectory/zfp:rate=8") == "trajectory/zfp:rate=8"
