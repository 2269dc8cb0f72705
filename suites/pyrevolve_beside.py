"""One script with two imports: ``from pyrevolve import Revolver``, and ours, side by side.

The script is that of Devito's ``jacobian_adjoint(checkpointing=True)`` with a residual in its middle: Devito's
own ``DevitoCheckpoint`` and ``CheckpointOperator``, its acoustic solver, and a Revolver, made, run forward, run back.
Nothing but the Revolver differs. In every round each contestant runs once, each round beginning with another one; a
ratio is formed within its round. Bytes are those of the checkpoints and, of ours, all that its budgets count. On an
otherwise idle machine::

    python suites/pyrevolve_beside.py --problem quick --checkpoints 20 --rounds 7 --out beside.json
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from saving import Saved

from wavecomp.adjoint import revolver
from wavecomp.errors import WavecompError
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.physics.workbench import Workbench
from wavecomp.plans.room import OVERHEAD_BYTES, PAGE_BYTES
from wavecomp.records.provenance import collect_provenance
from wavecomp.wavefields.float_state import kernel_float_state

PEER = "pyrevolve"
LOSSY = ("revolve/slabs:planes=52,threads=2/zfp:accuracy=1e-4peak",)


@dataclass
class Contestant:
    """A Revolver with its arguments, and what its runs gave."""

    make: Callable[..., Any]
    checkpoints: int | None
    more: dict[str, Any]
    seconds: list[float] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)


class Script:
    """The script, with all that does not depend on the import.

    Raises
    ------
    WavecompError
        pyrevolve is not installed.
    """

    def __init__(self, bench: Workbench) -> None:
        try:
            import pyrevolve
            from devito.checkpointing import CheckpointOperator, DevitoCheckpoint
        except ImportError as reason:
            raise WavecompError(f"pyrevolve cannot be imported ({reason}); pip install 'wavecomp[peers]'") from None
        from devito import Function, TimeFunction

        logging.getLogger("pyRevolve").setLevel(logging.WARNING)  # it writes several lines a checkpoint otherwise
        self.peer, self._operator = pyrevolve.Revolver, CheckpointOperator
        o = self._o = bench.operators
        self._observed = bench.observed()
        self._gradient = Function(name="grad", grid=o.model.grid)
        order = o.problem.medium.space_order
        self._u = TimeFunction(name="u", grid=o.model.grid, time_order=2, space_order=order)
        self.checkpoint = DevitoCheckpoint([self._u])
        shared = {"dt": o._dt_ms, **o.model.physical_params()}
        with kernel_float_state():
            self._forward = CheckpointOperator(o.solver.op_fwd(False), src=o.source, rec=o.records, u=self._u, **shared)
            self._reverse = CheckpointOperator(
                o.solver.op_grad(False), u=self._u, v=o.v, rec=o.residual, grad=self._gradient, **shared
            )
        self._steps = 0
        apply = self._forward.apply

        def counted(t_start: int, t_end: int) -> None:
            self._steps += t_end - t_start
            apply(t_start, t_end)

        self._forward.apply = counted

    def run(self, one: Contestant) -> tuple[float, dict[str, Any], Any]:
        """Return seconds, what was found, and the gradient."""
        gc.collect()  # pyrevolve's storage hangs in a cycle
        self._o.rest()
        self._u.data_with_halo[:] = 0
        self._gradient.data[:] = 0
        self._steps = 0
        with kernel_float_state():
            begun = time.perf_counter()
            made = one.make(
                self.checkpoint, self._forward, self._reverse, one.checkpoints, self._o.last - 1, **one.more
            )
            made.apply_forward()
            self._o.residual.data[:] = self._o.records.data - self._observed
            cost = made.apply_reverse()
            seconds = time.perf_counter() - begun
        held = made.n_checkpoints * self.checkpoint.nbytes if cost is None else cost.peak_checkpoint_bytes
        return seconds, {"held_bytes": int(held), "forward_steps": self._steps}, np.array(self._gradient.data)


def contestants(script: Script, checkpoints: int, lossy: list[str]) -> dict[str, Contestant]:
    """Return pyrevolve and ours: nothing changed but the import, then what a keyword gives in the same bytes."""
    budget = checkpoints * (script.checkpoint.nbytes + OVERHEAD_BYTES) + PAGE_BYTES
    ours, as_told = revolver.Revolver, {"forward_before_reverse": False}
    found = {
        PEER: Contestant(script.peer, checkpoints, {}),
        "the import": Contestant(ours, checkpoints, {}),
        "forward_before_reverse=False": Contestant(ours, checkpoints, as_told),
        "mixed, forward_before_reverse=False": Contestant(
            ours, None, {"strategy": "mixed", "budget_bytes": budget, **as_told}
        ),
    }
    for text in lossy:
        found[f"{text}, forward_before_reverse=False"] = Contestant(ours, checkpoints, {"strategy": text, **as_told})
    return found


def measure(script: Script, entries: dict[str, Contestant], rounds: int) -> None:
    """Run everybody once for the memory and the kernels, and then in rounds."""
    exact = script.run(entries[PEER])[2]
    names = list(entries)
    for number in range(-1, rounds):
        turn = max(number, 0) % len(names)
        for name in names[turn:] + names[:turn]:
            one = entries[name]
            seconds, found, gradient = script.run(one)
            same = bool(np.array_equal(gradient, exact))
            one.found = found | {"same_bits": same, "relative_l2": gradient_distance(exact, gradient).relative_l2}
            if number >= 0:
                one.seconds.append(seconds)


def table(entries: dict[str, Contestant]) -> list[dict[str, Any]]:
    """Return a row for each contestant: with the median, least and greatest ratio of its time to pyrevolve's."""
    rows = []
    for name, one in entries.items():
        ratios = [mine / peer for mine, peer in zip(one.seconds, entries[PEER].seconds, strict=True)]
        spread = {"ratio": statistics.median(ratios), "least": min(ratios), "greatest": max(ratios)}
        rows.append({"name": name, **one.found, "median_s": statistics.median(one.seconds), **spread})
    return rows


