"""What happens to bytes that lie about: they are cut, bits of them turn over, others are written over them, or they are
taken for something else's. Each kind is made from a number, so that it is the same damage in every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

Kind = Literal["cut", "flipped bits", "random bytes", "another's"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_MOST_BITS = 8


def damaged(whole: bytes, kind: Kind, number: int, others: Sequence[bytes] = ()) -> bytes:
    """Return damaged bytes; never the very bytes that were given, unless there are none.

    Parameters
    ----------
    whole : bytes
        What is damaged.
    kind : str
        ``cut``: the end is missing, or all of it; ``flipped bits``: one to eight, anywhere; ``random bytes``: a run of
        them, or all; ``another's``: one of ``others``.
    number : int
        Which damage of this kind.
    others : sequence of bytes
        For ``another's``; without any, its bytes are a piece of ``whole`` that is written twice.
    """
    rng = np.random.default_rng((number, KINDS.index(kind)))
    match kind:
        case "cut":
            return whole[: int(rng.integers(0, len(whole)))] if whole else whole
        case "flipped bits":
            return _flipped(whole, rng)
        case "random bytes":
            return _overwritten(whole, rng)
    different = [other for other in others if other != whole]
    return different[number % len(different)] if different else whole + whole[: 1 + number % 64]


def _flipped(whole: bytes, rng: np.random.Generator) -> bytes:
    made = np.frombuffer(whole, np.uint8).copy()
    if made.size:
        # Distinct bits: one that turns over twice is none.
        count = min(int(rng.integers(1, _MOST_BITS + 1)), 8 * made.size)
        for bit in rng.choice(8 * made.size, count, replace=False):
            made[bit // 8] ^= 1 << (bit % 8)
    return made.tobytes()


def _overwritten(whole: bytes, rng: np.random.Generator) -> bytes:
    made = np.frombuffer(whole, np.uint8).copy()
    if not made.size:
        return whole
    start, stop = (0, made.size) if rng.integers(2) else sorted(rng.integers(0, made.size + 1, 2))
    stop = max(stop, start + 1) if start < made.size else made.size
    start = min(start, stop - 1)
    made[start:stop] = rng.integers(0, 256, stop - start)
    if made.tobytes() == whole:
        made[start] ^= 0xFF
    return made.tobytes()
