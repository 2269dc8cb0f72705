"""What imaging at every k-th step costs of the gradient, beside the estimate that ``every=auto`` goes by.

For each problem and k: the relative L2 error of ``store-all:every=k`` over the whole gradient, that below the top tenth
of the depth, and the estimate. Then, for errors that may be asked for, the step that is chosen and the greatest one up
to which all measured ones keep the share. Errors are deterministic: any machine will do::

    python suites/imaging_steps.py tiny acoustic-2d quick layered-3d
"""

from __future__ import annotations

import argparse

import numpy as np

from wavecomp.adjoint.imaging_step import SHARE, aliasing, step_for
from wavecomp.metrics.gradient import deep_relative_l2
from wavecomp.physics.opening import open_bench
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.plans.strategies import parse_strategy

ERRORS = (1e-2, 5e-3, 2e-3, 1e-3, 1e-4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="+")
    parser.add_argument("--most", type=int, default=12, help="greatest k [default: 12]")
    given = parser.parse_args()
    for name in given.problems:
        problem = find_problem(name)
        bench = open_bench(problem)
        signature = bench.code.signature
        assert signature is not None
        exact = np.array(bench.run(parse_strategy("store-all")).gradient)
        norm = float(np.linalg.norm(exact.astype(np.float64)))
        print(f"\n{name}: 1 / (k dt f_peak) | k | whole | below the top tenth | estimate")
        measured: dict[int, tuple[float, float]] = {}
        for every in range(2, given.most + 1):
            gradient = bench.run(parse_strategy(f"store-all:every={every}")).gradient
            whole = float(np.linalg.norm(gradient.astype(np.float64) - exact)) / norm
            measured[every] = whole, deep_relative_l2(exact, gradient) or 0.0
            rate = 1.0 / (every * signature.dt_s * problem.medium.peak_frequency_hz)
            errors = " | ".join(f"{error:.1e}" for error in (*measured[every], aliasing(signature, every)))
            print(f"{rate:.1f} | {every} | {errors}", flush=True)
        for error in ERRORS:
            allowed = [greatest([pair[part] for pair in measured.values()], SHARE * error) for part in (0, 1)]
            chosen = step_for(signature, error)
            print(f"error={error:g}: {chosen} is chosen; whole {allowed[0]}, below the top tenth {allowed[1]}")


def greatest(errors: list[float], limit: float) -> int:
    """Return the greatest k up to which no error, from k = 2 on, is above a limit."""
    return 1 + next((place for place, error in enumerate(errors) if error > limit), len(errors))


if __name__ == "__main__":
    main()
