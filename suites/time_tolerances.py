"""One tolerance for all levels beside one for each: error against memory, and wall time over the bare sweeps.

For each compressor and tolerance the gradient is computed with one tolerance for all levels, with ``weights=coarse``
and with ``weights=earlier``, all with the same geometric mean. In every round the bare sweeps and then each of them run
once, every second round backwards, in one process; a ratio is formed within its round. A round that warms up comes
first: it also finds the weights, whose time stands for itself. Memory is all that is held: the store and the slots.
"deep" is the error below the top tenth of the depth. Bytes and errors are deterministic, times want a quiet machine::

    python suites/time_tolerances.py --problem quick --out results/time-tolerances --rounds 5

writes ``quick.json`` (raw), ``quick.md`` and ``quick.png`` there; with another strategy, as in ``--strategy
revolve:slots=20``, they are called ``quick-revolve`` and so on. ``--rounds 0`` times nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from wavecomp.metrics.gradient import deep_relative_l2
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.physics.workbench import Workbench
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.plans.time_tolerances import excess
from wavecomp.records.provenance import collect_provenance
from wavecomp.report.figures import figure_files
from wavecomp.report.style import drawing, family_style, new_figure, panel

SOURCES = ("", "coarse", "earlier")
"""Where the weights come from; nowhere, for one tolerance for all levels."""

COMPRESSORS = {"interp": "interp:abs={}peak", "zfp": "zfp:accuracy={}peak"}
TOLERANCES = {"interp": (2.5e-5, 5e-5, 1e-4, 2e-4), "zfp": (6e-4, 1.2e-3, 2.4e-3, 4.8e-3)}
"""Fractions of the wavefield's peak; ZFP uses a fifth of its tolerance at most."""

HEADS = (
    "compressor",
    "weights",
    "tolerance / peak",
    "held (MB)",
    "store (MB)",
    "error",
    "deep error",
    "at equal error",
    "at equal deep error",
    "wall / bare",
)

ERRORS = {"error": "of the whole", "deep": "below the top tenth of the depth"}


def strategies(head: str, families: list[str], given: list[float]) -> list[tuple[str, str, float, Strategy]]:
    """Return compressor, source of the weights, tolerance and strategy of each row."""
    return [
        (family, source, tolerance, parse_strategy(_text(head, family, source, tolerance)))
        for family in families
        for tolerance in given or TOLERANCES[family]
        for source in SOURCES
    ]


def _text(head: str, family: str, source: str, tolerance: float) -> str:
    weights = f",weights={source}" if source else ""
    return f"{head}{weights}/{COMPRESSORS[family].format(f'{tolerance:g}')}"


def measured(
    bench: Workbench, head: str, every: int, families: list[str], given: list[float], rounds: int
) -> dict[str, Any]:
    """Return the rows of one problem, and what its weights are."""
    exact = np.array(bench.run(parse_strategy("store-all")).gradient)
    norm = float(np.linalg.norm(exact.astype(np.float64)))
    rows: list[dict[str, Any]] = []
    todo = strategies(head, families, given)
    found: dict[str, float] = {}
    for family, source, tolerance, strategy in todo:
        run = bench.run(strategy)
        if source:
            found[source] = max(found.get(source, 0.0), run.weights_s)
        rows.append(
            {
                "compressor": family,
                "weights": source,
                "digest": run.weights,
                "tolerance": tolerance,
                "strategy": run.strategy,
                "held_bytes": run.peak_checkpoint_bytes,
                "store_bytes": run.peak_store_bytes,
                "error": float(np.linalg.norm(run.gradient.astype(np.float64) - exact)) / norm,
                "deep": deep_relative_l2(exact, run.gradient),
                "wall_s": [],
                "bare_s": [],
            }
        )
    for turn in range(rounds):
        bare = bench.bare().run.seconds.wall
        places = range(len(todo)) if turn % 2 == 0 else range(len(todo) - 1, -1, -1)
        for place in places:
            rows[place]["wall_s"].append(bench.run(todo[place][3]).seconds.wall)
            rows[place]["bare_s"].append(bare)
    weights = bench.weights(every)
    return {
        "rows": rows,
        "weights": weights.tolist(),
        "weights_found_s": found,
        "excess_of_one": excess(weights, np.ones(len(weights))),
        "slot_bytes": min(one["held_bytes"] - one["store_bytes"] for one in rows),
    }


def over_bare(row: dict[str, Any]) -> float | None:
    """Return the median over the rounds of wall time over that of the bare sweeps."""
    ratios = [wall / bare for wall, bare in zip(row["wall_s"], row["bare_s"], strict=True)]
    return statistics.median(ratios) if ratios else None


