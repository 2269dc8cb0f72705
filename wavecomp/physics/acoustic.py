"""Devito's acoustic operators for one gradient problem, prepared once.

The equation is that of :mod:`wavecomp.wavefields.propagation_acoustic`. In Devito's time loop, iteration n of the
forward operator computes u[n+1] from u[n] and u[n-1], injects the source's sample n, and records u[n] at the receivers;
iteration n of the adjoint operator computes v[n-1] from v[n] and v[n+1] and injects the residual's sample n. With N
the last step, both run n = 1 … N − 1, and the gradient is

    g = − Σ_n u[n] · (v[n+1] − 2 v[n] + v[n-1]) / Δt²,   n = 1 … N − 1,

which is what Devito's own ``jacobian_adjoint`` adds up. It is taken in the physical domain alone: the absorbing layer
is no part of the model. Devito counts in ms, kHz, km/s: converted here and in the propagator, nowhere else.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from devito import Buffer, Eq, Operator, TimeFunction
from numpy.typing import NDArray

from wavecomp.adjoint.imaging_step import Signature
from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.errors import UsageError
from wavecomp.physics import receivers
from wavecomp.physics.acoustic_adjoint import AdjointSweep, Imaged, InPlaceSweep
from wavecomp.physics.block_shape import FEWEST_POINTS, TRIAL_STEPS, fastest_block
from wavecomp.physics.compiled import Compiled, LevelSlot, slots
from wavecomp.physics.physical_domain import PhysicalDomain
from wavecomp.physics.reciprocal import per_dt2
from wavecomp.physics.signature import signature_of
from wavecomp.wavefields.absorbing_layer import fill_layer
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.recipe_type import check_sampling
from wavecomp.wavefields.seismic_examples import examples_importable
from wavecomp.wavefields.time_axis import last_step, time_step_ms

if TYPE_CHECKING:
    from wavecomp.physics.problem import GradientProblem

with examples_importable():
    from examples.seismic import AcquisitionGeometry, SeismicModel
    from examples.seismic.acoustic import AcousticWaveSolver
    from examples.seismic.acoustic.operators import iso_stencil

Array = NDArray[np.floating]

FIRST = 1
"""The first step: u[0] = u[1] = 0."""

IN_PLACE_FROM = 2
"""From which ``every`` on the adjoint runs in place. At 1 that saved 3 %, but the bits would not be Devito's."""


