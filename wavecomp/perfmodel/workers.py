"""Many shots on one machine: how many at a time, and what each of them then has of memory, cores and bandwidth.

Shots are independent of each other. More workers share the memory, so that each recomputes more; but a worker with few
cores wastes fewer of them. Which is faster is a matter of numbers.
"""

from __future__ import annotations

import numpy as np

from wavecomp.perfmodel.inputs import Floats, Numbers, not_negative, positive, refuse, whole
from wavecomp.perfmodel.published import CopyTerm, compressed_revolve_seconds
from wavecomp.perfmodel.writes import ScheduleName


def memory_per_worker(
    machine_bytes: Numbers, workers: Numbers, bare_bytes: Numbers = 0.0, shared_bytes: Numbers = 0.0
) -> Floats:
    r"""Return what each worker has for checkpoints.

    .. math:: (\text{machine} - \text{shared}) / w - \text{bare}

    Parameters
    ----------
    machine_bytes : array_like
        Memory of the machine.
    workers : array_like of int
        w.
    bare_bytes, shared_bytes : array_like
        What each worker's sweeps take with nothing stored, and what is there once for all.

    Returns
    -------
    ndarray of float64
        Bytes, above 0.

    Raises
    ------
    OutsideTheModel
        Nothing is left: the text has the memory beyond which something is. Or a number is out of range.
    """
    machine, w = positive("machine_bytes", machine_bytes), whole("workers", workers)
    bare, shared = not_negative("bare_bytes", bare_bytes), not_negative("shared_bytes", shared_bytes)
    left = np.asarray((machine - shared) / w - bare)
    least = np.broadcast_to(shared + w * bare, left.shape)
    if np.any(left <= 0):
        needed = int(np.floor(least[left <= 0][0])) + 1
        expected = f"nothing is left for checkpoints; at least {needed} bytes are needed"
        refuse("machine_bytes", np.asarray(machine_bytes), left <= 0, expected)
    return left


def step_seconds_on(cores: Numbers, one_core_seconds: Numbers, serial_share: Numbers = 0.0) -> Floats:
    r"""Return the time of a step on some cores, by Amdahl's law.

    .. math:: C(c) = C_1 \Big( s + \frac{1 - s}{c} \Big)

    What many cores share, the bandwidth of the memory first of all, looks like a serial share in a fit.

    Parameters
    ----------
    cores : array_like
        c, a share of a core if workers outnumber them.
    one_core_seconds : array_like
        C_1.
    serial_share : array_like
        s, from 0 to 1.

    Returns
    -------
    ndarray of float64
        Seconds a step.

    Raises
    ------
    OutsideTheModel
        A number is out of range.
    """
    share = not_negative("serial_share", serial_share)
    refuse("serial_share", share, share > 1, "a share from 0 to 1 is needed")
    c = positive("cores", cores)
    # Less than one core makes all of a step slower, its serial share too.
    spread = share / np.minimum(c, 1) + (1 - share) / c
    return np.asarray(positive("one_core_seconds", one_core_seconds) * spread)


def makespan_seconds(shots: Numbers, workers: Numbers, shot_seconds: Numbers) -> Floats:
    r"""Return how long equal shots take.

    .. math:: \lceil \text{shots} / w \rceil \, T

    Parameters
    ----------
    shots, workers : array_like of int
        Shots, and how many are computed at a time.
    shot_seconds : array_like
        T of one shot, with as many beside it.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        A number is out of range.
    """
    rounds = -(-whole("shots", shots) // whole("workers", workers))
    return np.asarray(rounds * positive("shot_seconds", shot_seconds))


def makespan_bounds(shot_seconds: Numbers, workers: Numbers) -> tuple[Floats, Floats]:
    r"""Return between what the time of unequal shots lies, if a worker that is free takes the next one.

    .. math:: \max \Big( \max_i T_i, \tfrac1w \sum_i T_i \Big) \le T \le \tfrac1w \sum_i T_i + (1 - \tfrac1w) \max_i T_i

    [Graham1969]_, whatever the order of the shots.

    Parameters
    ----------
    shot_seconds : array_like, shape (..., shots)
        T_i, along the last axis.
    workers : array_like of int
        w, of the shape of the rest.

    Returns
    -------
    least, most : ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        A number is out of range.
    """
    seconds, w = np.atleast_1d(positive("shot_seconds", shot_seconds)), whole("workers", workers)
    longest, share = seconds.max(axis=-1), seconds.sum(axis=-1) / w
    return np.asarray(np.maximum(longest, share)), np.asarray(share + (1 - 1 / w) * longest)


def shots_seconds(
    shots: Numbers,
    workers: Numbers,
    cores: Numbers,
    machine_bytes: Numbers,
    bare_bytes: Numbers,
    steps: Numbers,
    checkpoint_bytes: Numbers,
    one_core_step_seconds: Numbers,
    bandwidth: Numbers,
    ratio: Numbers = 1.0,
    compress_seconds: Numbers = 0.0,
    decompress_seconds: Numbers = 0.0,
    *,
    serial_share: Numbers = 0.0,
    copies: CopyTerm = "slides",
    schedule: ScheduleName = "fewest",
) -> Floats:
    r"""Return how long all shots take with so many workers, each by Revolve in its share of the memory.

    .. math:: \lceil \text{shots} / w \rceil \; T_{RC}(N, \text{memory}_w, C(c / w), B / w, t_c(c / w), t_d(c / w))

    with :func:`memory_per_worker`, :func:`step_seconds_on`, and
    :func:`~wavecomp.perfmodel.published.compressed_revolve_seconds`. The codec spreads over cores as a step does.

    Parameters
    ----------
    shots, workers : array_like of int
        Shots, and w.
    cores : array_like
        c of the machine.
    machine_bytes, bare_bytes : array_like
        Memory of the machine, and what one worker's sweeps take of it.
    steps, checkpoint_bytes, ratio, copies, schedule
        As in :func:`~wavecomp.perfmodel.published.compressed_revolve_seconds`.
    one_core_step_seconds, compress_seconds, decompress_seconds : array_like
        C, t_c and t_d on one core.
    bandwidth : array_like
        B of the machine, which workers share.
    serial_share : array_like
        s of a step and of the codec.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        A worker has no room for a checkpoint, or a number is out of range.
    """
    w = whole("workers", workers)
    share = positive("cores", cores) / w
    slower = step_seconds_on(share, 1.0, serial_share)
    one = compressed_revolve_seconds(
        steps,
        memory_per_worker(machine_bytes, w, bare_bytes),
        checkpoint_bytes,
        positive("one_core_step_seconds", one_core_step_seconds) * slower,
        positive("bandwidth", bandwidth) / w,
        ratio,
        not_negative("compress_seconds", compress_seconds) * slower,
        not_negative("decompress_seconds", decompress_seconds) * slower,
        copies=copies,
        schedule=schedule,
    )
    return makespan_seconds(shots, w, one)
