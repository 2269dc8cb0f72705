"""Starting a process at any moment, that of a Ctrl-C too."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while a process is started.

    A terminal sends it to parent and children alike, and a child that is still importing would die of it with a
    traceback. What is started within the block holds it back from its first instruction on, until it says that it
    leaves Ctrl-C to its parent; here it arrives at the end of the block.
    """
    resource_tracker.ensure_running()  # or the first start would start it within the block, and that ends the holding
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
