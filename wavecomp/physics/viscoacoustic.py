"""Gradients in a medium with loss, with the operators of Devito's ``ViscoacousticWaveSolver``.

The wavefield is the pressure p, with a memory variable r in a standard linear solid, and particle velocities where the
equations are of first order. With pa the adjoint pressure, the gradient with respect to m = 1/v² is that of the
solver's ``jacobian_adjoint``, with forward differences in time:

    g = + Σ_n ∂p/∂t[n] · ∂pa/∂t[n]   (second order),    g = − Σ_n ∂p/∂t[n] · pa[n]   (first order).

Either reads p[n] and p[n+1]: a level is a pair of arrays. Density and Q are no part of the gradient.
"""

from __future__ import annotations

from typing import Any

from devito import NODE, Function, TimeFunction, VectorTimeFunction

from wavecomp.adjoint.time_stepping import Array
from wavecomp.physics.level_buffers import Region
from wavecomp.physics.solver_code import SolverCode
from wavecomp.wavefields.seismic_examples import examples_quiet


def viscoacoustic_code(
    solver: Any, *, dt: Any = None, observed: Array | None = None, region: Region | None = None
) -> SolverCode:
    """Return a ``ViscoacousticWaveSolver`` of any kernel and order in time as a time-stepping code.

    Parameters
    ----------
    solver : examples.seismic.viscoacoustic.ViscoacousticWaveSolver
    dt : float, optional
        Time step in ms; the solver's by default, and that of its geometry's samples.
    observed : ndarray, shape (steps + 1, receivers), optional
        Observed data; zeros by default.
    region : tuple of slice, optional
        The part of the grid that is imaged; all of it by default.
    """
    grid, order = solver.model.grid, solver.time_order
    common = {"grid": grid, "time_order": order, "space_order": solver.space_order}
    p, pa = (TimeFunction(name=name, staggered=NODE, **common) for name in ("p", "pa"))
    fields, adjoint = {"p": p}, {"pa": pa}
    if solver.kernel == "sls":
        # Of one name in both operators, and yet two: the forward one must go on while the other one is under way.
        fields["r"], adjoint["r"] = (TimeFunction(name="r", staggered=NODE, **common) for _ in range(2))
    if order == 1:
        for name, into in (("v", fields), ("va", adjoint)):
            into.update({part.name: part for part in VectorTimeFunction(name=name, **common)})
    gradient = Function(name="grad", grid=grid)
    with examples_quiet():
        forward, reverse, alone = solver.op_fwd(save=None), solver.op_grad(save=False), solver.op_adj()
    return SolverCode(
        solver,
        forward=forward,
        reverse=reverse,
        adjoint_alone=alone,
        reads=[(p, 0), (p, 1)],
        gradient=gradient,
        first=order - 1,
        fields=fields,
        adjoint_fields={"p": p, "grad": gradient, **adjoint},
        alone_fields=adjoint,
        dt=solver.dt if dt is None else dt,
        observed=observed,
        region=region,
    )
