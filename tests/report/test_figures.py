from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from wavecomp.errors import NothingToReport, StorageError
from wavecomp.records import Record
from wavecomp.report.choose_sections import clip_of, comparable
from wavecomp.report.direct_labels import spread
from wavecomp.report.figures import figure10, figure11, figure12, figure13, figure_spectrum, save_figure

from .factory import CODEC_SPEC, frame_of, make_record, make_section

SECTIONS = [
    make_section(None, None),
    make_section("zfp:accuracy=1e-2", 1e-3),
    make_section("zfp:accuracy=1e-3", 1e-4),
    make_section("sz3:abs=1e-4,algorithm=interp_lorenzo", 1.2e-4),
    make_section("float16", 1e-7),
]


def curves(figure: Figure, panel: int = 0) -> dict[str, tuple[list[float], list[float]]]:
    lines = figure.axes[panel].get_lines()
    return {str(line.get_label()): (list(line.get_xdata()), list(line.get_ydata())) for line in lines}


def words(figure: Figure) -> str:
    axes = [text for each in figure.axes for text in (*each.texts, each.title, each._left_title)]
    return "\n".join(text.get_text() for text in [*figure.texts, *axes])


def test_figure10_draws_every_step_and_the_case_of_another_suite(study: list[Record]) -> None:
    figure = figure10(frame_of(*study))
    found = curves(figure)
    # The last step was measured by the lossy suite: 60 / 3.
    assert found["zfp:accuracy=1e-3"] == ([0.2, 0.4, 0.6], [45.0, 22.5, 20.0])
    assert found[CODEC_SPEC][1] == [1.5, 0.75, 1.5]
    assert "zfp:accuracy=1e-2" not in found
    axes = figure.axes[0]
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "Simulated time (s)"
    assert figure.axes[1].get_xlabel() == "Time step"
    assert [tick.get_text() for tick in figure.axes[1].get_xticklabels()] == ["600", "400", "200"]
    assert figure.axes[1].get_xlim() == axes.get_xlim()
    assert "ZStd 9 shuffle (lossless)" in words(figure)


def test_figure10_labels_do_not_overlap(study: list[Record]) -> None:
    same = [
        make_record(f"zfp:rate={rate}", 4.0, field=f"quick@{step}", suite="steps", error=1e-3)
        for rate in range(1, 13)
        for step in (100, 200)
    ]
    figure = figure10(frame_of(*study, *same))
    figure.canvas.draw()
    # Text's own extent: an annotation's takes in the line that joins it to its curve.
    found = [Text.get_window_extent(text) for text in figure.axes[0].texts if "rate" in text.get_text()]
    boxes = sorted(found, key=lambda box: box.y0)
    assert len(boxes) == 12
    assert all(low.y1 <= high.y0 for low, high in pairwise(boxes))
    assert max(box.x1 for box in boxes) <= figure.bbox.x1


def test_figure10_tells_lines_of_one_colour_apart(study: list[Record]) -> None:
    more = [make_record("zfp:rate=4", 8.0, field=f"quick@{s}", suite="steps", error=1e-2) for s in (200, 400)]
    lines = {str(line.get_label()): line for line in figure10(frame_of(*study, *more)).axes[0].get_lines()}
    first, second = lines["zfp:accuracy=1e-3"], lines["zfp:rate=4"]
    assert first.get_color() == second.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    assert first.get_marker() != lines[CODEC_SPEC].get_marker()


def test_figure10_without_steps(study: list[Record]) -> None:
    with pytest.raises(NothingToReport, match="wavecomp sweep steps"):
        figure10(frame_of(*study[:6]))
    with pytest.raises(NothingToReport, match="of standard"):
        figure10(frame_of(*study), "standard")


