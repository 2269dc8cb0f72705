"""The door to the adjoint's operators: Devito comes with them, and is set up here before its first parallel region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wavecomp.errors import UsageError
from wavecomp.thread_settings import passive_threads, threads_each
from wavecomp.wavefields.devito_setup import open_devito
from wavecomp.wavefields.devito_words import import_words, operator_words

if TYPE_CHECKING:
    from wavecomp.physics.acoustic import AcousticOperators
    from wavecomp.physics.problem import GradientProblem
    from wavecomp.physics.solver_bench import SolverBench
    from wavecomp.physics.workbench import Workbench

__all__ = ["open_bench", "open_operators", "passive_threads", "threads_each"]


def open_operators(problem: GradientProblem, dtype: str = "float32") -> AcousticOperators:
    """Set Devito up, compile the operators of a problem and prepare their arguments.

    Raises
    ------
    CompilerMissing
        There is no C compiler.
    EnvironmentRefused
        An environment variable of Devito's, of the compiler's or of OpenMP's has a value that cannot work.
    PropagationError
        Devito cannot be imported, or fails.
    RecipeError
        The time step is unstable, or the grid too coarse.
    ModelFileError
        A velocity model cannot be read.
    UsageError
        The problem's physics is not the acoustic one.
    """
    if problem.medium.physics != "acoustic":
        raise UsageError(
            f'physics = "{problem.medium.physics}" of problem {problem.name}: experiments and inversions have acoustic '
            "operators only; strategies are compared for it without --experiment"
        )
    open_devito()
    with import_words():
        from wavecomp.physics.acoustic import AcousticOperators
    with operator_words():
        return AcousticOperators(problem, dtype)


def open_bench(problem: GradientProblem) -> Workbench | SolverBench:
    """Return a problem of any physics ready for gradients; errors as in :func:`open_operators`."""
    if problem.medium.physics == "acoustic":
        from wavecomp.physics.workbench import Workbench

        return Workbench(open_operators(problem))
    open_devito()
    with import_words():
        from wavecomp.physics.solver_bench import SolverBench
    with operator_words():
        return SolverBench(problem)
