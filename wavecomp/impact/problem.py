"""What a gradient study asks of a problem. A study knows no physics: whatever offers this can be studied.

:class:`~wavecomp.physics.problem.GradientProblem` and :class:`~wavecomp.physics.workbench.Workbench` are one
implementation, :class:`~wavecomp.impact.own_code.OwnCode` is another. A problem travels to the measuring process, so it
can be pickled; it is opened there, and what that raises is a failure of the case like any other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from wavecomp.adjoint.bare import Bare
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.plans.strategy import Strategy


class Bench(Protocol):
    """A problem that is open, in the process that measures: its code, and the memory that its runs share."""

    @property
    def code(self) -> TimeStepping[Any]:
        """What is reversed; a study asks it for its steps and for the bytes of a level and of a state."""

    @property
    def steps(self) -> int:
        """How many steps a record says that a run has."""

    @property
    def threads(self) -> int:
        """Threads that the code computes with."""

    @property
    def spare_bytes(self) -> int:
        """Memory of the last run's checkpoints: taken over by the same run, let go of by another."""

    def give_back(self) -> None:
        """Give the memory that earlier runs left touched back to the system."""

    def with_step(self, strategy: Strategy) -> Strategy:
        """Return a strategy whose imaging step is a number, found from the code's source where it is none."""

    def prepare(self, shot: int) -> None:
        """Have there what all runs of a shot share, such as its observed data."""

    def bare(self, shot: int) -> Bare:
        """Run the two sweeps with nothing stored."""

    def run(
        self,
        strategy: Strategy,
        *,
        shot: int,
        budget_bytes: int,
        disk_folder: Path | None = None,
        disk_budget_bytes: int = ...,
        traced: bool = ...,
    ) -> GradientRun:
        """Compute the gradient of a shot, as :meth:`wavecomp.adjoint.reversal.Reversal.run` does."""


class Problem(Protocol):
    """One gradient problem. It can be hashed, and is equal to another one only where the digests are equal."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of everything that determines the exact gradient."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the gradient; empty where nobody knows it."""

    @property
    def dtype(self) -> str:
        """Of a level's numbers."""

    @property
    def shot_count(self) -> int:
        """Gradients of how many shots may be added up: 0 where it has no shots, and one gradient alone."""

    @property
    def steps(self) -> int | None:
        """How many steps a run has; None where only the open problem tells."""

    @property
    def first(self) -> int:
        """The step at which a run begins."""

    @property
    def in_buffers(self) -> int:
        """Levels that are at hand with a state."""

    @property
    def level_bytes(self) -> int:
        """Bytes of one level."""

    @property
    def state_bytes(self) -> int:
        """Bytes of one state."""

    @property
    def sweeps_bytes(self) -> int:
        """What a process with the open problem takes of memory at most; 0 where nobody knows it."""

    @property
    def libraries(self) -> tuple[str, ...]:
        """Distributions that do the work, with or without a compressor."""

    @property
    def foreign(self) -> str:
        """Names the code of others that runs with it, which gets a process of its own; "" where all of it is ours."""

    @property
    def devito(self) -> bool:
        """Whether Devito's kernels do the work: then how they are built is a part of where it was measured."""

    def levels_bytes(self, every: int = 1) -> int | None:
        """Return the bytes of all levels of which every k-th is imaged; None where ``steps`` is."""

    def pinned(self) -> Problem:
        """Return this problem with the files that it reads as they are now: it reads no others."""

    def open(self) -> Bench:
        """Open it, in the process that measures."""