class AcousticOperators(TimeStepping[LevelSlot]):
    """Forward, adjoint and imaging operators with one set of buffers, at one velocity model.

    Parameters
    ----------
    problem : GradientProblem
        What is modelled. The model is the initial one, the shot the first one.
    dtype : {"float32", "float64"}
        Precision of all of it.
    """

    first = FIRST
    in_buffers = 2  # of the pair that a state is, the imaging may read either

    def __init__(self, problem: GradientProblem, dtype: str = "float32") -> None:
        self.problem = problem = problem.pinned()
        self.dtype = np.dtype(dtype)
        self._sweeps: dict[type[AdjointSweep], AdjointSweep] = {}
        medium = problem.medium
        initial, true = problem.initial_velocity(), problem.true_velocity()
        for velocity in (initial, true):
            check_sampling(medium, float(velocity.min()))
        with kernel_float_state():
            self._build(np.maximum(initial, true))
        self.set_velocity(initial, renew_layer=True)
        self._tune()

    def _build(self, fastest_m_s: Array) -> None:
        medium = self.problem.medium
        self.model = model = _model(self.problem, fastest_m_s.astype(self.dtype) / 1000)
        # Stable for the true and the initial model alike: both run with one clock.
        dt_ms = self.dtype.type(time_step_ms(medium, model.critical_dt))
        self._dt_ms = dt_ms
        self.last = last_step(medium, self.dt_s)
        self.observed = np.zeros(0, self.dtype)
        self.geometry = AcquisitionGeometry(
            model,
            self.problem.receivers_from_origin_m(),
            np.array([self.problem.shot_from_origin_m(0)]),
            t0=0.0,
            tn=(self.last - 0.5) * float(dt_ms),  # half a step short, so that rounding cannot add a sample
            f0=medium.peak_frequency_hz / 1000.0,
            src_type="Ricker",
        ).resample(dt_ms)
        order = medium.space_order
        self.solver = AcousticWaveSolver(model, self.geometry, space_order=order)
        self._forward_symbols(order)
        self._imaging_symbols()

    @property
    def threads(self) -> int:
        """OpenMP threads that the propagation is run with; 1 where Devito was told to write plain C."""
        return self._forward.threads

    def _tune(self) -> None:
        """Find out which blocks of the grid are fast here."""
        shape = self.model.grid.shape
        self.block: tuple[int, int] | None = None
        if np.prod(shape, dtype=np.int64) < FEWEST_POINTS or self.last <= TRIAL_STEPS:
            return
        self.block = fastest_block(self._forward, (int(shape[0]), int(shape[1])), self._forward.threads)
        self.rest()
        if self.block is not None:
            for kernel in (self._forward, self._recording):
                kernel.set_block(self.block)

    def _forward_symbols(self, order: int) -> None:
        model, geometry = self.model, self.geometry
        # Devito's usual halo of `order` points, though the stencil reaches half as far: with another one the C compiler
        # sums in another order, and the bits are no longer those of Devito's own solver. Two levels of u: a step reads
        # u[n-1] at each point alone and may write u[n+1] over it, which moves a fifth less through memory.
        self.u = u = TimeFunction(name="u", grid=model.grid, time_order=2, space_order=order, save=Buffer(2))
        self.v = TimeFunction(name="v", grid=model.grid, time_order=2, space_order=order)
        self.source, self.records, self.residual = geometry.src, geometry.rec, geometry.rec
        s = model.grid.stepping_dim.spacing
        step_u = iso_stencil(u, model, "OT2")
        shoot = self.source.inject(field=u.forward, expr=self.source * s**2 / model.m)
        record = receivers.record(self.records, u)
        shared = {"dt": self._dt_ms, **model.physical_params()}
        self._recording = self._compile(
            step_u + shoot + record, "Recording", src=self.source, rec=self.records, u=u, **shared
        )
        self._forward = self._compile(step_u + shoot, "Forward", src=self.source, u=u, **shared)

    def _adjoint_on(self, v: TimeFunction, name: str) -> Compiled:
        model = self.model
        step_v = iso_stencil(v, model, "OT2", forward=False)
        force = self.residual * model.grid.stepping_dim.spacing**2 / model.m
        inject = receivers.inject(self.residual, v.backward, force)
        made = self._compile(step_v + inject, name, rec=self.residual, v=v, dt=self._dt_ms, **model.physical_params())
        if self.block is not None:
            made.set_block(self.block)
        return made

    def _imaging_symbols(self) -> None:
        medium = self.problem.medium
        self._domain = domain = PhysicalDomain(self.model.grid, medium.shape, medium.absorbing_points)
        self._level, self._gradient = domain.array("level", self.dtype), domain.array("grad", self.dtype)
        self._keep = self._compile([Eq(self._level, domain.seen(self.u))], "Keep", level=self._level, u=self.u)

    @cached_property
    def _imaged(self) -> Imaged:
        return Imaged(self._gradient, self._level, self.u, per_dt2(self._dt_ms))

    def sweep(self, every: int = 1) -> AdjointSweep:
        """Return the adjoint's way down for imaging at every k-th step; one at a time, from :meth:`rest` on."""
        kind = InPlaceSweep if every >= IN_PLACE_FROM else AdjointSweep
        if kind not in self._sweeps:
            self._sweeps[kind] = kind(self.v, self._imaged, self._domain, self._adjoint_on, self._compile)
        return self._sweeps[kind]

    def adjoint_weight(self, step: int, every: int) -> float:
        """Return the RMS of v's second difference over the physical domain, in 1/ms² times the unit of v."""
        return self.sweep(every).weight(step)

    def _compile(self, equations: list[Any], name: str, **arguments: Any) -> Compiled:
        return Compiled(Operator(equations, subs=self.model.spacing_map, name=name), **arguments)

    @property
    def dt_s(self) -> float:
        """Time step in s: the number of milliseconds that the operators are given."""
        return float(self._dt_ms) / 1000.0

    @property
    def signature(self) -> Signature:
        """The wavelet that is injected, and what waves the grid carries in the model as it is now."""
        medium = self.problem.medium
        points = medium.absorbing_points
        velocity = self.model.vp.data[tuple(slice(points, points + n) for n in medium.shape)]
        return signature_of(self.source.data, float(self._dt_ms), velocity, medium.spacing_m, medium.space_order)

    @property
    def gradient(self) -> Array:
        """The gradient so far, a view of shape ``problem.medium.shape``."""
        return np.asarray(self._gradient.data)

    @property
    def level_bytes(self) -> int:
        """Bytes of one level of the physical domain: what the imaging condition reads."""
        return int(np.prod(self.problem.medium.shape)) * self.dtype.itemsize

    @property
    def state_bytes(self) -> int:
        """Bytes of one state: two levels of the whole grid with its halo."""
        return 2 * int(self.u._data[0].nbytes)

    def prepare(self, every: int, *, taped: bool) -> None:
        """Compile beforehand what a run takes that images every k-th step, or from a tape."""
        self.sweep(every).prepare(taped=taped)

    def set_velocity(self, velocity_m_s: Array, *, renew_layer: bool) -> None:
        """Change the model.

        Parameters
        ----------
        velocity_m_s : ndarray, shape ``problem.medium.shape``
            P velocity of the physical domain.
        renew_layer : bool
            Continue the new model into the absorbing layer. Without it the layer stays as it is, as it must where
            gradients are compared with misfits: the layer is no part of the model.
        """
        medium = self.problem.medium
        if velocity_m_s.shape != medium.shape:
            raise UsageError(f"a velocity of shape {velocity_m_s.shape} was given, the problem's is {medium.shape}")
        points = medium.absorbing_points
        velocity = (np.asarray(velocity_m_s, dtype=np.float64) / 1000).astype(self.dtype)
        if renew_layer:
            self.model.vp.data[:] = np.pad(velocity, points, mode="edge")
            fill_layer(self.model, medium)
        else:
            self.model.vp.data[tuple(slice(points, points + n) for n in medium.shape)] = velocity

    def set_shot(self, shot: int) -> None:
        """Move the source to the place of another shot."""
        self.source.coordinates.data[:] = np.array([self.problem.shot_from_origin_m(shot)])

    def rest(self) -> None:
        """Begin anew: both wavefields at rest, no record, no gradient."""
        for field in (self.u, self.v):
            field.data_with_halo[:] = 0
        self.records.data[:] = 0
        self._gradient.data[:] = 0

    def forward(self, first: int, last: int, *, record: bool) -> None:
        """Advance the state from step ``first`` to step ``last``."""
        (self._recording if record else self._forward).up(first, last)

    def slots(self, count: int) -> list[LevelSlot]:
        """Allocate memory for so many levels of the physical domain."""
        return slots(self._level, count)

    def forget_slots(self) -> None:
        """Hold no slot of the last run any more, so that its memory is free once its owner lets go of it."""
        self._keep.put_back("level")
        for sweep in self._sweeps.values():
            sweep.forget_slots()

    def keep(self, step: int, slot: LevelSlot) -> None:
        """Copy u[step], one of the levels in the buffers, into a slot."""
        self._keep.replace("level", slot.argument)
        self._keep.up(step, step + 1)

    def state(self, step: int) -> tuple[Array, Array]:
        """Return the buffers of u[step - 1] and u[step], halo included, each C-contiguous."""
        data = self.u._data
        return np.asarray(data[(step - 1) % 2]), np.asarray(data[step % 2])

    def level(self, step: int) -> Array:
        """Return u[step], one of the levels in the buffers, over the physical domain: a view."""
        return self._domain.within(np.asarray(self.u.data)[step % 2])

    @property
    def per_dt2(self) -> np.floating[Any]:
        """1/Δt², in 1/ms² and the operators' precision, as the imaging condition multiplies with it."""
        return self._imaged.per_dt2

    def begin_reversal(self) -> float:
        """Make the residual, once the whole record is there; return J = ½ Σ r²."""
        residual = self.residual.data
        residual[:] = self.records.data - self.observed
        return 0.5 * float(np.sum(np.square(residual, dtype=np.float64)))

    def mend(self, step: int) -> None:
        """Set the halo of a state to zero, as it always is: a lossy compressor may have left something there."""
        width = self.problem.medium.space_order
        for level in self.state(step):
            for axis in range(level.ndim):
                along = np.moveaxis(level, axis, 0)
                along[:width] = 0
                along[-width:] = 0


def _model(problem: GradientProblem, velocity_km_s: Array) -> SeismicModel:
    medium = problem.medium
    with warnings.catch_warnings():
        # Devito's examples use an interface that Devito itself has begun to retire.
        warnings.filterwarnings("ignore", message="Passing `SubDomain`s", category=DeprecationWarning)
        return SeismicModel(
            origin=(0.0,) * len(medium.shape),  # coordinates are single precision: they count from the first point
            spacing=medium.spacing_m,
            shape=medium.shape,
            space_order=medium.space_order,
            vp=velocity_km_s,
            nbl=medium.absorbing_points,
            dtype=velocity_km_s.dtype.type,
            bcs=lambda _damp, _points: None,
        )
