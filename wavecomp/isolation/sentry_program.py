"""The program of the sentry: it reads which groups there are, and kills them when the writer is gone.

It is run as a script by a bare interpreter, and imports nothing of wavecomp.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_ROUNDS, _PAUSE_S = 3, 0.1


def main() -> None:
    """Read lines such as ``+123 tag`` and ``-123`` from standard input until it ends."""
    groups: dict[int, str] = {}
    rest = b""
    while chunk := os.read(0, 4096):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number, _, tag = line[1:].decode().partition(" ")
            if line[:1] == b"+":
                groups[int(number)] = tag
            else:
                groups.pop(int(number), None)
    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    temporary = Path(tempfile.gettempdir())
    for round_number in range(_ROUNDS if groups else 0):
        time.sleep(_PAUSE_S * round_number)  # who is being killed may still make a file
        for tag in groups.values():
            for folder in temporary.glob(f"wavecomp-scratch-{tag}-*"):
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
