"""The published model: equations (1) to (3) of checkpointing with compression, and the study's constants.

[Kukreja2019]_. N steps of C seconds, S bytes a checkpoint, B bytes a second, ratio F, t_c and t_d seconds to compress
and decompress one checkpoint, M uncompressed checkpoints that fit. A checkpoint is one time level here, as it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal, TypeAlias

import numpy as np

from wavecomp.perfmodel.inputs import MOST, Floats, Ints, Numbers, chosen, not_negative, positive, refuse, whole
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.writes import ScheduleName, writes

CopyTerm: TypeAlias = Literal["slides", "draft", "script"]
COPIES: dict[CopyTerm, int] = {"slides": 2, "draft": 1, "script": 0}
"""How often S / (F B) is charged for a copy of a checkpoint: in the slides, the paper's draft, the published script."""


@dataclass(frozen=True)
class LosslessSetting:
    """A row of the study's Table 1: a lossless codec at the setting with its best ratio, on one checkpoint.

    Attributes
    ----------
    name : str
        Blosc's codec.
    compress_seconds, decompress_seconds : float
        t_c and t_d.
    ratio : float
        F.
    """

    name: str
    compress_seconds: float
    decompress_seconds: float
    ratio: float


@dataclass(frozen=True)
class StudyConstants:
    """What the study says of its set-up: Overthrust with 881 × 881 × 287 points in single precision [Kukreja2019]_.

    C and B are nowhere stated in what is published, nor t_c and t_d at F = 41: the functions of this module have no
    defaults for them. Of its lossless settings Table 1 has the times, for the same checkpoint.

    Attributes
    ----------
    steps : int
        N.
    checkpoint_bytes : float
        S, one level.
    ratio : float
        F of the predictions. N S / F is the published line at 55 GB, N S the one at 2.2 TB.
    lossless : tuple of LosslessSetting
        Table 1.
    """

    steps: int = 2500
    checkpoint_bytes: float = 891e6
    ratio: float = 41.0
    lossless: tuple[LosslessSetting, ...] = (
        LosslessSetting("blosclz", 4.24944, 1.28886, 1.188),
        LosslessSetting("lz4", 1.37126, 0.92098, 1.199),
        LosslessSetting("lz4hc", 31.24516, 0.92669, 1.265),
        LosslessSetting("zlib", 30.21881, 2.47004, 1.291),
        LosslessSetting("zstd", 117.23876, 1.47734, 1.312),
    )


STUDY = StudyConstants()


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
    step_seconds : array_like
        C.
    bandwidth : array_like
        B, in bytes a second.
    copies : str
        v: 2 ``slides``, 1 ``draft``, 0 ``script``.
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
    return _seconds(steps, memory_bytes, checkpoint_bytes, step_seconds, bandwidth, 1.0, 0.0, 0.0, copies, schedule)


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

    M F stands for the whole number of compressed checkpoints that fit, :func:`checkpoints_that_fit`.

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
    t_c, t_d = (
        not_negative("compress_seconds", compress_seconds),
        not_negative("decompress_seconds", decompress_seconds),
    )
    return _seconds(steps, memory_bytes, checkpoint_bytes, step_seconds, bandwidth, ratio, t_c, t_d, copies, schedule)


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
    steps: Numbers,
    memory_bytes: Numbers,
    checkpoint_bytes: Numbers,
    step_seconds: Numbers,
    bandwidth: Numbers,
    ratio: Numbers,
    compress_seconds: Numbers,
    decompress_seconds: Numbers,
    copies: CopyTerm,
    schedule: ScheduleName,
) -> Floats:
    n, c = whole("steps", steps), positive("step_seconds", step_seconds)
    slots = checkpoints_that_fit(memory_bytes, checkpoint_bytes, ratio)
    times = COPIES[chosen("copies", copies, COPIES)]
    copy = times * np.asarray(checkpoint_bytes) / (np.asarray(ratio) * positive("bandwidth", bandwidth))
    written = np.where(slots >= n, n, writes(n, slots, schedule))
    again = np.where(slots >= n, 0, recomputed_steps(n, slots))
    stored = written * (copy + np.asarray(compress_seconds)) + n * (copy + np.asarray(decompress_seconds))
    return np.asarray(naive_seconds(n, c) + again * c + stored)
