"""The budget figure shows what was measured, and says so where a budget is exceeded."""

from __future__ import annotations

import pytest

from wavecomp.errors import NothingToReport
from wavecomp.report.draw_budget import budget_figure

MIB = 1 << 20
OWN = {"run_peak_bytes": 100 * MIB, "peak_bytes": 150 * MIB, "level_bytes": 4 * MIB}


def measured(*peaks_mib, own=OWN):
    rows = [
        {"budget_bytes": b * MIB, "held_bytes": b * MIB // 2, "raw_bytes": 9 * b * MIB, "peak_bytes": 200 * MIB}
        | {"run_peak_bytes": peak * MIB}
        for b, peak in zip((40, 10, 20), peaks_mib, strict=True)
    ]
    return {"own": own, "rows": rows, "problem": {"name": "block"}, "allowance": 0.1}


def test_points_and_limits_are_those_of_the_records():
    figure = budget_figure(measured(130, 105, 115))
    (axes,) = figure.axes
    (peaks,) = (line for line in axes.lines if line.get_marker() == "D")
    assert list(peaks.get_ydata()) == [105, 115, 130]  # by budget: 10, 20, 40 MiB
    (limits,) = axes.collections
    drawn = [segment[0][1] for segment in limits.get_segments()]
    assert drawn == pytest.approx([1.1 * (100 + 10 + 4), 1.1 * (100 + 20 + 4), 1.1 * (100 + 40 + 4)])
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["10 MiB", "20 MiB", "40 MiB"]
    assert axes.get_title(loc="left").endswith("the budget is kept")


def test_an_exceeded_budget_is_said():
    assert "exceeded" in budget_figure(measured(130, 126, 115)).axes[0].get_title(loc="left")


def test_a_system_without_marks_shows_the_process():
    figure = budget_figure(measured(0, 0, 0, own=OWN | {"run_peak_bytes": None}))
    (peaks,) = (line for line in figure.axes[0].lines if line.get_marker() == "D")
    assert list(peaks.get_ydata()) == [200, 200, 200]


def test_nothing_measured_is_nothing_to_report():
    with pytest.raises(NothingToReport, match="gradient_rss"):
        budget_figure({"rows": []})
