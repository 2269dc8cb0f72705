"""How large compressed states are along a run, for ``unequal_sizes.py``: sizes are counted, nothing is timed.

``python suites/size_curves.py --out FILE [--problem NAME]...`` runs each problem's forward sweep and compresses the
level at about so many steps, at tolerances relative to the wavefield's peak. A state is two levels of nearly equal
size, so its ratio is the level's. The sizes are the same on every machine, but for what other bits of the wavefield do.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import wavecomp
from wavecomp.experiments.bench import ExperimentBench
from wavecomp.experiments.forward import RatioSettings, ratio
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.plans.relative import in_field_units

PROBLEMS = ("quick", "layered-3d", "thrust-2d", "marmousi-2d")
COMPRESSORS = {
    "zfp:accuracy={}": (1e-2, 1e-4),
    "interp:abs={}": (1e-3,),
    "zfp:reversible": (None,),
}
"""Specs with the fractions of the peak that become their tolerances."""

POINTS = 125
"""Steps of each run whose level is compressed, at least."""


def curves_of(name: str) -> list[dict[str, Any]]:
    """Measure all curves of a problem's middle shot."""
    bench = ExperimentBench(find_problem(name))
    peak = bench.peak(bench.middle_shot)
    names: dict[str, str] = {}
    for spec, fractions in COMPRESSORS.items():
        for fraction in fractions:
            asked = spec if fraction is None else spec.format(f"{fraction:g}peak")
            names[asked] = spec if fraction is None else spec.format(in_field_units(fraction, peak))
    every = max(1, bench.operators.last // POINTS)
    found = ratio(bench, RatioSettings(every, tuple(names.values())), lambda *_: None)
    given = len(found.rows) // len(names)
    level_bytes = int(bench.operators.level_bytes)
    return [
        {
            "problem": name,
            "compressor": asked,
            "steps": bench.operators.last,
            "every": every,
            "level_bytes": level_bytes,
            "compressed_bytes": [
                round(level_bytes / float(str(found.rows[at * len(names) + number]["ratio"]))) for at in range(given)
            ],
        }
        for number, asked in enumerate(names)
    ]


def main() -> None:
    """Measure, and write after each problem."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--problem", action="append", help="may be given many times")
    given = parser.parse_args()
    curves: list[dict[str, Any]] = []
    for name in given.problem or PROBLEMS:
        curves += curves_of(name)
        lines = ",\n ".join(json.dumps(curve) for curve in curves)
        given.out.write_text(f'{{"version": "{wavecomp.__version__}", "curves": [\n {lines}\n]}}\n', encoding="utf-8")
        print(f"{name}: {curves[-1]['steps']} steps, done", flush=True)


if __name__ == "__main__":
    main()
