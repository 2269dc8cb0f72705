"""Gradients of many shots by one strategy: one after the other, or in several processes at a time.

The processes are those of the standard library's :class:`concurrent.futures.ProcessPoolExecutor`, spawned, not forked:
a fork would inherit the locks of OpenMP's threads. (Joblib's loky would bring what this pool lacks and we do not
need: closures, resizing, memory-mapped arguments; and one more dependency.) Three things are added. Ctrl-C is left to
the parent, which kills its processes: those of the bare pool take it for the failure of one task, and go on with the
next. Models and gradients travel in shared memory, not through the pool's pipes, where a process that is killed in the
middle of a long message leaves the reader waiting for ever. And each process notes the shot that it computes, so that
an error can name it.

A *study* of strategies needs more than this: time and memory limits, and a crash that costs one case alone. It runs in
:mod:`wavecomp.isolation`.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_double, c_float, c_int64
from dataclasses import replace
from multiprocessing.context import SpawnContext, SpawnProcess
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import ShotFailed, UnsupportedStrategy
from wavecomp.inversion.shots_process import INITIAL, GradientTask, Refused, SharedArrays, begin, compute
from wavecomp.isolation import how_it_ended, interrupts_held
from wavecomp.physics.opening import passive_threads, threads_each
from wavecomp.physics.problem import GradientProblem
from wavecomp.plans.strategy import Strategy

if TYPE_CHECKING:
    from wavecomp.adjoint.result import GradientRun
    from wavecomp.physics.workbench import Workbench

Velocity = NDArray[np.floating]

_AHEAD = 2
"""Shots a process that may be under way or wait for an earlier one: each of them has room in the shared memory."""


class Shots(Protocol):
    """Computes gradients of many shots of one problem."""

    def runs(
        self, strategy: Strategy, shots: Sequence[int], velocity_m_s: Velocity | None = None
    ) -> Iterator[GradientRun]:
        """Yield the gradient of each shot, in their order.

        Parameters
        ----------
        strategy : Strategy
            How the forward wavefield is kept.
        shots : sequence of int
            Which of the problem's shots.
        velocity_m_s : ndarray, shape ``problem.medium.shape``, optional
            The model, in the absorbing layer of the initial one; without it, the initial model.
        """


class OneByOne:
    """All shots in this process, on a workbench that is there."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._moved = False

    def runs(
        self, strategy: Strategy, shots: Sequence[int], velocity_m_s: Velocity | None = None
    ) -> Iterator[GradientRun]:
        """Yield the gradient of each shot, in their order; see :class:`Shots`."""
        operators = self._workbench.operators
        if velocity_m_s is not None:
            operators.set_velocity(velocity_m_s, renew_layer=False)
        elif self._moved:
            operators.set_velocity(operators.problem.initial_velocity(), renew_layer=True)
        self._moved = velocity_m_s is not None
        for shot in shots:
            yield self._workbench.run(strategy, shot=shot)


