"""The page that teaches the model: its example runs, and its numbers are those of the functions."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from wavecomp.perfmodel.alternatives import boundary_bytes
from wavecomp.perfmodel.cluster import Node, cluster_run, falling_memory
from wavecomp.perfmodel.revolve import recomputed_steps
from wavecomp.perfmodel.study import STUDY as C
from wavecomp.perfmodel.varying import ESTIMATES, planned_slots
from wavecomp.perfmodel.writes import SCHEDULES, traffic_by_slot, writes

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "methods-model.md").read_text(encoding="utf-8")


def test_the_example_gives_what_the_page_says():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    *lines, last, said = code.strip().split("\n")
    names = {}
    exec("\n".join(lines), names)  # noqa: S102
    assert repr(eval(last, names)) == said.removeprefix("# ")  # noqa: S307


def test_the_table_of_writes():
    for slots in (8, 60, 1000):
        p, few, many = recomputed_steps(2526, slots), *(writes(2526, slots, name) for name in SCHEDULES)
        assert f"M = {slots:,} (p = {p:,}) | {few:,} | {many:,} |" in PAGE
    written, read = traffic_by_slot(2526, 60)
    assert (written[0], read[0], written[-1], read[-1]) == (1, 2, 60, 97)


def test_the_slots_of_a_falling_ratio():
    ratios = 480 * np.exp(-np.arange(2500) / 400) + 8
    slots = [int(planned_slots(4e9, C.checkpoint_bytes, ratios, by)) for by in ESTIMATES]
    assert "these are {}, {}, {}, {} and {}:".format(*slots) in PAGE


def test_what_boundaries_take():
    strips = boundary_bytes((801, 801, 207), C.steps, 8)
    levels = C.steps * 801 * 801 * 207 * 4
    assert f"it is {strips / 1e9:.0f} GB, against {levels / 1e12:.2f} TB" in PAGE


def test_the_table_of_nodes():
    node = Node(C.step_seconds, 4e9, C.bandwidth, 1e10, 1e-6)
    for nodes, exponent, where in ((1, 0, "4 GB"), (100, 0, "4 GB (a = 0)"), (1000, 1, "4 MB (a = 1)")):
        held = replace(node, memory_bytes=falling_memory(nodes, 4e9, exponent))
        codec = {"compress_seconds": C.compress_seconds, "decompress_seconds": C.decompress_seconds}
        plain = cluster_run(nodes, (881, 881, 287), C.steps, 8, held)
        packed = cluster_run(nodes, (881, 881, 287), C.steps, 8, held, ratio=C.ratio, **codec)
        (row,) = re.findall(rf"^\| {nodes:,} \| {re.escape(where)} \| (.*) \|$", PAGE, re.MULTILINE)
        slots, again, seconds = row.split(" | ")
        assert slots == f"{plain.checkpoints:,}, {packed.checkpoints:,}"
        shown = [f"{run.recomputed_steps:,}" if run.recomputed_steps else "none" for run in (plain, packed)]
        assert again == " and ".join(shown)
        for text, run in zip(seconds.split(" and "), (plain, packed), strict=True):
            assert abs(float(text.replace(",", "")) - run.seconds) <= (0.05 if "." in text else 0.6)
