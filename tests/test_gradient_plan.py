"""A plan goes by costs of this machine: of the job's own problem, else of the nearest grid of the same dimension."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

import wavecomp
from made_archive import costs_of, keep_costs
from wavecomp import gradient_plan
from wavecomp.errors import UnsupportedStrategy, UsageError
from wavecomp.gradient_plan import CalibrationFailed, calibrated, costs_for
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.choose import NoPlan
from wavecomp.planning.costs import Costs
from wavecomp.planning.job import job_in_words, job_of
from wavecomp.planning.proposals import AS_FAST
from wavecomp.records import Failure
from wavecomp.records.experiment import ExperimentResult
from wavecomp.study import StudyResult

TINY, THRUST = find_problem("tiny"), find_problem("thrust-2d")


def silent(_done, _total, _note):
    pass


@pytest.fixture
def asked(monkeypatch):
    """Note which problem would be calibrated, and give made-up costs of it."""
    names = []

    def measure(problem, _folder, _progress, _settings=None):
        names.append(problem.name)
        facts = {"costs": costs_of(problem, bare_s=77.0).to_json()}
        return ExperimentResult("calibrate", problem.name, problem.digest, {}, facts, ())

    monkeypatch.setattr(gradient_plan, "calibrated", measure)
    return names


def test_the_jobs_own_problem_comes_first(tmp_path, asked):
    for problem in (TINY, THRUST):
        keep_costs(tmp_path, problem, costs_of(problem))
    for problem in (TINY, THRUST):
        assert costs_for(job_of(problem), problem, tmp_path, silent) == costs_of(problem)
    assert not asked


@pytest.mark.parametrize("off", [0.5, 2.0])
def test_a_job_in_words_takes_the_nearest_grid_of_its_dimension(off, tmp_path, asked):
    """Both are there: the one whose states' size has the nearer logarithm is taken, on either side of the middle."""
    costs = {problem.name: costs_of(problem) for problem in (TINY, THRUST)}
    for problem in (TINY, THRUST):
        keep_costs(tmp_path, problem, costs[problem.name])
    job = job_in_words((100, 100), 300)
    middle = math.sqrt(costs["tiny"].state_bytes * costs["thrust-2d"].state_bytes)
    halves = round(off * middle / 8)
    job = replace(job, sizes=replace(job.sizes, state_arrays=(4 * halves, 4 * halves)))
    found = costs_for(job, None, tmp_path, silent)
    nearer = "tiny" if (off < 1) == (costs["tiny"].state_bytes < middle) else "thrust-2d"
    # The stand-in of two dimensions is thrust-2d: tiny is taken while it is not much farther than that.
    assert (found.problem, asked) == (nearer, [])


def test_costs_of_another_machine_are_never_taken(tmp_path, asked):
    """One core or one byte of memory more is another machine; the same provenance undoctored is this one."""
    keep_costs(tmp_path, TINY, costs_of(TINY), cpu="another one")
    assert costs_for(job_of(TINY), TINY, tmp_path, silent).bare_s == 77.0
    assert asked == ["tiny"]
    keep_costs(tmp_path, TINY, costs_of(TINY), cores=1000)
    costs_for(job_of(TINY), TINY, tmp_path, silent)
    assert asked == ["tiny"] * 2
    keep_costs(tmp_path, TINY, costs_of(TINY))
    assert costs_for(job_of(TINY), TINY, tmp_path, silent).bare_s == 9.0
    assert asked == ["tiny"] * 2


def test_another_dimension_says_nothing(tmp_path, asked):
    keep_costs(tmp_path, TINY, costs_of(TINY))
    assert costs_for(job_in_words((60, 60, 60), 300), None, tmp_path, silent).dimensions == 3
    assert asked == ["quick"]


def test_a_small_problem_is_calibrated_itself(tmp_path, asked):
    keep_costs(tmp_path, THRUST, costs_of(THRUST))
    assert costs_for(job_of(TINY), TINY, tmp_path, silent).problem == "tiny"
    assert asked == ["tiny"]


@pytest.fixture
def looks(monkeypatch):
    """Problems of this size are not calibrated themselves; note what is looked at, by whose costs."""
    seen = []

    def measure(name, problem, _folder, _progress, settings):
        seen.append((name, problem.name, Costs.from_json(settings.costs).problem))
        facts = {"costs": costs_of(problem, bare_s=55.0, digest=problem.digest).to_json()}
        return ExperimentResult(name, problem.name, problem.digest, {}, facts, ())

    monkeypatch.setattr(gradient_plan, "_OWN_WORK", 0.0)
    monkeypatch.setattr(gradient_plan, "of_the_model", measure)
    return seen


