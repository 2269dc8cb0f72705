"""One process of one side, seen from here: started, asked, and ended with all that came from it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from wavecomp.compressors.scratch_folder import TAG_VARIABLE, remove_left
from wavecomp.exit_status import how_it_ended
from wavecomp.isolation import Limits, interrupts_held
from wavecomp.isolation.family import Family
from wavecomp.plain_text import one_line
from wavecomp.records import Failure
from wavecomp.side_by_side.errors import SideBroken
from wavecomp.side_by_side.sides import Side

PROGRAM = Path(__file__).with_name("worker_program.py")
"""What each side runs."""
_START_S = 120.0
_LOOK_S = 0.25
_END_S = 5.0


class SideProcess:
    """A process that was started; it imports while its other side does, and works only while it is asked.

    Parameters
    ----------
    side : Side

    Attributes
    ----------
    closed : bool
        Whether it has ended; it can be asked no more then.

    Raises
    ------
    SideBroken
        Its interpreter cannot be started.
    """

    def __init__(self, side: Side) -> None:
        self._side, self._rest, self._number = side, b"", 0
        self.closed = False
        self._tag = os.urandom(8).hex()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        try:
            with interrupts_held():
                self._process = subprocess.Popen(
                    side.command(PROGRAM),
                    env=side.environment() | {TAG_VARIABLE: self._tag},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._words,
                    # Ctrl-C is this process's business, and what a plug-in starts is found by its group.
                    start_new_session=True,
                )
        except OSError as error:
            self._words.close()
            raise SideBroken(f'"{side.label}": {side.python} cannot be started: {error.strerror}') from None
        self._family = Family(self._process.pid, self._tag)

    def introduction(self) -> dict[str, Any]:
        """Wait until it is ready, and return what it says of itself.

        Raises
        ------
        SideBroken
            It does not come up.
        """
        answer = self._answer(Limits(_START_S))
        if isinstance(answer, Failure) or "hello" not in answer:
            said = answer.message if isinstance(answer, Failure) else str(answer.get("error"))
            self._words.seek(0)
            last = (self._words.read().decode(errors="replace").strip().splitlines() or [""])[-1]
            raise SideBroken(one_line(f'"{self._side.label}": its process does not start: {said} {last}', 500))
        hello: dict[str, Any] = answer["hello"]
        return hello

    def ask(self, task: dict[str, Any], limits: Limits) -> dict[str, Any] | Failure:
        """Have a task done; a failure of kind crash, time or memory means that the process is no more."""
        self._number += 1
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(task | {"number": self._number}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            gone = self._ended()
            self.end()
            return gone
        while True:
            answer = self._answer(limits)
            if isinstance(answer, Failure):
                self.end()
                return answer
            if answer.get("number") == self._number:
                break
        if "error" in answer:
            return Failure("memory" if answer.get("kind") == "memory" else "exception", str(answer["error"]))
        values: dict[str, Any] = answer["values"]
        return values

    def end(self) -> None:
        """End it and all that came from it."""
        self.closed = True
        self._family.end()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what it has not read goes nowhere
                if pipe is not None:
                    pipe.close()
        self._words.close()
        remove_left(self._tag)

    def _answer(self, limits: Limits) -> dict[str, Any] | Failure:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        until = time.monotonic() + limits.seconds
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0:
                return Failure("time", f"no result within {limits.seconds:g} s")
            if not select.select([pipe], [], [], min(left, _LOOK_S))[0]:
                if (used := self._memory()) > limits.memory_bytes:
                    most = f"the limit is {limits.memory_bytes / 2**20:.0f}"
                    return Failure("memory", f"the process held {used / 2**20:.0f} MiB, {most}")
                continue
            if not (read := os.read(pipe, 1 << 16)):
                return self._ended()
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            return Failure("crash", "it answered something that is no answer")
        return answer

    def _memory(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _ended(self) -> Failure:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        return Failure("crash", how_it_ended(self._process.poll()))
