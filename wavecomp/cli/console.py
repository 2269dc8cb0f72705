"""What every command shares: the consoles, progress bars, and where things lie."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
from rich.text import Text

from wavecomp.cli import stopping
from wavecomp.cli.plain_text import one_line, printable

_BOLD = re.compile(r"\[bold\](.*?)\[/\]")


class PlainConsole(Console):
    """A console that takes names of users and messages of libraries as they are: no markup but ``[bold]…[/]``.

    What a terminal would obey is written out; a bracket in a file's name is a bracket.
    """

    def print(self, *objects: Any, **keywords: Any) -> None:
        """Print as rich does, strings and texts made harmless."""
        super().print(*map(_harmless, objects), **keywords)

    def on_broken_pipe(self) -> None:
        """Leave it to the command line to end quietly."""
        raise BrokenPipeError


def _harmless(shown: Any) -> Any:
    if isinstance(shown, str):
        # re.split gives what is outside and inside the brackets by turns.
        parts = _BOLD.split(printable(shown))
        return Text.assemble(*((part, "bold" if index % 2 else "") for index, part in enumerate(parts)))
    if isinstance(shown, Text) and (plain := printable(shown.plain)) != shown.plain:
        return Text(plain, style=shown.style)
    return shown


# Tables go to standard output, so that they can be piped; everything about the way there goes to standard error.
out = PlainConsole(highlight=False, soft_wrap=True)
err = PlainConsole(stderr=True, highlight=False, soft_wrap=True)

FIELDS_VARIABLE = "WAVECOMP_FIELDS"


def fields_folder() -> Path:
    """Return where wavefields lie: $WAVECOMP_FIELDS, or ``reference_fields`` in the working directory."""
    return Path(os.environ.get(FIELDS_VARIABLE) or "reference_fields")


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar with the time left while the block runs; the block calls what it is given with (done, total, note)."""
    columns: tuple[ProgressColumn, ...] = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
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
            stopping.check()  # a Ctrl-C that a library swallowed
            bars.update(task, completed=done, total=total, note=note[:room])

        yield advance


def say(message: str, style: str) -> None:
    """Print one line of ours about the way things go, on standard error."""
    err.print(Text(one_line(f"wavecomp: {message}"), style=style))
