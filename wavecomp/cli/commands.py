"""The group of all commands; the module of each is loaded when it is asked for."""

from __future__ import annotations

import importlib

import click

import wavecomp

# A command's module and name there. Loaded late: --version answers whatever is broken, and one command that cannot be
# loaded leaves the others alone.
_PLACES = {
    "run": ("study", "run"),
    "fields": ("fields", "fields"),
    "compressors": ("compressors", "compressors"),
    "sweep": ("sweeping", "sweep"),
    "table1": ("reporting", "table1"),
    "gradient": ("gradient", "gradient"),
    "report": ("reporting", "report"),
}


class _Late(click.Group):
    """A group whose commands come from modules of their own."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the names in the order of the work."""
        return list(_PLACES)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Load one command; None where there is none of that name."""
        if name not in _PLACES:
            return None
        module, attribute = _PLACES[name]
        found: click.Command = getattr(importlib.import_module(f"wavecomp.cli.{module}"), attribute)
        return found


@click.group(cls=_Late, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(wavecomp.__version__, prog_name="wavecomp")
def cli() -> None:
    """Which compressor for a seismic wavefield, at which setting, and at what cost?

    Exit status: 0 done, 1 something failed or fell short, 2 the words on the command line were wrong; 130 after Ctrl-C,
    143 after SIGTERM. A message is one line; WAVECOMP_TRACEBACK=1 shows where it comes from.

    \b
    Example:
      wavecomp run                 the whole study on a small field, in minutes
      wavecomp compressors         what there is to compare
    """
