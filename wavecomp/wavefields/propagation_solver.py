"""What all propagators share: one of Devito's example solvers, with wavefields that all blocks of steps share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from devito import TimeFunction
from numpy.typing import NDArray

from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.seismic_examples import examples_quiet
from wavecomp.wavefields.seismic_model import Prepared

Array = NDArray[np.float32]


class SolverPropagator:
    """A solver's forward operator, called for a block of steps at a time on wavefields of two or three time levels.

    Parameters
    ----------
    prepared : Prepared
        Model, acquisition, solver.
    fields : mapping of str to TimeFunction
        The wavefield's components by the names that recipes have for them, and whatever else the operator steps; under
        names of its own.
    amplitude_bound : float
        What no component and no trace of a stable run exceeds.
    receivers : sequence of str
        The operator's names for its receivers; the first one's record is the trace.
    """

    def __init__(
        self,
        prepared: Prepared,
        fields: Mapping[str, TimeFunction],
        amplitude_bound: float,
        receivers: Sequence[str] = ("rec",),
    ) -> None:
        self._recipe = prepared.recipe
        self._dt_ms = prepared.dt_ms
        self._steps = prepared.steps
        self._fields = dict(fields)
        self._bound = amplitude_bound
        self._order: int = {field.time_order for field in self._fields.values()}.pop()
        with examples_quiet():
            self._operator = prepared.solver.op_fwd(save=False)
        traces = {name: prepared.geometry.new_rec(name=name) for name in receivers}
        self._receiver = traces[receivers[0]]
        known = {parameter.name for parameter in self._operator.parameters}
        physical = {name: value for name, value in prepared.model.physical_params().items() if name in known}
        self._arguments = {
            "src": prepared.geometry.src,
            "dt": prepared.dt_ms,
            **traces,
            **{field.name: field for field in self._fields.values()},
            **physical,
        }

    @property
    def dt_s(self) -> float:
        """Time step in s: the single-precision number of milliseconds that the operator is given."""
        return float(self._dt_ms) / 1000.0

    @property
    def steps(self) -> int:
        """The last time step."""
        return self._steps

    @property
    def at_rest(self) -> int:
        """The last of the steps that are zero: 1 where two levels give the next one, 0 where one does."""
        return self._order - 1

    def advance(self, first: int, last: int) -> None:
        """Compute the steps ``first`` … ``last``."""
        assert first > self.at_rest
        with kernel_float_state():
            self._operator.apply(time_m=first - 1, time_M=last - 1, **self._arguments)

    def level(self, step: int) -> Array:
        """Return the recipe's component at the step computed last, of shape ``recipe.stored_shape``.

        It is a view, or for a sum of components an array.
        """
        first, *others = (self._view(name, step) for name in self._recipe.component.split("+"))
        if not others:
            return first
        total = first.copy()
        for other in others:
            total += other
        return total

    def trace(self, first: int, last: int) -> Array:
        """Return the wavefield at the source; the operator records step n while it computes step n + 1."""
        return np.asarray(self._receiver.data[first - 1 : last, 0])

    def amplitude_bound(self) -> float:
        """Return an upper limit of the absolute wavefield of a stable run."""
        return self._bound

    def _view(self, name: str, step: int) -> Array:
        field, buffer = self._fields[name], step % (self._order + 1)
        if self._recipe.padded:
            return np.asarray(field.data_with_halo[buffer])
        inner = tuple(slice(self._recipe.absorbing_points, -self._recipe.absorbing_points) for _ in self._recipe.shape)
        return np.asarray(field.data[buffer])[inner]


def wavelet(prepared: Prepared) -> Array:
    """Return the samples of the source's wavelet."""
    return np.asarray(prepared.geometry.src.data[:, 0])
