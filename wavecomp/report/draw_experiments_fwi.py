"""Full waveform inversion: misfit and model error against iterations, and the models as pictures."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.image import AxesImage
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_experiments_error import distinct, number, rows_where
from wavecomp.report.names import strategy_label
from wavecomp.report.style import BLACK, BLUE, DASHES, GREEN, VERMILION, drawing, new_figure, panel

_COLOURS = (BLACK, BLUE, VERMILION, GREEN)
_TICKS = (1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001)
_MARKERS = ("o", "s", "^", "D")


def figure_fwi(result: ExperimentResult) -> Figure:
    """Draw misfit and model error of all inversions; the models; and how far compressed and exact ones are apart."""
    with drawing():
        strategies = [str(strategy) for strategy in distinct(result, "strategy")]
        figure = new_figure(11.0, 11.0)
        grid = figure.add_gridspec(
            4, 2, height_ratios=(1.5, 1, 1, 1), hspace=0.48, wspace=0.2, left=0.075, right=0.9, bottom=0.05, top=0.965,
        )  # fmt: skip
        curves = [figure.add_subplot(grid[0, column]) for column in (0, 1)]
        for place, strategy in enumerate(strategies):
            rows = rows_where(result, strategy=strategy)
            iterations = [number(row["iteration"]) for row in rows]
            error = number(rows[0]["first_gradient_error"])
            label = "exact" if place == 0 else f"{strategy_label(strategy)} ({100 * error:.2g} %)"
            for axes, key in zip(curves, ("relative_misfit", "model_error"), strict=True):
                axes.plot(
                    iterations, [number(row[key]) for row in rows], color=_COLOURS[place % 4], label=label,
                    marker=_MARKERS[place % 4], linestyle=DASHES[place % len(DASHES)],
                    markerfacecolor="none" if place else BLACK,
                )  # fmt: skip
        panel(
            curves[0],
            f"{result.problem}: {result.facts['shots']} shots, L-BFGS-B",
            "Iteration",
            "Misfit / misfit of the initial model",
        )
        panel(curves[1], "Error of the model", "Iteration", "Error of 1/v², relative L2")
        curves[0].set_yscale("log")
        low, high = curves[0].get_ylim()
        low = max(low / 4, _TICKS[-1])
        curves[0].set_ylim(low, high)
        curves[0].yaxis.set_major_locator(FixedLocator([tick for tick in _TICKS if low <= tick <= high]))
        curves[0].yaxis.set_minor_locator(NullLocator())
        curves[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for axes in curves:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        curves[0].legend(
            loc="lower left", fontsize=8, handlelength=2.5, title="Gradients (error of the first)", title_fontsize=8,
            alignment="left",
        )  # fmt: skip
        _pictures(figure, grid, result, strategies)
        return figure


def _pictures(figure: Figure, grid: GridSpec, result: ExperimentResult, strategies: list[str]) -> None:
    arrays = {name: np.asarray(array) for name, array in result.arrays.items()}
    true, exact = arrays["true_m_s"], arrays["model_0_m_s"]
    compressed = [arrays[f"model_{place}_m_s"] for place in range(1, len(strategies))]
    low, high = float(true.min()) / 1e3, float(true.max()) / 1e3
    shown = [
        ("True model", true),
        ("Initial model", arrays["initial_m_s"]),
        ("Final model, exact gradients", exact),
        (f"Final model, {strategy_label(strategies[-1])}", compressed[-1]),
    ]
    pictures = [figure.add_subplot(grid[1 + place // 2, place % 2]) for place in range(4)]
    for axes, (title, model) in zip(pictures, shown, strict=True):
        image = _show(axes, model / 1e3, result, low, high, "cividis")
        axes.set_title(title, fontsize=10)
    top, bottom = pictures[0].get_position().y1, pictures[-1].get_position().y0
    figure.colorbar(image, cax=figure.add_axes((0.92, bottom, 0.014, top - bottom)), label="P velocity (km/s)")
    below = [figure.add_subplot(grid[3, column]) for column in (0, 1)]
    chosen = [(strategies[1], compressed[0]), (strategies[-1], compressed[-1])]
    for axes, (strategy, model) in zip(below, chosen, strict=True):
        difference = model - exact
        clip = float(np.percentile(np.abs(difference), 99.5)) or 1.0
        _show(axes, difference, result, -clip, clip, "RdBu_r")
        rms = float(np.sqrt(np.mean(np.square(difference, dtype=np.float64))))
        axes.set_title(
            f"{strategy_label(strategy)}, less exact\nRMS {rms:.2g} m/s; blue −{clip:.3g} m/s, red +{clip:.3g} m/s",
            fontsize=10,
        )


def _show(
    axes: Axes, model: NDArray[np.generic], result: ExperimentResult, low: float, high: float, colours: str
) -> AxesImage:
    edges = [number(result.facts[key]) / 1e3 for key in ("x_first_m", "x_last_m", "z_last_m", "z_first_m")]
    image = axes.imshow(
        model.T, cmap=colours, vmin=low, vmax=high, aspect="auto", extent=(edges[0], edges[1], edges[2], edges[3])
    )
    axes.grid(visible=False)
    axes.set_xlabel("x (km)")
    axes.set_ylabel("Depth (km)")
    return image
