"""pyrevolve, driven as Devito's own solver drives it: CheckpointOperator, DevitoCheckpoint, Revolver.

A benchmark's extra (``pip install 'wavecomp[peers]'``); nothing else needs it. Its storage takes the full uncompressed
size of every checkpoint whatever the compressor gives, so its bytes are counted twice here: what it reserves, and what
its compressed checkpoints would take.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.compressors import Compressor
from wavecomp.errors import WavecompError
from wavecomp.physics.workbench import Workbench
from wavecomp.wavefields.float_state import kernel_float_state


class PeerUnavailable(WavecompError):
    """pyrevolve is missing, or a run of it took longer than it was given."""


@dataclass(frozen=True)
class PeerRun:
    """One gradient by pyrevolve.

    Attributes
    ----------
    seconds : float
        Wall time of the forward and the reverse part, residual included.
    gradient : ndarray
        Of the physical domain.
    reserved_bytes : int
        What its storage allocates.
    held_bytes : int
        Greatest sum of the checkpoints' own bytes: the same without compression.
    forward_steps : int
        Forward steps, the repeated ones included.
    """

    seconds: float
    gradient: NDArray[np.floating]
    reserved_bytes: int
    held_bytes: int
    forward_steps: int


class PyrevolvePeer:
    """Revolve on the workbench's operators, model and residual.

    Raises
    ------
    PeerUnavailable
        pyrevolve cannot be imported.
    """

    def __init__(self, bench: Workbench, timeout_s: float) -> None:
        try:
            from devito.checkpointing import CheckpointOperator, DevitoCheckpoint
            from pyrevolve import SingleLevelRevolver
            from pyrevolve.compression import CompressedObject
        except ImportError as reason:
            raise PeerUnavailable(
                f"the comparison needs pyrevolve, which cannot be imported ({reason}); pip install 'wavecomp[peers]'"
            ) from None
        from devito import Function, TimeFunction

        logging.getLogger("pyRevolve").setLevel(logging.WARNING)  # it writes several lines a checkpoint otherwise
        self._revolver, self._compressed = SingleLevelRevolver, CompressedObject
        self._bench, self._timeout_s = bench, timeout_s
        self._deadline = float("inf")
        o = bench.operators
        self._gradient = Function(name="grad", grid=o.model.grid)
        # Three levels, as Devito's own solver has them; ours are two.
        order = o.problem.medium.space_order
        self._u = TimeFunction(name="u", grid=o.model.grid, time_order=2, space_order=order)
        peer = self

        class Timed(CheckpointOperator):  # type: ignore[misc]
            """Counts its steps, and stops when time is up."""

            steps = 0

            def apply(self, t_start: int, t_end: int) -> None:
                peer._check_deadline()
                self.steps += t_end - t_start
                super().apply(t_start, t_end)

        shared = {"dt": o._dt_ms, **o.model.physical_params()}
        with kernel_float_state():
            self._forward = Timed(o.solver.op_fwd(False), src=o.source, rec=o.records, u=self._u, **shared)
            self._reverse = Timed(
                o.solver.op_grad(False), u=self._u, v=o.v, rec=o.residual, grad=self._gradient, **shared
            )
        self._checkpoint = DevitoCheckpoint([self._u])
        self.checkpoint_bytes = int(self._checkpoint.nbytes)

    def compressed_bytes(self, compressor: Compressor, samples: int = 12) -> float:
        """Return the mean size of a compressed checkpoint over a forward run."""
        o = self._bench.operators
        o.rest()
        sizes, step = [], 1
        for stop in np.linspace(1, o.last - 1, samples + 1).astype(int)[1:]:
            o.forward(step, int(stop), record=False)
            step = int(stop)
            sizes.append(sum(compressor.encode(compressor.prepare(level)).nbytes for level in o.state(step)))
        return float(np.mean(sizes))

    def run(self, checkpoints: int, compressor: Compressor | None = None) -> PeerRun:
        """Compute the gradient with so many checkpoints.

        Raises
        ------
        PeerUnavailable
            It takes longer than the time limit.
        """
        o, observed = self._bench.operators, self._bench.observed()
        gc.collect()  # the storage of a run before this one hangs in a cycle, and two of them would be too much
        o.rest()
        self._u.data_with_halo[:] = 0
        self._gradient.data[:] = 0
        self._forward.steps = 0
        # Floating point as in a process of Devito's own: subnormal numbers are flushed, which is its fast case.
        with kernel_float_state():
            revolver = self._revolver(
                self._checkpoint,
                self._forward,
                self._reverse,
                checkpoints,
                o.last - 1,
                compression_params=self._hook(compressor) if compressor else None,
            )
            storage = revolver.storage_list[0]
            if compressor is None:
                storage.storage.fill(0)  # touch its memory beforehand, as ours is
            held = _watch(storage) if compressor else (lambda: checkpoints * self.checkpoint_bytes)
            begun = time.perf_counter()
            self._deadline = begun + self._timeout_s
            revolver.apply_forward()
            o.residual.data[:] = o.records.data - observed
            revolver.apply_reverse()
            seconds = time.perf_counter() - begun
        points = o.problem.medium.absorbing_points
        inner = tuple(slice(points, points + n) for n in o.problem.medium.shape)
        gradient = np.array(self._gradient.data[inner])
        return PeerRun(seconds, gradient, checkpoints * self.checkpoint_bytes, held(), self._forward.steps)

    def _hook(self, compressor: Compressor) -> dict[str, Any]:
        def squeeze(_: object, level: NDArray[np.floating]) -> object:
            ready = compressor.prepare(np.asarray(level))
            return self._compressed(bytes(compressor.encode(ready)), shape=level.shape, dtype=level.dtype)

        def restore(_: object, stored: Any) -> NDArray[np.floating]:
            out = np.empty(stored.shape, stored.dtype)
            compressor.decompress(stored.data, out)
            return out

        return {"scheme": "custom", "compressor": squeeze, "decompressor": restore}

    def _check_deadline(self) -> None:
        if time.perf_counter() > self._deadline:
            raise PeerUnavailable(f"pyrevolve took longer than {self._timeout_s:g} s; --peer-timeout gives it more")


def _watch(storage: Any) -> Callable[[], int]:
    """Follow the sum of the compressed sizes in pyrevolve's storage; the result tells the greatest."""
    most, save = 0, storage.save

    def saved(key: int, data: Any) -> None:
        nonlocal most
        save(key, data)
        most = max(most, sum(map(sum, storage.lengths.values())))

    storage.save = saved
    return lambda: most
