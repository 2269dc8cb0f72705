"""Gradients in a tilted transversely isotropic medium, with the operators of Devito's ``AnisotropicWaveSolver``.

Two coupled wavefields u and v of second order in time [Zhang2011]_, recorded as u + v. With du and dv the adjoint ones,
driven by the residual, the gradient with respect to m = 1/v² is that of the solver's ``jacobian_adjoint``,

    g = − Σ_n (u[n] · ∂²du/∂t²[n] + v[n] · ∂²dv/∂t²[n]),   n = 1 … N − 1:

a level is a pair of arrays, a state two pairs.
"""

from __future__ import annotations

from typing import Any

from devito import Function, TimeFunction

from wavecomp.adjoint.time_stepping import Array
from wavecomp.errors import UsageError
from wavecomp.physics.level_buffers import Region
from wavecomp.physics.solver_code import SolverCode
from wavecomp.wavefields.seismic_examples import examples_quiet

FIRST = 1


def tti_code(solver: Any, *, dt: Any = None, observed: Array | None = None, region: Region | None = None) -> SolverCode:
    """Return an ``AnisotropicWaveSolver`` as a time-stepping code.

    Parameters
    ----------
    solver : examples.seismic.tti.AnisotropicWaveSolver
        With the centred kernel: its gradient operator has no other.
    dt : float, optional
        Time step in ms; the solver's by default, and that of its geometry's samples.
    observed : ndarray, shape (steps + 1, receivers), optional
        Observed data; zeros by default.
    region : tuple of slice, optional
        The part of the grid that is imaged; all of it by default.

    Raises
    ------
    UsageError
        The solver's kernel is the staggered one.
    """
    if solver.kernel != "centered":
        raise UsageError(f'kernel="{solver.kernel}": only the kernel "centered" has a gradient operator')
    common = {"grid": solver.model.grid, "time_order": 2, "space_order": solver.space_order}
    u, v, du, dv = (TimeFunction(name=name, **common) for name in ("u", "v", "du", "dv"))
    gradient = Function(name="dm", grid=solver.model.grid)
    with examples_quiet():
        forward, reverse, alone = solver.op_fwd(save=False), solver.op_jacadj(save=False), solver.op_adj()
    return SolverCode(
        solver,
        forward=forward,
        reverse=reverse,
        adjoint_alone=alone,
        reads=[(u, 0), (v, 0)],
        gradient=gradient,
        first=FIRST,
        fields={"u": u, "v": v},
        adjoint_fields={"u0": u, "v0": v, "du": du, "dv": dv, "dm": gradient},
        alone_fields={"p": du, "r": dv},
        dt=solver.dt if dt is None else dt,
        observed=observed,
        region=region,
    )
