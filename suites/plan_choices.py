"""Is what `wavecomp plan` chooses the fastest that fits? Its proposals against rivals, interleaved, in many budgets.

Each problem gets memories that are spread evenly in their logarithm, from somewhat above the least that works to what
storing all imaged levels takes, with a gradient error of 1e-3; and one in between with an exact gradient. In each of
them the plan is made from the costs of ``--calibration``, and its proposals are run with rivals: what keeps all levels
or recomputes them, uncompressed; every compressed trajectory that the plan looked at; and with the compressors of its
proposals Revolve at other imaging steps, ``mixed`` and ``adaptive``. Rivals that are predicted to
need half as much memory again, or to take four times as long as the first choice, are left out. Every run is given the
memory as its budget.

In every round the bare sweeps run once and then each strategy, every second round backwards, in one process; a ratio is
formed within its round. The first round warms up: whatever takes twice as long as the fastest there is not run again,
nor what in two more rounds never came within a third of it. Where the bare sweeps are short there are up to 15 rounds.
A strategy counts if it raised nothing, held no more than the memory, and its gradient kept the error, of the whole and
below the top tenth of the depth. The result of a pair is the first choice's time over that of the strategy to which it
loses most, the median of the rounds that both have; of these only such count, if there are any, in which bare sweeps
took at most a quarter more than the least of the pair: in others the machine was another one. The greatest of many
medians is lucky as well, so that the ratio errs against the plan. Run it on an otherwise idle machine::

    python suites/plan_choices.py --problem tiny --problem quick --calibration results/model --out choices.json

A pair that the file has, of the same problem, with the same proposals, is not measured again. A page lies beside it as
``choices.md``. Exit status 1: a bar was missed.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from saving import Saved

from wavecomp.errors import WavecompError
from wavecomp.experiments.bench import ExperimentBench
from wavecomp.gradient_plan import CALIBRATIONS, costs_for
from wavecomp.metrics.gradient import deep_relative_l2, gradient_distance
from wavecomp.physics.problem import GradientProblem
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.choose import Plan, choose
from wavecomp.planning.costs import Costs
from wavecomp.planning.fitting import is_steady
from wavecomp.planning.job import Job, job_of
from wavecomp.planning.predict import predict
from wavecomp.planning.proposals import Proposal
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.records.provenance import collect_provenance

PROBLEMS = ("tiny", "thrust-2d", "acoustic-2d")
ERROR = 1e-3
MEDIAN_BAR, WORST_BAR = 1.05, 1.15
ENOUGH = 20

_TOO_LARGE, _TOO_SLOW, _SLOW_AT_FIRST, _SLOW = 1.5, 4.0, 2.0, 4 / 3
_ENOUGH_S, _MOST_ROUNDS = 5.0, 15


@dataclass
class Contestant:
    """One strategy in one budget, on its way through the rounds."""

    strategy: Strategy
    rank: int
    """Of a proposal, from 1; 0 for a rival."""
    expected_s: float
    walls_s: list[float] = field(default_factory=list)
    bares_s: list[float] = field(default_factory=list)
    first: float = 0.0
    peak_bytes: int = 0
    error: float = 0.0
    deep: float | None = None
    refused: str = ""

    def run(self, bench: ExperimentBench, shot: int, memory: int, bare: float, *, keep: bool) -> None:
        try:
            run = bench.workbench.run(self.strategy, shot=shot, budget_bytes=memory)
        except WavecompError as reason:
            self.refused = f"{type(reason).__name__}: {reason}"
            return
        if keep:
            self.walls_s.append(run.seconds.wall)
            self.bares_s.append(bare)
            return
        exact = bench.exact(shot)
        self.first = run.seconds.wall / bare
        self.error = gradient_distance(exact, run.gradient).relative_l2
        self.deep = deep_relative_l2(exact, run.gradient)
        self.peak_bytes = run.peak_checkpoint_bytes

    def row(self, memory: int, error: float) -> dict[str, Any]:
        return {
            "strategy": self.strategy.spec,
            "rank": self.rank,
            "expected_s": self.expected_s,
            "timed": bool(self.walls_s),
            "walls_s": self.walls_s,
            "bares_s": self.bares_s,
            "first_over_bare": self.first,
            "peak_bytes": self.peak_bytes,
            "error": self.error,
            "deep": self.deep,
            "refused": self.refused,
            "kept_budget": self.kept_budget(memory),
            "kept_error": self.kept_error(error),
        }

    def kept_budget(self, memory: int) -> bool:
        return not self.refused and self.peak_bytes <= memory

    def kept_error(self, error: float) -> bool:
        return not self.refused and max(self.error, self.deep or 0.0) <= error


def budgets(least: int, most: int, count: int) -> list[int]:
    """Return memories from the least to the most, evenly in their logarithm, cut to three digits (up at the end)."""
    spread = np.geomspace(least, max(most, least), count) if count > 1 else np.array([most], dtype=float)
    digits = [10 ** max(int(np.log10(one)) - 2, 0) for one in spread]
    return [-int(-one // digit) * digit for one, digit in zip(spread, digits, strict=True)]


def pairs_of(job: Job, costs: Costs, count: int, above: float) -> list[tuple[int, float]]:
    """Return memories and errors of one problem: so many with an error, and one with an exact gradient."""
    wanted = []
    for error, number in ((ERROR, count), (0.0, 3)):
        seen = choose(job, costs, 4 * job.everything_bytes, error)
        everything = min(one.needed_bytes for one in seen.points if one.strategy.name == "store-all")
        found = budgets(int(above * seen.least.needed_bytes), everything, number)
        wanted += [(one, error) for one in (found if error else found[1:2])]
    return list(dict.fromkeys(wanted))


def rivals(made: Plan) -> Iterator[str]:
    """Yield the texts of a plan's rivals, whether they fit or not."""
    known = [one for one in made.points if one.strategy.name != "mixed"]
    steps = {one.strategy.every for one in known}
    for every in sorted({min(steps), max(steps)}):
        yield from (f"{name}:every={every}" for name in ("store-all", "mixed", "revolve", "trajectory"))
        for one in made.proposals:
            values, inner = one.strategy.text.head.values, one.strategy.text.inner
            if one.strategy.name == "revolve" and inner is not None and "ratio" in values:
                given = f"every={every},ratio={values['ratio']}/{inner}"
                yield from (f"revolve:{given}", f"mixed:{given}", f"adaptive:every={every}/{inner}")
    yield from (one.strategy.spec for one in known)


