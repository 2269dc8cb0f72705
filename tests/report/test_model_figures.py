"""The model's figures: what stands in their arrays, what is drawn of it, and the folder that they come in."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import ForeignFile, NothingToReport
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.writes import writes
from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_model_actions import figure_actions, span_table
from wavecomp.report.draw_model_curves import figure_curves
from wavecomp.report.draw_model_schedule import ScheduleTrace, figure_schedules, schedule_table
from wavecomp.report.model_cluster import NODES, cluster_figure
from wavecomp.report.model_constants import STUDY, ModelConstants, constants_of
from wavecomp.report.model_curves import Curve, CurveSet, Mark, bytes_text, curve_table
from wavecomp.report.model_figures import action_figures, cluster_shown, curve_figures
from wavecomp.report.model_page import write_model_page
from wavecomp.report.model_panels import figure9, figure15, figure16, figure17

OTHER = ModelConstants(0.01, 1e6, 5e9, 20.0, 0.002, 0.003, 400, "another machine", (("N = 400", "assumed"),))
POSITIVE = st.floats(1e-3, 1e3)


def curve(shown: CurveSet, name: str) -> dict[float, float]:
    (found,) = [one for one in shown.curves if one.name == name]
    return dict(zip(shown.x.tolist(), found.y.tolist(), strict=True))


# --- figure 15 -------------------------------------------------------------------------------------------------------


def test_the_vertical_lines_are_the_published_ones():
    """55 GB and 2.2 TB are printed with two digits: within half a unit of the second one, and 55 = 2.25e12 / 41."""
    packed, plain = figure15(STUDY).marks
    assert plain.x == 2500 * 891e6
    assert packed.x == plain.x / 41
    assert abs(plain.x - 2.2e12) < 0.05e12
    assert abs(packed.x - 55e9) < 1e9
    assert "54 GB" in packed.text
    assert "2.2 TB" in plain.text


def test_beyond_all_memory_compression_costs_just_itself():
    """Where all fits uncompressed: 2 C N + 4 N S / B over 2 C N + N (4 S / (F B) + t_c + t_d)."""
    c = STUDY
    copy = c.checkpoint_bytes / c.bandwidth
    by_hand = (2 * c.step_s + 4 * copy) / (2 * c.step_s + 4 * copy / c.ratio + c.codec_s)
    assert figure15(c).curves[0].y[-1] == pytest.approx(by_hand, rel=1e-12)
    assert by_hand < 1


def test_one_memory_by_hand():
    """At 4 checkpoints: p and W of the schedule with M = 4, whose copies take S / B, and of 164 compressed ones."""
    c, size = STUDY, STUDY.checkpoint_bytes
    shown = figure15(c)
    assert shown.x[0] == 4 * size
    n, packed = c.steps, 4 * 41
    copies = (int(writes(n, 4)) + n) * size / c.bandwidth
    without = (2 * n + int(recomputed_steps(n, 4))) * c.step_s + copies
    again, written = int(recomputed_steps(n, packed)), int(writes(n, packed))
    compressed = (2 * n + again) * c.step_s + written * c.compress_s + n * c.decompress_s
    (script,) = [one for one in shown.curves if one.name == "copies=script"]
    assert script.y[0] == pytest.approx(without / compressed, rel=1e-12)


def test_both_sides_of_each_jump_are_there():
    """The least memory that holds all compressed checkpoints, and one that is a millionth smaller, are both drawn."""
    shown = figure15(STUDY)
    for mark in shown.marks:
        (at,) = np.flatnonzero(shown.x == mark.x)
        assert shown.x[at - 1] > mark.x * (1 - 2e-6)
        assert abs(shown.curves[0].y[at] - shown.curves[0].y[at - 1]) > 0.1


@given(POSITIVE, POSITIVE)
def test_a_compressor_that_does_nothing_in_no_time_is_the_baseline(step_s, bandwidth):
    """F = 1, t_c = t_d = 0: slides and draft lie on 1.0; the script, whose codec copies for nothing, not below."""
    c = replace(OTHER, ratio=1.0, compress_s=0.0, decompress_s=0.0, step_s=step_s, bandwidth=bandwidth * 1e6)
    shown = figure15(c)
    assert shown.baseline is not None
    assert shown.baseline[0] == 1.0
    slides, draft, script = shown.curves
    for one in (slides, draft):
        np.testing.assert_allclose(one.y, 1.0, rtol=1e-12)
    assert np.all(script.y >= 1.0)


# --- 9, 16, 17, clusters ---------------------------------------------------------------------------------------------


def test_the_least_time_moves_to_fewer_checkpoints_where_memory_is_slower():
    """With free copies all checkpoints are best; where a copy takes 50 steps, a few; the dot is the curve's minimum."""
    shown = figure9(STUDY)
    best = [float(shown.x[np.argmin(one.y)]) for one in shown.curves]
    assert best[0] == STUDY.steps
    assert best == sorted(best, reverse=True)
    assert best[-1] < 10
    free = curve(shown, "2S/(BC)=0")
    assert free[2500.0] * 3600 == pytest.approx(2 * 1.11 * 2500)
    axes = figure_curves([shown]).axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [float(np.asarray(dot.get_xdata())[0]) for dot in dots] == best


