"""The group of all commands; the module of each is loaded when it is asked for."""

from __future__ import annotations

import importlib

import click

import wavecomp
from wavecomp.cli.plain_text import one_line
from wavecomp.thread_settings import check_thread_settings

# A command's module and name there. Loaded late: --version answers whatever is broken, and one command that cannot be
# loaded leaves the others alone.
_PLACES = {
    "run": ("study", "run"),
    "fields": ("fields", "fields"),
    "compressors": ("compressors", "compressors"),
    "sweep": ("sweeping", "sweep"),
    "compare": ("compare", "compare"),
    "table1": ("reporting", "table1"),
    "gradient": ("gradient", "gradient"),
    "plan": ("plan", "plan"),
    "report": ("reporting", "report"),
    "gate": ("gate", "gate"),
    "history": ("history", "history"),
    "model": ("model", "model"),
    "suites": ("suites", "suites"),
    "convert": ("converting", "convert"),
}

_SHORT = 80  # characters of a command's line in the list


class _Late(click.Group):
    """A group whose commands come from modules of their own."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the names in the order of the work."""
        return list(_PLACES)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Load one command; None where there is none of that name."""
        if name not in _PLACES:
            return None
        check_thread_settings()  # before what is loaded stumbles over them
        module, attribute = _PLACES[name]
        found: click.Command = getattr(importlib.import_module(f"wavecomp.cli.{module}"), attribute)
        return found

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; one that cannot be loaded is listed with the reason, and help is help all the same."""
        lines = []
        for name in _PLACES:
            try:
                command = self.get_command(context, name)
                lines.append((name, command.get_short_help_str(_SHORT) if command is not None else ""))
            except Exception as error:  # what libraries raise while they are imported, in a broken environment
                lines.append((name, f"cannot be loaded here: {type(error).__name__}: {one_line(str(error))}"))
        with formatter.section("Commands"):
            formatter.write_dl(lines)


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