def contestants(made: Plan) -> list[Contestant]:
    """Return the proposals, in their order, and such rivals as may be faster and may fit."""
    found = [Contestant(one.strategy, rank, one.prediction.seconds) for rank, one in enumerate(made.proposals, 1)]
    there = {one.strategy.spec for one in found}
    for text in rivals(made):
        strategy = parse_strategy(text)
        if strategy.spec in there:
            continue
        there.add(strategy.spec)
        try:
            seen = predict(strategy, made.job.sizes, made.costs, made.memory_bytes, signature=made.job.signature)
        except WavecompError:
            continue  # No plan of it fits.
        large = seen.peak_bytes > _TOO_LARGE * made.memory_bytes
        if not large and seen.seconds <= _TOO_SLOW * made.best.prediction.seconds:
            found.append(Contestant(strategy, 0, seen.seconds))
    return found


def measured(bench: ExperimentBench, made: Plan, rounds: int) -> dict[str, Any]:
    """Return one pair's rows."""
    shot, memory = bench.middle_shot, made.memory_bytes
    bench.exact(shot)
    running = contestants(made)
    everyone = list(running)
    turn = 0
    while turn <= rounds:
        bare = bench.workbench.bare(shot).run.seconds.wall
        for one in running if turn % 2 == 0 else running[::-1]:
            one.run(bench, shot, memory, bare, keep=turn > 0)
        running = still_in(running, memory, made.error)
        if turn == 1:  # the first bare sweeps that are warm
            rounds = max(rounds, min(_MOST_ROUNDS, math.ceil(_ENOUGH_S / bare)))
        turn += 1
    rows = [one.row(memory, made.error) for one in everyone]
    return {
        "problem": made.job.name,
        "problem_digest": made.job.problem,
        "memory_bytes": memory,
        "error": made.error,
        "shot": shot,
        "rounds": rounds,
        "calibrated_on": made.costs.problem,
        "proposals": _specs(made.proposals),
        "expected_over_bare": made.best.prediction.seconds / made.costs.bare_s,
        "rows": rows,
        **verdict(rows),
    }


