"""Equal error of the gradient: few gradients find the settings, rounds measure them, and all of it is resumed."""

from __future__ import annotations

import pytest
from impact import own_factories

from wavecomp.cli import status_of
from wavecomp.comparison.gradients import compare_gradients
from wavecomp.comparison.target import parse_targets
from wavecomp.errors import UsageError
from wavecomp.impact.own_code import OwnCode
from wavecomp.records import ComparisonArchive, GradientArchive, GradientTrialArchive
from wavecomp.report.gradient_comparison import gradient_comparison

TEXTS = ["trajectory/zfp", "trajectory/interp", "trajectory/float16", "revolve:slots=3/sz3"]


@pytest.fixture(scope="module")
def problem():
    return OwnCode(own_factories.logistic, name="logistic", arguments={"shape": [400], "steps": 20})


@pytest.fixture(scope="module")
def compared(problem, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gradients")
    targets = parse_targets("gradient-error", "1e-3,1e-5")
    return folder, targets, compare_gradients(TEXTS, targets, problem, folder, rounds=2)


def test_every_answer_meets_its_target_by_the_records_of_its_gradients(compared):
    folder, _, done = compared
    tried = {record.spec: record.outcome for record in GradientTrialArchive(folder)}
    rounds = {record.spec: record.outcome for record in GradientArchive(folder).latest().values()}
    assert {"bare", "store-all"} <= {*rounds}
    for answer in done.record.answers:
        error = tried[answer.spec].distance["relative_l2"]
        assert answer.error == error == rounds[answer.spec].distance["relative_l2"], "the same bits in every run"
        assert answer.meets == (error <= answer.limit)
        assert len(rounds[answer.spec].walls_s) == len(rounds[answer.spec].bare_walls_s) == 2
        assert answer.tried <= 7
    searched = [one for one in done.record.answers if one.status == "found"]
    assert len(searched) == 6
    # A gradient's error is in proportion to the tolerance, or goes in steps of a factor of two: ZFP keeps bit planes.
    assert all(0.3 * one.limit <= one.error <= one.limit for one in searched)
    assert not done.missed_in_rounds


def test_the_same_words_again_compute_nothing(compared, problem):
    folder, targets, done = compared
    again = compare_gradients(TEXTS, targets, problem, folder, rounds=2)
    assert (again.tried, again.result.measured) == (0, 0)
    assert again.record == done.record
    assert len(list(ComparisonArchive(folder))) == 1


def test_the_page_is_made_from_records_alone(compared, capfd):
    folder, _, done = compared
    (folder / "gradient-trials.jsonl").rename(folder / "aside")
    assert status_of(["report", str(folder)]) == 0
    page = (folder / "report.md").read_text()
    stem = f"comparison-{done.record.case}"
    assert (folder / "figures" / f"{stem}.png").exists()
    table = (folder / "tables" / f"{stem}.csv").read_text()
    assert ",ZFP,trajectory/zfp" in table, "most are trajectories, so that this need not be said"
    assert "SZ3 (revolve slots 3)" in table
    for words in ("holds least", "is fastest", "gradient error ≤ 1e-5"):
        assert words in page
    (folder / "aside").rename(folder / "gradient-trials.jsonl")


def test_equal_error_below_the_top_tenth(tiny, tmp_path):
    """It is another error than that over the whole, so that other settings are found, each for what was asked."""
    settings = {}
    for measure, column in (("gradient-error", "relative_l2"), ("deep-error", "deep_relative_l2")):
        done = compare_gradients(["zfp", "interp"], parse_targets(measure, "1e-3"), tiny, tmp_path, rounds=1)
        rounds = {record.spec: record.outcome for record in done.result.records}
        for answer in done.record.answers:
            assert answer.meets
            assert answer.error == rounds[answer.spec].distance[column]
            assert 0.3e-3 <= answer.error <= 1e-3
        assert not done.missed_in_rounds
        settings[measure] = [answer.value for answer in done.record.answers]
        table, sentences = gradient_comparison(done.record, GradientArchive(tmp_path).latest().values(), short=True)
        assert [row.cells[3] for row in table.rows if row.cells[-1]] == [
            pytest.approx(1e3 * answer.error) for answer in sorted(done.record.answers, key=lambda one: -one.ratio)
        ]
        assert sentences[0].startswith("gradient error below" if measure == "deep-error" else "gradient error ≤ 1e-3")
    assert all(deep != whole for whole, deep in zip(*settings.values(), strict=True))
    assert len({record.case for record in ComparisonArchive(tmp_path)}) == 2


def test_a_gradient_without_a_depth_has_no_error_below_its_top_tenth(problem, tmp_path):
    with pytest.raises(UsageError, match="--deep-error 1e-3: the gradient of logistic has no depth"):
        compare_gradients(["zfp"], parse_targets("deep-error", "1e-3"), problem, tmp_path)


def test_what_leaving_levels_out_costs_is_said_to_be_out_of_reach(tiny, tmp_path):
    """On ``tiny`` every 8th level alone costs more than 1e-5 of the gradient: no tolerance mends that."""
    targets = parse_targets("gradient-error", "1e-5")
    done = compare_gradients(["zfp"], targets, tiny, tmp_path, every=8, rounds=1)
    (answer,) = done.record.answers
    assert answer.status == "unmet"
    floor = next(one for one in done.result.records if one.spec == "store-all:every=8")
    assert answer.error == pytest.approx(floor.outcome.distance["relative_l2"], rel=0.05)
    assert 0.0 < floor.outcome.distance["deep_relative_l2"] < 1.0
    assert answer.tried <= 5
