"""What a plug-in promises is in its records, so its curves are in the figures, and no figure knows its name."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tests_support import ROUNDING, install_plugin
from wavecomp.compressors import Registry, default_registry
from wavecomp.plans.strategies import parse_strategy
from wavecomp.promise import QUANTUM, Loss
from wavecomp.records import Archive, load_frame
from wavecomp.report.bound_key import bound_key
from wavecomp.report.draw_gradient import figure14
from wavecomp.report.draw_tolerance import figure12
from wavecomp.report.gradient_table import gradient_table
from wavecomp.sweep import Case, Repeats, run_sweep

from .factory import frame_of, make_record
from .test_gradient import RECORDS, make


@pytest.fixture
def rounding(troublemaker):
    """Install it beside the other plug-in, here and in the processes that measure."""
    install_plugin(troublemaker, "rounding", ROUNDING)
    return default_registry()


LABELS = ("rounding within", "half the quantum, kept by blosc2")


def lines(figure, panel):
    return {str(line.get_label()): line for line in figure.axes[panel].get_lines()}


def test_a_plug_in_that_was_measured_has_a_curve_in_figure_12(rounding, array_field, tmp_path):
    archive, field = Archive(tmp_path / "records"), array_field()
    specs = [f"{head}1e-{k}" for head in ("rounding:within=", "zfp:accuracy=") for k in (2, 3, 4)]
    cases = [Case.of(spec, field) for spec in (*specs, "rounding:within=1e-1")]
    done = run_sweep(cases, archive, suite="s", repeats=Repeats(seconds=0.0, least=1, most=1))
    assert not done.failures
    assert {(r.outcome.bound_kind, r.outcome.bound_value) for r in done.records} == {
        ("absolute", tolerance) for tolerance in (1e-1, 1e-2, 1e-3, 1e-4)
    }
    figure = figure12(load_frame([archive]))
    for panel in (0, 1):
        curve = lines(figure, panel)["rounding within"]
        assert len(curve.get_xdata()) == 4
        assert max(curve.get_ydata()) > min(curve.get_ydata()) > 0
    assert list(lines(figure, 0)["rounding within"].get_xdata()) == [1e-4, 1e-3, 1e-2, 1e-1]
    assert lines(figure, 0)["rounding within"].get_color() != lines(figure, 0)["ZFP accuracy"].get_color()


def test_bounds_relative_to_range_and_peak_are_drawn_as_what_they_mean(study):
    """Where there is no absolute one; the field's range is twice its peak of 3."""
    relative = [
        make_record(f"{name}:part=1e-{k}", 10.0 / k, error=1e-5, peak=3.0, bound=f"|e| <= 1e-{k} {unit}")
        for name, unit in (("spanning", "x range"), ("peaking", "max|x|"))
        for k in (1, 2, 3)
    ]
    found = lines(figure12(frame_of(*study, *relative)), 0)
    assert list(found["spanning part"].get_xdata()) == pytest.approx([6e-3, 6e-2, 6e-1])
    assert list(found["peaking part"].get_xdata()) == pytest.approx([3e-3, 3e-2, 3e-1])
    looks = {(line.get_color(), line.get_marker()) for name, line in found.items() if name.endswith(" part")}
    assert len(looks) == 2


def test_figure_14_has_the_curve_of_a_plug_in_and_of_an_older_quantum(rounding):
    registry: Registry = rounding
    records = []
    for k in (2, 3, 4):
        strategy = parse_strategy(f"trajectory/rounding:within=1e-{k}peak", registry)
        records.append(replace(make(strategy.spec, 10.0**-k), loss=strategy.loss))
        older = make(f"trajectory:quantum=2e-{k}peak/blosc2:codec=lz4,shuffle=bitshuffle", 10.0**-k)
        records.append(replace(older, loss=Loss(QUANTUM, "wavefield-peak", 10.0**-k)))
    frame = pd.DataFrame([record.to_row() for record in (*RECORDS, *records)])
    asked = lines(figure14(frame, "quick"), 0)
    for label in LABELS:
        assert list(asked[label].get_xdata()) == [1e-4, 1e-3, 1e-2], label
        assert list(asked[label].get_ydata()) == [1e-4, 1e-3, 1e-2], label
    looks = {(line.get_color(), line.get_marker()) for line in (asked[label] for label in LABELS)}
    assert len(looks) == 2
    table = gradient_table(frame, "quick")
    place = [column.header for column in table.columns].index("Loses")
    said = {row.cells[place] for row in table.rows}
    assert {"quantum: 1e-3 of the peak", "rounding: 1e-3 of the peak", "nothing", "ZFP: 1e-3"} <= said


def test_the_key_of_a_bound():
    assert bound_key([{"a": 1, "b": 0.5}], [0.5]) == "b"
    assert bound_key([{"a": 1}], [0.5]) == ""
    assert bound_key([{"a": 1, "b": "x"}, {"a": 2, "b": "x"}], [0.1, 0.01]) == "a"
    assert bound_key([{"a": 1}, {"a": 1}], [0.1, 0.01]) == ""
    assert bound_key([], []) == ""