def markdown(content: dict[str, Any]) -> str:
    """Return what was measured as a page."""
    problem, machine = content["problem"], content["provenance"]
    shape = " × ".join(map(str, problem["shape"]))
    lines = [
        "# One script, two imports",
        "",
        f"`{problem['name']}`: {shape} points and their absorbing layer, {problem['steps']} steps, "
        f"{content['checkpoints']} checkpoints; {content['rounds']} interleaved rounds on {machine['cpu']}, "
        f"{machine['cores']} cores. Written by `suites/pyrevolve_beside.py`.",
        "",
        "| Revolver | same bits | relative L2 | held (MB) | forward steps | median (s) | time / pyrevolve's | least … greatest |",  # noqa: E501
        "| :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['name']} | {'yes' if row['same_bits'] else 'no'} | {row['relative_l2']:.1e} | "
        f"{row['held_bytes'] / 1e6:.2f} | {row['forward_steps']} | {row['median_s']:.2f} | {row['ratio']:.2f} | "
        f"{row['least']:.2f} … {row['greatest']:.2f} |"
        for row in content["beside"]
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="quick")
    parser.add_argument("--steps", type=int, help="fewer steps than the problem has")
    parser.add_argument("--checkpoints", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lossy", nargs="*", default=list(LOSSY), metavar="STRATEGY")
    parser.add_argument("--out", type=Path, help="save what was measured as JSON, with a page beside it")
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error(f"--rounds {given.rounds}: at least 1 is needed")
    try:
        out = Saved(given.out, "beside", {".md": markdown}) if given.out is not None else None
        problem = find_problem(given.problem)
        bench = Workbench(open_operators(problem if given.steps is None else problem.resized(steps=given.steps)))
        script = Script(bench)
        entries = contestants(script, given.checkpoints, given.lossy)
        measure(script, entries, given.rounds)
    except WavecompError as error:
        parser.exit(error.exit_status, f"{parser.prog}: {error}\n")
    known = bench.operators.problem
    content = {
        "provenance": json.loads(collect_provenance((PEER,)).to_json()),
        "problem": {
            "name": known.name,
            "digest": known.digest,
            "shape": known.medium.shape,
            "steps": bench.operators.last,
        },
        "checkpoints": given.checkpoints,
        "rounds": given.rounds,
        "beside": table(entries),
        "seconds": {name: one.seconds for name, one in entries.items()},
    }
    print(markdown(content))
    if out is not None:
        out.write(content)


if __name__ == "__main__":
    main()
