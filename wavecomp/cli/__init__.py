"""The command line: the only part that knows all the others.

Importing it loads nothing else: what asks the process to end is heard before anything takes time.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    from wavecomp.cli import stopping

    stopping.listen()
    try:
        from wavecomp.cli import streams

        streams.prepare()
        status = status_of(sys.argv[1:])
    except KeyboardInterrupt:  # between two steps of the above
        from wavecomp.cli.failing import explain_stop

        status = explain_stop()
    stopping.ignore()  # all is said and done: nothing may end the process with another status now
    from wavecomp.cli.streams import finish  # the import above may have been broken off

    sys.exit(finish(status))


def status_of(arguments: list[str]) -> int:
    """Run the command line on these arguments; return the exit status, after saying in one line what went wrong."""
    try:
        from wavecomp.cli.notices import warnings_as_lines

        with warnings_as_lines():
            from wavecomp.cli.commands import cli

            with cli.make_context("wavecomp", list(arguments)) as context:
                result = cli.invoke(context)
    except BaseException as error:  # Ctrl-C too, and whatever a library made of it
        from wavecomp.cli.failing import explain

        return explain(error)
    from wavecomp.cli import stopping

    if stopping.heard() is not None:
        from wavecomp.cli.failing import explain_stop

        return explain_stop()
    return result if isinstance(result, int) else 0


def __getattr__(name: str) -> object:
    if name == "cli":
        from wavecomp.cli.commands import cli

        return cli
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
