"""The curves of the study's figures 9, 15, 16 and 17, from any constants."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wavecomp.perfmodel.published import CopyTerm, checkpoints_that_fit, naive_seconds, revolve_seconds, speedup
from wavecomp.report.model_constants import STUDY, STUDY_FASTER_S, STUDY_MEMORIES, ModelConstants
from wavecomp.report.model_curves import Curve, CurveSet, Floats, Mark, bytes_text

BASELINE = (1.0, "1.0: Revolve, same memory")
MEMORY = "Memory for checkpoints"
SPEEDUP = "Speed-up (time without / with compression)"
LEAST = 4
"""Uncompressed checkpoints that the memory axis begins with, as in the study: with fewer, Revolve hardly works."""
SLOWER = (2.0, 10.0, 50.0)
"""Assumed: what a copy costs in steps, 2 S / (B C), where memory is slow."""
KERNELS = (0.1, 1.0, 10.0, 100.0)
"""Assumed: kernels by the time of a step over t_c + t_d."""

_COPIES: tuple[tuple[CopyTerm, str], ...] = (
    ("slides", "copy 2S/(FB), slides"),
    ("draft", "copy S/(FB), draft"),
    ("script", "no copy with codec, script"),
)
_FREE = 1e30
"""Bytes a second of a memory whose copies cost nothing."""


def figure9(c: ModelConstants) -> CurveSet:
    """Return the time of Revolve against the number of checkpoints, where copying one takes time: equation (2)."""
    slots = _whole(2, c.steps, 400)
    unit, seconds = _unit(float(naive_seconds(c.steps, c.step_s)))
    own = 2 * c.checkpoint_bytes / (c.bandwidth * c.step_s)
    curves = []
    for cost in (0.0, own, *(cost for cost in SLOWER if cost > 1.5 * own)):
        bandwidth = 2 * c.checkpoint_bytes / (cost * c.step_s) if cost else _FREE
        times = revolve_seconds(c.steps, slots * c.checkpoint_bytes, c.checkpoint_bytes, c.step_s, bandwidth)
        label = f"a copy takes {cost:.2g} steps, {bytes_text(bandwidth)}/s" if cost else "copies cost nothing"
        curves.append(Curve(label, f"2S/(BC)={cost:.3g}", times / seconds))
    return CurveSet(
        f"Revolve where a copy takes time; dots: the least ({c.where})",
        "Checkpoints in memory",
        f"Time of one gradient ({unit})",
        "checkpoints",
        unit,
        slots.astype(np.float64),
        tuple(curves),
        baseline=(2 * c.steps * c.step_s / seconds, "2 C N: nothing twice, no copies"),
        y_log=True,
        lowest=True,
    )


def figure15(c: ModelConstants) -> CurveSet:
    """Return the speed-up against memory, by each published form of the copy term."""
    memory = _memories(c)
    curves = [Curve(label, f"copies={name}", _speedup(c, memory, copies=name)) for name, label in _COPIES]
    if c == STUDY:
        faster = _speedup(c, memory, decompress_s=STUDY_FASTER_S)
        curves.append(Curve(f"slides, t_d = {STUDY_FASTER_S} s", f"t_d={STUDY_FASTER_S}", faster))
    return CurveSet(
        f"Predicted speed-up by compression, F = {c.ratio:.3g} ({c.where})",
        MEMORY,
        SPEEDUP,
        "memory_bytes",
        "speedup",
        memory,
        tuple(curves),
        marks(c),
        BASELINE,
    )


def figure16(c: ModelConstants) -> tuple[CurveSet, CurveSet]:
    """Return the speed-up against the cost of a step, and against memory for kernels of several costs."""
    factors = np.geomspace(0.01, 1000, 240)
    own = c.step_s / c.codec_s
    costs = tuple(
        Curve(memory_text(c, memory), f"memory={memory:.6g}", _speedup(c, memory, step_s=factors * c.codec_s))
        for memory in memories(c)
    )
    memory = _memories(c)
    kernels = sorted({*KERNELS, own})
    lines = tuple(
        Curve(
            f"C = {factor:.3g} (t_c + t_d)" + (", this kernel" if factor == own else ""),
            f"C/(t_c+t_d)={factor:.4g}",
            _speedup(c, memory, step_s=factor * c.codec_s),
        )
        for factor in kernels
    )
    return (
        CurveSet(
            f"Predicted speed-up against the cost of a step ({c.where})",
            "Time of a step C as a factor of t_c + t_d",
            SPEEDUP,
            "C/(t_c+t_d)",
            "speedup",
            factors,
            costs,
            (Mark(own, f"this kernel: {own:.2g}"),),
            BASELINE,
        ),
        CurveSet(
            f"Predicted speed-up of cheaper and dearer kernels ({c.where})",
            MEMORY,
            SPEEDUP,
            "memory_bytes",
            "speedup",
            memory,
            lines,
            marks(c),
            BASELINE,
        ),
    )


def figure17(c: ModelConstants) -> CurveSet:
    """Return the speed-up against the number of steps, memory being fixed."""
    steps = _whole(max(c.steps // 20, 10), 40 * c.steps, 240)
    curves = tuple(
        Curve(memory_text(c, memory), f"memory={memory:.6g}", _speedup(c, memory, steps=steps))
        for memory in memories(c)
    )
    return CurveSet(
        f"Predicted speed-up against the length of the run ({c.where})",
        "Number of time steps N",
        SPEEDUP,
        "steps",
        "speedup",
        steps.astype(np.float64),
        curves,
        (Mark(float(c.steps), f"N = {c.steps:,}"),),
        BASELINE,
    )


def memories(c: ModelConstants) -> tuple[float, ...]:
    """Return the memories of the curves: the study's, or as many checkpoints of another problem, at least one."""
    return tuple(memory * (c.checkpoint_bytes / STUDY.checkpoint_bytes) for memory in STUDY_MEMORIES)