def test_figure12_shows_tolerances_left_and_errors_right(study: list[Record]) -> None:
    figure = figure12(frame_of(*study))
    left, right = curves(figure, 0), curves(figure, 1)
    tolerances = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
    assert left["ZFP accuracy"][0] == tolerances
    assert left["ZFP accuracy"][1] == [12.0, 15.0, 20.0, 30.0, 60.0]
    assert right["ZFP accuracy"][0] == pytest.approx([tolerance / 5 for tolerance in tolerances])
    assert left["SZ3 abs, interp_lorenzo"][0] == right["SZ3 abs, interp_lorenzo"][0] == tolerances
    assert "SZ3 abs, lorenzo_reg" in left
    assert right["int8 block 64"] == ([4e-3], [3.8])
    assert right["ZFP precision 16"] == ([3e-3], [5.0])
    assert "int8 block 64" not in left
    at_one = [line for line in figure.axes[0].get_lines() if list(line.get_ydata()) == [1.0, 1.0]]
    assert [line.get_linestyle() for line in at_one] == ["--"]
    for axes in figure.axes:
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        assert axes.get_xlabel().endswith("(unit of the field)")
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert "best lossless: ZStd 9 shuffle, 1.5" in words(figure)


def test_figure12_leaves_out_what_cannot_be_compared(study: list[Record]) -> None:
    extra = [
        make_record("slabs:planes=16,threads=1/zfp:accuracy=1e-3", 99.0, error=1e-4),
        make_record("sz3:abs=1e-3,rel=1e-4,algorithm=interp_lorenzo", 98.0, error=1e-4),
        make_record("zfp:accuracy=1e-6", 97.0, error=1e-4, threads=2),
        make_record("zfp:accuracy=1e-9", 1.1, bound="|e| <= 1e-9"),
    ]
    left, right = curves(figure12(frame_of(*study, *extra)), 0), curves(figure12(frame_of(*study, *extra)), 1)
    ratios = [y for found in (left, right) for _, values in found.values() for y in values]
    assert not {97.0, 98.0, 99.0} & set(ratios)
    assert left["ZFP accuracy"][0][0] == 1e-9
    assert right["ZFP accuracy"][0][0] == pytest.approx(2e-6)  # no error at all has no place on a logarithmic axis


def test_figure12_marks_violations(study: list[Record]) -> None:
    broken = make_record("zfp:accuracy=1e-6", 9.0, error=1.0, bound_status="violated", suite="lossy")
    assert curves(figure12(frame_of(*study, broken)))["error above the tolerance"] == ([1e-6], [9.0])
    assert "error above the tolerance" not in curves(figure12(frame_of(*study)))


def test_figure12_without_lossy_cases(study: list[Record]) -> None:
    with pytest.raises(NothingToReport, match="wavecomp sweep lossy"):
        figure12(frame_of(*study[:6]))


def test_figure11_is_in_km_depth_down_and_says_its_clip() -> None:
    figure = figure11(SECTIONS)
    axes, bar = figure.axes
    image = axes.get_images()[0]
    # 40 × 30 points 10 m apart; pixels reach 5 m beyond the first and last point.
    assert image.get_extent() == pytest.approx((-0.005, 0.395, 0.295, -0.005))
    np.testing.assert_array_equal(image.get_array(), SECTIONS[0].values.T)
    low, high = image.get_clim()
    assert low == -high
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x (km)", "Depth (km)")
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert "Amplitude (unit of the field)" in bar.get_ylabel()
    assert "largest 1" in bar.get_ylabel()
    assert "x–z at y = 500 m" in words(figure)


def test_figure13_shares_one_scale_among_errors_of_one_size() -> None:
    figure = figure13(SECTIONS)
    panels = [axes for axes in figure.axes if axes.get_images() and axes.get_ylim()[0] > axes.get_ylim()[1]]
    titles = [axes.get_title(loc="left") for axes in panels]
    assert titles[0] == "The field"
    assert [title.split("\n")[0] for title in titles[1:]] == ["SZ3 abs 1e-4 (interp_lorenzo)", "ZFP accuracy 1e-3"]
    assert "RMS error 0.0001" in titles[2]
    limits = {axes.get_images()[0].get_clim() for axes in panels[1:]}
    assert len(limits) == 1
    assert "float16" in words(figure)


