"""Standard output and error as they really come: closed, full, a pipe that nobody reads, of a narrow encoding."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from contextlib import suppress
from typing import TextIO

from wavecomp.cli.plain_text import PLAINER

READER_GONE = 141
"""Exit status where nobody reads the output any more: what a shell shows of a process that SIGPIPE ended."""


def prepare() -> None:
    """Make every character printable, and give a closed descriptor to nobody else."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # The next file opened would get this number, and what a library prints would land in it.
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAINER)
    _keep_output()


def _keep_output() -> None:
    """Keep standard output for what this command prints itself.

    What libraries, plug-ins and their processes write to descriptor 1 would stand between the lines of a table that
    another program reads: it goes to standard error.
    """
    if not isinstance(sys.stdout, io.TextIOWrapper) or sys.stdout.fileno() != 1:
        return
    sys.stdout.flush()
    kept = os.dup(1)  # not handed on to other programs
    os.dup2(2, 1)
    buffering = 1 if os.isatty(kept) else -1
    sys.stdout = open(kept, "w", buffering, encoding=sys.stdout.encoding, errors=PLAINER)  # noqa: SIM115, PTH123


def reader_is_gone() -> bool:
    """Tell whether standard output or error is a pipe whose other end is closed."""
    watched = select.poll()
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        with suppress(AttributeError, io.UnsupportedOperation):  # none, or one that is no file
            descriptor = stream.fileno()
        watched.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in watched.poll(0))


def finish(status: int) -> int:
    """Write out what is buffered; return the exit status, another one where that failed."""
    failed = _flush(sys.stdout)
    if failed is not None and status == 0:
        status = READER_GONE if failed.errno == errno.EPIPE else 1
        if failed.errno != errno.EPIPE and sys.stderr is not None:
            print(f"wavecomp: cannot write to standard output: {failed.strerror}", file=sys.stderr)
    if _flush(sys.stderr) is not None and status == 0:
        status = 1
    sys.stdout = sys.stderr  # what somebody prints at the very end is none of ours
    return status


def _flush(stream: TextIO | None) -> OSError | None:
    if stream is None:
        return None
    try:
        stream.flush()
    except OSError as error:
        # Python tries again at its end, and would complain of the same.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return error
    return None
