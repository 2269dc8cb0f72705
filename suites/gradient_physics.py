"""Gradients of several physics in one table: the same strategies, each against its own exact gradient and bare sweeps.

The archives are those of ``wavecomp gradient``, one for each problem, with the same choice of strategies::

    for name in acoustic-2d tti-2d viscoacoustic-2d; do
        wavecomp gradient --problem $name --short --out results/physics/$name
    done
    python suites/gradient_physics.py results/physics/*-2d

Memory is the peak of what was kept, and its share of what the problem's own ``store-all`` keeps: a level of the
acoustic problem is one array, of the others two.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pandas as pd

from wavecomp.errors import WavecompError
from wavecomp.records import GradientArchive, load_gradients
from wavecomp.report.gradient_rows import measured, problem_rows

_STORED = "store-all"


def side_by_side(columns: Mapping[str, pd.DataFrame]) -> str:
    """Return a Markdown table.

    Parameters
    ----------
    columns : mapping of str to DataFrame
        The measured rows of each problem; those of the first say which strategies there are, and in which order: what
        takes the most memory comes first.
    """
    names = list(columns)
    head = "| strategy | " + " | ".join(f"{name}: error | memory | over its bare sweeps" for name in names) + " |"
    lines = [head, "|" + "---|" * (1 + 3 * len(names))]
    first = next(iter(columns.values()))
    # By memory, not in the order of records, which is that of the last round.
    for spec in first.sort_values("peak_mb", ascending=False, kind="stable")["spec"]:
        if spec != "bare":
            cells = [cell for rows in columns.values() for cell in _cells(rows, str(spec))]
            lines.append(f"| `{spec}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cells(rows: pd.DataFrame, spec: str) -> tuple[str, str, str]:
    found = rows[rows["spec"] == spec]
    if found.empty:
        return "–", "–", "–"
    row: dict[Any, Any] = found.iloc[-1].to_dict()
    stored = rows[rows["spec"] == _STORED]["peak_mb"]
    share = "" if stored.empty else f" ({100 * row['peak_mb'] / stored.iloc[-1]:.3g} %)"
    time = "–" if row["over_bare"] != row["over_bare"] else f"{row['over_bare']:.2f}"
    return f"{row['error']:.1e}" if row["error"] else "0", f"{row['peak_mb']:.3g} MB{share}", time


def main(folders: list[str]) -> None:
    """Print the table of the archives in these folders."""
    columns = {}
    for folder in folders:
        rows = problem_rows(load_gradients([GradientArchive(folder)]), None)
        columns[str(rows["problem"].iloc[0])] = measured(rows)
    print(side_by_side(columns))


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("give the folders of the archives, one a problem")
    try:
        main(sys.argv[1:])
    except WavecompError as error:
        sys.exit(str(error))
