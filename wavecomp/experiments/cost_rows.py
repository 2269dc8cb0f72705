"""Costs as rows of one form, for tables and figures that are made from records alone."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from wavecomp.experiments.bench import Row
from wavecomp.planning.costs import Costs


def cost_rows(costs: Costs) -> Iterator[Row]:
    """Yield what was found as rows of one form: tasks, compressors along the run, and errors of the gradient."""
    empty: Row = dict.fromkeys(
        ("what", "name", "fraction", "kind", "every", "call_s", "step_s", "low", "high", "samples", "ratio",
         "store_s", "fetch_s", "beside_store_s", "beside_fetch_s", "relative_l2", "deep_l2")
    )  # fmt: skip
    for task, line in sorted(costs.lines.items()):
        yield {**empty, "what": "task", "name": task, "call_s": line.call_s, "step_s": line.step_s, "low": line.low,
               "high": line.high, "samples": line.samples}  # fmt: skip
    yield {**empty, "what": "after the store", "name": "any", "call_s": costs.after_store_s}
    for one in costs.codecs:
        yield {**empty, "what": "compressor", "name": one.family, "fraction": one.fraction, "kind": one.kind,
               "ratio": one.mean_ratio, "store_s": fmean(one.store_s), "fetch_s": fmean(one.fetch_s),
               "beside_store_s": one.beside_store_s, "beside_fetch_s": one.beside_fetch_s}  # fmt: skip
    for error in costs.errors:
        yield {**empty, "what": "error", "name": error.family, "fraction": error.fraction, "kind": error.kind,
               "every": error.every, "relative_l2": error.relative_l2, "deep_l2": error.deep}  # fmt: skip
    for family, seconds in costs.handoffs.items():
        yield {**empty, "what": "handoff", "name": family, "call_s": seconds}
    for image in costs.imaging:
        if image.relative_l2 is not None:
            yield {**empty, "what": "imaging", "name": "uncompressed", "every": image.every,
                   "relative_l2": image.relative_l2, "deep_l2": image.deep}  # fmt: skip
