"""How a process ended, in words."""

from __future__ import annotations

import signal


def how_it_ended(exitcode: int | None) -> str:
    """Return in words how a process ended, from its exit status as Python has it: -9 is "killed by SIGKILL"."""
    if exitcode is None:
        return "it does not answer"
    if exitcode == 0:
        return "ended without an answer, with exit status 0"
    if exitcode < 0:
        try:
            return f"killed by {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"killed by signal {-exitcode}"
    return f"ended with exit status {exitcode}"
