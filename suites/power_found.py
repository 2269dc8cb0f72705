"""How small a slowdown is found in so many minutes: from the rounds of a race against itself, with a picture."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from wavecomp.gate.least import LEAST
from wavecomp.gate.paired import Looks
from wavecomp.gate.paired_power import needed_slowdowns
from wavecomp.report.style import BLACK, BLUE, drawing

MINUTES = (5, 20)
RESAMPLES = 40
FEWEST = 20
CURVES = ("compress processor time", "decompress processor time")
TIMES = ("compress time", "decompress time", *CURVES)

Ratios = Mapping[str, Sequence[float | None]]


def power_numbers(ratios: Ratios, rounds: int, seconds: float) -> dict[str, Any]:
    """Return the smallest slowdowns that are found with 95 % probability, and the curves of probability.

    Parameters
    ----------
    ratios : mapping
        ln(new/old) of two equal sides, one a round, by ``case: quantity``.
    rounds, seconds : int, float
        How many there were, and what they took with the one that warms up.
    """
    known = {name: [value for value in values if value is not None] for name, values in ratios.items()}
    known = {name: values for name, values in known.items() if len(values) >= FEWEST and _quantity(name) in LEAST}
    families = {(name.partition(":")[0], _quantity(name)) for name in known}
    looks = Looks(len(known), len(families))
    known = {name: values for name, values in known.items() if _quantity(name) in TIMES}
    smallest: dict[str, dict[str, list[float | None]]] = {}
    curves: dict[str, dict[str, list[float]]] = {}
    for minutes in MINUTES:
        count = max(1, int(minutes * 60 / (seconds / (rounds + 1))) - 1)
        needed = {
            name: np.sort(
                needed_slowdowns(values, count, least=LEAST[_quantity(name)], looks=looks, resamples=RESAMPLES)
            )
            for name, values in known.items()
        }
        at = {name: float(values[math.ceil(0.95 * RESAMPLES) - 1]) for name, values in needed.items()}
        smallest[str(minutes)] = {
            quantity: [_finite(statistics.median(some)), _finite(max(some))]
            for quantity in dict.fromkeys(map(_quantity, known))
            if (some := [value for name, value in at.items() if _quantity(name) == quantity])
        }
        curves[str(minutes)] = {
            name: [round(float(value), 4) for value in values if math.isfinite(value)]
            for name, values in needed.items()
            if _quantity(name) in CURVES
        }
    return {"cases": len({name.rpartition(": ")[0] for name in known}), "smallest": smallest, "needed": curves}


def power_figure(row: Mapping[str, Any]) -> Figure:
    """Draw the probability that a slowdown is found against its size, one panel for so many minutes."""
    with drawing():
        figure = Figure(figsize=(7.2, 3.2), layout="constrained")
        panels = figure.subplots(1, len(MINUTES), sharey=True)
        grid = np.linspace(0, 0.25, 101)
        for axes, minutes in zip(panels, MINUTES, strict=True):
            curves = [
                [float(np.sum(np.asarray(values) < slowdown)) / RESAMPLES for slowdown in grid]
                for values in row["needed"][str(minutes)].values()
            ]
            for curve in curves:
                axes.plot(grid, curve, color=BLUE, linewidth=0.6, alpha=0.5)
            axes.plot(grid, np.median(curves, axis=0), color=BLACK, linewidth=1.8)
            axes.axhline(0.95, color=BLACK, linewidth=0.6, linestyle=":")
            axes.set_title(f"{minutes} minutes", fontsize=9)
            axes.set_xlabel("slowdown of one case")
            axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        panels[0].set_ylabel("probability of being found")
    return figure


def _quantity(name: str) -> str:
    return name.rpartition(": ")[2]


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
