"""What a calibration runs as a whole, the most telling first, and which compressors are left to be sampled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wavecomp.experiments.codec_samples import Wanted
from wavecomp.planning.codecs import CodecCosts, Kind
from wavecomp.planning.families import template_of, with_fractions
from wavecomp.plans.strategies import parse_strategy
from wavecomp.plans.strategy import Strategy


@dataclass(frozen=True)
class CalibrateSettings:
    """What is calibrated.

    Attributes
    ----------
    compressors : tuple of str
        ``{}`` stands for a tolerance.
    fractions : tuple of float
        Tolerances as parts of the wavefield's peak, ascending.
    every : tuple of int
        Imaging steps of the compressed runs: the first for all tolerances, the others for the middle one.
    slots : int
        Checkpoints of the Revolve with compressed states.
    rounds : int
        Times that every short run is made; one less where runs are long.
    seconds : float
        When this has passed, no further whole run begins; the first one of each compressor with a tolerance is always
        made, one with overlap, and a Revolve with compressed states: of a large problem by one compressor, of others by
        each. What has no run of its own is sampled along one forward sweep.
    """

    compressors: tuple[str, ...] = (
        "interp:abs={}",
        "zfp:accuracy={}",
        "blosc2:codec=lz4,level=5,shuffle=shuffle",
    )
    fractions: tuple[float, ...] = (3e-5, 3e-4, 3e-3)
    every: tuple[int, ...] = (4, 8)
    slots: int = 20
    rounds: int = 3
    seconds: float = 30.0


def whole_runs(settings: CalibrateSettings, *, large: bool) -> Iterator[tuple[Strategy, bool]]:
    """Yield the whole runs, the most telling first, and whether each is made in any case."""
    k = settings.every[0]
    middle = settings.fractions[len(settings.fractions) // 2]
    lossy = [text for text in settings.compressors if "{}" in text]
    ordered = [(f"trajectory:every={k}/{text}", True) for text, _ in with_fractions(lossy, [middle])]
    # What a restart does to the error hardly depends on k, and large states take most of the time there is.
    revolve = f"revolve:slots={settings.slots}" + (f",every={k}" if large else "")
    # One with overlap in any case: where nobody knows what handing over takes, plans propose no overlap.
    beside = [f"trajectory:every={k},overlap/{text}" for text, _ in with_fractions(lossy, [middle])]
    overlapped = [(text, number == 0) for number, text in enumerate(beside)]
    ordered += overlapped[:1]
    states = [f"{revolve}/{text}" for text, _ in with_fractions(lossy, [middle])]
    ordered += [(text, number == 0 or not large) for number, text in enumerate(states)]
    ordered += overlapped[1:]
    others = [fraction for fraction in settings.fractions if fraction != middle]
    ordered += [(f"trajectory:every={k}/{text}", False) for text, _ in with_fractions(settings.compressors, others)]
    for m in settings.every[1:]:
        ordered += [(f"trajectory:every={m}/{text}", False) for text, _ in with_fractions(lossy, [middle])]
    ordered += [(f"{revolve}/{text}", False) for text, _ in with_fractions(settings.compressors, others)]
    for text, needed in dict(ordered).items():
        yield parse_strategy(text), needed


def missing_codecs(settings: CalibrateSettings, codecs: Sequence[CodecCosts], peak: float) -> list[Wanted]:
    """Return which compressors have no run of their own, on levels and on states."""
    known = {(one.family, one.fraction, one.kind) for one in codecs}
    kinds: tuple[Kind, ...] = ("level", "state")
    missing = []
    for text, _ in with_fractions(settings.compressors, settings.fractions):
        strategy = parse_strategy(f"trajectory/{text}")
        settled = strategy.at(peak) if strategy.relative else strategy
        asked = [Wanted(*template_of(strategy), kind, settled.compressor) for kind in kinds]
        missing += [one for one in asked if one[:3] not in known]
    return missing
