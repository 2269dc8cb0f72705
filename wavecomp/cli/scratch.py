"""The folder of a tier on disk, as it is given on the command line."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click


class ScratchFolder(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click alone
    """An existing folder in which a file can be made."""

    name = "folder"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the whole path; a folder that would fail in the middle of a run ends the command here."""
        folder = Path(str(value))
        try:
            # Only making a file shows that one can be made: permissions say nothing of a disk that is read-only.
            with tempfile.TemporaryFile(dir=folder):
                return folder.resolve()
        except OSError as error:
            self.fail(
                f"{str(value)!r} is no folder that files can be written to ({error.strerror or error}); "
                "give one that exists and is writable",
                param,
                ctx,
            )
