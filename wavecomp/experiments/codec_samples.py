"""Compressors sampled along one forward sweep: what no whole run was made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from time import perf_counter
from typing import NamedTuple

import numpy as np

from wavecomp.checkpoints.arena import Arena
from wavecomp.checkpoints.shelves import Shelves
from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import Memory
from wavecomp.compressors import Compressor
from wavecomp.compressors.base import Field
from wavecomp.physics.acoustic import AcousticOperators
from wavecomp.planning.ages import GROWTH_PLACES, STEPS, grown
from wavecomp.planning.codecs import CodecCosts, Kind

_SAMPLES = 16
_STATES_EVERY, _LARGE_BYTES = 4, 16 << 20  # large states are sampled at fewer places: each takes tenths of a second
_ROOM = 1 << 40


class Wanted(NamedTuple):
    """What is sampled: a compressor at one tolerance, given as a part of the peak, on levels or on states."""

    family: str
    fraction: float | None
    kind: Kind
    compressor: Compressor


def sample_codecs(code: AcousticOperators, wanted: Sequence[Wanted]) -> list[CodecCosts]:
    """Compress and decompress at some places of a forward run, by each compressor, as a store does it.

    Parameters
    ----------
    code : AcousticOperators
        With the shot that is meant.
    wanted : sequence of Wanted

    Returns
    -------
    list of CodecCosts
        In the order of ``wanted``.
    """
    if not wanted:
        return []
    first, last = code.first, code.last
    steps = np.unique(np.linspace(first + 1, last - 1, _SAMPLES).round().astype(int))
    slot, back = code.slots(2)
    found: list[list[_Sample]] = [[] for _ in wanted]
    outlines: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    arena = Arena()
    stride = 1 if code.state_bytes < _LARGE_BYTES else _STATES_EVERY
    code.rest()
    at = first
    for turn, step in enumerate(map(int, steps)):
        code.forward(at, step, record=False)
        at = step
        code.keep(step, slot)
        state = code.state(step)
        spare = tuple(np.empty_like(array) for array in state) if turn % stride == 0 else ()
        if not turn:
            outlines = [outline_of(one.compressor, slot.stored if one.kind == "level" else state) for one in wanted]
        for one, mine, (heads, _) in zip(wanted, found, outlines, strict=True):
            arrays, outs = (slot.stored, back.stored) if one.kind == "level" else (state, spare)
            tries = 0 if not outs else 1 if one.kind == "level" else 2  # of states there are few: what is rare shows
            size, seconds = _round_trips(arena, one.compressor, arrays, outs, tries, warm=not mine)
            mine.append(_Sample((step - first) / (last - first), size - sum(heads), seconds))
    growths = _growths(code, wanted)
    made = []
    for one, mine, (heads, parts), growth in zip(wanted, found, outlines, growths, strict=True):
        raw = code.level_bytes if one.kind == "level" else code.state_bytes
        places = tuple(sample.place for sample in mine)
        timed = [(sample.place, *sample.seconds) for sample in mine if sample.seconds is not None]
        at_places, *there_and_back = zip(*timed, strict=True)
        store_s, fetch_s = (tuple(map(float, np.interp(places, at_places, seconds))) for seconds in there_and_back)
        sizes = tuple(sample.bytes for sample in mine)
        costs = CodecCosts(one.family, one.fraction, one.kind, raw, places, sizes, store_s, fetch_s, heads, parts)
        made.append(replace(costs, growth_at_end=growth))
    return made


class _Sample(NamedTuple):
    """Bytes at a place of the run, and where it was timed the seconds there and back."""

    place: float
    bytes: int
    seconds: tuple[float, float] | None


def _growths(code: AcousticOperators, wanted: Sequence[Wanted]) -> list[float | None]:
    """Return by how much more bytes a state at the end has that was computed from a compressed one, at an age of 1.

    In the middle of the run, and three quarters through it, a state is compressed and brought back; what is computed
    from it, and from the state itself, is compressed :data:`~wavecomp.planning.ages.STEPS` steps on. That is of an age
    of 1, and what is more by then over the place in the run is what will be at its end.
    """
    found: list[list[float]] = [[] for _ in wanted]
    steps = [code.first + round(part * (code.last - code.first)) for part in GROWTH_PLACES]
    if steps[-1] + STEPS > code.last or all(one.kind != "state" for one in wanted):
        return [None] * len(wanted)
    arena = Arena()
    code.rest()
    at = code.first
    for step in steps:
        code.forward(at, step, record=False)
        at = step + STEPS
        exact = tuple(array.copy() for array in code.state(step))
        code.forward(step, at, record=False)
        after = tuple(array.copy() for array in code.state(at))
        for one, mine in zip(wanted, found, strict=True):
            if one.kind != "state":
                continue
            with CheckpointStore(_ROOM, Memory(), arena) as store:
                plain = store.put("exact", after, one.compressor).bytes
                store.put("state", exact, one.compressor)
                store.get_into("state", code.state(step), one.compressor)
                code.mend(step)
                code.forward(step, at, record=False)
                more = store.put("carried", code.state(at), one.compressor).bytes / plain - 1.0
                mine.append(more / grown((at - code.first) / (code.last - code.first), 1.0))
        for kept, array in zip(after, code.state(at), strict=True):
            array[...] = kept
    return [max(fmean(mine), 0.0) if mine else None for mine in found]


def _round_trips(
    arena: Arena,
    compressor: Compressor,
    arrays: tuple[Field, ...],
    outs: tuple[Field, ...],
    tries: int,
    *,
    warm: bool,
) -> tuple[int, tuple[float, float] | None]:
    """Return the bytes of the streams, and the least seconds there and back of so many tries; None without any."""
    found = []
    with CheckpointStore(_ROOM, Memory(), arena) as store:
        if warm or not tries:  # touches the memory
            size = store.put("first", arrays, compressor).bytes
            store.drop("first")
        for _ in range(tries):
            begun = perf_counter()
            size = store.put("second", arrays, compressor).bytes
            stored = perf_counter()
            store.get_into("second", outs, compressor)
            store.drop("second")
            found.append((stored - begun, perf_counter() - stored))
    return size, (min(one for one, _ in found), min(one for _, one in found)) if found else None


def outline_of(compressor: Compressor, arrays: Sequence[np.ndarray]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the bytes of the head, and the number of parts, of each array as a store packs it."""
    checkpoint, _, _ = Shelves(Memory(), Arena()).pack(("level", 1), tuple(arrays), compressor)
    heads = tuple(len(array.head) for array in checkpoint.arrays)
    return heads, tuple(len(array.parts) for array in checkpoint.arrays)