def marks(c: ModelConstants) -> tuple[Mark, Mark]:
    """Return the vertical lines: where every checkpoint fits compressed, and where it does uncompressed."""
    packed, plain = c.all_bytes / c.ratio, c.all_bytes
    return (
        Mark(packed, f"all fit compressed: {bytes_text(packed)}"),
        Mark(plain, f"all fit uncompressed: {bytes_text(plain)}"),
    )


def memory_text(c: ModelConstants, memory: float) -> str:
    """Say a memory in bytes and in checkpoints."""
    plain, packed = (int(checkpoints_that_fit(memory, c.checkpoint_bytes, ratio)) for ratio in (1.0, c.ratio))
    return f"{bytes_text(memory)}: M = {plain}, MF = {packed:,}"


def _speedup(
    c: ModelConstants,
    memory: float | Floats,
    *,
    steps: NDArray[np.int64] | int | None = None,
    step_s: float | Floats | None = None,
    decompress_s: float | None = None,
    copies: CopyTerm = "slides",
) -> Floats:
    return speedup(
        c.steps if steps is None else steps,
        memory,
        c.checkpoint_bytes,
        c.step_s if step_s is None else step_s,
        c.bandwidth,
        c.ratio,
        c.compress_s,
        c.decompress_s if decompress_s is None else decompress_s,
        copies=copies,
    )


def _memories(c: ModelConstants) -> Floats:
    """Return memories from :data:`LEAST` checkpoints to some more than all, with both sides of each jump among them."""
    jumps = [edge for mark in marks(c) for edge in (mark.x * (1 - 1e-6), mark.x)]
    return np.unique([*np.geomspace(LEAST * c.checkpoint_bytes, 3 * c.all_bytes, 600), *jumps])


def _whole(first: int, last: int, count: int) -> NDArray[np.int64]:
    return np.unique(np.geomspace(first, last, count).round().astype(np.int64))


def _unit(seconds: float) -> tuple[str, float]:
    for unit, size in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= size:
            return unit, size
    return "s", 1.0
