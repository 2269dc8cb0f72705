"""How often Revolve computes a step anew: closed forms of binomial checkpointing, on arrays.

:mod:`wavecomp.plans.binomial` has the first two for single numbers of any size, since schedules are built from them
action by action; here is the model's form. A test holds the two equal.
"""

from __future__ import annotations

import numpy as np

from wavecomp.perfmodel.inputs import MOST, Ints, Numbers, whole

SATURATED = 2**31
"""What :func:`most_steps` returns for everything that is greater; no number of steps reaches it."""

_FEW_SLOTS = 32
"""Up to here each number of slots has a table of its own; beyond it a handful of repetitions reach :data:`MOST`."""


def most_steps(slots: Numbers, repeated: Numbers) -> Ints:
    r"""Return the greatest number of steps that so many slots reverse with so many repetitions.

    .. math:: \beta(M, t) = \binom{M + t}{t}

    [Griewank2000]_.

    Parameters
    ----------
    slots, repeated : array_like of int
        M >= 1 and t >= 0.

    Returns
    -------
    ndarray of int64
        Number of steps; :data:`SATURATED` where it would be greater.

    Raises
    ------
    OutsideTheModel
        A number is not whole, too small or too large.
    """
    m, t = np.broadcast_arrays(whole("slots", slots), whole("repeated", repeated, least=0))
    larger, smaller = np.maximum(m, t), np.minimum(m, t)
    reach = np.ones(m.shape, np.int64)
    for i in range(1, int(smaller.max(initial=0)) + 1):
        # C(larger + i, i), which is whole at each i. Below 2**31 * (2**30 + i), and once saturated it stays so.
        active = (i <= smaller) & (reach < SATURATED)
        if not active.any():
            break
        reach = np.where(active, np.minimum(reach * (larger + i) // i, SATURATED), reach)
    return reach


def repetitions(steps: Numbers, slots: Numbers) -> Ints:
    r"""Return how often a step is advanced at most.

    .. math:: t = \min \{t : \tbinom{M + t}{t} \ge N\}

    [Griewank2000]_. 0 for one step, 1 where slots are enough for every step.

    Parameters
    ----------
    steps, slots : array_like of int
        N and M, each from 1 to :data:`~wavecomp.perfmodel.inputs.MOST`.

    Returns
    -------
    ndarray of int64
        t.

    Raises
    ------
    OutsideTheModel
        A number is not whole, too small or too large.
    """
    n, m = np.broadcast_arrays(whole("steps", steps), whole("slots", slots))
    return _repetitions(n.ravel(), m.ravel()).reshape(n.shape)


def recomputed_steps(steps: Numbers, slots: Numbers) -> Ints:
    r"""Return p(N, M), the forward steps that Revolve takes beside the N that are reversed.

    .. math::

        p(N, 1) = \tfrac12 N (N - 1), \quad
        p(N, M) = \min_k \; k + p(k, M) + p(N - k, M - 1)
        = t N - \binom{M + t}{t - 1}, \quad t = \min \{t : \tbinom{M + t}{t} \ge N\}

    [Griewank2000]_. p(10, 3) = 15, p(100, 5) = 316. With M >= N - 1 it is N - 1: a textbook's checkpointer goes up
    once to lay the checkpoints and takes each step once more to tape it. Storing everything, where that second time
    does not exist, is no case of p; see :mod:`wavecomp.perfmodel.published`.

    Parameters
    ----------
    steps, slots : array_like of int
        N and M, each from 1 to :data:`~wavecomp.perfmodel.inputs.MOST`; the state of the beginning takes a slot.

    Returns
    -------
    ndarray of int64
        Steps.

    Raises
    ------
    OutsideTheModel
        A number is not whole, too small or too large.
    """
    n, m = np.broadcast_arrays(whole("steps", steps), whole("slots", slots))
    m = np.minimum(m, np.maximum(n - 1, 1))
    t = repetitions(n, m)
    # C(M + t, t - 1) from C(M + t - 1, M), which is below N: no product beyond 2e18, and the quotient is whole.
    below = most_steps(m, np.maximum(t - 1, 0))
    return np.where(t > 0, t * n - below * (m + t) // (m + 1), 0)


def _repetitions(n: Ints, m: Ints) -> Ints:
    t = np.where(m == 1, n - 1, 0)
    for slots in np.unique(m[(m > 1) & (m <= _FEW_SLOTS)]):
        here = np.flatnonzero(m == slots)
        t[here] = np.searchsorted(_reaches(int(slots), int(n[here].max())), n[here])
    left = np.flatnonzero((m > _FEW_SLOTS) & (n > 1))
    reach, count = np.ones(left.size, np.int64), 0
    while left.size:
        count += 1
        reach = reach * (m[left] + count) // count
        t[left] = count
        more = reach < n[left]
        left, reach = left[more], reach[more]
    return t


def _reaches(slots: int, steps: int) -> Ints:
    """Return C(M + t, t) for t = 0, 1, … until it is at least N."""
    found = [1]
    while found[-1] < min(steps, MOST):
        t = len(found)
        found.append(found[-1] * (slots + t) // t)
    return np.array(found, np.int64)