def still_in(running: Sequence[Contestant], memory: int, error: float) -> list[Contestant]:
    """Return who runs on: the first choice, and whoever may yet be the fastest of those that keep memory and error.

    After the round that warms up these are within twice the fastest; from the second on those that came within a third
    of the fastest of a round once.
    """
    kept = [one for one in running if one.kept_budget(memory) and one.kept_error(error)]
    rounds = max((len(one.walls_s) for one in kept), default=0)
    if not kept or rounds == 1:
        return [one for one in running if not one.refused]
    reach = _SLOW if rounds else _SLOW_AT_FIRST
    least = [min(walls) for walls in zip(*(one.walls_s or [one.first] for one in kept), strict=True)]

    def near(one: Contestant) -> bool:
        return any(wall <= reach * best for wall, best in zip(one.walls_s or [one.first], least, strict=True))

    return [one for one in running if not one.refused and (one.rank == 1 or near(one))]


def _specs(proposals: Sequence[Proposal]) -> list[str]:
    return [one.strategy.spec for one in proposals]


def verdict(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a pair's rows say.

    ``ratio`` is the first choice's time over that of the fastest that kept budget and error; None where it did not keep
    them itself. ``broken`` are the proposals that did not.
    """
    kept = [row for row in rows if row["kept_budget"] and row["kept_error"]]
    (first,) = (row for row in rows if row["rank"] == 1)
    broken = [row["strategy"] for row in rows if row["rank"] and row not in kept]
    if first not in kept:
        fastest = min(kept, key=over_bare, default=None)
        return {"ratio": None, "fastest": None if fastest is None else fastest["strategy"], "broken": broken}
    ratios = {row["strategy"]: slower(first, row) for row in kept}
    fastest = max(ratios, key=lambda spec: (ratios[spec], spec == first["strategy"]))
    return {"ratio": ratios[fastest], "fastest": fastest, "broken": broken}


def slower(first: dict[str, Any], other: dict[str, Any]) -> float:
    """Return how many times as long the first choice takes as another, in the rounds that both have."""
    both = min(len(first["walls_s"]), len(other["walls_s"]))
    if not both:
        return float(first["first_over_bare"] / other["first_over_bare"])
    ratios = [one / two for one, two in zip(first["walls_s"][:both], other["walls_s"][:both], strict=True)]
    return statistics.median(_steady(ratios, first["bares_s"][:both], min(first["bares_s"])))


def over_bare(row: dict[str, Any]) -> float:
    """Return a strategy's time over that of the bare sweeps of its rounds; infinity for one that was refused."""
    ratios = [wall / bare for wall, bare in zip(row["walls_s"], row["bares_s"], strict=True)]
    if not ratios:
        return row["first_over_bare"] or math.inf
    return statistics.median(_steady(ratios, row["bares_s"], min(row["bares_s"])))


def _steady(ratios: Sequence[float], bares_s: Sequence[float], least_s: float) -> Sequence[float]:
    """Return the ratios of rounds in which the machine was itself; all of them where it never was."""
    found = [ratio for ratio, bare in zip(ratios, bares_s, strict=True) if is_steady(bare / least_s)]
    return found or ratios


def summary(pairs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the bars and what came out."""
    ratios = [one["ratio"] for one in pairs if one["ratio"] is not None]
    median, worst = (statistics.median(ratios), max(ratios)) if ratios else (None, None)
    broken = sum(len(one["broken"]) for one in pairs)
    met = median is not None and median <= MEDIAN_BAR and worst <= WORST_BAR and not broken
    return {"pairs": len(pairs), "median": median, "worst": worst, "broken": broken, "met": met}


def page(content: dict[str, Any]) -> str:
    """Return the table."""
    found = content["summary"]
    few = "" if found["pairs"] >= ENOUGH else f" These are fewer pairs than the {ENOUGH} that say something."
    lines = ["# What the plan chose, and what was fastest", ""]
    if found["median"] is not None:
        lines += [
            f"{found['pairs']} pairs of problem and memory: the first choice takes {_percent(found['median'])} more "
            f"time than the fastest strategy that was measured and fits (median; bar {_percent(MEDIAN_BAR)}), at worst "
            f"{_percent(found['worst'])} (bar {_percent(WORST_BAR)}); {found['broken']} proposals exceeded their "
            f"memory or their error (bar 0).{few}",
            "",
        ]
    heads = (
        "problem", "memory (MB)", "allowed error", "first choice", "wall / bare", "expected", "error", "deep",
        "held (MB)", "fastest", "wall / bare", "more time", "strategies", "exceeded",
    )  # fmt: skip
    lines += [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines += [f"| {' | '.join(_cells(pair))} |" for pair in content["pairs"]]
    return "\n".join(lines) + "\n"


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):.1f} %"


def _cells(pair: dict[str, Any]) -> list[str]:
    by_name = {row["strategy"]: row for row in pair["rows"]}
    first, fastest = by_name[pair["proposals"][0]], by_name.get(pair["fastest"])
    return [
        pair["problem"],
        f"{pair['memory_bytes'] / 1e6:.4g}",
        f"{pair['error']:g}",
        f"`{first['strategy']}`",
        _number(over_bare(first), ".2f"),
        f"{pair['expected_over_bare']:.2f}",
        f"{first['error']:.1e}",
        _number(first["deep"], ".1e"),
        f"{first['peak_bytes'] / 1e6:.4g}",
        "–" if fastest is None else "the same" if fastest is first else f"`{fastest['strategy']}`",
        "–" if fastest is None else _number(over_bare(fastest), ".2f"),
        "–" if pair["ratio"] is None else _percent(pair["ratio"]),
        f"{sum(row['timed'] for row in pair['rows'])} of {len(pair['rows'])}",
        ", ".join(f"`{one}`" for one in pair["broken"]) or "none",
    ]


def _number(value: float | None, form: str) -> str:
    return "–" if value is None or math.isinf(value) else format(value, form)


def _problem(
    problem: GradientProblem, given: argparse.Namespace, known: Sequence[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the pairs of one problem, those that are known as they were."""
    job = job_of(problem)
    costs = costs_for(job, problem, given.calibration, lambda _done, _total, _note: None)
    bench: ExperimentBench | None = None
    for memory, error in pairs_of(job, costs, given.budgets, given.above):
        made = choose(job, costs, memory, error)
        there = [one for one in known if _same(one, made)]
        if not there:
            bench = bench or ExperimentBench(problem)
            there = [measured(bench, made, given.rounds)]
        ratio = there[0]["ratio"]
        said = "not kept" if ratio is None else f"{ratio:.3f} of the fastest"
        print(
            f"{job.name}, {memory / 1e6:.4g} MB, {error:g}: {made.strategy.spec}: {said}", file=sys.stderr, flush=True
        )
        yield there[0]


def _same(pair: dict[str, Any], made: Plan) -> bool:
    here = (made.job.problem, made.memory_bytes, made.error, _specs(made.proposals))
    return (pair["problem_digest"], pair["memory_bytes"], pair["error"], pair["proposals"]) == here


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", action="append", help=f"may be given many times [default: {' '.join(PROBLEMS)}]")
    parser.add_argument("--budgets", type=int, default=6, help="memories for each, besides the exact one [default: 6]")
    parser.add_argument("--above", type=float, default=1.5, help="the first over the least that works [default: 1.5]")
    parser.add_argument("--rounds", type=int, default=5, help="rounds whose times count, at least [default: 5]")
    parser.add_argument("--calibration", type=Path, default=CALIBRATIONS, help="archive with the costs of this machine")
    parser.add_argument("--out", type=Path, required=True, help="file for the results; its page goes beside it")
    given = parser.parse_args()
    if given.budgets < 1 or given.rounds < 1 or given.above < 1.0:
        parser.error(
            f"--budgets {given.budgets}, --rounds {given.rounds}, --above {given.above:g}: all must be at least 1"
        )
    saved = Saved(given.out, "pairs", {".md": page})
    known = [pair | verdict(pair["rows"]) for pair in saved.before["pairs"]] if saved.before else []
    pairs = list(known)
    for problem in [find_problem(name) for name in given.problem or PROBLEMS]:
        for pair in _problem(problem, given, known):
            place = (pair["problem_digest"], pair["memory_bytes"], pair["error"])
            pairs = [one for one in pairs if (one["problem_digest"], one["memory_bytes"], one["error"]) != place]
            pairs.append(pair)
            content = {
                "provenance": asdict(collect_provenance()), "median_bar": MEDIAN_BAR, "worst_bar": WORST_BAR,
                "summary": summary(pairs), "pairs": pairs,
            }  # fmt: skip
            saved.write(content)
    found = summary(pairs)
    print(page({"summary": found, "pairs": pairs}))
    return 0 if found["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