def test_one_point_is_the_same_in_all_three_figures():
    """The study's kernel, memory and steps: figures 15, 16 and 17 meet there."""
    against_memory, (against_cost, kernels), against_steps = figure15(STUDY), figure16(STUDY), figure17(STUDY)
    own = STUDY.step_s / STUDY.codec_s
    assert own == pytest.approx(1.11 / 1.96)
    assert against_cost.marks[0].x == own
    (kernel,) = [one for one in kernels.curves if "this kernel" in one.label]
    np.testing.assert_array_equal(kernel.y, against_memory.curves[0].y)
    four = against_cost.curves[0]
    at = np.interp(np.log(own), np.log(against_cost.x), four.y)
    line = against_steps.curves[0]
    assert at == pytest.approx(np.interp(2500, against_steps.x, line.y), abs=0.01)
    assert at == pytest.approx(np.interp(4e9, against_memory.x, against_memory.curves[0].y), abs=0.01)
    assert four.label == "4 GB: M = 4, MF = 184"


def test_clusters_with_less_memory_a_node_compute_more_again():
    held, again, sent, relative, seconds = cluster_figure(STUDY)
    assert held.x[0] == 1
    assert held.x[-1] == 100_000
    names = [one.name for one in held.curves]
    assert names == [f"exponent={a}{f}" for a in ("0", "0.5", "1") for f in ("", ",F=41")]
    for a in ("0", "0.5", "1"):
        assert (curve(again, f"exponent={a},F=41")[16.0]) <= curve(again, f"exponent={a}")[16.0]
    fixed, falling, fallen = (again.curves[place].y for place in (0, 2, 4))
    assert np.all(fixed <= falling)
    assert np.all(falling <= fallen)
    # As many checkpoints on each machine where the memory of all nodes together stays the same.
    assert set(held.curves[4].y.tolist()) == {4.0}
    assert fallen[0] == 1 + int(recomputed_steps(2500, 4)) / 2500
    ideal = 2 * STUDY.steps * STUDY.step_s / NODES
    for one, two in zip(relative.curves, seconds.curves, strict=True):
        np.testing.assert_allclose(one.y * ideal, two.y, rtol=1e-12)
        assert np.all(one.y >= 1)
    assert np.isnan(sent.curves[0].y[0])


# --- drawing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("constants", [STUDY, OTHER])
def test_every_figure_has_units_labels_and_its_lines(constants):
    for shown in (figure9(constants), figure15(constants), *figure16(constants), figure17(constants)):
        (axes,) = figure_curves([shown]).axes
        assert axes.get_title(loc="left") == shown.title
        assert constants.where in shown.title
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        words = [text.get_text() for text in axes.texts]
        assert {one.label for one in shown.curves} <= {*words}
        assert shown.baseline is not None
        assert shown.baseline[1] in words
        upright = [line for line in axes.lines if len(set(np.asarray(line.get_xdata()).tolist())) == 1]
        assert {mark.x for mark in shown.marks} <= {float(np.asarray(line.get_xdata())[0]) for line in upright}
    assert len(cluster_shown(STUDY).figure.axes) == 4


def test_a_table_has_every_number_that_is_drawn():
    line = Curve("a", "a", np.array([0.5, np.nan]))
    shown = CurveSet("t", "x", "y", "steps", "speedup", np.array([1.0, 2.0]), (line,), (Mark(1, ""),))
    head, *rows = list(csv.reader(io.StringIO(curve_table([shown]))))
    assert head == ["panel", "curve", "x_name", "x", "y_name", "y"]
    assert rows == [["1", "a", "steps", "1", "speedup", "0.5"], ["1", "a", "steps", "2", "speedup", ""]]


def test_sizes_have_two_digits_and_the_studys_units():
    assert [bytes_text(size) for size in (891e6, 54.3e9, 2.2275e12, 4e9, 999.6e6, 12)] == [
        "891 MB", "54 GB", "2.2 TB", "4 GB", "1 GB", "12 bytes",
    ]  # fmt: skip


TRACE = ScheduleTrace("three steps", ((0, 1, 4), (4, 1, 2)), ((3, 4, 3), (5, 3, 1)), ((1, 0, 5), (2, 1, 3)), 7)


