"""Predicted against measured: every run a point, with bands of ten and of twenty per cent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from wavecomp.errors import NothingToReport
from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.style import BLUE, GREY, VERMILION, drawing, new_figure, panel
from wavecomp.report.validation_rows import Judged, judged, latest_validations

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_BANDS = ((0.2, "#ececec"), (0.1, "#d4d4d4"))


def figure_validation(results: Sequence[ExperimentResult]) -> Figure:
    """Draw wall times on the left, ours and the published equations', and peak memory on the right.

    Each problem has a marker; runs without compression are hollow. At the edges of the grey bands a prediction is off
    by ten and by twenty per cent of what was measured (memory: five).

    Raises
    ------
    NothingToReport
        No validation came to its end.
    """
    cases = [case for case in judged(latest_validations(results)) if not case.refused]
    if not cases:
        raise NothingToReport("no validation of the model; wavecomp model validate makes one")
    with drawing():
        figure = new_figure(11.6, 5.4)
        left, right = figure.subplots(1, 2)
        problems = list(dict.fromkeys(case.problem for case in cases))
        for axes, found, bands in ((left, "measured_s", _BANDS), (right, "peak_bytes", ((0.05, "#d4d4d4"),))):
            scale = 1e-6 if found == "peak_bytes" else 1.0
            ends = _ends(cases, found, scale)
            for band, colour in bands:
                axes.fill_between(ends, ends * (1 - band), ends * (1 + band), color=colour, linewidth=0, zorder=1)
            axes.plot(ends, ends, color=GREY, linewidth=1.0, zorder=2)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlim(ends[0], ends[-1])
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for place, problem in enumerate(problems):
            mine = [case for case in cases if case.problem == problem]
            marker = _MARKERS[place % len(_MARKERS)]
            label = f"{problem}, never calibrated" if mine[0].never_calibrated else problem
            published = _points(mine, "measured_s", "published_s", 1.0)
            left.scatter(
                published[:, 0], published[:, 1], s=22, marker=marker, facecolors="none", edgecolors=VERMILION,
                linewidths=0.9, zorder=3, label="published equations" if not place else None,
            )  # fmt: skip
            for axes, found, expected, scale in (
                (left, "measured_s", "predicted_s", 1.0),
                (right, "peak_bytes", "predicted_peak_bytes", 1e-6),
            ):
                for compressed in (False, True):
                    points = _points(
                        [case for case in mine if case.row["compressed"] is compressed], found, expected, scale
                    )
                    axes.scatter(
                        points[:, 0], points[:, 1], s=34, marker=marker, edgecolors=BLUE, linewidths=1.1, zorder=4,
                        facecolors=BLUE if compressed else "white", label=label if compressed else None,
                    )  # fmt: skip
        panel(left, "Wall time; bands: 10 and 20 %", "Measured (s)", "Predicted (s)")
        panel(right, "Peak memory of the checkpoints; band: 5 %", "Measured (MB)", "Predicted (MB)")
        left.legend(loc="upper left")
        left.text(
            0.98, 0.03, "filled: compressed; hollow blue: not", transform=left.transAxes, ha="right", color=GREY,
            fontsize=8.5,
        )  # fmt: skip
        figure.subplots_adjust(left=0.07, right=0.985, bottom=0.11, top=0.92, wspace=0.2)
        return figure


def _points(cases: Sequence[Judged], found: str, expected: str, scale: float) -> np.ndarray:
    pairs = [(case.row[found], case.row[expected]) for case in cases]
    there = [(float(a) * scale, float(b) * scale) for a, b in pairs if a is not None and b is not None]
    return np.array(there, float).reshape(-1, 2)


def _ends(cases: Sequence[Judged], found: str, scale: float) -> np.ndarray:
    values = [float(case.row[found] or 0.0) * scale for case in cases]
    return np.geomspace(min(values) / 1.5, max(values) * 1.5, 50)
