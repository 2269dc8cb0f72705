"""Devito's own solvers with checkpoints of ours: ``jacobian_adjoint(checkpointing=True)`` by a strategy.

:class:`DevitoCheckpoint` and :class:`CheckpointOperator` have the interface of the classes of the same names in Devito,
which exist only where pyrevolve is installed. These need it not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from devito import Operator as DevitoOperator
from devito import TimeFunction
from numpy.typing import NDArray

from wavecomp.adjoint.revolver import Checkpoint, Operator, Revolver
from wavecomp.errors import UsageError

_LOOKED_UP = ("Revolver", "DevitoCheckpoint", "CheckpointOperator")


class CheckpointOperator(Operator):
    """A Devito operator with its arguments prepared once, for pieces of its time loop.

    Parameters
    ----------
    op : devito.Operator
    **arguments
        As for its ``apply``. Step 0 is its first iteration with them.
    """

    def __init__(self, op: DevitoOperator, **arguments: Any) -> None:
        self.op = op
        self.args = op._prepare_arguments(**arguments)
        self.start_offset = int(self.args["time_m"])

    def apply(self, t_start: int, t_end: int) -> None:
        """Run the iterations of the steps ``t_start <= n < t_end``."""
        args = self.args | {"time_m": t_start + self.start_offset, "time_M": t_end - 1 + self.start_offset}
        self.op.cfunction(*[args[parameter.name] for parameter in self.op.parameters])


class DevitoCheckpoint(Checkpoint):
    """Wavefields as a forward state: as many levels of each, halo included, as its order in time.

    Parameters
    ----------
    objects : sequence of TimeFunction
        Of one dtype, with time buffers (not ``save``), and with halos of zeros, as Devito's solvers leave them.
    """

    def __init__(self, objects: Sequence[TimeFunction]) -> None:
        dtypes = {np.dtype(field.dtype) for field in objects if isinstance(field, TimeFunction)}
        if len(dtypes) != 1 or not all(isinstance(field, TimeFunction) for field in objects):
            raise UsageError(f"DevitoCheckpoint({list(objects)!r}): give one or more TimeFunctions of one dtype")
        self.objects, self.dtype = list(objects), dtypes.pop()
        for field in self.objects:
            _ = field.data  # Devito allocates at the first look
        self.size = sum(array.size for array in self.get_data(0))

    def get_data(self, timestep: int) -> list[NDArray[Any]]:
        """Return the levels."""
        return [
            np.asarray(field._data[timestep + field.time_order - 1 - back])
            for field in self.objects
            for back in range(field.time_order)
        ]

    def mend(self, timestep: int) -> None:
        """Set the halos to zero, where a lossy compressor may have left something. With MPI they are others' values."""
        for field in self.objects:
            if field.grid.distributor.nprocs > 1:
                continue
            for back in range(field.time_order):
                level = np.asarray(field._data[timestep + field.time_order - 1 - back])
                for axis, (before, after) in enumerate(field._size_halo[1:]):
                    along = np.moveaxis(level, axis, 0)
                    along[:before] = 0
                    along[along.shape[0] - after :] = 0


@contextmanager
def checkpointed_by(
    solver: Any,
    strategy: str | None = None,
    *,
    n_checkpoints: int | None = None,
    budget_bytes: int | None = None,
    disk_folder: str | Path | None = None,
    forward_before_reverse: bool = True,
) -> Iterator[None]:
    """Have the solvers of a module of Devito's examples checkpoint by a strategy inside a ``with`` block.

    The three names by which they find pyrevolve are ours there meanwhile. Not for several threads at a time.

    Parameters
    ----------
    solver : AcousticWaveSolver, AnisotropicWaveSolver or the like
        Whose ``jacobian_adjoint(checkpointing=True)`` is meant. Others of the same module are concerned as well.
    strategy, budget_bytes, disk_folder, forward_before_reverse
        As for :class:`~wavecomp.adjoint.revolver.Revolver`. The reverse operators of the acoustic and the TTI solver do
        not need the forward step before them; that of the viscoacoustic one does.
    n_checkpoints : int, optional
        Instead of the number that the solver asks for.

    Raises
    ------
    UsageError
        The solver's module does not look for checkpoints in this way.
    """
    module = sys.modules[type(solver).__module__]
    missing = [name for name in _LOOKED_UP if not hasattr(module, name)]
    if missing:
        raise UsageError(
            f"{type(solver).__name__} is no solver that checkpoints: its module {module.__name__} has no "
            f"{', '.join(missing)}; give an AcousticWaveSolver, an AnisotropicWaveSolver or a ViscoacousticWaveSolver"
        )
    chosen = partial(
        Revolver,
        strategy=strategy,
        budget_bytes=budget_bytes,
        disk_folder=disk_folder,
        forward_before_reverse=forward_before_reverse,
    )

    def revolver(checkpoint: Any, forward: Any, reverse: Any, asked: int | None, steps: int) -> Revolver:
        return chosen(checkpoint, forward, reverse, asked if n_checkpoints is None else n_checkpoints, steps)

    ours = dict(zip(_LOOKED_UP, (revolver, DevitoCheckpoint, CheckpointOperator), strict=True))
    before = {name: getattr(module, name) for name in _LOOKED_UP}
    vars(module).update(ours)
    try:
        yield
    finally:
        vars(module).update(before)
