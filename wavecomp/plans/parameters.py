"""The strategies' names, and the keys of their text forms."""

from __future__ import annotations

from collections.abc import Mapping

from wavecomp.compressors import Parameter
from wavecomp.plans.library import READ_COST, WRITE_COST

AUTO = "auto"
"""Stands for the number of ``every`` until a code's source has told it."""

USUAL_ERROR = 1e-3
"""What ``every=auto`` asks for where nothing is said."""

_EVERY = Parameter(
    "every", "int", "imaging condition at every k-th step, with weight k", default=1, low=1, high=10**6, choices=(AUTO,)
)
_ERROR = Parameter(
    "error", "float", "with every=auto: relative L2 error asked of the gradient", low=0.0, low_open=True, high=1.0
)
_SLOTS = Parameter(
    "slots", "int", "states that are held at most; absent: as many as the budget allows", low=1, high=10**6
)
_LEVELS = Parameter(
    "levels", "int", "levels that are held at most, two a state; absent: by the budget", low=2, high=10**6
)
_RATIO = Parameter(
    "ratio", "float", "compression ratio that the budget is divided by", default=1.0, low=0.0, low_open=True
)
_ASSUMED = Parameter(
    "ratio", "float", "compression ratio that is assumed before a state is seen", default=1.0, low=0.0, low_open=True
)
_STEPS = Parameter("steps", "choice", "whether the end is known before", default="known", choices=("known", "unknown"))
_TIER = Parameter("tier", "choice", "where checkpoints live", default="memory", choices=("memory", "disk", "two"))
_OVERLAP = Parameter("overlap", "flag", "compress in a thread beside the propagation")
_ASYNC = Parameter("async", "flag", "write to the disk, and read ahead, in a thread beside the propagation")
_WEIGHTS = Parameter(
    "weights",
    "choice",
    "each level's tolerance by what its error weighs: from a coarse run, or as an earlier gradient had it; the "
    "compressor's is their geometric mean",
    choices=("coarse", "earlier"),
)
_MEMORY_SLOTS = Parameter(
    "slots", "int", "states that memory holds at most; absent: as many as the budget allows", low=1, high=10**6
)
_DISK_SLOTS = Parameter(
    "disk_slots",
    "int",
    "states that the disk holds at most; absent: by its budget, no more than 256",
    low=0,
    high=10**6,
)
_PERIOD = Parameter(
    "period",
    "int",
    "imaged steps from one state on disk to the next; absent: by the costs and the budget",
    low=1,
    high=10**6,
)
_WRITE = Parameter(
    "write",
    "float",
    "cost of a state to the disk, in forward runs from one imaged step to the next",
    default=WRITE_COST,
    low=0.0,
    high=1e6,
)
_READ = Parameter(
    "read",
    "float",
    "cost of a state from the disk, in forward runs from one imaged step to the next",
    default=READ_COST,
    low=0.0,
    high=1e6,
)
_PLACED = (_EVERY, _ERROR, _RATIO, _WRITE, _READ, _ASYNC, _WEIGHTS)

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "store-all": (_EVERY, _ERROR),
    "trajectory": (_EVERY, _ERROR, _TIER, _OVERLAP, _ASYNC, _WEIGHTS),
    "revolve": (_SLOTS, _EVERY, _ERROR, _RATIO, _TIER, _ASYNC, _WEIGHTS),
    "mixed": (_LEVELS, _EVERY, _ERROR, _RATIO, _TIER, _OVERLAP, _ASYNC, _WEIGHTS),
    "h-revolve": (_MEMORY_SLOTS, _DISK_SLOTS, *_PLACED),
    "disk-revolve": (_MEMORY_SLOTS, *_PLACED),
    "periodic-disk-revolve": (_MEMORY_SLOTS, *_PLACED),
    "two-level": (_MEMORY_SLOTS, _PERIOD, *_PLACED),
    "adaptive": (_EVERY, _ERROR, _ASSUMED, _STEPS, _WEIGHTS),
    "planned": (_EVERY, _ERROR, _WEIGHTS),
}
"""Name of each strategy, and the keys of its text form."""

PLACED = tuple(name for name, keys in PARAMETERS.items() if _WRITE in keys)
"""Those whose schedule says for each state whether it goes to memory or to the disk."""

LIVE = ("adaptive", "planned")
"""Those whose schedule is made up as it goes, from the sizes that the store reports."""