def test_a_schedule_is_drawn_stretch_by_stretch_with_a_dot_for_each_checkpoint():
    (axes,) = figure_schedules([TRACE]).axes
    held, forward, backward = (
        [[tuple(point) for point in line] for line in lines.get_segments()] for lines in axes.collections
    )
    assert forward == [[(1, 0), (4, 3)], [(1, 4), (2, 5)]]
    assert backward == [[(4, 3), (3, 4)], [(3, 5), (1, 7)]]
    assert held == [[(1, 0), (1, 5)], [(2, 1), (2, 3)]]
    dots = axes.lines[0]
    assert list(zip(dots.get_xdata(), dots.get_ydata(), strict=True)) == [(1, 0), (2, 1)]
    assert "simulated" in axes.get_xlabel().lower()
    assert "wall-clock" in axes.get_ylabel().lower()
    assert schedule_table([TRACE]).splitlines()[1] == "three steps,forward,0,3,1,4"


# --- runs ------------------------------------------------------------------------------------------------------------


def run(kind, place, **changed):
    row = {
        "kind": kind, "strategy": "revolve:slots=2/" + ("identity" if place == 0 else "zfp:accuracy=1e-3"), "slots": 2,
        "forward_steps": 40, "adjoint_steps": 20, "writes": 10, "reads": 10, "checkpoints_held": 2,
        "written_bytes": 10_000 if place == 0 else 1000, "peak_checkpoint_bytes": 2000, "advance_s": 4.0,
        "compress_s": 0.1, "decompress_s": 0.1, "reverse_s": 3.0, "other_s": 0.8, "wall_s": 8.0,
    }  # fmt: skip
    return row | changed


def actions(*rows):
    spans = np.array([[1, 1, 21, 0.0, 4.0], [3, 1, 1, 4.0, 0.1], [6, 1, 1, 4.1, 0.1], [8, 21, 1, 5.0, 3.0]])
    facts = {
        "steps": 21,
        "first": 1,
        "state_bytes": 1000,
        "tasks": "forward record keep save put settle load get down image",
    }
    return ExperimentResult(
        "actions", "block", "d1", {}, facts, rows, arrays={f"spans-{place}": spans for place in range(len(rows))}
    )


MEASURED = actions(
    run("uncompressed", 0), run("equal checkpoints", 1, compress_s=1.002, decompress_s=2.002), run("equal memory", 2)
)


def test_constants_come_from_the_runs_and_give_them_back():
    """C = 4 s / 40; 2 S / B = 0.01 s a copy; F = 10; what saving took beyond the copy of a tenth, 0.001 s."""
    c = constants_of(MEASURED)
    assert c.step_s == pytest.approx(0.1)
    assert 2 * c.checkpoint_bytes / c.bandwidth == pytest.approx(0.01)
    assert c.ratio == pytest.approx(10)
    assert c.compress_s == pytest.approx(0.1002 - 0.001)
    assert c.decompress_s == pytest.approx(0.2002 - 0.001)
    assert c.steps == 20
    assert "block" in c.where
    assert len(c.sources) == 7
    for shown in (figure9(c), figure15(c), *figure16(c), figure17(c)):
        assert all(np.isfinite(one.y).all() for one in shown.curves)


def test_constants_need_both_runs():
    with pytest.raises(NothingToReport, match="no uncompressed and compressed"):
        constants_of(actions(run("uncompressed", 0)))


def test_the_bars_of_a_run_add_up_to_its_wall_time():
    left, right = figure_actions(MEASURED, ["uncompressed"]).axes
    assert sum(bar.get_width() for bar in right.patches) == pytest.approx(8.0)
    forward = left.collections[0].get_segments()
    assert [[tuple(point) for point in line] for line in forward] == [[(0.0, 1.0), (4.0, 21.0)]]
    assert left.get_xlabel() == "Wall time (s)"
    assert len(figure_actions(MEASURED).axes) == 6
    # One scale for all figures of an experiment.
    assert figure_actions(MEASURED, ["equal memory"]).axes[0].get_xlim() == left.get_xlim()
    assert span_table(MEASURED, ["uncompressed"]).splitlines()[1] == "uncompressed,record,1,21,0.000000,4"
    with pytest.raises(NothingToReport, match="no run of"):
        figure_actions(MEASURED, ["tomorrow"])


def test_the_page_names_every_constant_and_shows_every_figure(tmp_path):
    c = constants_of(MEASURED)
    shown = [*action_figures(MEASURED), *curve_figures(c)]
    written = write_model_page(tmp_path, c.where, shown, c, "A note.")
    page = written[-1].read_text()
    assert written[-1].name == "model.md"
    assert len(written) == 3 * len(shown) + 1
    for one in shown:
        assert f"]({one.stem}.png)" in page
        assert one.caption in page
        assert (tmp_path / f"{one.stem}.csv").read_text().count("\n") > 3
    for value, source in c.sources:
        assert f"- {value}: {source}" in page
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_model_page(tmp_path, c.where, [*action_figures(MEASURED), *curve_figures(c)], c, "A note.")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["model.md", "figure15.csv", "figure15.png"])
def test_what_is_somebodys_stays(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ForeignFile, match=name):
        write_model_page(tmp_path, "x", curve_figures(OTHER), OTHER)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"
