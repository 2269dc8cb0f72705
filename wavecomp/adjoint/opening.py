"""The door to the adjoint's operators: Devito comes with them, and is set up here before its first parallel region."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wavecomp.adjoint.problem import GradientProblem
from wavecomp.wavefields.compiler import find_compiler

if TYPE_CHECKING:
    from wavecomp.adjoint.operators import AcousticOperators


def threads_each(processes: int) -> int:
    """Return the OpenMP threads of each of so many processes: together they take no more than the cores there are.

    One process gets what ``OMP_NUM_THREADS`` says, or else all cores; none gets more than that, or less than one.
    """
    cores = len(os.sched_getaffinity(0))
    allowed = int(os.environ.get("OMP_NUM_THREADS") or cores)
    return allowed if processes <= 1 else max(1, min(allowed, cores // processes))


def passive_threads() -> None:
    """Let idle OpenMP threads sleep, here and in every process started from here; who set it otherwise is left alone.

    They spin otherwise, and take the cores from the compressor that runs between two blocks. Sleeping at once costs a
    tenth of the sweeps, though: GNU's threads spin for some ten microseconds first. OpenMP reads this when it is
    loaded: before the first parallel region.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def open_operators(problem: GradientProblem, dtype: str = "float32") -> AcousticOperators:
    """Set Devito up, compile the operators of a problem and prepare their arguments.

    Raises
    ------
    CompilerMissing
        There is no C compiler.
    RecipeError
        The time step is unstable, or the grid too coarse.
    ModelFileError
        A velocity model cannot be read.
    """
    compiler = find_compiler()
    passive_threads()
    from devito import configuration

    if "DEVITO_LANGUAGE" not in os.environ:
        configuration["language"] = "openmp" if compiler.openmp else "C"
    if "DEVITO_LOGGING" not in os.environ:
        configuration["log-level"] = "ERROR"
    from wavecomp.adjoint.operators import AcousticOperators

    return AcousticOperators(problem, dtype)
