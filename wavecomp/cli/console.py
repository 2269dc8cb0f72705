"""What every command shares: the consoles, progress bars, and where things lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Tables go to standard output, so that they can be piped; everything about the way there goes to standard error.
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

FIELDS_VARIABLE = "WAVECOMP_FIELDS"


def fields_folder() -> Path:
    """Return where wavefields lie: $WAVECOMP_FIELDS, or ``reference_fields`` in the working directory."""
    return Path(os.environ.get(FIELDS_VARIABLE) or "reference_fields")


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar with the time left while the block runs; the block calls what it is given with (done, total, note)."""
    columns: tuple[ProgressColumn, ...] = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    # A spec is long: it is shown where there is room beside the bar, cut to what fits.
    room = max(0, err.width - 95)
    if room > 12:
        columns = (*columns, TextColumn("{task.fields[note]}", markup=False, style="dim"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        task = bars.add_task(title, total=None, note="")

        def advance(done: int, total: int, note: str = "") -> None:
            bars.update(task, completed=done, total=total, note=note[:room])

        yield advance


def size_text(count: float) -> str:
    """Return a number of bytes for people, in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    raise AssertionError("unreachable")
