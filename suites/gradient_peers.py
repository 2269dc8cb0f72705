"""Gradients against what people use today: the sweeps alone, storing everything, and pyrevolve. Interleaved.

In every round each contestant runs once, one after the other, and those that take seconds do so ``--inner`` times; a
ratio is formed within its round, and the median of all is held against a bar and an aim. Rounds may be spread over
several calls (``--append``). Every contestant's gradient is compared with the exact one, also below the top tenth of
the depth, where source and receivers do not drown everything else; the bytes that it keeps stand beside its time.

Devito's own store-all keeps whole levels, absorbing layer and halo included, as its users do: shares of memory are
shares of that. Ours keeps the physical domain alone, a quarter of it here; what is a share of that stands beside it
("lean"). For the exact gradients both get the same bytes. Where the wavefield is kept lossily, pyrevolve gets 1 %,
which holds two of its checkpoints on ``quick``, and ours what it takes. Ratios to our own store-all stand beside those
to Devito's: it is the faster of the two. On an otherwise idle machine::

    python suites/gradient_peers.py --problem quick --rounds 5 --out results/published/gradient/peers.json
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from gradient_speed import References
from peers_page import markdown, show
from peers_verdict import Contestant, Goal
from pyrevolve_peer import PeerUnavailable, PyrevolvePeer
from saving import Saved

from wavecomp import machine_memory
from wavecomp.errors import WavecompError
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.physics.workbench import Workbench
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.records.provenance import collect_provenance

FAST = (
    "trajectory:every=4/interp:abs=4e-3,threads=2",
    "trajectory:every=4,overlap/interp:abs=4e-3",
    "trajectory:every=4/slabs:planes=52,threads=2/zfp:accuracy=5e-2",
)
EVERY_STEP = ("trajectory/interp:abs=7e-3,threads=2", "trajectory:overlap/interp:abs=7e-3")
EXACT = ("mixed",)
_LZ4 = "blosc2:codec=lz4,level=1,shuffle={},chunk=4194304,block=65536"
LOSSLESS = (
    f"trajectory/slabs:planes=50,threads=2/{_LZ4.format('shuffle')}",
    f"trajectory:overlap/{_LZ4.format('none')}",
)


class Contest:
    """The contestants on one problem."""

    def __init__(self, bench: Workbench, given: argparse.Namespace) -> None:
        self.bench = bench
        operators = bench.operators
        self.whole_bytes = (operators.last + 1) * operators.state_bytes // 2
        self.lean_bytes = (operators.last - 1) * operators.level_bytes
        self.exact = bench.run(parse_strategy("store-all")).gradient
        references = References(bench)
        self.entries: dict[str, Contestant] = {}
        self.rows: list[Goal] = []
        self.messages: list[str] = []
        nothing = {"held_bytes": 0, "relative_l2": math.nan}
        self._add("bare", lambda: {"seconds": references.bare(), **nothing})
        self._add("bare, blocks tuned", lambda: {"seconds": references.bare(tuned=True), **nothing})
        self._add("devito store-all", lambda: self._devito(references))
        self._add("our sweeps", lambda: {"seconds": references.ours(), **nothing})
        self._ours("store-all")
        fast, every = (tuple(parse_strategy(text).spec for text in texts) for texts in (given.fast, given.every_step))
        for text in (*given.fast, *given.every_step):
            self._ours(text)
        limits = self._limits(0.15, 0.10)
        self.rows += [
            Goal("over the bare sweeps", fast, "bare", 0.95, 0.85, **limits),
            Goal("over the bare sweeps, their blocks tuned", fast, "bare, blocks tuned", 0.95, 0.85, **limits),
            Goal("over our own bare sweeps", fast, "our sweeps", 1.25, 1.10, **limits),
            Goal("over Devito's store-all", fast, "devito store-all", 0.9, 0.7, **limits),
            Goal("over our store-all", fast, "store-all", 0.9, 0.7, **limits),
        ]
        lossless = tuple(self._ours(text) for text in given.lossless)
        # The same bits in the same memory without compression: what it takes is known once it has run.
        packed = int(min(self.entries[name].run()["held_bytes"] for name in lossless))
        unpacked = tuple(self._ours(text, packed) for text in given.exact)
        exact: dict[int, tuple[str, ...]] = {}
        for budget in (self.whole_bytes // 10,):
            exact[budget] = tuple(self._ours(text, budget) for text in given.exact)
        try:
            self._pyrevolve(given, fast, exact)
        except PeerUnavailable as reason:
            self.messages.append(str(reason))
        self.rows += [
            Goal("every step, over the bare sweeps", every, "bare", 1.35, 1.15, **self._limits(0.5, 0.3)),
            Goal("lossless, over Devito's store-all", lossless, "devito store-all", 1.5, 1.5),
            Goal("exact in its memory, over Devito's store-all", unpacked, "devito store-all", 1.5, 1.5),
            Goal("exact in its memory, over our store-all", unpacked, "store-all", 1.5, 1.5),
            Goal("lossless, over our store-all", lossless, "store-all", 1.4, 1.2),
        ]

    def _limits(self, most_percent: float, aim_percent: float) -> dict[str, float]:
        """Return what a lossy row may hold, in percent of Devito's store-all, and how far it may be off anywhere."""
        share = self.whole_bytes / 100
        return {"most_bytes": most_percent * share, "aim_bytes": aim_percent * share, "most_error": 1e-3}

    def _pyrevolve(self, given: argparse.Namespace, fast: tuple[str, ...], exact: dict[int, tuple[str, ...]]) -> None:
        peer = PyrevolvePeer(self.bench, given.peer_timeout)
        limits = self._limits(1.0, 1.0)  # what pyrevolve may hold as well
        share = self.whole_bytes // 100
        few = max(1, share // peer.checkpoint_bytes)
        name = self._peer(peer, few, None)
        self.rows.append(Goal("pyrevolve in 1 %: times faster", fast, name, 6, 10, faster=True, **limits))
        for spec in fast:
            strategy = parse_strategy(spec)
            if strategy.overlap:
                continue  # which pyrevolve does not do; in its place the threads of the compressor
            compressor = strategy.compressor
            # What it reserves is much more than what it holds, and must fit beside everything else here.
            reservable = machine_memory.limit().limit_bytes // 4 // peer.checkpoint_bytes
            many = int(min(share // peer.compressed_bytes(compressor), reservable, self.bench.operators.last - 1))
            name = self._peer(peer, max(1, many), compressor)
            label = "pyrevolve, same compressor: times faster"
            self.rows.append(Goal(label, (spec,), name, 2, 4, faster=True, **limits))
        for budget, names in exact.items():
            name = self._peer(peer, max(1, budget // peer.checkpoint_bytes), None)
            label = f"exact in {budget / 1e6:.0f} MB, pyrevolve: times faster"
            self.rows.append(Goal(label, names, name, 1.2, 2, faster=True, most_bytes=budget))

    def _add(self, name: str, run: Callable[[], dict[str, Any]]) -> str:
        self.entries.setdefault(name, Contestant(name, run, quick=not name.startswith("pyrevolve")))
        return name

    def _ours(self, text: str, budget_bytes: int | None = None) -> str:
        strategy = parse_strategy(text)
        name = strategy.spec if budget_bytes is None else f"{strategy.spec} in {budget_bytes / 1e6:.0f} MB"
        return self._add(name, lambda: self._run_ours(strategy, budget_bytes))

    def _run_ours(self, strategy: Strategy, budget_bytes: int | None) -> dict[str, Any]:
        slots = 4 * self.bench.operators.level_bytes  # they count as well
        kwargs = {} if budget_bytes is None else {"budget_bytes": budget_bytes - slots}
        run = self.bench.run(strategy, **kwargs)
        return {
            "seconds": run.seconds.wall,
            "held_bytes": run.peak_checkpoint_bytes,
            "forward_steps": run.forward_steps,
            "parts": asdict(run.seconds),
            "ratios": asdict(run.ratios) if run.ratios else None,
            **self._distance(run.gradient),
        }

    def _devito(self, references: References) -> dict[str, Any]:
        seconds = references.store_all()
        operators = self.bench.operators
        points = operators.problem.medium.absorbing_points
        inner = tuple(slice(points, points + n) for n in operators.problem.medium.shape)
        gradient = np.array(references.grad.data[inner])
        return {"seconds": seconds, "held_bytes": self.whole_bytes, **self._distance(gradient)}

    def _peer(self, peer: PyrevolvePeer, checkpoints: int, compressor: Any) -> str:
        name = f"pyrevolve, {checkpoints} checkpoints" + (f", {compressor.spec}" if compressor else "")

        def run() -> dict[str, Any]:
            made = peer.run(checkpoints, compressor)
            return {
                "seconds": made.seconds,
                "held_bytes": made.held_bytes,
                "reserved_bytes": made.reserved_bytes,
                "forward_steps": made.forward_steps,
                **self._distance(made.gradient),
            }

        return self._add(name, run)

    def _distance(self, gradient: Any) -> dict[str, float]:
        distance = gradient_distance(self.exact, np.ascontiguousarray(gradient))
        deep = np.s_[..., gradient.shape[-1] // 10 :]  # below source and receivers, which drown everything else
        error = gradient_distance(np.ascontiguousarray(self.exact[deep]), np.ascontiguousarray(gradient[deep]))
        return {
            "relative_l2": distance.relative_l2,
            "deep_relative_l2": error.relative_l2,
            "angle_rad": distance.angle_rad,
        }

    def warm_up(self) -> None:
        """Run what has memory and kernels of its own once; the slow ones share them."""
        for name in [name for name, entry in self.entries.items() if entry.quick]:
            self._once(name)

    def _once(self, name: str) -> dict[str, Any] | None:
        """Run a contestant; one that cannot is out of the contest, with a message."""
        try:
            found = self.entries[name].run()
            print(f"{found['seconds']:8.2f} s  {name}", file=sys.stderr, flush=True)
            return found
        except WavecompError as reason:
            self.messages.append(f"{name}: {reason}")
            del self.entries[name]
            return None

    def rounds(self, count: int, inner: int, minutes: float) -> Iterator[int]:
        """Run whole rounds until there are ``count``, or another would not fit into the time."""
        begun = longest = 0.0
        start = time.perf_counter()
        for number in range(count):
            begun = time.perf_counter()
            if begun - start + longest > 60 * minutes:
                self.messages.append(f"stopped after {number} rounds: another would have gone beyond {minutes:g} min")
                return
            made = [
                (name, found)
                for turn in range(inner)
                for name, entry in list(self.entries.items())
                if (turn == 0 or entry.quick) and (found := self._once(name)) is not None
            ]
            for name, found in made:
                if name in self.entries:
                    self.entries[name].seconds.append(found.pop("seconds"))
                    self.entries[name].found = found
            longest = max(longest, time.perf_counter() - begun)
            yield number + 1

    def recall(self, content: dict[str, Any]) -> None:
        """Put earlier rounds before those to come."""
        if content["problem"]["digest"] != self.bench.operators.problem.digest:
            raise SystemExit("--append: the file is about another problem")
        for name, old in content["contestants"].items():
            if name in self.entries:
                self.entries[name].seconds = list(old["seconds"])
                self.entries[name].found = {key: value for key, value in old.items() if key != "seconds"}
        missing = [name for name, entry in self.entries.items() if not entry.seconds]
        if missing:
            raise SystemExit(f"--append: the file has other contestants than this call: no {', '.join(missing)}")

    def content(self) -> dict[str, Any]:
        """Return everything that was measured, with its provenance."""
        problem = self.bench.operators.problem
        return {
            "provenance": json.loads(collect_provenance(("pyrevolve",)).to_json()),
            "problem": {
                "name": problem.name,
                "digest": problem.digest,
                "shape": problem.medium.shape,
                "steps": self.bench.operators.last,
            },
            "store_all_bytes": {"whole grid": self.whole_bytes, "physical domain": self.lean_bytes},
            "contestants": {e.name: {"seconds": e.seconds, **e.found} for e in self.entries.values() if e.seconds},
            "rows": [row.measure(self.entries) for row in self.rows],
            "messages": self.messages,
        }


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="quick")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--inner", type=int, default=2, help="runs of a quick contestant in a round (default: 2)")
    parser.add_argument("--minutes", type=float, default=9.0, help="begin no round that would go beyond (default: 9)")
    parser.add_argument("--peer-timeout", type=float, default=150.0, help="seconds for one run of pyrevolve")
    parser.add_argument("--out", type=Path, help="save what was measured as JSON, with a page beside it")
    parser.add_argument(
        "--append", action="store_true", help="add the rounds to those of the file; with --rounds 0 only the verdict"
    )
    for option, texts in (("fast", FAST), ("every-step", EVERY_STEP), ("exact", EXACT), ("lossless", LOSSLESS)):
        parser.add_argument(f"--{option}", nargs="+", default=texts, metavar="STRATEGY")
    given = parser.parse_args()
    try:
        out = Saved(given.out, "contestants", {".md": markdown}) if given.out is not None else None
    except WavecompError as error:
        parser.exit(error.exit_status, f"{parser.prog}: {error}\n")
    contest = Contest(Workbench(open_operators(find_problem(given.problem))), given)
    contest.warm_up()  # what cannot run drops out before the rounds of the file come in
    if given.append and given.out and given.out.exists():
        contest.recall(json.loads(given.out.read_text(encoding="utf-8")))
    content = _saved(contest, out)
    for _ in contest.rounds(given.rounds, given.inner, given.minutes):
        content = _saved(contest, out)
    print(show(content | {"messages": contest.messages}))


def _saved(contest: Contest, out: Saved | None) -> dict[str, Any]:
    content = contest.content()
    if out is not None and any(entry.seconds for entry in contest.entries.values()):
        out.write(content)
    return content


if __name__ == "__main__":
    main()
