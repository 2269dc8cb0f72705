"""What is compared where nobody names a strategy suits the problem."""

from __future__ import annotations

import pytest

from wavecomp.compressors import default_registry
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.sets import SHORT
from wavecomp.physics.problem_recipe import find_problem


@pytest.mark.parametrize(("name", "slabs"), [("acoustic-2d", 0), ("tti-2d", 0), ("thrust-3d", 5), ("quick", 5)])
def test_small_levels_are_compressed_in_one_piece(name, slabs):
    """A level of 50 kB has ten slabs of 16 rows, and the calls for them took most of the time."""
    specs = [case.spec for case in impact_cases(find_problem(name), (), (), default_registry(), case_set=SHORT)]
    assert sum("slabs" in spec for spec in specs) == slabs
    assert len(specs) == 1 + len(SHORT)


def test_slabs_that_somebody_names_stay():
    named = ("trajectory/slabs:planes=16,threads=2/zfp:rate=8",)
    specs = [case.spec for case in impact_cases(find_problem("acoustic-2d"), named, (), default_registry())]
    assert named[0] in specs
