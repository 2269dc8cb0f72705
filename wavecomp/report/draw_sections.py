"""Figures 11 and 13: a vertical plane through the reference field, and through what compressors did to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from wavecomp.errors import NothingToReport
from wavecomp.records import Section
from wavecomp.report.choose_sections import clip_of, comparable, rms, sections_of_field
from wavecomp.report.names import setting_label
from wavecomp.report.rows import RUN
from wavecomp.report.style import drawing, new_figure

_BAR: dict[str, Any] = {"extend": "both", "extendfrac": 0.03, "format": FuncFormatter(lambda value, _: f"{value:.3g}")}


def figure11(sections: Sequence[Section], field: str | None = None) -> Figure:
    """Draw the reference field in the plane that was kept: distances in km, depth downwards, amplitudes clipped.

    Where the grid's spacing is not known, distances are in points.

    Raises
    ------
    NothingToReport
        There is no section.
    """
    section = sections_of_field(sections, field)[0]
    with drawing():
        width, height = _panel_size(section, 7.6, 5.2)
        figure = new_figure(width + 2.3, height + 1.25)
        axes = _inches(figure, 0.75, 0.6, width, height)
        clip = clip_of([section.values])
        image = _show(axes, section.values, section, clip, "bilinear")
        axes.set_title(f"{_heading(section)}\n{section.plane}{_stretch_words(section)}", fontsize=10.5)
        cax = _inches(figure, 0.75 + width + 0.12, 0.6, 0.18, height)
        bar = figure.colorbar(image, cax=cax, ticks=_ticks(clip), **_BAR)
        bar.set_label(_scale_words("Amplitude (unit of the field)", clip, [section.values]), fontsize=9)
        return figure


def figure13(sections: Sequence[Section], field: str | None = None) -> Figure:
    """Draw the field and the error of one setting of each compressor, chosen so that the errors are of one size.

    Raises
    ------
    NothingToReport
        No section holds an error.
    """
    of_field = sections_of_field([s for s in sections if s.error is not None] or sections, field)
    chosen, others = comparable(of_field)
    if not chosen:
        raise NothingToReport(f"no cross-section of {of_field[0].field} holds a compressor's error; {RUN} makes them")
    with drawing():
        return _draw_errors(chosen, others)


def _heading(section: Section) -> str:
    return f"{section.field}: wavefield{when_words(section)}"


def when_words(section: Section) -> str:
    """Say at which time and step a section is, as far as that is known."""
    if section.time_s is None:
        return "" if section.step is None else f" at step {section.step}"
    return f" at t = {section.time_s:.4g} s (step {section.step})"


def _stretch(section: Section) -> float:
    """Return by how much depth is stretched, so that a panel is no flatter than 1:5 and no taller than wide."""
    first, last, top, bottom = section.extent_m
    true = abs(bottom - top) / max(abs(last - first), 1e-9)
    return min(max(true, 0.2), 1.0) / true if true > 0.0 else 1.0


def _stretch_words(section: Section) -> str:
    stretch = _stretch(section)
    what = _axis_names(section)[1].lower()
    return "" if math.isclose(stretch, 1.0) else f", {what} drawn {stretch:.2g} times larger"


def _axis_names(section: Section) -> tuple[str, str]:
    if len(section.axes) == 2:
        return section.axes[0], section.axes[1]
    return section.plane[:1] if section.plane[1:2] in ("–", "-") else "Distance", "Depth"


def _panel_size(section: Section, width: float, tallest: float) -> tuple[float, float]:
    """Return inches of a panel at most ``width`` wide and ``tallest`` high."""
    first, last, top, bottom = section.extent_m
    ratio = abs(bottom - top) / max(abs(last - first), 1e-9) * _stretch(section) or 0.5
    return (width, width * ratio) if width * ratio <= tallest else (tallest / ratio, tallest)


def _inches(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    total_width, total_height = figure.get_size_inches()
    return figure.add_axes((left / total_width, bottom / total_height, width / total_width, height / total_height))


def _show(axes: Axes, values: NDArray[np.float32], section: Section, clip: float, interpolation: str) -> AxesImage:
    unit, size = ("points", 1.0) if section.length_unit == "points" else ("km", 1e3)
    first, last, top, bottom = (place / size for place in section.extent_m)
    # Positions are those of grid points, the middles of the pixels.
    dx = (last - first) / max(values.shape[0] - 1, 1) / 2 or 0.5 / size
    dz = (bottom - top) / max(values.shape[1] - 1, 1) / 2 or 0.5 / size
    image = axes.imshow(
        values.T, cmap="RdBu_r", vmin=-clip, vmax=clip, aspect="auto", interpolation=interpolation, origin="upper",
        extent=(first - dx, last + dx, bottom + dz, top - dz),
    )  # fmt: skip
    axes.ticklabel_format(useOffset=False)  # positions as they are, in UTM coordinates too
    axes.grid(visible=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    across, down = _axis_names(section)
    axes.set_xlabel(f"{across} ({unit})")
    axes.set_ylabel(f"{down} ({unit})")
    return image


def _ticks(clip: float) -> list[float]:
    return [-clip, -clip / 2, 0.0, clip / 2, clip]


def _scale_words(what: str, clip: float, arrays: Sequence[NDArray[np.float32]]) -> str:
    largest = max(float(np.abs(array).max(initial=0.0)) for array in arrays)
    return f"{what}\n{'clipped at ±' + format(clip, '.3g') + ', ' if clip < largest else ''}largest {largest:.3g}"


def _times(factor: float) -> str:
    return f"{float(f'{factor:.2g}'):,.0f}" if factor >= 10.0 else f"{factor:.2g}"


def _draw_errors(chosen: list[Section], others: list[str]) -> Figure:
    """Draw panels row by row, the field first, above two horizontal colour bars."""
    reference, count = chosen[0], len(chosen) + 1
    flat = _panel_size(reference, 1.0, 1.0)[1] < 0.45
    columns = (1 if count < 4 else 2) if flat else (3 if count in (3, 5, 6) else 2)
    rows = math.ceil(count / columns)
    width, height = _panel_size(reference, {1: 7.6, 2: 5.0, 3: 3.6}[columns], 3.6)
    between, foot = 0.6, 1.55
    total_width = max(0.75 + columns * (width + 0.3) + 0.1, 7.5)
    figure = new_figure(total_width, 0.98 + rows * (height + between) + foot - between)
    errors = [section.error for section in chosen if section.error is not None]
    field_clip, error_clip = clip_of([reference.values]), clip_of(errors)
    images = []
    for number in range(count):
        row, column = number // columns, number % columns
        axes = _inches(
            figure, 0.75 + column * (width + 0.3), foot + (rows - 1 - row) * (height + between), width, height
        )
        if number == 0:
            images.append(_show(axes, reference.values, reference, field_clip, "bilinear"))
            axes.set_title("The field", fontsize=10)
        else:
            section, error = chosen[number - 1], errors[number - 1]
            images.append(_show(axes, error, section, error_clip, "nearest"))
            ratio = f", ratio {section.statistics['ratio']:.3g}" if "ratio" in section.statistics else ""
            axes.set_title(f"{setting_label(section.spec or '')}\nRMS error {rms(error):.2g}{ratio}", fontsize=10)
        if number + columns < count:
            axes.set_xlabel("")
            axes.tick_params(labelbottom=False)
        if column:
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
    half = (total_width - 0.75 - 0.3) / 2 - 0.3
    words = (
        _scale_words("Field: amplitude (unit of the field)", field_clip, [reference.values]),
        _scale_words("Errors: decompressed − field (unit of the field)", error_clip, errors),
    )
    for place, (image, clip, label) in enumerate(zip(images[:2], (field_clip, error_clip), words, strict=True)):
        cax = _inches(figure, 0.75 + place * (half + 0.6), 0.72, half, 0.14)
        figure.colorbar(image, cax=cax, orientation="horizontal", ticks=_ticks(clip), **_BAR).set_label(
            label, fontsize=9
        )
    top = float(figure.get_size_inches()[1])
    heading = f"{_heading(reference)}, {reference.plane}{_stretch_words(reference)}"
    figure.text(0.75 / total_width, 1 - 0.2 / top, heading, fontsize=11, va="center")
    note = f"The colour scale of the errors is {_times(field_clip / error_clip)} times finer than the field's."
    if others:
        note += f" Without an error of that size: {', '.join(others)}."
    figure.text(0.75 / total_width, 1 - 0.41 / top, note, fontsize=9, va="center")
    return figure
