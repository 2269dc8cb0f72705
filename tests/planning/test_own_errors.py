"""Errors of a problem that was never calibrated: those of another one, by what bare sweeps say of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made_up import SIZES
from planned import costs_with_codecs, job
from wavecomp.adjoint.imaging_step import Signature, aliasing
from wavecomp.physics.sampled_gradient import SampledGradient
from wavecomp.planning.candidates import imaging_steps, source_of
from wavecomp.planning.codecs import ErrorSample
from wavecomp.planning.costs import Costs
from wavecomp.planning.gradient_error import expected_error, imaging_errors
from wavecomp.planning.imaging import Imaging
from wavecomp.planning.own_errors import with_own_errors
from wavecomp.planning.own_sizes import with_own_sweeps
from wavecomp.planning.tasks import ADVANCING

FAMILY = "interp:abs={},codec=huffman,level=1"
SEEN = SampledGradient(
    {2: (2e-6, 1e-6), 3: (5e-6, 2e-6), 4: (4e-4, 1e-4), 5: (3e-3, 4e-3)}, (0.5, 2.0), np.linspace(1.0, 2.0, 120)
)


def own(costs: Costs, peak: float = 4.0) -> Costs:
    signature = job().signature
    assert signature is not None
    return with_own_errors(costs, SEEN, peak, SIZES, signature, "digest")


def test_a_compressors_part_is_multiplied_by_the_ratio_of_the_two_problems():
    """Noise of 1 and 1 there; here of 0.5 and 2 a unit of the field, with a peak of 4: twice and eight times."""
    made = own(costs_with_codecs(noise=(1.0, 1.0)))
    assert made.noise == (2.0, 8.0)
    found = expected_error(made, 1, (FAMILY, 1e-4), 1.0, lossless=False)
    assert found.relative_l2 == pytest.approx(2 * 1e-4)
    assert found.deep == pytest.approx(8 * 2e-4)


def test_what_imaging_did_there_is_taken_out_and_what_it_does_here_comes_in():
    there = costs_with_codecs(noise=(1.0, 1.0))
    imaged = replace(
        there,
        imaging=(Imaging(4, 1e-9, 3e-4, 3e-4, there.last),),
        errors=(ErrorSample(FAMILY, 1e-4, "level", 4, 5e-4, 5e-4),),
    )
    found = expected_error(own(imaged), 4, (FAMILY, 1e-4), 1.0, lossless=False)
    assert found.relative_l2 == pytest.approx(np.hypot(2 * 4e-4, 4e-4))
    assert found.deep == pytest.approx(np.hypot(8 * 4e-4, 1e-4))


def test_errors_that_are_the_compressors_alone_stay_so():
    there = replace(
        costs_with_codecs(noise=(1.0, 1.0)), errors=(ErrorSample(FAMILY, 1e-4, "level", 4, 3e-4, 3e-4, apart=True),)
    )
    found = expected_error(own(there), 4, (FAMILY, 1e-4), 1.0, lossless=False)
    assert found.relative_l2 == pytest.approx(np.hypot(2 * 3e-4, 4e-4))


def test_without_noise_there_errors_stay_those_of_the_other_problem():
    there = costs_with_codecs()
    assert own(there).errors == there.errors


def test_imaging_steps_that_were_looked_at_are_the_answer():
    made = own(costs_with_codecs())
    for every, seen in SEEN.imaging.items():
        assert imaging_errors(made, every) == (seen, 1.0)
    assert imaging_errors(made, 1) == ((0.0, 0.0), 1.0)


def test_weights_are_kept_at_some_forty_places():
    places, weights = zip(*own(costs_with_codecs()).weights, strict=True)
    assert places[0] == 0.0
    assert len(places) == 40
    np.testing.assert_allclose(weights, np.linspace(1.0, 2.0, 120)[::3])


def test_a_plan_for_that_problem_goes_by_what_was_looked_at():
    """With a reserve of 1.5, 1e-3 allows 4e-4 at k = 4 and not 4e-3 at k = 5; 1e-5 allows 3, whose error is 5e-6."""
    made, asked = own(costs_with_codecs()), job()
    assert source_of(asked, made) is None
    assert imaging_steps(asked, made, 1e-3) == [1, 2, 3, 4]
    assert imaging_steps(asked, made, 1e-5) == [1, 2, 3]
    assert imaging_steps(asked, made, 0.0) == [1]
    other = replace(asked, problem="another")
    assert source_of(other, made) is asked.signature


def test_of_another_problem_an_imaging_step_costs_no_less_than_its_source_says():
    """Seen at k = 16: a tenth of the estimate. That does not carry over; what is more than the estimate does."""
    made = own(costs_with_codecs())
    source = Signature(np.diff(np.exp(-(np.linspace(-4, 4, 200) ** 2)), 2), 1e-3, (1e3,))
    estimate = aliasing(source, 16)
    assert estimate > 1e-4
    less = replace(made, imaging=(Imaging(16, 1e-2, 1e-3, 1e-3, made.last),))
    more = replace(made, imaging=(Imaging(16, 1e-3, 2e-3, 2e-3, made.last),))
    assert imaging_errors(less, 16, source)[0] == pytest.approx((estimate, estimate))
    assert imaging_errors(more, 16, source)[0] == pytest.approx((2 * estimate, 2 * estimate))


def test_sweeps_of_its_own_change_what_sweeps_take_and_nothing_else():
    there = costs_with_codecs()
    made = with_own_sweeps(there, 0.5 * there.bare_s)
    assert made.bare_s == 0.5 * there.bare_s
    for task, line in there.lines.items():
        factor = 0.5 if task in ADVANCING else 1.0
        assert made.lines[task].seconds(3) == pytest.approx(factor * line.seconds(3))
    assert (made.codecs, made.errors, made.run_s) == (there.codecs, there.errors, there.run_s)
