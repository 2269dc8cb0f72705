"""What the pinned baseline is about, and how it is measured: seconds of work whose numbers hold on any processor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wavecomp import machine_memory
from wavecomp.catalogue import Suite, decades, find_suites, plain
from wavecomp.catalogue.lossless import CODECS, specs
from wavecomp.catalogue.lossy import LOSSY_QUICK
from wavecomp.compressors import Registry, default_registry
from wavecomp.gate.pinned_fields import pinned_references
from wavecomp.gate.pinned_problem import PinnedProblem
from wavecomp.impact.cases import ImpactCase, impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.records import Archive, GradientArchive, GradientRecord, Record
from wavecomp.sweep import ONCE, Case, FieldRef, run_sweep

_TIME_LIMIT_S = 120.0

# Chunks smaller than a pinned field, or all of them would come to the same chunk.
PINNED = Suite(
    name="pinned",
    summary="Blosc2's codecs, the settings of lossy-quick, and interp: for baselines that hold on any processor",
    entries=(
        *plain(specs(CODECS, ("shuffle", "bitshuffle"), (1, 5, 9), (65536,))),
        *plain(["blosc2:codec=zstd,level=5,shuffle=bytedelta,chunk=65536", "blosc2:codec=lz4,level=5,truncate=10"]),
        *LOSSY_QUICK.entries,
        *decades("sz3:rel={},algorithm=interp", (-3, -5)),
        *decades("sz3:abs={},algorithm=nopred", (-4,), "peak"),
        *decades("interp:abs={}", range(-1, -7, -1), "peak"),
        *decades("interp:rel={},codec=lz4", (-3,)),
        *decades("interp:abs={},codec=zstd,level=3", (-4,), "peak"),
    ),
    repeats=ONCE,
)

_ARITHMETIC_SHOWS = ("sperr:bpp=8",)
"""So close to lossless that what is left is the rounding of SPERR's own float64 numbers, which a compiler for ARM may
fuse: there the eighth digit of this setting's RMS error was another one."""

PINNED_STRATEGIES = (
    "trajectory/blosc2:codec=lz4,level=5,shuffle=shuffle,chunk=65536",
    *(f"trajectory/zfp:accuracy=1e-{decade}peak" for decade in (2, 3, 4)),
    *(f"trajectory/sz3:abs=1e-{decade}peak" for decade in (3, 4)),
    *(f"trajectory/interp:abs=1e-{decade}peak" for decade in (3, 4)),
    "trajectory/int8",
    "trajectory/float16",
    "trajectory:every=4/zfp:accuracy=1e-3peak",
    "trajectory:every=4/interp:abs=1e-3peak",
    "revolve:slots=10",
    "revolve:slots=10/zfp:accuracy=1e-5peak",
    "mixed:levels=20",
    "mixed:levels=20/interp:abs=1e-5peak",
    "h-revolve:slots=3,disk_slots=6",
    "h-revolve:slots=3,disk_slots=6/zfp:accuracy=1e-5peak",
    "disk-revolve:slots=3",
    "two-level:slots=3,period=20",
)
"""Ways of keeping the forward wavefield; the bare sweeps and ``store-all`` are added."""


@dataclass(frozen=True, slots=True)
class PinnedRun:
    """What one measurement of the pinned baseline came to.

    Attributes
    ----------
    folder : Path
        The archive: ``records.jsonl``, ``gradients.jsonl`` and their provenance.
    records : tuple of Record
    gradients : tuple of GradientRecord
        Failures are among them.
    left_out : tuple of str
        Compressors that are not installed, each with its reason.
    """

    folder: Path
    records: tuple[Record, ...]
    gradients: tuple[GradientRecord, ...]
    left_out: tuple[str, ...]


def pinned_cases(
    registry: Registry, fields: Sequence[FieldRef] | None = None
) -> tuple[list[Case], list[ImpactCase], tuple[str, ...]]:
    """Return the cases of the baseline, and what is left out of it because its library is not installed.

    Parameters
    ----------
    registry : Registry
        Where compressors are looked up.
    fields : sequence of FieldRef, optional
        Those of :func:`~wavecomp.gate.pinned_fields.pinned_references`, where somebody has them already.

    Returns
    -------
    tuple
        Cases of a sweep, cases of a gradient study, and a reason for every compressor of the extra ``compressors`` that
        is not there.

    Raises
    ------
    DamagedField
        A pinned field is not what was pinned.
    """
    (others,) = find_suites("others", registry)
    about = pinned_references() if fields is None else fields
    swept = [case for field in about for suite in (PINNED, others) for case in suite.cases([field], registry)]
    cases = {case.digest: case for case in swept if case.spec not in _ARITHMETIC_SHOWS}
    return list(cases.values()), impact_cases(PinnedProblem(), PINNED_STRATEGIES, (), registry), others.left_out


def measure_pinned(
    folder: str | Path,
    *,
    registry: Registry | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> PinnedRun:
    """Measure the pinned baseline into an archive, or what of it the archive does not hold yet.

    Parameters
    ----------
    folder : path
        Of the archive; made if need be.
    registry : Registry, optional
        Where compressors come from.
    progress : callable, optional
        Called with (cases done, cases in all).

    Returns
    -------
    PinnedRun
        What a compressor does in its process is a record of a failure, and is not raised.

    Raises
    ------
    DamagedField
        A pinned field is not what was pinned.
    ArchiveBusy, DamagedArchive, StorageError, WorkerStartError
        Nothing that was recorded is lost by any of them.
    """
    known, place = registry if registry is not None else default_registry(), Path(folder)
    cases, gradients, left_out = pinned_cases(known)
    limits = Limits(_TIME_LIMIT_S, machine_memory.for_one_process())
    total = len(cases) + len(gradients)
    swept = run_sweep(
        cases,
        Archive(place),
        suite=PINNED.name,
        repeats=ONCE,
        limits=limits,
        progress=lambda now: progress(now.done, total),
        registry=known,
    )
    studied = run_impact(
        gradients,
        GradientArchive(place),
        rounds=1,
        limits=limits,
        progress=lambda now: progress(len(cases) + now.done, total),
        registry=known,
    )
    return PinnedRun(place, swept.records, studied.records, left_out)
