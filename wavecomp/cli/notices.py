"""Warnings about archives, as one line each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from wavecomp.errors import ArchiveWarning


@contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Show an :class:`~wavecomp.errors.ArchiveWarning` as a line on standard error, once; others as they were."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, ArchiveWarning):
                others(message, category, filename, lineno, file, line)
                return
            from wavecomp.cli.console import say

            say(f"warning: {message}", style="yellow")

        warnings.simplefilter("default", ArchiveWarning)
        warnings.showwarning = show
        yield
