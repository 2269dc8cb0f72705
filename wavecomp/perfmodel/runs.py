r"""The runs of this suite: every k-th level imaged, states larger than levels, and calls that cost something each.

The published equations know one size and one step. A run here images a level, which may be the physical domain alone,
and restarts from a state, two levels with halo and absorbing layer; it may image every k-th level only; and between
two checkpoints it calls compiled operators anew. Schedules are those of :mod:`wavecomp.plans.schedules`, whose counts
these formulas are (tested against them).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wavecomp.perfmodel.inputs import Floats, Ints, Numbers, not_negative, positive, refuse, whole
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.writes import reads, writes


@dataclass(frozen=True)
class Costs:
    """What the parts of a run cost, each a number or an array; they broadcast with all else.

    Attributes
    ----------
    forward_step_seconds, adjoint_step_seconds : array_like
        One step of either sweep, without imaging.
    imaging_seconds : array_like
        Imaging one level, beside the adjoint step.
    call_seconds : array_like
        Calling an operator anew: its arguments, its threads, its cold caches. "Restart cost".
    copy_seconds_per_byte : array_like
        Copying to or from the store, once, a byte as it lies there.
    compress_seconds_per_byte, decompress_seconds_per_byte : array_like
        A byte as it was before compression.
    ratio : array_like
        F.
    """

    forward_step_seconds: Numbers
    adjoint_step_seconds: Numbers
    imaging_seconds: Numbers = 0.0
    call_seconds: Numbers = 0.0
    copy_seconds_per_byte: Numbers = 0.0
    compress_seconds_per_byte: Numbers = 0.0
    decompress_seconds_per_byte: Numbers = 0.0
    ratio: Numbers = 1.0

    def written(self, size: Numbers) -> Floats:
        """Return the seconds to compress and lay away so many bytes."""
        return _moved(size, self.copy_seconds_per_byte, self.ratio, self.compress_seconds_per_byte)

    def read(self, size: Numbers) -> Floats:
        """Return the seconds to bring back and decompress so many bytes."""
        return _moved(size, self.copy_seconds_per_byte, self.ratio, self.decompress_seconds_per_byte)


def imaged_levels(steps: Numbers, every: Numbers = 1, *, first: Numbers = 1) -> Ints:
    r"""Return :math:`\nu`, how many levels n with first <= n < first + N are multiples of k.

    .. math:: \nu = \lfloor (\text{first} + N - 1) / k \rfloor - \lfloor (\text{first} - 1) / k \rfloor

    Parameters
    ----------
    steps, every : array_like of int
        N and k.
    first : array_like of int
        The state that the run begins with; 1 for Devito's acoustic operators.

    Returns
    -------
    ndarray of int64
        Levels, at least one.

    Raises
    ------
    OutsideTheModel
        None would be imaged, or a number is out of range.
    """
    n, k, begin = whole("steps", steps), whole("every", every), whole("first", first, least=0)
    levels = np.asarray((begin + n - 1) // k - (begin - 1) // k)
    refuse("every", k, levels < 1, f"nothing would be imaged; any number up to {n.min()} images at least one level")
    return levels


def spaced_forward_steps(steps: Numbers, slots: Numbers, every: Numbers = 1, *, first: Numbers = 1) -> Ints:
    r"""Return the forward steps of this suite's ``revolve``, which images every k-th level.

    .. math:: N + k \, (p(\nu, M) - \nu + 1)

    Of the levels' own steps all but the last are left out, since the state at n holds u[n]: p(N, M) + 1 for k = 1,
    where a textbook's schedule takes N + p(N, M). See :func:`wavecomp.plans.schedules.revolve`.

    Parameters
    ----------
    steps, slots, every, first : array_like of int
        N, M, k, and the state that the run begins with.

    Returns
    -------
    ndarray of int64
        Steps.

    Raises
    ------
    OutsideTheModel
        None would be imaged, or a number is out of range.
    """
    n, k, levels = whole("steps", steps), whole("every", every), imaged_levels(steps, every, first=first)
    return np.asarray(n + k * (recomputed_steps(levels, slots) - levels + 1))


def revolve_calls(steps: Numbers, every: Numbers = 1, *, first: Numbers = 1) -> Ints:
    r"""Return how often ``revolve`` starts the forward operator, whatever the number of slots.

    .. math:: \nu - 1 + 1 + [\,k \nmid \text{first}\,]

    Each split of a schedule is one advance, and :math:`\nu` levels are taken apart by :math:`\nu - 1` splits; one more
    call takes the first sweep from the last imaged level to the end, and one takes the run from its beginning to the
    first imaged level where these differ.

    Parameters
    ----------
    steps, every, first : array_like of int
        N, k, and the state that the run begins with.

    Returns
    -------
    ndarray of int64
        Calls.

    Raises
    ------
    OutsideTheModel
        None would be imaged, or a number is out of range.
    """
    begin, k = whole("first", first, least=0), whole("every", every)
    return np.asarray(imaged_levels(steps, every, first=first) + (begin % k != 0))


def store_all_run_seconds(steps: Numbers, level_bytes: Numbers, costs: Costs, *, every: Numbers = 1) -> Floats:
    r"""Return the time of ``store-all``: levels are copied to memory and imaged from there.

    .. math:: N (C_f + C_a) + \nu (C_i + 2 c + S_\ell / B)

    Parameters
    ----------
    steps, every : array_like of int
        N and k.
    level_bytes : array_like
        :math:`S_\ell`, one level that is imaged.
    costs : Costs
        Its codec is not used.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        None would be imaged, or a number is out of range.
    """
    copy = positive("level_bytes", level_bytes) * not_negative("copy_seconds_per_byte", costs.copy_seconds_per_byte)
    levels = imaged_levels(steps, every)
    return _sweeps(steps, whole("steps", steps), levels, 2 * levels, costs) + levels * copy


def trajectory_run_seconds(steps: Numbers, level_bytes: Numbers, costs: Costs, *, every: Numbers = 1) -> Floats:
    r"""Return the time of ``trajectory``: levels are compressed on the way up and decompressed on the way down.

    .. math:: N (C_f + C_a) + \nu \Big( C_i + 2 c + \frac{2 S_\ell}{F B} + S_\ell (\tau_c + \tau_d) \Big)

    Nothing overlaps. Parameters, result and errors are those of :func:`store_all_run_seconds`.
    """
    levels = imaged_levels(steps, every)
    kept = costs.written(level_bytes) + costs.read(level_bytes)
    return _sweeps(steps, whole("steps", steps), levels, 2 * levels, costs) + levels * kept


def revolve_run_seconds(
    steps: Numbers, slots: Numbers, state_bytes: Numbers, costs: Costs, *, every: Numbers = 1
) -> Floats:
    r"""Return the time of ``revolve``: states are laid, brought back, and the steps between computed anew.

    .. math::

        (N + k (p(\nu, M) - \nu + 1)) \, C_f + N C_a + \nu C_i + (2 \nu + 1) \, c
        + W(\nu, M) \Big( \frac{S}{F B} + S \tau_c \Big) + (\nu - 1) \Big( \frac{S}{F B} + S \tau_d \Big)

    with one call less where the first step is imaged; W is that of ``fewest``, which is the schedule that is run.

    Parameters
    ----------
    steps, slots, every : array_like of int
        N, M, k.
    state_bytes : array_like
        S, a state as it is before compression.
    costs : Costs
        What the parts cost.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        None would be imaged, or a number is out of range.
    """
    levels = imaged_levels(steps, every)
    calls = revolve_calls(steps, every) + levels
    moved = writes(levels, slots) * costs.written(state_bytes) + reads(levels) * costs.read(state_bytes)
    return _sweeps(steps, spaced_forward_steps(steps, slots, every), levels, calls, costs) + moved


def trajectory_bytes(steps: Numbers, level_bytes: Numbers, ratio: Numbers = 1.0, *, every: Numbers = 1) -> Floats:
    r"""Return what all imaged levels take, compressed alike: :math:`\nu S_\ell / F`, in bytes.

    Parameters and errors are those of :func:`store_all_run_seconds`, and F. For F(n) see
    :func:`wavecomp.perfmodel.varying.stored_bytes`.
    """
    size = positive("level_bytes", level_bytes) / positive("ratio", ratio)
    return np.asarray(imaged_levels(steps, every) * size)


def _sweeps(steps: Numbers, forward_steps: Ints, levels: Ints, calls: Ints, costs: Costs) -> Floats:
    forward = positive("forward_step_seconds", costs.forward_step_seconds)
    adjoint = positive("adjoint_step_seconds", costs.adjoint_step_seconds)
    imaging = not_negative("imaging_seconds", costs.imaging_seconds)
    call = not_negative("call_seconds", costs.call_seconds)
    down = whole("steps", steps) * adjoint
    return np.asarray(forward_steps * forward + down + levels * imaging + calls * call)


def _moved(size: Numbers, copy: Numbers, ratio: Numbers, codec: Numbers) -> Floats:
    copied = not_negative("copy_seconds_per_byte", copy) / positive("ratio", ratio)
    return np.asarray(positive("bytes", size) * (copied + not_negative("codec seconds per byte", codec)))
