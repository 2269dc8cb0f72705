"""One gradient on many nodes: the domain shrinks on each of them, its memory does not, or less.

What a node computes, keeps and compresses falls as 1 / P, what it exchanges falls more slowly, as the surface of its
block. With a fixed memory a node, P nodes hold P times as many checkpoints; where the memory of a node falls with
the number of nodes, as it has on machines that grow, that gain shrinks and recomputation stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from wavecomp.perfmodel.alternatives import exchanged_bytes, neighbours
from wavecomp.perfmodel.inputs import Floats, Ints, Numbers, not_negative, positive, whole
from wavecomp.perfmodel.published import CopyTerm, checkpoints_that_fit, compressed_revolve_seconds
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.writes import ScheduleName


@dataclass(frozen=True)
class Node:
    """A node, and what connects it to the others; each a number or an array.

    Attributes
    ----------
    step_seconds : array_like
        C, one step of the *whole* domain on one node.
    memory_bytes : array_like
        For checkpoints; an array over nodes where it depends on their number, see :func:`falling_memory`.
    bandwidth : array_like
        B, copies within a node, in bytes a second.
    network_bandwidth : array_like
        What a node sends while it receives as much, in bytes a second.
    latency_seconds : array_like
        One message to a neighbour.
    """

    step_seconds: Numbers
    memory_bytes: Numbers
    bandwidth: Numbers
    network_bandwidth: Numbers
    latency_seconds: Numbers = 0.0


@dataclass(frozen=True)
class ClusterRun:
    """What the model says of one gradient on each number of nodes; arrays of the shape that everything has together.

    Attributes
    ----------
    checkpoint_bytes : ndarray of float64
        A node's share of one uncompressed checkpoint.
    checkpoints : ndarray of int64
        That fit, compressed if they are.
    recomputed_steps : ndarray of int64
        p, or 0 where everything is kept.
    exchanged_bytes : ndarray of float64
        What the busiest node sends in the whole gradient.
    step_seconds : ndarray of float64
        A step with its exchange, nothing hidden.
    seconds : ndarray of float64
        The gradient.
    """

    checkpoint_bytes: Floats
    checkpoints: Ints
    recomputed_steps: Ints
    exchanged_bytes: Floats
    step_seconds: Floats
    seconds: Floats


def falling_memory(nodes: Numbers, one_node_bytes: Numbers, exponent: Numbers) -> Floats:
    r"""Return the memory of a node of a machine with so many.

    .. math:: m(P) = m_1 \, P^{-a}

    With a = 0 it is fixed, with a = 1 the machine's whole memory is.

    Parameters
    ----------
    nodes : array_like of int
        P.
    one_node_bytes : array_like
        m_1.
    exponent : array_like
        a, at least 0.

    Returns
    -------
    ndarray of float64
        Bytes a node.

    Raises
    ------
    OutsideTheModel
        A number is out of range.
    """
    p = whole("nodes", nodes).astype(np.float64)
    return np.asarray(positive("one_node_bytes", one_node_bytes) * p ** -not_negative("exponent", exponent))


def cluster_run(
    nodes: Numbers,
    shape: Sequence[int],
    steps: Numbers,
    order: Numbers,
    node: Node,
    *,
    ratio: Numbers = 1.0,
    compress_seconds: Numbers = 0.0,
    decompress_seconds: Numbers = 0.0,
    checkpoint_levels: Numbers = 1.0,
    itemsize: int = 4,
    copies: CopyTerm = "slides",
    schedule: ScheduleName = "fewest",
) -> ClusterRun:
    r"""Return checkpoints, recomputation, exchange and time of one gradient on P nodes.

    .. math::

        S_P = S / P, \quad C_P = \frac{C}{P} + \frac{E_P}{B_{net}} + n_P \lambda, \quad
        T_P = T_{RC}\big(N, m_P, S_P, C_P, B, F, t_c / P, t_d / P\big)

    with E_P bytes to n_P neighbours at each step (:func:`~wavecomp.perfmodel.alternatives.exchanged_bytes`), of which
    there are 2 N + p. Nodes are equal and wait for nothing but the exchange. The steps N do not change: it is the same
    gradient on a larger machine.

    Parameters
    ----------
    nodes : array_like of int
        P.
    shape : sequence of int
        Points of the whole domain, its absorbing layer included; S is their product times ``itemsize`` and levels.
    steps, order : array_like of int
        N, and the even order of the stencil in space.
    node : Node
        What a node can do.
    ratio : array_like
        F; 1 for no compression.
    compress_seconds, decompress_seconds : array_like
        t_c and t_d of a checkpoint of the *whole* domain on one node.
    checkpoint_levels : array_like
        Levels a checkpoint: 1 as published, 2 for a restart of a scheme of second order in time.
    itemsize : int
        Bytes a value.
    copies, schedule : str
        As in :func:`~wavecomp.perfmodel.published.compressed_revolve_seconds`.

    Returns
    -------
    ClusterRun
        Arrays.

    Raises
    ------
    OutsideTheModel
        No checkpoint fits into a node, blocks are thinner than the stencil reaches, or a number is out of range.
    """
    p, n = whole("nodes", nodes), whole("steps", steps)
    sent = exchanged_bytes(shape, p, order, itemsize)
    messages = np.sum(neighbours(shape, p), axis=-1)
    size = positive("checkpoint_levels", checkpoint_levels) * float(prod(shape) * itemsize) / p
    wire = sent / positive("network_bandwidth", node.network_bandwidth)
    step = positive("step_seconds", node.step_seconds) / p + wire
    step = step + messages * not_negative("latency_seconds", node.latency_seconds)
    slots = checkpoints_that_fit(node.memory_bytes, size, ratio)
    again = np.where(slots >= n, 0, recomputed_steps(n, slots))
    seconds = compressed_revolve_seconds(
        n,
        node.memory_bytes,
        size,
        step,
        node.bandwidth,
        ratio,
        not_negative("compress_seconds", compress_seconds) / p,
        not_negative("decompress_seconds", decompress_seconds) / p,
        copies=copies,
        schedule=schedule,
    )
    found = np.broadcast_arrays(size, slots, again, (2 * n + again) * sent, step, seconds)
    return ClusterRun(*(np.array(array) for array in found))