def at_equal_error(rows: list[dict[str, Any]], row: dict[str, Any], measure: str, size: str) -> float | None:
    """Return a row's bytes over those that one tolerance for all takes for the same error; None outside of its range.

    Between its rows the logarithms of both are taken to be linear.
    """
    same = [one for one in rows if one["compressor"] == row["compressor"] and not one["weights"]]
    curve = sorted((float(np.log(one[measure])), float(np.log(one[size]))) for one in same)
    errors, sizes = zip(*curve, strict=True)
    place = float(np.log(row[measure]))
    if not errors[0] <= place <= errors[-1]:
        return None
    return float(row[size] / np.exp(np.interp(place, errors, sizes)))


def page(content: dict[str, Any]) -> str:
    """Return the table."""
    rows, weights = content["rows"], content["weights"]
    span = max(weights) / max(min(weights), 1e-300)
    found = " and ".join(f"{seconds:.1f} s ({source})" for source, seconds in content["weights_found_s"].items())
    lines = [
        f"# Tolerances over time: `{content['problem']}`",
        "",
        f"`{content['head']}`; beside the store slots of {content['slot_bytes'] / 1e6:.2f} MB are held. "
        f"The weights span a factor of {span:.3g}; one tolerance for all has {content['excess_of_one']:.2f} times the "
        f"least error at equal bits, if errors are independent. Finding the weights took {found}, once, outside of the "
        "times. At equal error: bytes in the store over what one tolerance for all takes, between its rows.",
        "",
        f"| {' | '.join(HEADS)} |",
        "|" + "---|" * len(HEADS),
    ]
    for row in rows:
        equal = [at_equal_error(rows, row, measure, "store_bytes") if row["weights"] else None for measure in ERRORS]
        wall = over_bare(row)
        cells = [
            row["compressor"],
            row["weights"] or "one for all",
            f"{row['tolerance']:g}",
            f"{row['held_bytes'] / 1e6:.3f}",
            f"{row['store_bytes'] / 1e6:.3f}",
            f"{row['error']:.2e}",
            f"{row['deep']:.2e}",
            *("–" if ratio is None else f"{ratio:.2f}" for ratio in equal),
            "–" if wall is None else f"{wall:.2f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def draw(content: dict[str, Any], path: Path) -> None:
    """Draw error against memory, whole and deep side by side."""
    styles = {"": ("o", "-"), "coarse": ("s", "--"), "earlier": ("^", ":")}
    families = list(dict.fromkeys(row["compressor"] for row in content["rows"]))
    with drawing():
        figure = new_figure(10.0, 4.6)
        for place, (measure, words) in enumerate(ERRORS.items()):
            axes = figure.add_axes((0.075 + 0.49 * place, 0.13, 0.4, 0.73))
            for family in families:
                for source, (marker, line) in styles.items():
                    rows = [row for row in content["rows"] if (row["compressor"], row["weights"]) == (family, source)]
                    label = f"{family}, {f'weights={source}' if source else 'one tolerance for all'}"
                    x, y = [row["held_bytes"] / 1e6 for row in rows], [row[measure] for row in rows]
                    colour = family_style(family, families).colour
                    axes.plot(x, y, marker=marker, linestyle=line, color=colour, label=label)
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}".replace("e-0", "e-")))
            axes.yaxis.set_minor_formatter(NullFormatter())
            panel(
                axes,
                f"{content['problem']}: error {words}\n{content['head']}",
                "All that is held (MB)",
                "Relative L2 error of the gradient",
            )
            if not place:
                axes.legend()
    path.write_bytes(figure_files(figure, path.stem)[path.name])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.json, NAME.md and NAME.png")
    parser.add_argument("--strategy", default="trajectory", help="without its imaging step [default: trajectory]")
    parser.add_argument("--every", type=int, default=4, help="imaging step [default: 4]")
    parser.add_argument("--rounds", type=int, default=3, help="rounds whose times count [default: 3]")
    parser.add_argument("--compressor", action="append", choices=list(COMPRESSORS), help="[default: all]")
    parser.add_argument("--tolerance", action="append", type=float, default=[], help="fractions of the peak, for all")
    given = parser.parse_args()
    problem = find_problem(given.problem)
    bench = Workbench(open_operators(problem))
    families = given.compressor or list(COMPRESSORS)
    kind = given.strategy.partition(":")[0]
    head = f"{given.strategy}{',' if ':' in given.strategy else ':'}every={given.every}"
    name = problem.name if kind == "trajectory" else f"{problem.name}-{kind}"
    content = {
        "problem": problem.name,
        "problem_digest": bench.operators.problem.digest,
        "head": head,
        "every": given.every,
        "threads": bench.threads,
        "provenance": asdict(collect_provenance()),
        **measured(bench, head, given.every, families, given.tolerance, given.rounds),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (given.out / f"{name}.md").write_text(page(content), encoding="utf-8")
    draw(content, given.out / f"{name}.png")
    print(page(content))


if __name__ == "__main__":
    main()
