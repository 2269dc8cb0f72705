"""Constants of the published equations out of a calibration."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from wavecomp.errors import NothingToReport
from wavecomp.planning.codecs import HOLE, CodecCosts
from wavecomp.planning.costs import Costs
from wavecomp.report.model_constants import ModelConstants
from wavecomp.report.names import setting_label, short_number

_PREFERRED = "zfp"
"""The study's compressor."""


def constants_of_costs(costs: Costs) -> ModelConstants:
    """Return what equations (1) to (3) need of a machine's costs.

    C is a recomputed step without what its call takes. B is such that 2 S / B is the mean price of saving and of
    loading one uncompressed state; t_c and t_d are the prices with compression, less the copy 2 S / (F B). The
    compressor is ZFP at its middle tolerance, as in the study, or the first that was calibrated; for states if it was,
    or else for levels and scaled to a state's bytes.

    Raises
    ------
    NothingToReport
        No compressor was calibrated.
    """
    step, size = costs.line("forward").step_s, float(costs.state_bytes)
    copy = fmean(costs.line(task).seconds(1) for task in ("save", "load"))
    codec = _codec(costs)
    moved = codec.scaled(costs.state_bytes / codec.raw_bytes)
    ratio = codec.mean_ratio
    compress, decompress = (max(fmean(each) - copy / ratio, 0.0) for each in (moved.store_s, moved.fetch_s))
    back = costs.lines["down:each"].step_s / step if "down:each" in costs.lines else None
    name = setting_label(codec.family.replace(HOLE, "")) if codec.fraction is None else _named(codec)
    one = f"calibration on {costs.problem}"
    sources = (
        (f"N = {costs.last - costs.first:,} steps", f"the problem {costs.problem}"),
        (f"S = {size / 1e6:.4g} MB a checkpoint (a state)", f"the problem {costs.problem}"),
        (f"C = {step:.3g} s a step" + (f" (a step back takes {back:.2f} of it)" if back else ""), one),
        (f"B = {2 * size / copy / 1e6:,.0f} MB/s", f"{one}: 2 S over the mean time to save or load a checkpoint"),
        (f"F = {ratio:.3g}", f"{one}: {name}, mean over the run, of a {codec.kind}"),
        (f"t_c = {compress:.3g} s", f"{one}: the same, less the copy"),
        (f"t_d = {decompress:.3g} s", f"{one}: the same, less the copy"),
    )
    return ModelConstants(
        step, size, 2 * size / copy, ratio, compress, decompress, costs.last - costs.first,
        f"calibrated on {costs.problem}", sources,
    )  # fmt: skip


def _codec(costs: Costs) -> CodecCosts:
    for kind in ("state", "level"):
        found = [one for one in costs.codecs if one.kind == kind]
        wanted: Sequence[CodecCosts] = [one for one in found if one.family.startswith(_PREFERRED)] or found
        if wanted:
            first = [one for one in wanted if one.family == wanted[0].family]
            return sorted(first, key=lambda one: one.fraction or 0.0)[len(first) // 2]
    raise NothingToReport(f"the calibration on {costs.problem} has no compressor; wavecomp model calibrate takes some")


def _named(codec: CodecCosts) -> str:
    return f"{setting_label(codec.family.replace(HOLE, short_number(f'{codec.fraction:g}')))} of the peak"
