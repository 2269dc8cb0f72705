"""Figures of snapshots of which nobody said spacing or time: points and steps, and no number that nobody gave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wavecomp.errors import NothingToReport
from wavecomp.records import Record, Section
from wavecomp.report.figures import figure10, figure11, figure13, figure_spectrum

from .factory import frame_of, make_section


def unknown(section: Section, **changes: object) -> Section:
    known = {"time_s": None, "length_unit": "points", "axes": ("First axis", "Third axis"), "plane": "plane 3"}
    return replace(section, **(known | changes))


def words_of(figure) -> str:
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [axes.get_title(), axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()]
    return "\n".join(found)


@pytest.fixture
def sections() -> list[Section]:
    specs = [("zfp:accuracy=1e-3", 1e-3), ("int8:block=64", 2e-3)]
    return [unknown(make_section(None, None)), *(unknown(make_section(spec, error=error)) for spec, error in specs)]


def test_sections_in_points(sections):
    for figure in (figure11(sections), figure13(sections)):
        words = words_of(figure)
        assert "First axis (points)" in words
        assert "Third axis (points)" in words
        assert "km" not in words
        assert "Depth" not in words
        assert "t = " not in words
        assert f"at step {sections[0].step}" in words
    (image,) = figure11(sections).axes[0].get_images()
    first, last, bottom, top = image.get_extent()
    places = sections[0].extent_m
    assert first < places[0] < places[1] < last  # positions as they are, not divided by a thousand
    assert top < places[2] < places[3] < bottom


def test_without_a_step_none_is_named(sections):
    words = words_of(figure11([unknown(section, step=None) for section in sections]))
    assert "step" not in words
    assert "None" not in words


def test_spectra_in_cycles_a_point(sections):
    figure, metres = figure_spectrum(sections), figure_spectrum([make_section("zfp:accuracy=1e-3", error=1e-3)])
    assert "Wavenumber (cycles/point)" in words_of(figure)
    assert "Wavenumber (cycles/km)" in words_of(metres)
    ends = [max(line.get_xdata()) for line in (figure.axes[0].get_lines()[0], metres.axes[0].get_lines()[0])]
    assert ends[1] == pytest.approx(1e3 * ends[0])


def test_figure10_over_steps_where_one_time_is_missing(study: list[Record]):
    timed = figure10(frame_of(*study)).axes[0]
    assert timed.get_xlabel() == "Simulated time (s)"
    figure = figure10(frame_of(*(replace(record, time_s=None) for record in study)))
    assert figure.axes[0].get_xlabel() == "Time step (its length is not known)"
    steps = {record.step for record in study}
    for line in figure.axes[0].get_lines():
        if len(line.get_xdata()) > 2:
            assert set(line.get_xdata()) <= steps
    last = max(record.step or 0 for record in study)
    some = [replace(record, time_s=None) if record.step == last else record for record in study]
    assert "step" in figure10(frame_of(*some)).axes[0].get_xlabel()


def test_figure10_of_one_level_says_why_there_is_none(study: list[Record]):
    alone = [replace(record, field="wave", step=None, time_s=None) for record in study if record.step == study[0].step]
    with pytest.raises(NothingToReport, match="figure 10 of wave: one level without a step"):
        figure10(frame_of(*alone), "wave")
