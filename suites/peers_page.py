"""What ``gradient_peers.py`` has measured, as text and as a page."""

from __future__ import annotations

import math
import statistics
from typing import Any


def show(content: dict[str, Any]) -> str:
    """Return the two tables as text."""
    whole, lean = content["store_all_bytes"].values()
    problem = content["problem"]
    head = f"{'contestant':76s} {'s':>7s} {'MB':>8s} {'% whole':>8s} {'% lean':>7s} {'rel. L2':>8s} {'deep':>8s}  steps"
    sizes = f"store-all takes {whole / 1e9:.2f} GB (whole grid), {lean / 1e9:.2f} GB (physical domain: lean)"
    lines = [f"{problem['name']}: {problem['shape']}, {problem['steps']} steps; {sizes}", head]
    for name, one in content["contestants"].items():
        seconds, held = statistics.median(one["seconds"]), one["held_bytes"]
        lines.append(
            f"{name:76s} {seconds:7.2f} {held / 1e6:8.1f} {100 * held / whole:8.2f} {100 * held / lean:7.2f} "
            f"{one['relative_l2']:8.1e} {one.get('deep_relative_l2', math.nan):8.1e}  {one.get('forward_steps', '')}"
        )
    lines.append(f"\n{'ratio of wall times':52s} {'bar':>6s} {'aim':>6s} {'median':>8s}  {'range':14s}  verdict")
    for row in content["rows"]:
        sign = "≥" if row["faster"] else "≤"
        measured = (
            f"{row['ratio']:8.2f}  [{row['least']:.2f}, {row['greatest']:.2f}]" if "ratio" in row else f"{'':8s}  "
        )
        lines.append(f"{row['label']:52s} {sign}{row['bar']:5g} {sign}{row['aim']:5g} {measured:24s}  {row['verdict']}")
        if "ours" in row:
            lines.append(f"    {row['ours']}  against  {row['other']}")
    return "\n".join(lines + [""] + content["messages"])


def markdown(content: dict[str, Any]) -> str:
    """Return the verdicts and the contestants as a page."""
    whole, lean = content["store_all_bytes"].values()
    problem, machine = content["problem"], content["provenance"]
    shape = " × ".join(map(str, problem["shape"]))
    rounds = min(len(one["seconds"]) for one in content["contestants"].values())
    lines = [
        "# Gradients against what people use today",
        "",
        f"`{problem['name']}`: {shape} points and their absorbing layer, {problem['steps']} steps; {rounds} "
        f"interleaved rounds on {machine['cpu']}, {machine['cores']} cores. Storing every level takes "
        f"{whole / 1e9:.2f} GB on the whole grid (Devito's own way; shares are of that), {lean / 1e9:.2f} GB on the "
        "physical domain (ours). Written by `suites/gradient_peers.py`.",
        "",
        "| ratio of wall times | bar | aim | median | least … greatest | verdict | strategy | against |",
        "| :--- | ---: | ---: | ---: | ---: | :--- | :--- | :--- |",
    ]
    for row in content["rows"]:
        sign = "≥" if row["faster"] else "≤"
        spread = f"{row['ratio']:.2f} | {row['least']:.2f} … {row['greatest']:.2f}" if "ratio" in row else "– | –"
        lines.append(
            f"| {row['label']} | {sign} {row['bar']:g} | {sign} {row['aim']:g} | {spread} | {row['verdict']} | "
            f"`{row.get('ours', '–')}` | {row['other']} |"
        )
    lines += [
        "",
        "| contestant | median (s) | memory (MB) | share (%) | relative L2 | below the top tenth | forward steps |",
        "| :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, one in content["contestants"].items():
        held = one["held_bytes"]
        errors = [one["relative_l2"], one.get("deep_relative_l2", math.nan)]
        shown = " | ".join("–" if math.isnan(error) else f"{error:.1e}" for error in errors)
        lines.append(
            f"| {name} | {statistics.median(one['seconds']):.2f} | {held / 1e6:.1f} | {100 * held / whole:.2f} | "
            f"{shown} | {one.get('forward_steps', '')} |"
        )
    return "\n".join(lines) + "\n"
