"""Devito's own jacobian_adjoint(checkpointing=True), by pyrevolve and by strategies of ours."""

from __future__ import annotations

import logging
import sys
from itertools import pairwise

import numpy as np
import pytest

from wavecomp.errors import SpecError, UsageError
from wavecomp.physics.devito_checkpoints import CheckpointOperator, DevitoCheckpoint, checkpointed_by
from wavecomp.plans.room import OVERHEAD_BYTES, PAGE_BYTES
from wavecomp.wavefields.seismic_examples import examples_importable

with examples_importable():
    from devito import Function, TimeFunction
    from examples.seismic import demo_model, setup_geometry
    from examples.seismic.acoustic import AcousticWaveSolver

# Devito's examples use an interface that Devito itself has begun to retire.
pytestmark = pytest.mark.filterwarnings("ignore:Passing `SubDomain`s:DeprecationWarning")


class Shot:
    """One shot in a small model: its records, and the gradient with every level stored."""

    def __init__(self):
        spaced = {"shape": (31, 33), "spacing": (10.0, 10.0), "nbl": 8, "space_order": 4}
        model = demo_model("layers-isotropic", vp_top=1.5, vp_bottom=2.5, **spaced)
        self.solver = AcousticWaveSolver(model, setup_geometry(model, tn=150.0), space_order=4)
        self.records, wavefield, _ = self.solver.forward(save=True)
        self.stored = np.array(self.solver.jacobian_adjoint(self.records, wavefield)[0].data)
        self.steps = self.records.data.shape[0] - 2

    def gradient(self):
        gradient, cost = self.solver.jacobian_adjoint(self.records, None, checkpointing=True)
        return np.array(gradient.data), cost

    def by(self, strategy=None, **more):
        with checkpointed_by(self.solver, strategy, **more):
            return self.gradient()

    def wavefield(self):
        return TimeFunction(name="u", grid=self.solver.model.grid, time_order=2, space_order=4)


@pytest.fixture(scope="module")
def shot():
    made = Shot()
    assert np.any(made.stored)
    return made


@pytest.fixture
def pyrevolve():
    module = pytest.importorskip("pyrevolve", reason="pyrevolve is not installed: it is in the extra peers")
    logging.getLogger("pyRevolve").setLevel(logging.WARNING)
    return module


def test_the_same_bits_steps_and_bytes_as_by_pyrevolve(shot, pyrevolve, monkeypatch):
    from devito.checkpointing import CheckpointOperator as TheirOperator
    from devito.checkpointing import DevitoCheckpoint as TheirCheckpoint

    steps, apply = [], TheirOperator.apply
    monkeypatch.setattr(TheirOperator, "apply", lambda self, t_start, t_end: (
        steps.append((self.op.name, t_end - t_start)), apply(self, t_start, t_end)))  # fmt: skip
    gradient, _ = shot.gradient()
    checkpoints = pyrevolve.crevolve.adjust(shot.steps)
    found, cost = shot.by()
    np.testing.assert_array_equal(found, gradient)
    np.testing.assert_array_equal(found, shot.stored)
    assert cost.forward_steps == sum(n for name, n in steps if name == "Forward")
    assert cost.checkpoints_held == checkpoints
    field = shot.wavefield()
    ours, theirs = DevitoCheckpoint([field]), TheirCheckpoint([field])
    assert (ours.size, ours.dtype, ours.nbytes) == (theirs.size, theirs.dtype, theirs.nbytes)
    assert cost.peak_checkpoint_bytes <= checkpoints * (theirs.nbytes + OVERHEAD_BYTES) + PAGE_BYTES
    for n in (0, 1, 5):
        for one, other in zip(ours.get_data(n), theirs.get_data(n), strict=True):
            assert np.shares_memory(one, other)


def test_only_the_import_of_the_revolver_is_changed(shot, pyrevolve, monkeypatch):
    """With Devito's own checkpoint and operator classes."""
    from wavecomp.adjoint.revolver import Revolver

    monkeypatch.setattr(sys.modules[AcousticWaveSolver.__module__], "Revolver", Revolver)
    np.testing.assert_array_equal(shot.gradient()[0], shot.stored)


@pytest.mark.parametrize("strategy", [None, "revolve:slots=3", "mixed:levels=6", "trajectory", "store-all",
                                      "revolve/zfp:reversible"])  # fmt: skip
def test_the_same_bits_without_the_forward_step_before_each_reversal(shot, strategy):
    before = shot.by(strategy)
    after = shot.by(strategy, forward_before_reverse=False)
    for gradient, _ in (before, after):
        np.testing.assert_array_equal(gradient, shot.stored)
    assert after[1].forward_steps <= before[1].forward_steps - (shot.steps - 1)


def test_a_lossy_gradient_comes_nearer_with_the_tolerance(shot):
    """Its error is of the order of the states'; ZFP uses between a tenth and all of the tolerance, so 100 decides."""
    errors = []
    for tolerance in ("1e-2", "1e-4", "1e-6"):
        found, cost = shot.by(f"revolve:slots=4/zfp:accuracy={tolerance}peak")
        errors.append(np.linalg.norm(found - shot.stored) / np.linalg.norm(shot.stored))
        assert cost.ratios.least > 1
    assert all(0 < after < before for before, after in pairwise(errors))


def test_halos_that_a_compressor_filled_are_zero_again(shot):
    field = shot.wavefield()
    field.data_with_halo[:] = 1
    DevitoCheckpoint([field]).mend(0)
    assert field.data[:2].min() == 1
    assert field.data_with_halo[:2].sum() == field.data[:2].sum()
    assert field.data_with_halo[2].min() == 1  # no level of the state at step 0


def test_the_solvers_module_is_as_before(shot):
    module = sys.modules[AcousticWaveSolver.__module__]
    before = dict(vars(module))
    with checkpointed_by(shot.solver, "revolve"):
        assert module.CheckpointOperator is CheckpointOperator
    assert vars(module) == before
    with pytest.raises(SpecError), checkpointed_by(shot.solver, "revolv"):
        shot.gradient()
    assert vars(module) == before


def test_what_is_no_solver_and_what_is_no_wavefield(shot):
    with pytest.raises(UsageError, match="str is no solver that checkpoints"), checkpointed_by("acoustic"):
        pass
    for objects in ([], [shot.wavefield(), Function(name="f", grid=shot.solver.model.grid)]):
        with pytest.raises(UsageError, match="TimeFunctions of one dtype"):
            DevitoCheckpoint(objects)
