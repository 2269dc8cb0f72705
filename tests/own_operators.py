"""A small wave problem written with Devito directly, once with every level saved and once with buffers that turn."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

STEPS = 48
DT_MS = 1.5


def wave(shape=(21, 23), imaging="curvature of v", save=None, dtype="float32", adjoint_reads_u=False):
    """Return symbols and operators; ``save`` is STEPS for Devito's own way, None or Buffer(k) for ours."""
    from wavecomp.wavefields.devito_setup import open_devito

    open_devito()
    from devito import Eq, Function, Grid, Inc, Operator, SparseTimeFunction, TimeFunction, solve

    grid = Grid(shape=shape, extent=tuple(10.0 * (n - 1) for n in shape), dtype=np.dtype(dtype).type)
    s = SimpleNamespace(grid=grid)
    s.m = Function(name="m", grid=grid, space_order=4)
    s.m.data[:] = 0.25
    s.u = TimeFunction(name="u", grid=grid, time_order=2, space_order=4, save=save)
    s.v = TimeFunction(name="v", grid=grid, time_order=2, space_order=4)
    s.gradient = Function(name="g", grid=grid)
    middle = [[5.0 * (n - 1) for n in shape]]
    s.src = SparseTimeFunction(name="src", grid=grid, npoint=1, nt=STEPS, coordinates=np.array(middle))
    places = np.full((5, len(shape)), 20.0)
    places[:, 0] = np.linspace(10.0, 10.0 * (shape[0] - 2), 5)
    s.rec, s.res = (
        SparseTimeFunction(name=name, grid=grid, npoint=5, nt=STEPS, coordinates=places) for name in ("rec", "res")
    )
    n = np.arange(STEPS)
    s.src.data[:, 0] = np.exp(-(((n - 12) / 4.0) ** 2)) * np.sin(n / 3)
    dt = grid.stepping_dim.spacing
    step_u = Eq(s.u.forward, solve(s.m * s.u.dt2 - s.u.laplace, s.u.forward))
    scatter = s.u * 1e-3 if adjoint_reads_u else 0
    step_v = Eq(s.v.backward, solve(s.m * s.v.dt2 - s.v.laplace, s.v.backward) + scatter)
    added = {
        "curvature of v": -s.u * s.v.dt2,
        "curvature of u": -s.u.dt2 * s.v,
        "square of u": -s.u * s.u * s.v,
    }[imaging]
    shoot = s.src.inject(field=s.u.forward, expr=s.src * dt**2 / s.m)
    answer = s.res.inject(field=s.v.backward, expr=s.res * dt**2 / s.m)
    s.forward = Operator([step_u, shoot, s.rec.interpolate(expr=s.u)], name="OwnForward")
    s.reverse = Operator([step_v, answer, Inc(s.gradient, added)], name="OwnReverse")
    s.alone = lambda: Operator([step_v, answer], name="OwnAlone")
    s.dt = np.dtype(dtype).type(DT_MS)
    return s


def stored_gradient(s, kept=None):
    """The gradient by Devito alone, of operators with every level saved; levels that are not in ``kept`` are zero."""
    s.u.data_with_halo[:] = 0
    s.v.data_with_halo[:] = 0
    s.gradient.data[:] = 0
    s.forward.apply(time_m=1, time_M=STEPS - 2, dt=s.dt)
    s.res.data[:] = s.rec.data
    if kept is not None:
        for n in set(range(STEPS)) - set(kept):
            s.u.data_with_halo[n] = 0
    s.reverse.apply(time_m=1, time_M=STEPS - 2, dt=s.dt)
    return np.array(s.gradient.data), 0.5 * float((np.asarray(s.rec.data, dtype=np.float64) ** 2).sum())


def code_of(s, offsets=(0,), **more):
    """Return the buffered operators as a code, with the record itself as the residual."""
    from wavecomp.physics.devito_code import DevitoCode

    def begin():
        s.res.data[:] = s.rec.data
        return 0.5 * float((np.asarray(s.rec.data, dtype=np.float64) ** 2).sum())

    given = {
        "forward": s.forward,
        "reverse": s.reverse,
        "reads": [(s.u, offset) for offset in offsets],
        "gradient": s.gradient,
        "first": 1,
        "last": STEPS - 1,
        "forward_arguments": {"dt": s.dt},
        "reverse_arguments": {"dt": s.dt},
        "begin_reversal": begin,
    }
    return DevitoCode(**{**given, **more})
