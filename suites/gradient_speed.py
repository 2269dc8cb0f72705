"""What keeping the forward wavefield costs: wall times of strategies over those of two references, interleaved.

References, both with Devito's own operators, whose arguments are prepared once:

- ``bare``: the forward and the adjoint sweep, nothing stored and no gradient; "blocks tuned": in the same blocks of the
  grid as our own operators;
- ``devito store-all``: every level saved into memory that was touched before, then the fused gradient operator.

"deep" is the error below the top tenth of the depth, where source and receivers do not drown everything else. In every
round each of them runs once, one after the other; a ratio is formed within its round, and the median of the
rounds is printed with the least and the greatest. Run it on an otherwise idle machine::

    python suites/gradient_speed.py --problem quick --repeats 5
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.physics.workbench import Workbench
from wavecomp.plans.strategies import parse_strategy

_PLAIN_LZ4 = "blosc2:codec=lz4,level=1,shuffle=shuffle,chunk=4194304,block=65536"

DEFAULT = (
    "store-all",
    "trajectory:every=4/interp:abs=4e-3,threads=2",
    "trajectory:every=4,overlap/interp:abs=4e-3",
    "trajectory:every=4/slabs:planes=52,threads=2/zfp:accuracy=5e-2",
    "trajectory:every=4,overlap/zfp:accuracy=5e-2",
    "trajectory/interp:abs=7e-3,threads=2",
    "trajectory:overlap/interp:abs=7e-3",
    "trajectory/slabs:planes=52,threads=2/zfp:accuracy=1e-1",
    f"trajectory:overlap/{_PLAIN_LZ4}",
    f"trajectory/{_PLAIN_LZ4},threads=2",
    f"trajectory/slabs:planes=50,threads=2/{_PLAIN_LZ4}",
)


class References:
    """Devito's own operators on the workbench's model and residual."""

    def __init__(self, bench: Workbench) -> None:
        from devito import Function, TimeFunction

        from wavecomp.physics.compiled import Compiled

        self.bench, o = bench, bench.operators
        self.last = o.last
        order = o.problem.medium.space_order
        shared = {"dt": o._dt_ms, **o.model.physical_params()}
        srca = o.geometry.new_src(name="srca", src_type=None)
        self.u_all = TimeFunction(name="u", grid=o.model.grid, time_order=2, space_order=order, save=o.geometry.nt)
        self.u_all.data_with_halo[:] = 0  # touch it
        self.u = TimeFunction(name="u", grid=o.model.grid, time_order=2, space_order=order)
        self.grad = Function(name="grad", grid=o.model.grid)
        forward = o.solver.op_fwd(False), {"src": o.source, "rec": o.records, "u": self.u, **shared}
        adjoint = o.solver.op_adj(), {"rec": o.residual, "srca": srca, "v": o.v, **shared}
        self.forward, self.forward_tuned = (Compiled(forward[0], **forward[1]) for _ in range(2))
        self.adjoint, self.adjoint_tuned = (Compiled(adjoint[0], **adjoint[1]) for _ in range(2))
        if o.block is not None:
            self.forward_tuned.set_block(o.block)
            self.adjoint_tuned.set_block(o.block)
        self.saving = Compiled(o.solver.op_fwd(True), src=o.source, rec=o.records, u=self.u_all, **shared)
        self.imaging = Compiled(o.solver.op_grad(True), rec=o.residual, u=self.u_all, v=o.v, grad=self.grad, **shared)

    def bare(self, *, tuned: bool = False) -> float:
        """As Devito's users run it, or with the blocks of the grid that our operators were given."""
        forward, adjoint = (self.forward_tuned, self.adjoint_tuned) if tuned else (self.forward, self.adjoint)
        begun = time.perf_counter()
        self.u.data_with_halo[:] = 0
        self.bench.operators.rest()
        forward.up(1, self.last)
        adjoint.down(self.last, 1)
        return time.perf_counter() - begun

    def ours(self) -> float:
        """The same two sweeps with our operators: in place, receivers without interpolation."""
        o = self.bench.operators
        begun = time.perf_counter()
        o.rest()
        o.forward(1, self.last, record=True)
        o.sweep(self.last).down(self.last, 1)
        return time.perf_counter() - begun

    def store_all(self) -> float:
        o = self.bench.operators
        observed = self.bench.observed()
        begun = time.perf_counter()
        o.rest()
        self.grad.data[:] = 0
        self.saving.up(1, self.last)
        o.residual.data[:] = o.records.data - observed
        self.imaging.down(self.last, 1)
        return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="quick")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("strategies", nargs="*", default=DEFAULT)
    given = parser.parse_args()
    bench = Workbench(open_operators(find_problem(given.problem)))
    bench.observed()
    references = References(bench)
    strategies = [parse_strategy(text) for text in given.strategies]
    exact = bench.run(parse_strategy("store-all")).gradient
    runs: dict[str, Callable[[], float]] = {
        "bare": references.bare,
        "bare, blocks tuned": lambda: references.bare(tuned=True),
        "devito store-all": references.store_all,
        "our sweeps": references.ours,
    }
    last = {}

    def runner(strategy):
        def go() -> float:
            last[strategy.spec] = bench.run(strategy)
            return last[strategy.spec].seconds.wall

        return go

    runs |= {strategy.spec: runner(strategy) for strategy in strategies}
    rounds: list[dict[str, float]] = []
    for number in range(given.repeats + 1):
        one = {name: run() for name, run in runs.items()}
        shown = ", ".join(f"{seconds / one['bare']:.2f}" for seconds in one.values())
        print(
            f"round {number} of {given.repeats}: bare {one['bare']:.2f} s, x bare: {shown}", file=sys.stderr, flush=True
        )
        rounds.append(one)
    del rounds[0]  # the warm-up: pages, kernels, thread pools
    full = bench.operators.state_bytes / 2 * (bench.operators.last + 1)
    deep = np.s_[..., bench.operators.problem.medium.shape[-1] // 10 :]
    print(f"{bench.operators.problem.name}: {bench.operators.problem.medium.shape}, {bench.operators.last} steps")
    print(f"medians of {given.repeats} interleaved rounds; store-all takes {full / 1e9:.2f} GB")
    for name in runs:
        spread = [sorted(one[name] / one[base] for one in rounds) for base in ("bare", "devito store-all")]
        ratios = "  ".join(f"{statistics.median(r):5.2f} [{r[0]:.2f}, {r[-1]:.2f}]" for r in spread)
        line = f"{name:66s} {statistics.median(one[name] for one in rounds):6.2f} s  x bare {ratios} x store-all"
        if name in last:
            run = last[name]
            errors = [
                float(np.linalg.norm((run.gradient - exact)[part]) / np.linalg.norm(exact[part]))
                for part in (np.s_[...], deep)
            ]
            t = run.seconds
            line += (
                f"  {100 * run.peak_checkpoint_bytes / full:6.2f} % memory  L2 {errors[0]:.1e} (deep "
                f"{errors[1]:.1e})  adv {t.advance:.2f} comp {t.compress:.2f} dec {t.decompress:.2f}"
                f" rev {t.reverse:.2f}"
            )
        print(line)


if __name__ == "__main__":
    main()
