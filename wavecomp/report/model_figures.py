"""What the page of the model shows: each figure with its sentence and its table."""

from __future__ import annotations

from collections.abc import Sequence

from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_model_actions import (
    EQUAL_CHECKPOINTS,
    EQUAL_MEMORY,
    UNCOMPRESSED,
    figure_actions,
    span_table,
)
from wavecomp.report.draw_model_curves import figure_curves
from wavecomp.report.draw_model_schedule import ScheduleTrace, figure_schedules, schedule_table
from wavecomp.report.model_cluster import STUDY_CLUSTER, Cluster, cluster_figure
from wavecomp.report.model_constants import STUDY, STUDY_FASTER_S, ModelConstants
from wavecomp.report.model_curves import curve_table
from wavecomp.report.model_page import Shown
from wavecomp.report.model_panels import KERNELS, LEAST, SLOWER, figure9, figure15, figure16, figure17

SCHEDULE_STEMS = ("figure5", "figure6")
ACTION_STEMS = ("figure7", "figure8")
CLUSTER_STEM = "cluster"
CURVE_STEMS = ("figure9", "figure15", "figure16", "figure17")


def schedule_figures(extremes: Sequence[ScheduleTrace], binomial: ScheduleTrace) -> list[Shown]:
    """Return figures 5 and 6."""
    small = "assumed, few enough to be seen"
    return [
        Shown(
            "figure5",
            "Figure 5: everything stored, and next to nothing",
            "What memory buys: a run whose levels are all kept goes forward and back once, one that keeps the "
            "beginning alone goes forward again for every step (our own schedules; the number of steps is "
            f"{small}).",
            figure_schedules(extremes),
            schedule_table(extremes),
        ),
        Shown(
            "figure6",
            "Figure 6: Revolve's schedule",
            "When Revolve advances, reverses, and writes checkpoints into slots that come free (the schedule that "
            "our `revolve` runs, in which the last level before each reversal needs no step of its own; its size is "
            f"{small}).",
            figure_schedules([binomial]),
            schedule_table([binomial]),
        ),
    ]


def action_figures(result: ExperimentResult) -> list[Shown]:
    """Return figures 7 and 8, from runs that were measured."""
    packed = (EQUAL_CHECKPOINTS, EQUAL_MEMORY)
    return [
        Shown(
            "figure7",
            "Figure 7: where the time of Revolve goes, uncompressed",
            f"How much of a Revolve run on {result.problem} is advancing, saving, loading and reversing without "
            "compression (measured, one run; its record is named above).",
            figure_actions(result, (UNCOMPRESSED,)),
            span_table(result, (UNCOMPRESSED,)),
        ),
        Shown(
            "figure8",
            "Figure 8: where the time of Revolve goes, compressed",
            "What compression adds with as many checkpoints, and what it saves when the memory of the uncompressed run "
            "is filled (measured, one run each).",
            figure_actions(result, packed),
            span_table(result, packed),
        ),
    ]


def cluster_shown(c: ModelConstants, cluster: Cluster = STUDY_CLUSTER) -> Shown:
    """Return the figure of cluster sizes."""
    panels = cluster_figure(c, cluster)
    return Shown(
        CLUSTER_STEM,
        "Cluster sizes",
        "How many checkpoints fit on a node of machines with 1 to 100,000 nodes, what is computed again and sent for "
        "it, and how long one gradient takes, with the memory of a node fixed, falling as one over the root of the "
        f"number of nodes, and as one over it (N, S, C, B, F, t_c and t_d of the list above; {cluster.words} are "
        "assumed).",
        figure_curves(panels[:4], columns=2, axes_in=3.7, height_in=3.8),
        curve_table(panels),
    )


def curve_figures(c: ModelConstants) -> list[Shown]:
    """Return figures 9, 15, 16 and 17 with the constants given."""
    slow = ", ".join(f"{cost:g}" for cost in SLOWER)
    kernels = ", ".join(f"{factor:g}" for factor in KERNELS)
    faster = f" and one with the decompression time of {STUDY_FASTER_S} s" if c == STUDY else ""
    rounded = ", 55 GB and 2.2 TB on the slides" if c == STUDY else ""
    nine, fifteen, sixteen, seventeen = figure9(c), figure15(c), figure16(c), figure17(c)
    return [
        Shown(
            "figure9",
            "Figure 9: time against the number of checkpoints",
            "How many checkpoints are best where copying one takes time, by equation (2): the dot of each curve (N, S, "
            f"C and B of the list above; slower memories, whose copies take {slow} steps, are assumed).",
            figure_curves([nine]),
            curve_table([nine]),
        ),
        Shown(
            "figure15",
            "Figure 15: predicted speed-up against memory",
            f"In which memory compression pays, by equations (2) and (3) in the three published forms of the copy "
            f"term{faster} (all constants of the list above; memory from {LEAST} checkpoints on). The "
            f"vertical lines stand at N S / F and N S{rounded}.",
            figure_curves([fifteen]),
            curve_table([fifteen]),
        ),
        Shown(
            "figure16",
            "Figure 16: predicted speed-up against the cost of a step",
            "From which cost of a step on compression pays, as a factor of t_c + t_d, in several memories, and what "
            f"kernels of other costs gain (C / (t_c + t_d) = {kernels} assumed, the rest of the list above; M "
            "checkpoints fit, MF compressed ones).",
            figure_curves(sixteen),
            curve_table(sixteen),
        ),
        Shown(
            "figure17",
            "Figure 17: predicted speed-up against the number of steps",
            "How much longer runs gain in a fixed memory; a curve steps down where compressed checkpoints of all steps "
            "cease to fit (numbers of steps other than N are assumed, the rest of the list above).",
            figure_curves([seventeen]),
            curve_table([seventeen]),
        ),
    ]
