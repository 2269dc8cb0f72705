"""Small solvers of Devito's examples, with fixtures' worth of set-up: layered models, two dozen points a side."""

from __future__ import annotations

from typing import Any

import numpy as np

POINTS_OF_LAYER = 8


def solver_of(kind: str, *, shape=(31, 33), dtype="float32", order=4, ms=150.0) -> Any:
    """Return a solver: ``tti``, or a visco-acoustic kernel with its order in time, as ``sls:2``."""
    from wavecomp.wavefields.devito_setup import open_devito
    from wavecomp.wavefields.seismic_examples import examples_importable, examples_quiet

    open_devito()
    with examples_importable():
        from examples.seismic import AcquisitionGeometry, demo_model
        from examples.seismic.tti import AnisotropicWaveSolver
        from examples.seismic.viscoacoustic import ViscoacousticWaveSolver
    preset = "layers-tti" if kind == "tti" else "layers-viscoacoustic"
    with examples_quiet():
        model = demo_model(
            preset,
            shape=shape,
            spacing=(10.0,) * len(shape),
            nbl=POINTS_OF_LAYER,
            space_order=order,
            dtype=np.dtype(dtype).type,
        )
        extent = np.array([10.0 * (n - 1) for n in shape])
        source = (extent * 0.47)[None, :]
        source[0, -1] = 30.0
        receivers = np.full((7, len(shape)), 20.0)
        receivers[:, 0] = np.linspace(20.0, extent[0] - 20.0, 7)
        receivers[:, 1:-1] = 0.55 * extent[1:-1]
        geometry = AcquisitionGeometry(model, receivers, source, t0=0.0, tn=ms, f0=0.020, src_type="Ricker")
        if kind == "tti":
            return AnisotropicWaveSolver(model, geometry, space_order=order)
        kernel, time_order = kind.split(":")
        return ViscoacousticWaveSolver(model, geometry, space_order=order, kernel=kernel, time_order=int(time_order))


def code_of_solver(kind: str, solver: Any, **more: Any) -> Any:
    """Return our code of a solver."""
    from wavecomp.physics.tti import tti_code
    from wavecomp.physics.viscoacoustic import viscoacoustic_code

    return (tti_code if kind == "tti" else viscoacoustic_code)(solver, **more)


def stored_gradient(kind: str, solver: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient as users of the solver compute it, and the record, which is the residual as well."""
    from wavecomp.wavefields.float_state import kernel_float_state
    from wavecomp.wavefields.seismic_examples import examples_quiet

    with examples_quiet(), kernel_float_state():
        if kind == "tti":
            records, u, v, _ = solver.forward(save=True)
            wavefields = (u, v)
        else:
            records, p, _, _ = solver.forward(save=True)
            wavefields = (p,)
        residual = solver.geometry.rec
        residual.data[:] = records.data
        if kind == "tti" or solver.kernel == "sls":
            gradient, _ = solver.jacobian_adjoint(residual, *wavefields)
        else:
            gradient = _without_memory(solver, residual, *wavefields)
    return np.array(gradient.data), np.array(records.data)


def _without_memory(solver: Any, residual: Any, p: Any) -> Any:
    """Call the gradient operator itself: ``jacobian_adjoint`` passes a memory variable, which these kernels lack."""
    from devito import Function

    operator, gradient = solver.op_grad(), Function(name="grad", grid=solver.model.grid)
    names = {parameter.name for parameter in operator.parameters}
    known = {name: value for name, value in solver.model.physical_params().items() if name in names}
    if solver.time_order == 1:
        known["time_m"] = 0
    operator.apply(rec=residual, p=p, grad=gradient, dt=solver.dt, **known)
    return gradient


def dot_test(kind: str, solver: Any, code: Any) -> tuple[float, float, float]:
    """Return ⟨J x, y⟩, ⟨x, Jᵀ y⟩ and ‖J x‖ ‖y‖, with y the residual of a run that observed nothing.

    x is noise within the domain. J is the solver's own Born operator, Jᵀ y our gradient from recomputed wavefields.
    """
    from devito import Function

    from wavecomp.adjoint.reversal import Reversal
    from wavecomp.plans.strategies import parse_strategy
    from wavecomp.wavefields.float_state import kernel_float_state
    from wavecomp.wavefields.seismic_examples import examples_quiet

    run = Reversal(code).run(parse_strategy("mixed:levels=10"))
    y = np.array(code.residual.data, dtype=np.float64)
    dm = Function(name="dm", grid=solver.model.grid, space_order=0)
    inside = tuple(slice(POINTS_OF_LAYER + 4, -POINTS_OF_LAYER - 4) for _ in dm.shape)
    x = np.zeros(dm.shape)
    x[inside] = np.random.default_rng(3).standard_normal(x[inside].shape)
    dm.data[:] = x
    with examples_quiet(), kernel_float_state():
        linear = np.array(solver.jacobian(dm)[0].data, dtype=np.float64)
    there = float(np.vdot(linear, y))
    back = float(np.vdot(np.asarray(dm.data, dtype=np.float64), run.gradient.astype(np.float64)))
    return there, back, float(np.linalg.norm(linear) * np.linalg.norm(y))
