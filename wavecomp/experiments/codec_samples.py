"""Compressors sampled along one forward sweep: what no whole run was made for."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from wavecomp.checkpoints.arena import Arena
from wavecomp.checkpoints.shelves import Shelves
from wavecomp.checkpoints.store import CheckpointStore
from wavecomp.checkpoints.tiers import Memory
from wavecomp.compressors import Compressor
from wavecomp.physics.acoustic import AcousticOperators
from wavecomp.planning.codecs import CodecCosts

_SAMPLES = 16
_ROOM = 1 << 40

Wanted = tuple[str, float | None, Compressor]
"""Family, tolerance as a part of the peak, and the compressor itself."""


def sample_codecs(code: AcousticOperators, wanted: Sequence[Wanted]) -> list[CodecCosts]:
    """Compress and decompress a level at each of some places of a forward run, by each compressor, as a store does it.

    Parameters
    ----------
    code : AcousticOperators
        With the shot that is meant.
    wanted : sequence of (str, float or None, Compressor)

    Returns
    -------
    list of CodecCosts
        Of levels, in the order of ``wanted``.
    """
    if not wanted:
        return []
    first, last = code.first, code.last
    steps = np.unique(np.linspace(first + 1, last - 1, _SAMPLES).round().astype(int))
    slot, back = code.slots(2)
    found: list[list[tuple[int, float, float]]] = [[] for _ in wanted]
    arena = Arena()
    code.rest()
    at = first
    for turn, step in enumerate(map(int, steps)):
        code.forward(at, step, record=False)
        at = step
        code.keep(step, slot)
        for (_, _, compressor), mine in zip(wanted, found, strict=True):
            with CheckpointStore(_ROOM, Memory(), arena) as store:
                if not turn:  # touches the memory
                    store.put("first", slot.stored, compressor)
                    store.drop("first")
                begun = perf_counter()
                receipt = store.put("level", slot.stored, compressor)
                stored = perf_counter()
                store.get_into("level", back.stored, compressor)
                store.drop("level")
                mine.append((receipt.bytes, stored - begun, perf_counter() - stored))
    places = tuple((int(step) - first) / (last - first) for step in steps)
    made = []
    for (family, fraction, compressor), mine in zip(wanted, found, strict=True):
        heads, parts = outline_of(compressor, slot.stored)
        sizes, stores, fetches = zip(*mine, strict=True)
        weight = tuple(float(size - sum(heads)) for size in sizes)
        made.append(
            CodecCosts(family, fraction, "level", code.level_bytes, places, weight, stores, fetches, heads, parts)
        )
    return made


def outline_of(compressor: Compressor, arrays: Sequence[np.ndarray]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the bytes of the head, and the number of parts, of each array as a store packs it."""
    checkpoint, _, _ = Shelves(Memory(), Arena()).pack(("level", 1), tuple(arrays), compressor)
    heads = tuple(len(array.head) for array in checkpoint.arrays)
    return heads, tuple(len(array.parts) for array in checkpoint.arrays)
