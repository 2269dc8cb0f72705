"""The picture of a history: what is drawn of it, and that nothing of it warns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wavecomp.report.draw_history import history_figure
from wavecomp.report.figures import figure_files
from wavecomp.report.history_steps import histories

from .history_factory import VERSIONS, Night, nights
from .test_history import history_named, runs_of


def texts(axes: object) -> list[str]:
    return [text.get_text() for text in axes.texts]  # type: ignore[attr-defined]


def test_a_step_is_marked_where_it_is_with_its_cause() -> None:
    made = nights(
        6,
        lambda p: Night(
            p, versions={**VERSIONS, "zfpy": f"1.0.{int(p > 2)}"}, bytes_factor={"zfp": 1.1 if p > 2 else 1.0}
        ),
    )
    runs = runs_of(made)
    figure = history_figure(history_named(runs, "bytes"), runs)
    (axes,) = figure.axes
    assert axes.get_title(loc="left") == "ZFP (3 cases)"
    assert texts(axes) == ["zfpy 1.0.0 → 1.0.1"]
    marks = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert [list(line.get_xdata()) for line in marks] == [[2.5, 2.5]]
    assert any(
        "Never changed: SZ3, blosc2 and identity." in text.get_text().replace("\n", " ") for text in figure.texts
    )
    medians = axes.lines[4]  # behind the line at zero and the three cases
    assert np.allclose(medians.get_ydata(), [0, 0, 0, 10, 10, 10], atol=1e-3)


@pytest.mark.parametrize("factor", [1.0 + 1e-6, 1.03, 0.5, 20.0, 1e4, 1e-4])
def test_whatever_the_size_of_a_change_the_lines_are_within(factor: float) -> None:
    runs = runs_of(nights(5, lambda p: Night(p, error_factor={"zfp": factor if p > 1 else 1.0})))
    figure = history_figure(history_named(runs, "error"), runs)
    figure_files(figure, "history")
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines[:5]]
    for values in drawn:
        assert ((values >= low) & (values <= high)).all()
    start, end = drawn[-1][[0, -1]]
    assert (end / start if axes.get_yscale() == "log" else 1.0 + end / 100.0) == pytest.approx(factor, rel=1e-9)


def test_every_metric_is_drawn_without_a_warning() -> None:
    def night(place: int) -> Night:
        made = Night(
            place, cpu="B" if place in (3, 4) else "A", noise=0.02, time_factor={"sz3": 1.5 if place > 6 else 1.0}
        )
        return replace(made, more_bytes={"zfp": place}, commit=f"{place:012x}")

    runs = runs_of(nights(14, night))
    for one in histories(runs):
        assert figure_files(history_figure(one, runs), "history").keys() == {"history.png", "history.svg"}


def test_steps_at_every_run_leave_labels_that_have_room() -> None:
    runs = runs_of(nights(40, lambda p: Night(p, more_bytes={"zfp": p}, commit=f"{p:012x}")))
    history = history_named(runs, "bytes")
    assert len(history.steps) == 39
    figure = history_figure(history, runs)
    figure_files(figure, "history")
    (axes,) = figure.axes
    assert len([line for line in axes.lines if line.get_linestyle() == "--"]) == 39
    boxes = [text.get_window_extent() for text in axes.texts]
    assert boxes
    assert not any(a.overlaps(b) for place, a in enumerate(boxes) for b in boxes[:place])
