"""The published model: equations (1) to (3) of checkpointing with compression.

[Kukreja2019]_. N steps of C seconds, S bytes a checkpoint, B bytes a second, ratio F, t_c and t_d seconds to compress
and decompress one checkpoint, M uncompressed checkpoints that fit. A checkpoint is one time level here, as it is there.
"""

from __future__ import annotations

from math import ceil
from typing import Literal, TypeAlias

import numpy as np

from wavecomp.perfmodel.inputs import MOST, Floats, Ints, Numbers, chosen, not_negative, positive, refuse, whole
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.writes import ScheduleName, writes

CopyTerm: TypeAlias = Literal["slides", "draft", "script"]
COPIES: dict[CopyTerm, tuple[int, int]] = {"slides": (2, 2), "draft": (1, 1), "script": (1, 0)}
"""v, how often S / B is charged for a copy of an uncompressed checkpoint, and S / (F B) for one of a compressed one: in
the slides, in the paper's draft, and in the published script, which leaves out the copy where there is a codec."""


def checkpoints_that_fit(memory_bytes: Numbers, checkpoint_bytes: Numbers, ratio: Numbers = 1.0) -> Ints:
    r"""Return how many checkpoints a memory holds.

    .. math:: M = \lfloor F \cdot \text{memory} / S \rfloor

    The quotient may be short of a whole number by its own rounding, four units in the last place, and counts as whole.

    Parameters
    ----------
    memory_bytes, checkpoint_bytes : array_like
        In bytes.
    ratio : array_like
        F; uncompressed without.

    Returns
    -------
    ndarray of int64
        M, at most :data:`~wavecomp.perfmodel.inputs.MOST`.

    Raises
    ------
    OutsideTheModel
        Not even one fits: the text has the bytes that one needs. Or a number is not finite or not above zero.
    """
    memory, size, f = (
        positive("memory_bytes", memory_bytes),
        positive("checkpoint_bytes", checkpoint_bytes),
        positive("ratio", ratio),
    )
    fitting = np.floor(memory * f / size * (1 + 4 * np.finfo(float).eps))
    none = fitting < 1
    if np.any(none):
        needed = ceil(np.broadcast_to(size / f, none.shape)[none][0])
        refuse("memory_bytes", np.asarray(memory_bytes), none, f"no checkpoint fits; one needs {needed} bytes")
    return np.minimum(fitting, MOST).astype(np.int64)


def naive_seconds(steps: Numbers, step_seconds: Numbers) -> Floats:
    r"""Return the time of a gradient whose memory is free, equation (1).

    .. math:: T_N(N) = 2 \, C \, N

    Parameters
    ----------
    steps : array_like of int
        N.
    step_seconds : array_like
        C; a step back costs as much.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        A number is out of range.
    """
    return np.asarray(2.0 * positive("step_seconds", step_seconds) * whole("steps", steps))


def revolve_seconds(
    steps: Numbers,
    memory_bytes: Numbers,
    checkpoint_bytes: Numbers,
    step_seconds: Numbers,
    bandwidth: Numbers,
    *,
    copies: CopyTerm = "slides",
    schedule: ScheduleName = "fewest",
) -> Floats:
    r"""Return the time of a gradient with uncompressed checkpoints, equation (2).

    .. math::

        T_R(N, M) = 2 C N + \begin{cases}
            p(N, M) \, C + (W(N, M) + N) \, v S / B & M < N \\
            2 N v S / B & M \ge N
        \end{cases}

    Once every step has a place of its own nothing is computed anew, though p(N, M >= N) is N - 1: storing everything
    is another schedule, which writes and reads each of N checkpoints once.

    Parameters
    ----------
    steps : array_like of int
        N.
    memory_bytes, checkpoint_bytes : array_like
        What may be held, and S.
    step_seconds, bandwidth : array_like
        C, and B in bytes a second.
    copies : str
        v: 2 ``slides``, 1 ``draft`` and ``script``.
    schedule : str
        Whose W: ``fewest`` or ``greatest``, see :mod:`wavecomp.perfmodel.writes`.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        No checkpoint fits, a number is out of range, or a name is unknown.
    """
    slots, none = checkpoints_that_fit(memory_bytes, checkpoint_bytes), np.zeros(())
    copy = positive("checkpoint_bytes", checkpoint_bytes) / positive("bandwidth", bandwidth)
    return _seconds(
        steps, slots, step_seconds, COPIES[chosen("copies", copies, COPIES)][0] * copy, none, none, schedule
    )


