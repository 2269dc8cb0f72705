"""The program of the sentry: it reads which groups there are, and kills them when the writer is gone.

It is run as a script by a bare interpreter, and imports nothing of wavecomp.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress


def main() -> None:
    """Read lines such as ``+123`` and ``-123`` from standard input until it ends."""
    groups: set[int] = set()
    rest = b""
    while chunk := os.read(0, 4096):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
