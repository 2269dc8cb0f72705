"""What a run did when: one span for each piece of work, in the order in which it was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

Work: TypeAlias = Literal["advance", "compress", "decompress", "reverse"]

Task: TypeAlias = Literal["forward", "record", "keep", "save", "put", "settle", "load", "get", "down", "image"]
"""``forward`` advances the state where it was before, ``record`` where it comes for the first time; ``keep`` copies
a level to a slot; ``save`` and ``load`` take a state to the store and back, ``put`` and ``get`` a level; ``settle``
waits until nothing is on its way; ``down`` reverses steps without imaging, and ``image`` one with it.

Where levels travel beside the time steps, ``put``, ``get`` and ``settle`` are the time that the run waited for them.
"""

WORK_OF: Mapping[Task, Work] = {
    "forward": "advance",
    "record": "advance",
    "keep": "advance",
    "save": "compress",
    "put": "compress",
    "settle": "compress",
    "load": "decompress",
    "get": "decompress",
    "down": "reverse",
    "image": "reverse",
}
"""The kind of work that each task is booked under."""


class Span(NamedTuple):
    """One piece of work.

    Attributes
    ----------
    task : str
        One of :data:`Task`.
    first, last : int
        Steps: where it began and where it ended, which of ``down`` is the lower one; equal where it is about one level
        or one state.
    begun : float
        Seconds since the run began.
    seconds : float
        How long it took.
    """

    task: Task
    first: int
    last: int
    begun: float
    seconds: float
