"""One gradient on 1 to 100,000 nodes: what memory a node means for recomputation, with and without compression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wavecomp.perfmodel.cluster import ClusterRun, Node, cluster_run, falling_memory
from wavecomp.report.model_constants import ModelConstants
from wavecomp.report.model_curves import Curve, CurveSet, Floats, bytes_text

NODES = np.array([*(2**power for power in range(17)), 100_000])
"""Powers of two cut a domain evenly; the last is the largest size asked about."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the figure assumes beside a problem's constants.

    Attributes
    ----------
    shape : tuple of int
        Points of the whole domain.
    order : int
        Of the stencil in space.
    memory_bytes : float
        For checkpoints, of the one node of the smallest machine.
    exponents : tuple of float
        The memory of a node falls as nodes to the power of minus one of these.
    network_bandwidth, latency_s : float
        Between nodes, bytes a second and seconds a message.
    """

    shape: tuple[int, ...] = (881, 881, 287)
    order: int = 8
    memory_bytes: float = 4e9
    exponents: tuple[float, ...] = (0.0, 0.5, 1.0)
    network_bandwidth: float = 12.5e9
    latency_s: float = 2e-6

    @property
    def words(self) -> str:
        """What is assumed, for a caption."""
        return (
            f"a stencil of order {self.order}, {bytes_text(self.memory_bytes)} for checkpoints on the first node, "
            f"{bytes_text(self.network_bandwidth)}/s and {self.latency_s * 1e6:g} µs a message between nodes"
        )


STUDY_CLUSTER = Cluster()
"""The study's domain and its smallest memory; network and order of the stencil are assumed."""

_MEMORIES = {0.0: "fixed", 0.5: "∝ 1/√P", 1.0: "∝ 1/P"}


def cluster_figure(c: ModelConstants, cluster: Cluster = STUDY_CLUSTER) -> tuple[CurveSet, ...]:
    """Return checkpoints a node, forward steps, exchanged bytes and time, each against the number of nodes P.

    The time is over 2 C N / P, what it would be with nothing computed twice and nothing copied or sent. A fifth panel,
    not for drawing, has it in seconds.
    """
    runs: list[tuple[str, str, tuple[int, int], ClusterRun]] = []
    for colour, exponent in enumerate(cluster.exponents):
        for packed in (False, True):
            label = f"m {_MEMORIES.get(exponent, f'∝ P^-{exponent:g}')}" + (f", F = {c.ratio:.3g}" if packed else "")
            name = f"exponent={exponent:g}" + (f",F={c.ratio:.4g}" if packed else "")
            runs.append((label, name, (colour, int(packed)), _run(c, cluster, exponent, packed=packed)))

    def panel(
        title: str, label: str, name: str, values: list[Floats], baseline: tuple[float, str] | None = None
    ) -> CurveSet:
        curves = tuple(Curve(label, name, y, look) for (label, name, look, _), y in zip(runs, values, strict=True))
        x, below = NODES.astype(np.float64), "Nodes P, each with memory m for checkpoints"
        return CurveSet(title, below, label, "nodes", name, x, curves, baseline=baseline, y_log=True)

    ideal = 2 * c.steps * c.step_s / NODES
    return (
        panel(
            "Checkpoints that fit, at most N",
            "Checkpoints a node",
            "checkpoints",
            [np.minimum(run.checkpoints, c.steps).astype(np.float64) for *_, run in runs],
        ),
        panel(
            f"Recomputation ({c.where})",
            "Forward steps / N",
            "(N+p)/N",
            [1 + run.recomputed_steps / c.steps for *_, run in runs],
        ),
        panel(
            "What the busiest node sends in one gradient",
            "Bytes exchanged (GB)",
            "GB",
            [np.where(run.exchanged_bytes > 0, run.exchanged_bytes, np.nan) / 1e9 for *_, run in runs],
        ),
        panel(
            "Predicted time over 2 C N / P",
            "Time / (2 C N / P)",
            "time/(2CN/P)",
            [run.seconds / ideal for *_, run in runs],
            (1.0, "1.0: nothing twice"),
        ),
        panel("Predicted time", "Time (s)", "s", [run.seconds for *_, run in runs]),
    )


def _run(c: ModelConstants, cluster: Cluster, exponent: float, *, packed: bool) -> ClusterRun:
    memory = falling_memory(NODES, cluster.memory_bytes, exponent)
    node = Node(c.step_s, memory, c.bandwidth, cluster.network_bandwidth, cluster.latency_s)
    return cluster_run(
        NODES,
        cluster.shape,
        c.steps,
        cluster.order,
        node,
        ratio=c.ratio if packed else 1.0,
        compress_seconds=c.compress_s if packed else 0.0,
        decompress_seconds=c.decompress_s if packed else 0.0,
    )
