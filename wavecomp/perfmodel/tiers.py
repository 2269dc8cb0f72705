"""Two tiers, memory and disk: what goes where, what that costs, and what of it the computation hides.

``overlap`` says that a disk works while steps are computed. Without it everything is done in turn, and times add up.
With it a sweep takes as long as the slower of the two. That is the best that can be: a first and a last transfer that
nothing hides, and buffers that fill up, are not in the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wavecomp.perfmodel.inputs import MOST, Floats, Ints, Numbers, not_negative, positive, refuse, whole
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.writes import ScheduleName, traffic_by_slot


@dataclass(frozen=True)
class Bandwidths:
    """How fast bytes come to a place and back, each a number or an array, in bytes a second.

    Attributes
    ----------
    memory : array_like
        A copy within memory.
    disk_write, disk_read : array_like
        To the disk, and from it.
    """

    memory: Numbers
    disk_write: Numbers
    disk_read: Numbers

    def seconds(self, size: Numbers) -> tuple[Floats, Floats, Floats]:
        """Return what so many bytes take to be copied in memory, written to the disk, and read from it."""
        given = positive("bytes", size)
        names = ("memory", "disk_write", "disk_read")
        memory, write, read = (np.asarray(given / positive(name, getattr(self, name))) for name in names)
        return memory, write, read


def levels_on_disk(steps: Numbers, memory_bytes: Numbers, level_bytes: Numbers) -> Ints:
    r"""Return how many of N levels do not fit into memory.

    .. math:: N - \min(N, \lfloor \text{memory} / S \rfloor)

    Parameters
    ----------
    steps : array_like of int
        N levels.
    memory_bytes, level_bytes : array_like
        What memory may hold, from 0, and one level as it is kept.

    Returns
    -------
    ndarray of int64
        Levels.

    Raises
    ------
    OutsideTheModel
        A number is out of range.
    """
    n = whole("steps", steps)
    return np.asarray(n - np.minimum(n, _places("memory_bytes", memory_bytes, level_bytes)))


def spilled_seconds(
    steps: Numbers,
    memory_bytes: Numbers,
    level_bytes: Numbers,
    step_seconds: Numbers,
    bandwidths: Bandwidths,
    *,
    overlap: bool,
    compress_seconds: Numbers = 0.0,
    decompress_seconds: Numbers = 0.0,
) -> Floats:
    r"""Return the time of a gradient that keeps everything, in memory what fits and on disk what does not.

    With :math:`N_d` levels on disk, :math:`N_m = N - N_d`, and in turn:

    .. math::

        T = \Big( N (C + t_c) + \frac{N_m S}{B_m} \Big) + \frac{N_d S}{B_w}
          + \Big( N (C + t_d) + \frac{N_m S}{B_m} \Big) + \frac{N_d S}{B_r}

    With ``overlap`` each of the two sums of a sweep's computing and its disk is their maximum. A copy in memory takes
    the processor, so that where the disk is hidden a level costs less there. N_d need not be the last levels: the
    first ones do as well, which are needed last.

    Parameters
    ----------
    steps : array_like of int
        N.
    memory_bytes, level_bytes : array_like
        What memory may hold, and one level as it is kept (compressed, if it is).
    step_seconds : array_like
        C; a step back costs as much.
    bandwidths : Bandwidths
        Of memory and disk.
    overlap : bool
        Whether the disk works while steps are computed.
    compress_seconds, decompress_seconds : array_like
        t_c and t_d a level; they take the processor, as steps do.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        A number is out of range.
    """
    n, c = whole("steps", steps), positive("step_seconds", step_seconds)
    away = levels_on_disk(n, memory_bytes, level_bytes)
    copy, write, read = bandwidths.seconds(level_bytes)
    up = n * (c + not_negative("compress_seconds", compress_seconds)) + (n - away) * copy
    down = n * (c + not_negative("decompress_seconds", decompress_seconds)) + (n - away) * copy
    return _both(up, away * write, overlap) + _both(down, away * read, overlap)


def tiered_revolve_seconds(
    steps: Numbers,
    memory_bytes: Numbers,
    disk_bytes: Numbers,
    checkpoint_bytes: Numbers,
    step_seconds: Numbers,
    bandwidths: Bandwidths,
    *,
    overlap: bool,
    schedule: ScheduleName = "fewest",
    compress_seconds: Numbers = 0.0,
    decompress_seconds: Numbers = 0.0,
) -> Floats:
    r"""Return the time of Revolve with all slots of both tiers, the slots of least traffic on disk.

    With :math:`M = M_m + M_d` slots, of which slot i is written :math:`w_i` and read :math:`r_i` times
    (:func:`~wavecomp.perfmodel.writes.traffic_by_slot`), those are on disk for which
    :math:`w_i (1/B_w - 1/B_m) + r_i (1/B_r - 1/B_m)` is least, and

    .. math:: T = 2 C N + p(N, M) \, C + W t_c + (N - 1) t_d + \sum_{i \in m} \frac{(w_i + r_i) S}{B_m}
        + \sum_{i \in d} \Big( \frac{w_i S}{B_w} + \frac{r_i S}{B_r} \Big)

    With ``overlap`` writes to disk are hidden behind the forward steps, as far as these reach; a state is read when it
    is needed, and nothing hides that. One copy a transfer is charged, what the published equations call ``draft``. The
    schedule knows nothing of the tiers, and fills all slots: one that plans with their costs, [Aupy2016]_ and H-Revolve
    [Herrmann2020]_, is the better one where the disk is slow.

    Parameters
    ----------
    steps : array_like of int
        N.
    memory_bytes, disk_bytes, checkpoint_bytes : array_like
        What the tiers may hold, from 0 each, and one checkpoint as it is kept.
    step_seconds : array_like
        C.
    bandwidths : Bandwidths
        Of memory and disk.
    overlap : bool
        Whether the disk writes while steps are computed.
    schedule : str
        ``fewest`` or ``greatest``.
    compress_seconds, decompress_seconds : array_like
        t_c and t_d a checkpoint.

    Returns
    -------
    ndarray of float64
        Seconds. Traffic is counted once for each pair of N and M that occurs: some ten milliseconds each.

    Raises
    ------
    OutsideTheModel
        Neither tier holds a checkpoint, a number is out of range, or the name is unknown.
    """
    n, c = whole("steps", steps), positive("step_seconds", step_seconds)
    inside = _places("memory_bytes", memory_bytes, checkpoint_bytes)
    outside = _places("disk_bytes", disk_bytes, checkpoint_bytes)
    none = np.asarray(inside + outside < 1)
    size = int(np.ceil(np.max(positive("checkpoint_bytes", checkpoint_bytes))))
    refuse("memory_bytes", np.asarray(memory_bytes), none, f"no checkpoint fits, nor on disk; one needs {size} bytes")
    copy, write, read = bandwidths.seconds(checkpoint_bytes)
    t_c, t_d = (
        not_negative("compress_seconds", compress_seconds),
        not_negative("decompress_seconds", decompress_seconds),
    )
    steps_, memory_slots, disk_slots, copy, write, read = np.broadcast_arrays(n, inside, outside, copy, write, read)
    parts = np.zeros((4, *steps_.shape))
    known: dict[tuple[int, int], tuple[Ints, Ints]] = {}
    for at in np.ndindex(steps_.shape):
        pair = int(steps_[at]), int(min(memory_slots[at] + disk_slots[at], max(steps_[at] - 1, 1)))
        if pair not in known:
            known[pair] = traffic_by_slot(*pair, schedule)
        written, was_read = known[pair]
        worse = written * (write[at] - copy[at]) + was_read * (read[at] - copy[at])
        order = np.argsort(worse, kind="stable")
        disk = order[: max(pair[1] - int(memory_slots[at]), 0)]
        moved = (written + was_read).sum() - (written[disk] + was_read[disk]).sum()
        parts[(slice(None), *at)] = (
            moved * copy[at],
            written[disk].sum() * write[at],
            was_read[disk].sum() * read[at],
            written.sum(),
        )
    in_memory, to_disk, from_disk, writes = parts
    again = recomputed_steps(n, np.minimum(inside + outside, MOST))
    forward = (n + again) * c + writes * t_c
    return np.asarray(_both(forward, to_disk, overlap) + n * c + (n - 1) * t_d + in_memory + from_disk)


def _both(computing: Floats, disk: Floats, overlap: bool) -> Floats:
    return np.asarray(np.maximum(computing, disk) if overlap else computing + disk)


def _places(name: str, there: Numbers, size: Numbers) -> Ints:
    fitting = np.floor(not_negative(name, there) / positive("bytes", size) * (1 + 4 * np.finfo(float).eps))
    return np.minimum(fitting, MOST).astype(np.int64)
