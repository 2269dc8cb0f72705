"""The forward wavefield itself: how the error of a lossy restart grows, and the ratio at every step of a run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wavecomp.compressors import default_registry
from wavecomp.experiments.bench import ExperimentBench, Row
from wavecomp.experiments.catalogue import Notice
from wavecomp.plans.schedules import FIRST_STEP as FIRST
from wavecomp.records.experiment import ExperimentResult


@dataclass(frozen=True)
class RestartSettings:
    """Error growth after a restart.

    Attributes
    ----------
    begin : float
        Where the state is compressed, as a part of the run.
    every : int
        Steps between two measurements of the error.
    compressors : tuple of str
        What compresses the state.
    """

    begin: float = 0.25
    every: int = 5
    compressors: tuple[str, ...] = (
        "zfp:accuracy=1e0",
        "zfp:accuracy=1e-2",
        "zfp:accuracy=1e-4",
        "sz3:abs=1e-2",
        "int8",
        "int16",
        "float16",
        "bfloat16",
    )


def restart(bench: ExperimentBench, settings: RestartSettings, progress: Notice) -> ExperimentResult:
    """Compress the state once, go on from what is left of it, and follow the error to the end of the run.

    The relative error at step n is the L2 norm of the difference of u[n] over that of the exact u[n], both over the
    whole grid with its layer.
    """
    operators, shot = bench.operators, bench.middle_shot
    begin = max(FIRST + 1, round(settings.begin * operators.last))
    marks = range(begin, operators.last + 1, settings.every)
    operators.set_shot(shot)
    operators.rest()
    operators.forward(FIRST, begin, record=False)
    state = tuple(level.copy() for level in operators.state(begin))
    exact: dict[int, np.ndarray] = {begin: state[1]}
    for before, step in pairwise(marks):
        operators.forward(before, step, record=False)
        exact[step] = operators.state(step)[1].copy()
    rows: list[Row] = []
    for done, spec in enumerate(settings.compressors):
        progress(done, len(settings.compressors), spec)
        compressor = default_registry().parse(spec)
        operators.rest()
        sizes = 0
        for level, out in zip(state, operators.state(begin), strict=True):
            stream = compressor.compress(level)
            compressor.decompress(stream, out)
            sizes += len(stream)
        operators.mend(begin)
        ratio = sum(level.nbytes for level in state) / sizes
        for before, step in zip((begin, *marks[:-1]), marks, strict=True):
            operators.forward(before, step, record=False)
            difference = np.subtract(operators.state(step)[1], exact[step], dtype=np.float64)
            norm = float(np.linalg.norm(exact[step].astype(np.float64)))
            rows.append(
                {
                    "compressor": compressor.spec,
                    "step": step,
                    "time_s": step * operators.dt_s,
                    "steps_after": step - begin,
                    "relative_l2": float(np.linalg.norm(difference)) / norm if norm else None,
                    "largest": float(np.abs(difference).max()),
                    "ratio": ratio,
                }
            )
    return ExperimentResult(
        "restart",
        bench.problem.name,
        bench.problem.digest,
        dict(vars(settings)),
        {**bench.facts(shot), "begin": begin},
        tuple(rows),
    )


@dataclass(frozen=True)
class RatioSettings:
    """Ratio at every step: which compressors, and every how many steps."""

    every: int = 5
    compressors: tuple[str, ...] = (
        "zfp:accuracy=1e0",
        "zfp:accuracy=1e-2",
        "zfp:accuracy=1e-4",
        "sz3:abs=1e0",
        "sz3:abs=1e-2",
        "int8",
        "zfp:reversible",
        "blosc2:codec=zstd,level=5,shuffle=shuffle",
    )


def ratio(bench: ExperimentBench, settings: RatioSettings, progress: Notice) -> ExperimentResult:
    """Compress the level at every k-th step of a run and follow the ratio.

    Nothing but zeros is in the first levels: their ratio says more about headers than about wavefields.
    """
    operators, shot = bench.operators, bench.middle_shot
    compressors = [default_registry().parse(spec) for spec in settings.compressors]
    (slot,) = operators.slots(1)
    operators.set_shot(shot)
    operators.rest()
    rows: list[Row] = []
    at = FIRST
    for step in range(FIRST, operators.last, settings.every):
        progress(step, operators.last, f"step {step}")
        operators.forward(at, step, record=False)
        at = step
        operators.keep(step, slot)
        rms = float(np.sqrt(np.mean(np.square(slot.array, dtype=np.float64))))
        for compressor in compressors:
            size = len(compressor.compress(slot.array))
            rows.append(
                {
                    "compressor": compressor.spec,
                    "step": step,
                    "time_s": step * operators.dt_s,
                    "ratio": slot.array.nbytes / size,
                    "rms": rms,
                }
            )
    return ExperimentResult(
        "ratio", bench.problem.name, bench.problem.digest, dict(vars(settings)), bench.facts(shot), tuple(rows)
    )