class ShotPool:
    """Processes with operators of their own, which compute shots at the same time. A context manager.

    The processes begin with the first shots. They end with the pool, and also with the thread that asked for the shots.
    The bits are those of :class:`OneByOne`: a gradient does not depend on the number of threads.

    Parameters
    ----------
    problem : GradientProblem
        What is modelled.
    processes : int
        How many, at most one for each of the problem's shots. The cores are divided among them; the threads that a
        compressor is told to take (``slabs:threads=2``) are not.
    """

    def __init__(self, problem: GradientProblem, processes: int) -> None:
        passive_threads()  # for the processes: they inherit it
        self._problem = problem
        self.processes = max(1, min(processes, len(problem.shots_m)))
        self.threads = threads_each(self.processes)
        size = int(np.prod(problem.medium.shape))
        self._context = _Context()
        self._memory = SharedArrays(
            self._context.RawArray(c_double, size),
            self._context.RawArray(c_float, _AHEAD * self.processes * size),
            self._context.RawArray(c_int64, len(problem.shots_m)),
        )
        self._velocity = np.ctypeslib.as_array(self._memory.velocity_m_s).reshape(problem.medium.shape)
        self._gradients = np.ctypeslib.as_array(self._memory.gradients).reshape(-1, *problem.medium.shape)
        self._models = INITIAL
        self._executor = ProcessPoolExecutor(
            self.processes, self._context, begin, (problem, self._memory, self.threads, os.getpid())
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        self._executor.shutdown()

    def kill(self) -> None:
        """End all processes at once, whatever they do; the pool cannot be used any more."""
        for process in self._context.started:
            process.kill()
        self._executor.shutdown()

    def runs(
        self, strategy: Strategy, shots: Sequence[int], velocity_m_s: Velocity | None = None
    ) -> Iterator[GradientRun]:
        """Yield the gradient of each shot, in their order; see :class:`Shots`.

        One call at a time; where it is left while shots are under way, the pool ends.

        Raises
        ------
        ShotFailed
            Names the shot, and why: what its process said, or how the process ended.
        UnsupportedStrategy
            Its tolerances go by the weights of an earlier gradient, and which process has seen which one is chance.
        """
        if strategy.weights == "earlier":
            raise UnsupportedStrategy(
                f'strategy "{strategy.spec}": with shots in several processes nobody can say from which gradient '
                "weights=earlier would be; write weights=coarse, which is the same everywhere, or use one worker"
            )
        model = self._model(velocity_m_s)
        todo = deque(shots)
        free = deque(range(len(self._gradients)))
        under_way: deque[tuple[GradientTask, Future[GradientRun | Refused]]] = deque()
        try:
            while todo or under_way:
                while todo and free:
                    task = GradientTask(strategy, todo.popleft(), model, free.popleft())
                    under_way.append((task, self._executor.submit(compute, task)))
                task, future = under_way[0]
                run = future.result()
                under_way.popleft()
                if isinstance(run, Refused):
                    raise ShotFailed((task.shot,), task.strategy.spec, run.reason) from RuntimeError(run.trace)
                gradient = self._gradients[task.place].copy()
                free.append(task.place)
                yield replace(run, gradient=gradient)
        except BrokenProcessPool:
            self._executor.shutdown()  # waits until the others have ended, too
            raise self._died(strategy) from None
        except BaseException:
            if under_way:
                self.kill()
            raise

    def _model(self, velocity_m_s: Velocity | None) -> int:
        """Send a model, unless it is the one that was sent last; return its number."""
        if velocity_m_s is None:
            return INITIAL
        if self._models == INITIAL or not np.array_equal(self._velocity, velocity_m_s):
            self._velocity[...] = velocity_m_s
            self._models += 1
        return self._models

    def _died(self, strategy: Strategy) -> ShotFailed:
        """Tell which shot took its process along: the pool then ends the other processes by SIGTERM."""
        ended = {process.pid: process.exitcode for process in self._context.started}
        at_work = {shot: pid for shot, pid in enumerate(self._memory.computing) if pid}
        guilty = {shot: pid for shot, pid in at_work.items() if ended.get(pid) != -signal.SIGTERM} or at_work
        if not guilty:
            codes = [code for code in ended.values() if code not in (0, -signal.SIGTERM)]
            reason = f"a process did not come to its first shot: {how_it_ended(codes[0] if codes else None)}"
            return ShotFailed((), strategy.spec, reason)
        code = ended.get(next(iter(guilty.values())))
        advice = "; is the memory full? Fewer --workers need less of it" if code == -signal.SIGKILL else ""
        return ShotFailed(guilty, strategy.spec, f"its process ended: {how_it_ended(code)}{advice}")


class _Process(SpawnProcess):
    def start(self) -> None:
        """Start it; a Ctrl-C in that moment is the parent's alone."""
        with interrupts_held():
            super().start()


class _Context(SpawnContext):
    """The standard library's, which remembers the processes that it started: a pool does not tell."""

    def __init__(self) -> None:
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **keywords: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        """Make a process as the standard library does."""
        made = _Process(*args, **keywords)
        self.started.append(made)
        return made