def test_a_problem_without_costs_of_its_own_is_looked_at_if_asked(tmp_path, asked, looks):
    keep_costs(tmp_path, THRUST, costs_of(THRUST))
    assert costs_for(job_of(TINY), TINY, tmp_path, silent) == costs_of(THRUST)
    assert looks == []
    assert costs_for(job_of(TINY), TINY, tmp_path, silent, look=True).bare_s == 55.0
    assert (looks, asked) == ([("look", "tiny", "thrust-2d")], [])


def test_a_small_problem_is_looked_at_if_asked_and_not_calibrated(tmp_path, asked, looks, monkeypatch):
    monkeypatch.setattr(gradient_plan, "_OWN_WORK", math.inf)
    keep_costs(tmp_path, THRUST, costs_of(THRUST))
    assert costs_for(job_of(TINY), TINY, tmp_path, silent, look=True).bare_s == 55.0
    assert (looks, asked) == ([("look", "tiny", "thrust-2d")], [])


def test_a_look_that_is_kept_is_taken_and_a_calibration_before_it(tmp_path, asked, looks):
    keep_costs(tmp_path, THRUST, costs_of(THRUST))
    keep_costs(tmp_path, TINY, costs_of(TINY, bare_s=44.0, digest=TINY.digest), experiment="look")
    for look in (False, True):
        assert costs_for(job_of(TINY), TINY, tmp_path, silent, look=look).bare_s == 44.0
    keep_costs(tmp_path, TINY, costs_of(TINY, bare_s=33.0, digest=TINY.digest))
    assert costs_for(job_of(TINY), TINY, tmp_path, silent, look=True).bare_s == 33.0
    assert (looks, asked) == ([], [])


def test_nobody_looks_at_a_job_in_words(tmp_path, asked, looks):
    with pytest.raises(UsageError, match=r"a look at 100x100: only a problem can be run"):
        wavecomp.plan(job_in_words((100, 100), 300), memory_bytes=10**6, look=True, calibrations=tmp_path)
    assert (looks, asked) == ([], [])


def test_a_plan_by_name(tmp_path, asked):
    keep_costs(tmp_path, TINY, costs_of(TINY))
    made = wavecomp.plan("tiny", memory_bytes=2_000_000, shots=3, calibrations=tmp_path)
    assert not asked
    assert (made.job.name, made.job.shots, made.memory_bytes) == ("tiny", 3, 2_000_000)
    assert made.strategy is made.proposals[0].strategy
    assert all(one.needed_bytes <= 2_000_000 for one in made.proposals)
    seconds = [one.prediction.seconds for one in made.proposals]
    assert seconds[0] <= AS_FAST * min(seconds)
    assert seconds[1:] == sorted(seconds[1:])


def test_too_little_says_what_would_do(tmp_path, asked):
    keep_costs(tmp_path, TINY, costs_of(TINY))
    with pytest.raises(NoPlan, match=r"1000 bytes .* are too little for tiny at an error of 0.001") as said:
        wavecomp.plan("tiny", memory_bytes=1000, calibrations=tmp_path)
    words = str(said.value).split()
    enough = int(words[words.index("bytes", words.index("needs")) - 1])
    assert wavecomp.plan("tiny", memory_bytes=enough, calibrations=tmp_path).proposals


def test_other_physics_are_refused(tmp_path, asked):
    with pytest.raises(UnsupportedStrategy, match=r'physics = "tti" of problem tti-2d.*wavecomp gradient'):
        wavecomp.plan("tti-2d", memory_bytes=10**6, calibrations=tmp_path)
    assert not asked


@pytest.mark.parametrize(("memory", "error"), [(0, 1e-3), (10**6, 1.0), (10**6, -0.1)])
def test_numbers_that_make_no_sense(memory, error, tmp_path, asked):
    keep_costs(tmp_path, TINY, costs_of(TINY))
    with pytest.raises(UsageError, match=f"a memory of {memory} bytes and an error of {error:g}"):
        wavecomp.plan("tiny", memory_bytes=memory, gradient_error=error, calibrations=tmp_path)


def test_a_calibration_that_failed_is_said_with_its_reason(tmp_path, monkeypatch):
    broken = ExperimentResult("calibrate", "tiny", "d", {}, {}, (), failure=Failure("time", "no result within 1 s"))
    monkeypatch.setattr(gradient_plan, "run_experiment", lambda *_, **__: StudyResult((broken,), 1))
    with pytest.raises(CalibrationFailed, match="calibrate on tiny failed: no result within 1 s"):
        calibrated(TINY, tmp_path, silent)
