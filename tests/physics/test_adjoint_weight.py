"""The weight that the acoustic code tells of a level, held against what a change of that level does to a gradient."""

from __future__ import annotations

import numpy as np
import pytest

from wavecomp.adjoint.level_weights import measured_weights
from wavecomp.plans.actions import imaged
from wavecomp.plans.strategies import parse_strategy


@pytest.mark.parametrize("which", ["tiny", "cube"])
@pytest.mark.parametrize("every", [1, 4])
def test_a_change_of_one_level_changes_the_gradient_by_its_weight(
    which, every, tiny, cube, open_workbench, monkeypatch
):
    """The gradient is linear in each level: with u[n] + d in its place it changes by d w[n] everywhere, and by
    ``every`` times that at the end. In double precision, and with a d that makes the change as large as the gradient,
    both sides agree to the rounding of a sum of a few hundred terms, which cancels by a factor of the gradient over the
    change: 1e-9 is a thousand times more than 300 eps · 1e3."""
    bench = open_workbench({"tiny": tiny, "cube": cube}[which], "float64")
    code, strategy = bench.code, parse_strategy(f"trajectory:every={every}")
    exact = bench.run(strategy).gradient
    weights = measured_weights(code, every)
    steps = imaged(code.first, code.last, every)
    assert len(weights) == len(steps)
    keep = code.keep
    for place in (1, len(steps) // 3, 2 * len(steps) // 3):
        size = float(np.linalg.norm(exact)) / (weights[place] * np.sqrt(exact.size) * every)

        def changed(step, slot, at=steps[place], size=size):
            keep(step, slot)
            if step == at:
                slot.array += size

        monkeypatch.setattr(code, "keep", changed)
        change = bench.run(strategy).gradient - exact
        monkeypatch.undo()
        rms = float(np.sqrt(np.mean(np.square(change))))
        assert rms / (every * size) == pytest.approx(weights[place], rel=1e-9)


def test_no_weight_hangs_on_how_many_levels_are_imaged(tiny, open_workbench):
    """With every=1 three levels of v take turns, with others two and a copy: the same numbers, summed in double
    precision. The adjoint's kernels differ by the order of one sum a step, some eps each, and the second difference
    cancels digits: 1e-8 is far above 300 eps over the least (ω Δt)² of 1e-4."""
    bench = open_workbench(tiny, "float64")
    code = bench.code
    bench.prepare(0)
    bench.run(parse_strategy("trajectory:every=8"))  # turns to the shot
    every = dict(zip(imaged(code.first, code.last, 1), measured_weights(code, 1), strict=True))
    third = dict(zip(imaged(code.first, code.last, 3), measured_weights(code, 3), strict=True))
    greatest = max(every.values())
    for step, weight in third.items():
        assert weight == pytest.approx(every[step], rel=1e-8, abs=1e-12 * greatest)
