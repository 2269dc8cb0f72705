"""What a calibration found: seconds of each task with their spread, and ratios of compressors against their speed."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_experiments_error import number, rows_where
from wavecomp.report.names import family_label, family_of, short_number
from wavecomp.report.style import BLUE, GREY, drawing, family_style, new_figure, panel


def figure_calibrate(result: ExperimentResult) -> Figure:
    """Draw one bar a task, of one step or level, and one point a compressor at each tolerance."""
    with drawing():
        figure = new_figure(11.6, 5.2)
        left, right = figure.subplots(1, 2, width_ratios=(1.1, 1.0))
        tasks = rows_where(result, what="task")
        names = [str(row["name"]) for row in tasks]
        seconds = np.array([number(row["call_s"]) + number(row["step_s"]) for row in tasks])
        spread = [[1 - number(row["low"]) for row in tasks], [number(row["high"]) - 1 for row in tasks]]
        places = np.arange(len(tasks))
        left.barh(places, 1e3 * seconds, color=BLUE, height=0.65)
        ends = 1e3 * seconds * np.maximum(np.array(spread), 0.0)
        left.errorbar(1e3 * seconds, places, xerr=ends, fmt="none", ecolor=GREY, elinewidth=1.1)
        left.set_yticks(places, names)
        left.invert_yaxis()
        left.set_xscale("log")
        panel(
            left, f"{result.problem}: one call of one step or level", "Milliseconds (bars: 10th to 90th percentile)", ""
        )
        compressors = rows_where(result, what="compressor", kind="level")
        families = [family_of(str(row["name"]).replace("{}", "1")) for row in compressors]
        raw = number(result.facts["level_bytes"])
        for family in dict.fromkeys(families):
            mine = [row for row, one in zip(compressors, families, strict=True) if one == family]
            style = family_style(family, families)
            speed = [raw / 1e6 / (number(row["store_s"]) + number(row["fetch_s"])) for row in mine]
            right.plot(
                speed, [number(row["ratio"]) for row in mine], linestyle="none", color=style.colour,
                marker=style.marker, label=family_label(family),
            )  # fmt: skip
            for at, row in zip(speed, mine, strict=True):
                if row["fraction"] is not None:
                    right.annotate(
                        short_number(f"{number(row['fraction']):g}"), (at, number(row["ratio"])), xytext=(5, 3),
                        textcoords="offset points", fontsize=8, color=GREY,
                    )  # fmt: skip
        right.set_xscale("log")
        right.set_yscale("log")
        panel(right, "Levels, mean of the run; tolerance as a part of the peak", "MB/s there and back", "Ratio")
        if compressors:
            right.legend(loc="best")
        figure.subplots_adjust(left=0.13, right=0.985, bottom=0.12, top=0.92, wspace=0.16)
        return figure
