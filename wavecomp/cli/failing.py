"""What is said, in one line, when a command does not end well, and the exit status that goes with it."""

from __future__ import annotations

import errno
import io
import os
import signal
import traceback
from contextlib import suppress
from pathlib import Path

import click

from wavecomp.cli import stopping, streams
from wavecomp.cli.console import say
from wavecomp.cli.plain_text import printable
from wavecomp.errors import WavecompError

TRACEBACK_VARIABLE = "WAVECOMP_TRACEBACK"
"""Set to anything, this environment variable has the traceback printed before the line."""

_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.ENAMETOOLONG: "the name is too long for this file system",
    errno.ELOOP: "its symbolic links lead in a circle",
    errno.EISDIR: "is a folder where a file belongs",
    errno.ENOTDIR: "a part of the path is a file where a folder belongs",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
}

_CWD_GONE = "the working directory was deleted; change into one that exists"

_SOURCES = Path(__file__).resolve().parents[1]


def explain(error: BaseException) -> int:
    """Say what ended a command; return the exit status.

    What can be foreseen is told in the user's words. Anything else is a fault of ours: the line names the exception and
    its place, and how to see the rest.
    """
    if stopping.heard() is not None:  # whatever else was raised on the way out
        return explain_stop()
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case SystemExit():
            return _ended_by_library(error)
        case click.ClickException():
            _show(error)
            return 2
        case KeyboardInterrupt() | click.Abort():
            return explain_stop()
        case BrokenPipeError() if streams.reader_is_gone():
            return streams.READER_GONE
    if os.environ.get(TRACEBACK_VARIABLE):
        click.echo(printable("".join(traceback.format_exception(error))), err=True)
    return _say(*words_of(error))


def explain_stop() -> int:
    """Say that the command was interrupted; return the exit status that a shell gives such a process."""
    number = stopping.heard() or signal.SIGINT
    with suppress(OSError):
        if os.isatty(2):
            click.echo(err=True)  # the terminal has shown ^C on this line
    what = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
    return _say(f"{what}; everything finished so far is kept, the same command goes on from there", 128 + number)


def os_error_words(error: OSError) -> str:
    """Return path and reason of a system's error."""
    reason = _REASONS.get(error.errno or 0) or error.strerror or str(error)
    path = error.filename2 or error.filename
    name = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
    if error.errno in _WRITING:
        return f"cannot write {name or 'the output'}: {reason}"
    return f"{name}: {reason}" if name else reason


def words_of(error: BaseException) -> tuple[str, int]:
    """Return what is said of an error, and the exit status that goes with it."""
    match error:
        case WavecompError():
            return _with_place(str(error), error.exit_status), error.exit_status
        case OSError():
            status = 2 if error.errno == errno.ENAMETOOLONG else 1
            return _with_place(os_error_words(error), status), status
        case MemoryError():
            return f"out of memory: {error}".rstrip(": "), 1
        case ImportError():
            return f"cannot be loaded: {error}; install wavecomp anew with its dependencies", 1
        case ValueError() if "embedded null" in str(error):
            return "a name with a NUL character in it can be no file's", 2
        case UnicodeError():
            return f"text that this locale's encoding does not hold: {error}; LC_ALL=C.UTF-8 takes every name", 1
        case RecursionError():
            return "a file that was read is nested too deeply", 1
        case RuntimeError() if str(error).startswith("Symlink loop"):  # pathlib's word for ELOOP before Python 3.13
            return f"{str(error).rpartition(' ')[2]}: {_REASONS[errno.ELOOP]}", 1
        case _:
            kind = type(error).__name__
            return (
                f"{kind}: {error} ({_place(error)}). This is a fault in wavecomp: please report this line; "
                f"{TRACEBACK_VARIABLE}=1 shows how it came to it"
            ), 1


def _with_place(message: str, status: int) -> str:
    """Add what is behind many an error about files: the folder that all relative paths start from is gone."""
    if status == 1:
        try:
            Path.cwd()
        except OSError:
            return f"{message}; {_CWD_GONE}"
    return message


def _place(error: BaseException) -> str:
    """Return where it was raised: the innermost place in wavecomp, and the innermost of all where that is another."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _SOURCES in Path(frame.filename).parents]
    places = [f"{Path(frame.filename).name}, line {frame.lineno}, {frame.name}" for frame in (*ours[-1:], *frames[-1:])]
    return "; ".join(dict.fromkeys(places))


def _ended_by_library(error: SystemExit) -> int:
    if streams.reader_is_gone():  # rich ends the process where click raises
        return streams.READER_GONE
    if isinstance(error.code, int) or error.code is None:
        return error.code or 0
    return _say(str(error.code), 1)


def _show(error: click.ClickException) -> None:
    shown = io.StringIO()
    error.show(file=shown)
    with suppress(OSError):
        click.echo(printable(shown.getvalue()), err=True, nl=False)


def _say(message: str, status: int) -> int:
    with suppress(OSError, SystemExit):  # nobody hears it then; the status stays
        say(message, style="bold red")
    return status
