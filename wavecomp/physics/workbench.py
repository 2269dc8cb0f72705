"""The acoustic operators of a problem, with what all its shots share."""

from __future__ import annotations

import gc
from collections.abc import Hashable, Iterable
from functools import partial

import numpy as np

from wavecomp.adjoint.level_weights import Weights, measured_weights
from wavecomp.physics.acoustic import FIRST, AcousticOperators
from wavecomp.physics.coarse import coarse_problem, weights_between
from wavecomp.physics.sampled_gradient import SampledGradient, sampled_gradient
from wavecomp.physics.shot_bench import Array, ShotBench
from wavecomp.plans.strategy import Strategy


class Workbench(ShotBench[AcousticOperators]):
    """A problem's operators, ready for the gradient of any shot by any strategy.

    Parameters
    ----------
    operators : AcousticOperators
        From :func:`wavecomp.physics.opening.open_operators`.
    """

    def __init__(self, operators: AcousticOperators) -> None:
        super().__init__(operators, partial(_coarse_weights, operators))

    @property
    def operators(self) -> AcousticOperators:
        """What the machine reverses."""
        return self.code

    def set_shot(self, shot: int) -> None:
        """Move the source to the place of a shot."""
        self.operators.set_shot(shot)

    def modelled(self, shot: int) -> Array:
        """Return the data that a shot has in the true model."""
        operators = self.operators
        here = operators.model.vp.data.copy(), operators.model.damp.data.copy()
        operators.set_velocity(operators.problem.true_velocity(), renew_layer=True)
        data = self.synthetic(shot)
        operators.model.vp.data[:], operators.model.damp.data[:] = here
        return data

    def synthetic(self, shot: int = 0) -> Array:
        """Return the data of a shot in the operators' present model."""
        operators = self.operators
        operators.set_shot(shot)
        operators.rest()
        operators.forward(FIRST, operators.last, record=True)
        return np.array(operators.records.data)

    def weights(self, every: int, shot: int = 0) -> Weights:
        """Return what an error of each level that is imaged weighs in a shot's gradient, at the present model.

        As :func:`wavecomp.adjoint.level_weights.measured_weights`.
        """
        self._turn_to(shot)
        return measured_weights(self.operators, every)

    def sampled(self, shot: int = 0) -> SampledGradient:
        """Return what imaging steps and errors of levels will do to a shot's gradient: of two bare sweeps."""
        self._turn_to(shot)
        return sampled_gradient(self.operators, shot)

    def peak(self, shot: int = 0) -> float:
        """Return the greatest amplitude of a shot's wavefield in the operators' model."""
        self.operators.set_shot(shot)
        return self._reversal.peak(shot)

    def settled(self, strategy: Strategy, shots: Iterable[int] = (0,)) -> Strategy:
        """Return a strategy that can be run for all of some shots; itself if it can.

        Its tolerances are absolute, by the greatest peak of the shots; its imaging step is what the source allows.
        """
        strategy = self.with_step(strategy)
        return strategy.at(max(self.peak(shot) for shot in shots)) if strategy.relative else strategy


def _coarse_weights(fine: AcousticOperators, shot: Hashable, steps: range) -> Weights:
    """Return the weights that a run with half the resolution has at the times of these steps.

    It is that of the problem's own models, whatever the operators' model is now. Its operators are let go of at once:
    they are no part of what a run holds.
    """
    assert isinstance(shot, int)
    coarse = AcousticOperators(coarse_problem(fine.problem, fine.last * fine.dt_s), str(fine.dtype))
    weights = Workbench(coarse).weights(every=1, shot=shot)
    times_s = coarse.dt_s * np.arange(FIRST, coarse.last, dtype=np.float64)
    del coarse
    gc.collect()  # operators and their sweeps hold each other
    return weights_between(weights, times_s, fine.dt_s * np.array(steps, dtype=np.float64))
