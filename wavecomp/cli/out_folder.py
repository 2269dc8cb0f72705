"""The folder of an archive, as it is given on the command line."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

import click


class OutFolder(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click alone
    """A folder that is there or can be made; what can be none ends the command before anything is measured."""

    name = "path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        from wavecomp.cli.failing import os_error_words

        folder = Path(str(value))
        try:
            if not stat.S_ISDIR(folder.stat().st_mode):
                self.fail(f"{str(value)!r} is there and no folder; give a folder, or a name that is free", param, ctx)
        except OSError as error:
            if error.errno != errno.ENOENT:
                self.fail(f"no folder can be made there: {os_error_words(error)}", param, ctx)
        except ValueError:
            self.fail(f"{str(value)!r} holds a NUL character, which no name can", param, ctx)
        return folder
