"""The table of a gradient study: what each way of keeping the forward wavefield cost, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from wavecomp.errors import NothingToReport
from wavecomp.records import Provenance
from wavecomp.report.gradient_rows import (
    BARE,
    ONE_LEVEL,
    compressor_words,
    forward_words,
    loss_words,
    makes,
    measured,
    one_level,
    problem_rows,
    set_up_text,
    shots_text,
)
from wavecomp.report.imaging_steps import steps_found
from wavecomp.report.machine import machines
from wavecomp.report.rows import numbers
from wavecomp.report.table import Cell, Column, Row, Table

_TIMES = ("advance", "compress", "decompress", "reverse", "other", "wall")
_COLUMNS = (
    Column("Strategy", left=True),
    Column("Compressor", left=True),
    Column("Setting", left=True),
    Column("Loses", left=True),
    Column("Ratio, least", ".2f"),
    Column("median", ".2f"),
    Column("greatest", ".0f"),
    Column("Held", "d"),
    Column("Peak (MB)", ".2f"),
    Column("Forward steps", "d"),
    Column("Writes", "d"),
    Column("Reads", "d"),
    Column("Advance (s)", ".2f"),
    Column("Compress (s)", ".2f"),
    Column("Decompress (s)", ".2f"),
    Column("Reverse (s)", ".2f"),
    Column("Other (s)", ".2f"),
    Column("Wall (s)", ".2f"),
    Column("Wall / bare", ".2f"),
    Column("least of rounds", ".2f"),
    Column("greatest of rounds", ".2f"),
    Column("Rounds", "d"),
    Column("Relative L2", ".1e"),
    Column("Relative L1", ".1e"),
    Column("Relative L∞", ".1e"),
    Column("PSNR (dB)", ".1f"),
    Column("Angle (rad)", ".1e"),
    Column("Bias", ".1e"),
    Column("Norm ratio", ".6f"),
)


def gradient_table(
    frame: pd.DataFrame, problem: str | None = None, provenances: Mapping[str, Provenance] | None = None
) -> Table:
    """Return the table of one problem: one row a strategy and compressor, the bare sweeps first.

    Parameters
    ----------
    frame : DataFrame
        From :func:`wavecomp.records.load_gradients`.
    problem : str, optional
        Its name; by default the one with most records.
    provenances : mapping, optional
        By digest, for the note on the machine.

    Raises
    ------
    NothingToReport
        No gradient of that problem came out.
    """
    rows = problem_rows(frame, problem)
    done = measured(rows)
    if done.empty:
        raise NothingToReport(f"every gradient of {rows['problem'].iloc[0]} failed; {_again(rows)} tries again")
    done = done.assign(rank=done["strategy"].map(_rank), exact=~(done["error"] == 0.0))
    done = done.sort_values(["rank", "head", "exact", "family", "error"], kind="stable", na_position="first")
    heads = [_strategy_label(row) for row in done.to_dict("records")]
    lines = [
        Row(_cells(head, row), muted=row["strategy"] == BARE, gap_after=head != following)
        for head, following, row in zip(heads, [*heads[1:], None], done.to_dict("records"), strict=True)
    ]
    first = done.iloc[0]
    shots = f", {shots_text(first['shots'])}" if len(first["shots"]) else ""
    title = f"Gradients of {first['problem']}: {set_up_text(dict(first))}{shots}"
    return Table(title, _COLUMNS, tuple(lines), tuple(_notes(rows, done, provenances or {})))


def _again(rows: pd.DataFrame) -> str:
    return f"{makes(rows)} {'--retry' if len(rows['shots'].iloc[0]) else 'with retry=True'}"


def _rank(strategy: str) -> int:
    order = (
        *(BARE, "store-all", "trajectory", "mixed", "revolve"),
        *("h-revolve", "disk-revolve", "periodic-disk-revolve", "two-level"),
    )
    return order.index(strategy) if strategy in order else len(order)


def _strategy_label(row: dict[Any, Any]) -> str:
    if row["strategy"] == BARE:
        return ONE_LEVEL if one_level(row) else "bare sweeps, nothing stored"
    budgets = (_budget(row, "budget_bytes", "in"), _budget(row, "disk_budget_bytes", "on disk in"))
    return " ".join([str(row["head"]), *filter(None, budgets)])


def _budget(row: dict[Any, Any], column: str, words: str) -> str:
    budget = row.get(column)
    if budget is None or budget != budget:
        return ""
    size = budget / 2**20
    return f"{words} {size:.0f} MiB" if size >= 10 else f"{words} {size:.2g} MiB"


def _cells(head: str, row: dict[Any, Any]) -> tuple[Cell, ...]:
    bare = row["strategy"] == BARE
    stored = row["strategy"] not in (BARE, "store-all")

    def number(column: str, wanted: bool = True) -> float | None:
        value = row.get(column)
        return None if not wanted or value is None or value != value else float(value)

    def count(column: str, wanted: bool = True) -> int | None:
        value = number(column, wanted)
        return None if value is None else int(value)

    name, setting = compressor_words(row["compressor"] if isinstance(row["compressor"], str) else None)
    exact = row["error"] == 0.0
    return (
        head,
        "" if bare else name,
        setting,
        "" if bare else loss_words(row),
        *(number(f"ratio_{part}", stored) for part in ("least", "median", "greatest")),
        count("checkpoints_held", stored),
        number("peak_mb", not bare),
        count("forward_steps"),
        count("writes", stored),
        count("reads", stored),
        *(number(f"{part}_s", not row["concurrent"]) for part in _TIMES),
        *(number(f"over_bare{part}", not bare) for part in ("", "_least", "_greatest")),
        int(row["rounds"]) or None,
        *(number(f"gradient_{part}") for part in ("relative_l2", "relative_l1", "relative_linf")),
        "∞" if exact else number("gradient_psnr_db"),
        *(number(f"gradient_{part}") for part in ("angle_rad", "bias", "norm_ratio")),
    )


def _notes(rows: pd.DataFrame, done: pd.DataFrame, provenances: Mapping[str, Provenance]) -> list[str]:
    notes = [
        "Distances are from the gradient of the same problem with every level stored uncompressed; 0 means the same "
        "bits. Loses: what changes the levels that are stored, and by how much at most. Peak: all that is held to keep "
        f"the {forward_words(done)}. Times are those of the fastest run, with "
        f"{_threads(done)}."
    ]
    if any(map(one_level, done.to_dict("records"))):
        notes.append(
            "Each step of this reversal reads its level, which bare sweeps have not: theirs is given one and the same "
            "level at every step. Its arithmetic is that of a gradient, its result is none."
        )
    stored = done[done["strategy"] != BARE]
    if "absolute_specs" in stored:
        settled = stored[stored["absolute_specs"].notna()]
        notes += steps_found(zip(settled["spec"], settled["absolute_specs"], strict=True))
    if "level_weights" in stored and stored["level_weights"].notna().any():
        notes.append(
            "With weights= each level has a tolerance of its own, by what its error weighs in the gradient: the one "
            "that is named is their geometric mean."
        )
    if (stored["rounds"] > 0).any():
        notes.append(
            "Wall / bare: each round runs the bare sweeps and then every row once, and a time is compared with the "
            "bare sweeps of its own round; median over the rounds, and the least and the greatest of them."
        )
    if (stored["wall"].notna() & (stored["rounds"] == 0)).any():
        notes.append(
            "Rows without Wall / bare were not measured in rounds: the machine may have had another speed when the "
            "bare sweeps ran."
        )
    disks = sorted({str(disk) for disk in done.get("disk", pd.Series(dtype=object)).dropna()})
    if disks:
        notes.append(f"Tiers on disk lay on {' and '.join(disks)} (file system, digest of the device).")
    if len(done["shots"].iloc[0]) > 1:
        notes.append(
            "Of several shots: distances are those of the sum, peaks the greatest; times, steps, writes and reads "
            "are added up."
        )
    if done["concurrent"].astype(bool).any():
        notes.append("Rows without times were measured beside others.")
    failed = rows[rows["status"] == "failed"]
    notes += [
        f"Failed: {spec}: {message}" for spec, message in zip(failed["spec"], failed.get("message", ()), strict=True)
    ]
    libraries = done.assign(library=done["library"].str.split(", ")).explode("library")
    return [*notes, machines(libraries, provenances) + "."]


def _threads(done: pd.DataFrame) -> str:
    counts = sorted({int(value) for value in numbers(done, "threads").dropna()})
    return f"{' or '.join(map(str, counts))} thread{'s' if counts != [1] else ''}"
