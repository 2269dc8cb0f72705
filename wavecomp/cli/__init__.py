"""The command line: the only part that knows all the others."""

from __future__ import annotations

import errno
import sys

import click
from rich.text import Text

import wavecomp
from wavecomp.cli.compressors import compressors
from wavecomp.cli.console import err
from wavecomp.cli.fields import fields
from wavecomp.cli.gradient import gradient
from wavecomp.cli.reporting import report, table1
from wavecomp.cli.study import run
from wavecomp.cli.sweeping import sweep
from wavecomp.errors import WavecompError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(wavecomp.__version__, prog_name="wavecomp")
def cli() -> None:
    """Which compressor for a seismic wavefield, at which setting, and at what cost?

    Exit status: 0 done, 1 something failed or fell short, 2 the words on the command line were wrong.

    \b
    Example:
      wavecomp run                 the whole study on a small field, in minutes
      wavecomp compressors         what there is to compare
    """


for command in (run, fields, compressors, sweep, table1, gradient, report):
    cli.add_command(command)


def main() -> None:
    """Run the command line and end the process with its exit status."""
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: list[str]) -> int:
    """Run the command line on these arguments; return the exit status, after saying in one line what went wrong."""
    try:
        result = cli.main(arguments, prog_name="wavecomp", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; everything finished so far is kept, the same command goes on from there", 1)
    except WavecompError as error:
        return _say(str(error), error.exit_status)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO):
            raise
        return _say(f"cannot write {error.filename or 'a file'}: {error.strerror}", 1)
    return result if isinstance(result, int) else 0


def _say(message: str, status: int) -> int:
    err.print(Text(f"wavecomp: {message}", style="bold red" if status else ""))
    return status