def test_comparable_prefers_more_compressors_then_the_smaller_spread() -> None:
    chosen, others = comparable(SECTIONS)
    assert [section.spec for section in chosen] == ["sz3:abs=1e-4,algorithm=interp_lorenzo", "zfp:accuracy=1e-3"]
    assert others == ["float16"]
    assert comparable(SECTIONS[:1]) == ([], [])


def test_sections_missing() -> None:
    with pytest.raises(NothingToReport, match="wavecomp run"):
        figure11([])
    with pytest.raises(NothingToReport, match="error"):
        figure13(SECTIONS[:1])
    with pytest.raises(NothingToReport, match="of standard"):
        figure11(SECTIONS, "standard")
    with pytest.raises(NothingToReport, match="spectrum"):
        figure_spectrum([])


def test_spectrum_is_drawn_in_cycles_per_km() -> None:
    figure = figure_spectrum(SECTIONS)
    found = curves(figure)
    assert found["the field"][0] == pytest.approx(list(range(1, 20)))
    assert found["error of ZFP accuracy 1e-3"][1] == pytest.approx([1e-8] * 19)
    assert figure.axes[0].get_xlabel() == "Wavenumber (cycles/km)"


def test_a_field_of_zeros_can_be_drawn(tmp_path: Path) -> None:
    empty = make_section(None, None)
    empty.values[...] = 0.0
    assert clip_of([empty.values]) == 1.0
    assert len(save_figure(figure11([empty]), tmp_path, "zero")) == 2


@given(st.floats(1e-30, 1e30), st.integers(1, 400))
def test_the_clip_is_a_level_of_the_field(scale: float, seed: int) -> None:
    """At most the largest magnitude, and above at least 99.4 % of 1,000 values (99.5 % but for interpolation)."""
    values = (np.random.default_rng(seed).standard_normal(1000) * scale).astype(np.float32)
    clip = clip_of([values])
    assert 0.0 < clip <= np.abs(values).max()
    assert np.mean(np.abs(values) <= clip) >= 0.994


@given(st.lists(st.floats(-0.5, 1.5), max_size=30), st.floats(0.0, 0.2))
def test_spread_keeps_order_gap_and_room(wishes: list[float], gap: float) -> None:
    places = spread(wishes, gap, 0.0, 1.0)
    fits = min(gap, 1.0 / max(len(wishes) - 1, 1))
    assert all(-1e-9 <= place <= 1.0 + 1e-9 for place in places)
    ordered = [places[index] for index in sorted(range(len(wishes)), key=lambda index: wishes[index])]
    assert all(b - a >= fits - 1e-9 for a, b in pairwise(ordered))


def test_spread_leaves_alone_what_has_room_and_parts_neighbours_evenly() -> None:
    assert spread([0.9, 0.1, 0.5], 0.1, 0.0, 1.0) == pytest.approx([0.9, 0.1, 0.5])
    assert spread([0.5, 0.5], 0.2, 0.0, 1.0) == pytest.approx([0.4, 0.6])


def test_saving_twice_gives_the_same_bytes(tmp_path: Path, study: list[Record]) -> None:
    for folder in ("a", "b"):
        written = save_figure(figure10(frame_of(*study)), tmp_path / folder, "figure10")
        assert [path.name for path in written] == ["figure10.png", "figure10.svg"]
    for name in ("figure10.png", "figure10.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert b"<dc:date>" not in (tmp_path / "a" / "figure10.svg").read_bytes()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        save_figure(figure11(SECTIONS), tmp_path / "file", "figure11")


def test_a_disk_that_fills_up_leaves_neither_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if ".svg" in self.name:
            real(self, data[:10])
            raise OSError(28, os.strerror(28))
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left"):
        save_figure(figure11(SECTIONS), tmp_path, "figure11")
    assert list(tmp_path.iterdir()) == []
