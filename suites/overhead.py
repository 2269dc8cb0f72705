"""Are the times that a sweep records the library's own? Its measurement beside bare calls, interleaved.

For every example of every built-in compressor, in both directions: a round takes the median of five bare calls (fewer
where one takes more than 50 ms) before and after as many samples of :func:`wavecomp.sweep.measure`; its ratio is the
measured median over the mean of the two. Rounds go on until the distribution-free interval of the median ratio (order
statistics, confidence 99 %) lies wholly on one side of 1.05, or sixty-six are done. Each compressor has a fresh
process: where the heap puts one stream and the other is an accident that costs up to 6 % after much else has run. Run
it on an otherwise idle machine::

    python suites/overhead.py --side 144

Ends with status 1 where an interval lies above 1.05.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from bare_calls import bare_calls
from scipy.stats import binom

from wavecomp.compressors import BUILT_IN, default_registry
from wavecomp.sweep import Repeats, measure

MOST = 1.05
BATCH, MOST_ROUNDS = 11, 66
DIRECTIONS = ("compress", "decompress")


def ratios(spec: str, side: int) -> dict[str, list[float]]:
    """Measure one compressor in this process."""
    grid = np.meshgrid(*[np.linspace(0, 9, side, dtype=np.float32)] * 3, indexing="ij")
    field = (np.sin(grid[0] * grid[1]) * np.cos(3 * grid[2] - grid[0])).astype(np.float32)
    compressor = default_registry().parse(spec)
    compress, decompress = bare_calls(spec, field)

    def bare(samples: int) -> dict[str, float]:
        # In the measurement's order: an array made just before it is written to is written to up to a fifth faster.
        out = np.full_like(field, 1)
        calls = (compress, partial(decompress, out))
        return {direction: _median(call, samples) for direction, call in zip(DIRECTIONS, calls, strict=True)}

    found: dict[str, list[float]] = {direction: [] for direction in DIRECTIONS}
    samples = max(1, min(5, int(0.25 / max(bare(1).values()))))
    while len(found["compress"]) < MOST_ROUNDS:
        for _ in range(BATCH):
            before = bare(samples)
            measured = measure(compressor, field, Repeats(seconds=0.0, least=samples, most=samples))
            after = bare(samples)
            for direction in DIRECTIONS:
                ours = getattr(measured, direction).median_s
                found[direction].append(2 * ours / (before[direction] + after[direction]))
        if all(high <= MOST or low > MOST for low, high in map(interval_of_the_median, found.values())):
            break
    return found


def interval_of_the_median(values: list[float]) -> tuple[float, float]:
    """From order statistics: the k-th least to the k-th greatest, 2 P(Bin(n, 1/2) < k) <= 0.01."""
    k = max(1, int(binom.ppf(0.005, len(values), 0.5)))
    ordered = sorted(values)
    return ordered[k - 1], ordered[-k]


def _median(call: Callable[[], object], count: int) -> float:
    samples = []
    for _ in range(count):
        result = None  # as the product does: let go of the last result outside the clock
        start = time.perf_counter()
        result = call()
        samples.append(time.perf_counter() - start)
    del result
    return statistics.median(samples)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=144, help="points a side of the cube (default: %(default)s)")
    parser.add_argument("--only", default="", help="specs that begin with this")
    parser.add_argument("--spec", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.spec:
        print(json.dumps(ratios(given.spec, given.side)))
        return 0
    beyond = 0
    print(f"{'spec':<72} {'direction':<10}  ratio (99 % interval)", flush=True)
    for spec in (example for definition in BUILT_IN for example in definition.examples):
        if not spec.startswith(given.only):
            continue
        command = [sys.executable, __file__, "--spec", spec, "--side", str(given.side)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        for direction, values in json.loads(done.stdout).items():
            low, high = interval_of_the_median(values)
            beyond += low > MOST
            verdict = "within" if high <= MOST else "BEYOND" if low > MOST else "not decided"
            print(
                f"{spec:<72} {direction:<10}  {statistics.median(values):.3f} ({low:.3f} to {high:.3f}) {verdict}",
                flush=True,
            )
    return int(beyond > 0)


if __name__ == "__main__":
    sys.exit(main())
