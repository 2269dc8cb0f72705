"""What both sides are asked to do, and what of the answers is compared round by round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Which = Literal["old", "new"]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SweepTask:
    """One compressor on one field.

    Attributes
    ----------
    case : str
        Its name; no two tasks of a run have the same.
    spec : str
        The compressor, as text: each side reads it by itself.
    field : Path
        A ``.npy`` file of one array.
    threads : int
        That the compressor may use.
    seconds : float
        Time for the repeats of one operation in one round.
    foreign : bool
        Whether it needs the plug-in files; those cases come last in a round, so that what they spoil is nobody's.
    instructions : bool
        Whether to count the instructions of one more call, where the processor lets us.
    """

    case: str
    spec: str
    field: Path
    threads: int = 1
    seconds: float = 0.02
    foreign: bool = False
    instructions: bool = False


@dataclass(frozen=True, slots=True)
class GradientTask:
    """One way of keeping the forward wavefield on one problem, shot 0, by the acoustic operators.

    Attributes
    ----------
    case : str
        Its name.
    problem : str
        Name or file of a gradient problem: each side finds it by itself.
    strategy : str
        As text.
    repeats : int
        How often it is run in one round, on both sides in turn: opening the problem takes longer by far than a run.
    foreign : bool
        Whether it needs the plug-in files.
    """

    case: str
    problem: str
    strategy: str
    repeats: int = 3
    foreign: bool = False


Task = SweepTask | GradientTask

COMPRESS_TIME, DECOMPRESS_TIME = "compress time", "decompress time"
COMPRESS_PROCESSOR, DECOMPRESS_PROCESSOR = "compress processor time", "decompress processor time"
FIRST_COMPRESS, FIRST_DECOMPRESS = "first compress call", "first decompress call"
FIRST_COMPRESS_PROCESSOR = "first compress call's processor time"
FIRST_DECOMPRESS_PROCESSOR = "first decompress call's processor time"
COMPRESS_PEAK, DECOMPRESS_PEAK = "compress peak memory", "decompress peak memory"
COMPRESS_INSTRUCTIONS = "compress instructions"
GRADIENT_TIME, GRADIENT_PROCESSOR = "gradient time", "gradient processor time"
BARE_TIME, BARE_PROCESSOR = "bare sweeps' time", "bare sweeps' processor time"


def _quickest(operation: str, clock: str = "samples_s") -> Callable[[Values], float | None]:
    # Of equally many calls on both sides the quickest: whatever else the machine does only adds to a time.
    return lambda values: min(values[operation][clock], default=None)


def _first(operation: str, clock: str = "first_s") -> Callable[[Values], float | None]:
    return lambda values: values[operation][clock]


def _entry(name: str) -> Callable[[Values], float | None]:
    return lambda values: values.get(name)


QUANTITIES: Mapping[str, tuple[str, Callable[[Values], float | None]]] = {
    COMPRESS_TIME: ("s", _quickest("compress")),
    DECOMPRESS_TIME: ("s", _quickest("decompress")),
    # Beside others who want the same processors, a call of more than some milliseconds is interrupted most of the time;
    # its processor time, that of all its threads together, is not. It does not see waiting.
    COMPRESS_PROCESSOR: ("s", _quickest("compress", "processor_s")),
    DECOMPRESS_PROCESSOR: ("s", _quickest("decompress", "processor_s")),
    FIRST_COMPRESS: ("s", _first("compress")),
    FIRST_DECOMPRESS: ("s", _first("decompress")),
    FIRST_COMPRESS_PROCESSOR: ("s", _first("compress", "first_processor_s")),
    FIRST_DECOMPRESS_PROCESSOR: ("s", _first("decompress", "first_processor_s")),
    COMPRESS_PEAK: ("bytes", _entry("compress_peak_bytes")),
    DECOMPRESS_PEAK: ("bytes", _entry("decompress_peak_bytes")),
    COMPRESS_INSTRUCTIONS: ("", _entry("compress_instructions")),
    GRADIENT_TIME: ("s", _quickest("gradient")),
    GRADIENT_PROCESSOR: ("s", _quickest("gradient", "processor_s")),
    BARE_TIME: ("s", _quickest("bare")),
    BARE_PROCESSOR: ("s", _quickest("bare", "processor_s")),
}
"""What is compared round by round: the unit, and how it comes out of what a side answered."""


_OF_GRADIENTS = (GRADIENT_TIME, GRADIENT_PROCESSOR, BARE_TIME, BARE_PROCESSOR)
_OF_SWEEPS = tuple(name for name in QUANTITIES if name not in (COMPRESS_INSTRUCTIONS, *_OF_GRADIENTS))


def quantities_of(task: Task) -> tuple[str, ...]:
    """Return the quantities that a task has."""
    if isinstance(task, GradientTask):
        return _OF_GRADIENTS
    return (*_OF_SWEEPS, COMPRESS_INSTRUCTIONS) if task.instructions else _OF_SWEEPS


def joined(first: Values, second: Values) -> Values:
    """Return two answers of one process to one gradient task as one: the times of both, whatever else of the second."""
    timed = ("gradient", "bare")
    times = {name: {clock: [*first[name][clock], *second[name][clock]] for clock in second[name]} for name in timed}
    return {**second, **times}
