"""The picture of a plan shows its budget, what does not fit, and the proposals by their ranks."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_rgba

from wavecomp.report.draw_plan import PlanPoint, plan_figure
from wavecomp.report.style import GREY

GB = 1e9
POINTS = [
    PlanPoint("store-all", "", 40 * GB, 90.0, 80.0, 110.0, line=False),
    PlanPoint("trajectory", "zfp", 4 * GB, 100.0, 90.0, 120.0, line=False, rank=1),
    PlanPoint("trajectory", "zfp", 6 * GB, 95.0, 85.0, 115.0, line=False),
    PlanPoint("mixed", "", 8 * GB, 150.0, 140.0, 170.0, line=True, rank=2),
    PlanPoint("mixed", "", 2 * GB, 300.0, 280.0, 340.0, line=True),
]


@pytest.fixture
def axes():
    return plan_figure(POINTS, 5 * GB, 60.0, "a job").axes[0]


def test_the_budget_is_a_line_and_what_lies_beyond_is_shaded(axes):
    (budget,) = (line for line in axes.lines if line.get_linestyle() == "--" and line.get_color() == GREY)
    assert list(budget.get_xdata()) == [5.0, 5.0]
    shaded = [patch for patch in axes.patches if patch.get_facecolor() == to_rgba("#f0f0f0")]
    assert [patch.get_x() for patch in shaded] == [5.0]
    assert "does not fit" in [text.get_text() for text in axes.texts]


def test_the_bare_sweeps_are_a_line_that_can_be_seen(axes):
    (bare,) = (line for line in axes.lines if line.get_linestyle() == ":")
    assert list(bare.get_ydata()) == [60.0, 60.0]
    assert axes.get_ylim()[0] < 60.0


def test_proposals_bear_their_ranks_where_they_are(axes):
    ranked = {text.get_text(): text.xy for text in axes.texts if text.get_text().isdigit()}
    assert ranked == {"1": (4.0, 100.0), "2": (8.0, 150.0)}
    spans = [segment for lines in axes.collections for segment in lines.get_segments()]
    assert sorted((segment[0][1], segment[1][1]) for segment in spans) == [(90.0, 120.0), (140.0, 170.0)]


def test_what_takes_what_it_is_given_is_a_line_by_memory(axes):
    by_label = {line.get_label(): line for line in axes.lines}
    assert list(by_label["mixed"].get_xdata()) == [2.0, 8.0]
    assert by_label["mixed"].get_linestyle() == "-"
    assert by_label["trajectory, zfp"].get_linestyle() == "None"
    assert {"store-all", "mixed", "trajectory, zfp"} <= set(by_label)


def test_small_jobs_are_in_megabytes():
    small = [PlanPoint("mixed", "", 2e6, 3.0, 2.0, 4.0, line=True, rank=1)]
    assert "(MB)" in plan_figure(small, 5e6, 1.0, "small").axes[0].get_xlabel()
