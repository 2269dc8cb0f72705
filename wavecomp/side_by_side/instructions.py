"""Instructions of one call of a compressor in user space: a second witness, which does not know the clock.

Counted is by the processor where the kernel lets us (:mod:`wavecomp.side_by_side.perf_counter`; that costs nothing and
happens in the rounds themselves). Where it does not, and only if somebody asks, by valgrind, which runs the whole
process some fifty times slower: once with one call and once with three, and half of the difference is a call. Valgrind
offers programs a processor without AVX-512, so that a library which looks may take another way through its code than it
takes here; both sides do alike.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass

from wavecomp.plain_text import one_line
from wavecomp.side_by_side.perf_counter import Counter, NoCounter
from wavecomp.side_by_side.side_process import PROGRAM
from wavecomp.side_by_side.sides import Side
from wavecomp.side_by_side.tasks import SweepTask

_FEW, _MANY = 1, 3
_LIMIT_S = 900
# The order of sets of words changes what the imports do, and threads that wait for work count while they wait.
_STEADY = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
_COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")


@dataclass(frozen=True, slots=True)
class Instructions:
    """A number of instructions, or why there is none.

    Attributes
    ----------
    count : int or None
        Of one call of ``encode``.
    reason : str
        Why nothing was counted; "" where something was.
    """

    count: int | None
    reason: str = ""


def why_not_here() -> str:
    """Return why the processor counts nothing here; "" where it does."""
    try:
        Counter().close()
    except NoCounter as reason:
        return str(reason)
    return ""


def count_with_valgrind(side: Side, task: SweepTask) -> Instructions:
    """Return the instructions of one call on one side, by the difference of three calls and one; takes a minute.

    Whatever goes wrong is a reason, not an error.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return Instructions(None, "valgrind is not installed")
    counts = []
    for calls in (_FEW, _MANY):
        found = _run(valgrind, side, task, calls)
        if isinstance(found, str):
            return Instructions(None, found)
        counts.append(found)
    return Instructions((counts[1] - counts[0]) // (_MANY - _FEW))


def _run(valgrind: str, side: Side, task: SweepTask, calls: int) -> int | str:
    asked = {
        "number": 1,
        "kind": "calls",
        "spec": task.spec,
        "field": str(task.field.absolute()),
        "threads": task.threads,
        "plugins": [str(path) for path in side.plugins] if task.foreign else [],
        "calls": calls,
    }
    count = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    try:
        done = subprocess.run(
            [*count, *side.command(PROGRAM)],
            env=side.environment() | _STEADY | {"OMP_NUM_THREADS": str(task.threads)},
            input=json.dumps(asked) + "\n",
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"valgrind took longer than {_LIMIT_S} s"
    except OSError as error:
        return f"valgrind cannot be started: {error.strerror}"
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    answer = json.loads(lines[-1]) if lines else {}
    if "error" in answer:
        return one_line(str(answer["error"]), 300)
    counted = _COUNTED.search(done.stderr)
    if done.returncode or counted is None or "values" not in answer:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        return one_line(f"valgrind ended with exit status {done.returncode}: {last}", 300)
    return int(counted[1].replace(",", ""))
