"""Gradient problems and their compiled operators, for the tests of several parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from wavecomp.physics.problem import GradientProblem
from wavecomp.physics.problem_recipe import find_problem, parse_problem

CUBE = """
name = "cube"
description = "a small cube"
physics = "acoustic"

[model]
kind = "overthrust_like"

[initial]
kind = "smoothed"
radius_m = 150.0

[grid]
shape = [30, 27, 26]
spacing_m = 40.0
origin_m = [12000.0, 9000.0, 0.0]
absorbing_points = 6
space_order = 8

[source]
peak_frequency_hz = 7.0
first_m = [12610.0, 9470.0, 80.0]

[receivers]
depth_m = 80.0
every = 3

[time]
steps = 90
"""


@pytest.fixture(scope="session")
def cube() -> GradientProblem:
    return parse_problem(CUBE, "cube.toml")


@pytest.fixture(scope="session")
def tiny() -> GradientProblem:
    return find_problem("tiny")


@pytest.fixture(scope="session")
def open_workbench() -> Callable[..., object]:
    """Compile a problem's operators once in the session."""
    from wavecomp.physics.opening import open_operators
    from wavecomp.physics.workbench import Workbench

    kept: dict[tuple[str, str], Workbench] = {}

    def give(problem: GradientProblem, dtype: str = "float32") -> Workbench:
        key = (problem.digest, dtype)
        if key not in kept:
            kept[key] = Workbench(open_operators(problem, dtype))
        return kept[key]

    return give


@pytest.fixture(scope="session")
def inner() -> Callable[..., np.ndarray]:
    """Return the physical part of an array on the whole grid."""

    def cut(problem: GradientProblem, array: np.ndarray) -> np.ndarray:
        points = problem.medium.absorbing_points
        return np.asarray(array)[tuple(slice(points, points + n) for n in problem.medium.shape)]

    return cut
