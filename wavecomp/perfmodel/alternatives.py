"""What a user may do instead of checkpoints: save boundaries and go backwards, or spread the domain over nodes.

**Boundary saving.** The wave equation without attenuation runs backwards as well as forwards. From the last two levels
the wavefield is computed down again beside the adjoint, if only what flows in from outside is known: at each step the
strip of order / 2 points outside each face of the domain, which the stencil reads from inside [Yang2014]_. An
absorbing layer cannot be run backwards, nor can an attenuating medium; hence the strip.

**Domain decomposition.** Each of P nodes has its block of the domain. Memory grows with nodes; what is exchanged at
each step is the strip of order / 2 points at each face of the block that another block touches.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from wavecomp.errors import OutsideTheModel
from wavecomp.perfmodel.inputs import Floats, Ints, Numbers, not_negative, positive, refuse, whole


def boundary_bytes(shape: Sequence[int], steps: Numbers, order: Numbers, itemsize: int = 4) -> Floats:
    r"""Return what the strips of all steps take.

    .. math:: N \cdot \frac{o}{2} \cdot 2 \sum_a \prod_{b \ne a} n_b \cdot \text{itemsize}

    A star-shaped stencil reads nothing across an edge or a corner: only what lies straight outside each face. Problem
    ``quick``, 100³ points, order 8, 500 steps: 500 · 4 · 6 · 100² · 4 = 480 MB, 6.3 % of the 7,608 MB of 501 levels of
    156³ points (100 and 20 absorbing ones a side, and a halo of 8), which is what Devito stores with ``save``.

    Parameters
    ----------
    shape : sequence of int
        Points of the physical domain, one number an axis.
    steps, order : array_like of int
        N, and o, the even order of the stencil in space.
    itemsize : int
        Bytes a value.

    Returns
    -------
    ndarray of float64
        Bytes. The two levels at the end come on top; they lie in the operator's buffers anyway.

    Raises
    ------
    OutsideTheModel
        The order is odd, or a number is out of range.
    """
    n = _shape(shape)
    faces = 2 * sum(prod(n) // points for points in n)
    return np.asarray(whole("steps", steps) * reach_of(order) * float(faces * whole("itemsize", itemsize)))


def boundary_seconds(
    shape: Sequence[int],
    steps: Numbers,
    order: Numbers,
    step_seconds: Numbers,
    bandwidth: Numbers,
    *,
    ratio: Numbers = 1.0,
    codec_seconds: Numbers = 0.0,
    itemsize: int = 4,
) -> Floats:
    r"""Return the time of a gradient by boundary saving: one more sweep, and each strip written and read once.

    .. math:: 3 C N + \frac{2 \cdot \text{strips}}{F B} + N (t_c + t_d)

    Parameters
    ----------
    shape, steps, order, itemsize
        As in :func:`boundary_bytes`.
    step_seconds : array_like
        C.
    bandwidth : array_like
        B, in bytes a second.
    ratio, codec_seconds : array_like
        F and t_c + t_d of one step's strips, if they are compressed.

    Returns
    -------
    ndarray of float64
        Seconds.

    Raises
    ------
    OutsideTheModel
        The order is odd, or a number is out of range.
    """
    n = whole("steps", steps)
    moved = (
        2 * boundary_bytes(shape, n, order, itemsize) / (positive("ratio", ratio) * positive("bandwidth", bandwidth))
    )
    sweeps = 3 * positive("step_seconds", step_seconds) * n
    return np.asarray(sweeps + moved + n * not_negative("codec_seconds", codec_seconds))


def block_edges(shape: Sequence[int], nodes: Numbers) -> Floats:
    r"""Return the edges of a node's block, of all blocks of its volume the one that has least to exchange.

    Axes that are shorter than the edge of a cube of V / P points stay whole; the others share what is left equally.
    Edges and parts need not be whole: this is the smooth curve below what real divisions reach.

    Parameters
    ----------
    shape : sequence of int
        Points of the whole domain, its absorbing layer included.
    nodes : array_like of int
        P.

    Returns
    -------
    ndarray of float64, shape (..., axes)
        Points.

    Raises
    ------
    OutsideTheModel
        There are more nodes than points, or a number is out of range.
    """
    n, p = _shape(shape), whole("nodes", nodes)
    refuse("nodes", p, p > prod(n), f"more than points; at most {prod(n)} can have one")
    edges = np.empty((*p.shape, len(n)))
    whole_so_far, left = np.ones(p.shape, bool), prod(n) / p
    for done, axis in enumerate(np.argsort(n, kind="stable")):
        cube = left ** (1 / (len(n) - done))
        whole_so_far = whole_so_far & (n[axis] <= cube * (1 + 1e-12))
        edges[..., axis] = np.where(whole_so_far, n[axis], cube)
        left = left / edges[..., axis]
    return edges


def exchanged_bytes(shape: Sequence[int], nodes: Numbers, order: Numbers, itemsize: int = 4) -> Floats:
    r"""Return what the busiest node sends at each step, and receives.

    .. math:: \sum_a \min(2, q_a - 1) \cdot \frac{o}{2} \cdot \prod_{b \ne a} e_b \cdot \text{itemsize},
        \quad q_a = n_a / e_a

    with edges e: along an axis that is cut into q parts a block in the middle has two neighbours, with two parts one.

    Parameters
    ----------
    shape : sequence of int
        Points of the whole domain.
    nodes, order : array_like of int
        P, and o, the even order of the stencil in space.
    itemsize : int
        Bytes a value.

    Returns
    -------
    ndarray of float64
        Bytes a step, in one direction; 0 with one node.

    Raises
    ------
    OutsideTheModel
        Blocks are thinner than the strip: the text has the most nodes for which they are not. Or a number is out of
        range.
    """
    n, reach = _shape(shape), reach_of(order)
    edges = block_edges(shape, nodes)
    thin = np.any((edges < reach[..., None] * (1 - 1e-9)) & (edges < np.array(n) * (1 - 1e-9)), axis=-1)
    if np.any(thin):
        r = int(reach.max())
        most = int(prod(points / min(points, r) for points in n))
        expected = f"their blocks are thinner than order / 2 points; with up to {most} nodes they are not"
        refuse("nodes", whole("nodes", nodes), thin, expected)
    faces = np.prod(edges, axis=-1)[..., None] / edges
    return np.asarray(reach * np.sum(neighbours(shape, nodes) * faces, axis=-1) * float(whole("itemsize", itemsize)))


def neighbours(shape: Sequence[int], nodes: Numbers) -> Floats:
    """Return how many neighbours the busiest block has along each axis: 0 where it is whole, 1 of two parts, then 2.

    Parameters
    ----------
    shape, nodes
        As in :func:`block_edges`.

    Returns
    -------
    ndarray of float64, shape (..., axes)
        Between whole numbers where parts are.

    Raises
    ------
    OutsideTheModel
        There are more nodes than points, or a number is out of range.
    """
    parts = np.array(_shape(shape)) / block_edges(shape, nodes)
    return np.clip(parts - 1, 0, 2)


def reach_of(order: Numbers) -> Ints:
    """Return how far a stencil of even order in space reaches, in points: half of it.

    Raises
    ------
    OutsideTheModel
        The order is not a positive even number.
    """
    o = whole("order", order, most=10_000)
    refuse("order", o, o % 2 != 0, "an even order in space is needed")
    return np.asarray(o // 2)


def _shape(shape: Sequence[int]) -> list[int]:
    points = np.atleast_1d(whole("shape", shape)).tolist()
    if not 1 <= len(points) <= 3:
        raise OutsideTheModel("shape", tuple(shape), "one to three axes are needed")
    return [int(number) for number in points]
