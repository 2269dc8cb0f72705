"""1/Δt² as Devito's compiled gradient has it, to the last bit.

Devito's gradient divides by Δt and by Δt·Δt once, before its loops. gcc puts both divisions into one vector register
and, with ``-ffast-math``, takes the processor's approximate reciprocal there and one step of Newton's method. For many
Δt that is off by one unit in the last place, up or down, on other processors for other Δt. The second difference of the
imaging condition cancels digits: one such unit is 2e-7 to 8e-7 of the gradient. So the number is not computed here but
asked for: of an operator that divides by both in the same way, from the same compiler.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from devito import Eq, Function, Grid, Inc, Operator, TimeFunction

from wavecomp.physics.compiled import Compiled
from wavecomp.wavefields.float_state import kernel_float_state


def per_dt2(dt_ms: np.floating) -> np.floating:
    """Return 1/Δt² in the precision of the time step, as the compiler rounds it in Devito's gradient."""
    with kernel_float_state():
        operator, fields = _operator(np.dtype(type(dt_ms)))
    for field in fields.values():
        field.data_with_halo[:] = 0
    fields["one"].data[:] = 1
    # At n = 1: v[n+1] = 1 and v[n] = 0, and v[n-1] comes out as 0: the sum is 1/Δt², and nothing is rounded again.
    fields["v"].data[2] = 1
    Compiled(operator, dt=dt_ms, **fields).up(1, 2)
    return type(dt_ms)(-fields["grad"].data[1, 1, 1])


@cache
def _operator(dtype: np.dtype[Any]) -> tuple[Operator, dict[str, Any]]:
    """Return an operator with the two divisions and the two loops of Devito's gradient, and its fields."""
    grid = Grid(shape=(4, 4, 4), dtype=dtype.type)
    dt = grid.stepping_dim.spacing
    one, none, grad = (Function(name=name, grid=grid, space_order=0) for name in ("one", "none", "grad"))
    v = TimeFunction(name="v", grid=grid, time_order=2, space_order=2)
    step = Eq(v.backward, none * v.forward / dt**2 + none * v / dt)
    operator = Operator([step, Inc(grad, -v.dt2 * one)], name="Reciprocals")
    return operator, {"one": one, "none": none, "grad": grad, "v": v}