def compressed_revolve_seconds(
    steps: Numbers,
    memory_bytes: Numbers,
    checkpoint_bytes: Numbers,
    step_seconds: Numbers,
    bandwidth: Numbers,
    ratio: Numbers,
    compress_seconds: Numbers,
    decompress_seconds: Numbers,
    *,
    copies: CopyTerm = "slides",
    schedule: ScheduleName = "fewest",
) -> Floats:
    r"""Return the time of a gradient with compressed checkpoints, of which F times as many fit: with equation (3).

    .. math::

        T_{RC} = 2 C N + \begin{cases}
            p(N, M F) \, C + W(N, M F) \left( \frac{v S}{F B} + t_c \right) + N \left( \frac{v S}{F B} + t_d \right)
                & M F < N \\
            N \left( \frac{2 v S}{F B} + t_c + t_d \right) & M F \ge N
        \end{cases}

    M F stands for the whole number of compressed checkpoints that fit, :func:`checkpoints_that_fit`; v is 2 in
    ``slides``, 1 in ``draft`` and 0 in ``script``.

    Parameters
    ----------
    steps, memory_bytes, checkpoint_bytes, step_seconds, bandwidth, copies, schedule
        As in :func:`revolve_seconds`.
    ratio : array_like
        F.
    compress_seconds, decompress_seconds : array_like
        t_c and t_d, a checkpoint.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        No checkpoint fits, a number is out of range, or a name is unknown.
    """
    t_c = not_negative("compress_seconds", compress_seconds)
    t_d = not_negative("decompress_seconds", decompress_seconds)
    slots, size = checkpoints_that_fit(memory_bytes, checkpoint_bytes, ratio), np.asarray(checkpoint_bytes)
    copy = size / (np.asarray(ratio) * positive("bandwidth", bandwidth))
    return _seconds(steps, slots, step_seconds, COPIES[chosen("copies", copies, COPIES)][1] * copy, t_c, t_d, schedule)


def speedup(
    steps: Numbers,
    memory_bytes: Numbers,
    checkpoint_bytes: Numbers,
    step_seconds: Numbers,
    bandwidth: Numbers,
    ratio: Numbers,
    compress_seconds: Numbers,
    decompress_seconds: Numbers,
    *,
    copies: CopyTerm = "slides",
    schedule: ScheduleName = "fewest",
) -> Floats:
    r"""Return how many times faster compressed checkpoints are than uncompressed ones in the same memory.

    .. math:: T_R(N, M) / T_{RC}(N, M, F)

    Parameters and errors are those of :func:`compressed_revolve_seconds`; the result has no unit, and 1 is no gain.
    """
    plain = (steps, memory_bytes, checkpoint_bytes, step_seconds, bandwidth)
    packed = (ratio, compress_seconds, decompress_seconds)
    without = revolve_seconds(*plain, copies=copies, schedule=schedule)
    return np.asarray(without / compressed_revolve_seconds(*plain, *packed, copies=copies, schedule=schedule))


def _seconds(
    steps: Numbers, slots: Ints, step_seconds: Numbers, copy: Floats, t_c: Floats, t_d: Floats, schedule: ScheduleName
) -> Floats:
    n, c = whole("steps", steps), positive("step_seconds", step_seconds)
    written = np.where(slots >= n, n, writes(n, slots, schedule))
    again = np.where(slots >= n, 0, recomputed_steps(n, slots))
    return np.asarray(naive_seconds(n, c) + again * c + written * (copy + t_c) + n * (copy + t_d))
