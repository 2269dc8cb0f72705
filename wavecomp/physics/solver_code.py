"""One of Devito's example solvers under the reversal machine: its operators, with source, receivers and misfit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from devito import Operator

from wavecomp.adjoint.imaging_step import Signature
from wavecomp.adjoint.time_stepping import Array
from wavecomp.physics.compiled import Compiled
from wavecomp.physics.devito_code import DevitoCode
from wavecomp.physics.level_buffers import Region
from wavecomp.physics.signature import signature_of


class SolverCode(DevitoCode):
    """A solver's forward and gradient operators; the misfit is J = ½ Σ (synthetic − observed)².

    Parameters
    ----------
    solver
        One of Devito's, with ``model`` and ``geometry``.
    forward, reverse, adjoint_alone : devito.Operator
        The solver's, built with buffered wavefields.
    reads : sequence of (devito.TimeFunction, int)
        As in :class:`~wavecomp.physics.devito_code.DevitoCode`.
    gradient : devito.Function
    first : int
        The first iteration of the solver's operators. The last step is that of the geometry's record.
    fields, adjoint_fields, alone_fields : mapping
        Wavefields by the names of the operators' arguments.
    dt : float
        Time step in ms.
    observed : ndarray, shape (steps + 1, receivers), optional
        Observed data; zeros by default.
    region : tuple of slice, optional
        The part of the grid that is imaged, such as the domain without its absorbing layer.

    Attributes
    ----------
    source, records, residual : devito.SparseTimeFunction
        What is injected, recorded, and injected on the way back.
    observed : ndarray
        Subtracted from the records.
    """

    def __init__(
        self,
        solver: Any,
        *,
        forward: Operator,
        reverse: Operator,
        adjoint_alone: Operator,
        reads: Sequence[tuple[Any, int]],
        gradient: Any,
        first: int,
        fields: Mapping[str, Any],
        adjoint_fields: Mapping[str, Any],
        alone_fields: Mapping[str, Any],
        dt: Any,
        observed: Array | None,
        region: Region | None,
    ) -> None:
        geometry = solver.geometry
        self._model, self._order, self._dt_ms = solver.model, int(solver.space_order), float(dt)
        self.source, self.records, self.residual = geometry.src, geometry.rec, geometry.rec
        self.observed = np.zeros(self.records.data.shape, self.records.dtype) if observed is None else observed
        shared = {"dt": dt, **solver.model.physical_params()}
        self._operator = forward
        self._modelling = _taken(forward, shared, src=self.source, rec=self.records, **fields)
        super().__init__(
            forward=forward,
            reverse=reverse,
            adjoint_alone=adjoint_alone,
            reads=reads,
            gradient=gradient,
            first=first,
            last=geometry.nt - 1,
            forward_arguments=self._modelling,
            reverse_arguments=_taken(reverse, shared, rec=self.residual, **adjoint_fields),
            alone_arguments=_taken(adjoint_alone, shared, rec=self.residual, **alone_fields),
            begin_reversal=self._make_residual,
            region=region,
        )

    def modelled(self, model: Any) -> Array:
        """Return the record in another model on a grid of the same shape, shape (steps + 1, receivers)."""
        operator = Compiled(self._operator, **_taken(self._operator, {**self._modelling, **model.physical_params()}))
        self.clear()
        operator.up(self.first, self.last)
        return np.array(self.records.data)

    @property
    def signature(self) -> Signature:
        """The wavelet that is injected, and what waves the grid carries: as isotropic and lossless as can be."""
        model = self._model
        layers = (
            slice(left, size - right) for (left, right), size in zip(model.padsizes, model.grid.shape, strict=True)
        )
        velocity = np.asarray(model.vp.data)
        inside = velocity[tuple(layers)] if velocity.ndim else velocity
        return signature_of(self.source.data, self._dt_ms, inside, model.spacing, self._order)

    def _make_residual(self) -> float:
        residual = self.residual.data
        residual[:] = self.records.data - self.observed
        return 0.5 * float(np.sum(np.square(residual, dtype=np.float64)))


def _taken(operator: Operator, shared: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """Return what an operator has a parameter for."""
    names = {parameter.name for parameter in operator.parameters}
    return {name: value for name, value in {**shared, **given}.items() if name in names}
