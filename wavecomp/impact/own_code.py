"""A gradient study of a code of one's own: how it travels to the measuring process, and what it is known by there."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wavecomp.adjoint.bare import Bare, bare_sweeps
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import UNLIMITED, Reversal
from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.errors import SourcesChanged, UsageError
from wavecomp.impact.own_sources import check_findable, file_digest, own_sources, plain
from wavecomp.isolation import Limits, Worker
from wavecomp.plans.actions import imaged
from wavecomp.plans.strategy import Strategy
from wavecomp.records import Failure

FOREIGN = "a code of one's own"


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the open code tells: its sizes, and the files that it comes from with their SHA-256."""

    shape: tuple[int, ...] = ()
    dtype: str = "float64"
    first: int = 0
    last: int | None = None
    in_buffers: int = 0
    level_bytes: int = 0
    state_bytes: int = 0
    sources: tuple[tuple[str, str], ...] = ()


class OwnCode:
    """A gradient problem that is a time-stepping code of one's own.

    Its digest, by which records are found again, covers the name, the arguments, the files in which the factory and the
    code's class are defined, every module that was loaded with them and is not installed, and ``files``. A module that
    is imported later, an installed one that is edited in its place, and data that the code reads from a file that is
    not named, are not seen.

    Parameters
    ----------
    factory : callable
        Returns the code, a :class:`~wavecomp.adjoint.time_stepping.TimeStepping`. A function or class of a module or of
        the script that is run: the measuring process imports it by its name.
    name : str
        What tables call it.
    arguments : mapping, optional
        Keyword arguments of the factory: numbers, texts, None, lists, tuples and mappings of these, NumPy arrays.
    files : sequence of path
        Files that the code reads, whose contents determine the gradient.
    libraries : sequence of str
        Installed distributions whose versions belong in the records.

    Raises
    ------
    UsageError
        The factory cannot be found by its name in another process, an argument is of another kind, or a file cannot be
        read.
    """

    shot_count = 0
    sweeps_bytes = 0
    foreign = FOREIGN
    devito = False

    def __init__(
        self,
        factory: Callable[..., TimeStepping[Any]],
        *,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        files: Sequence[str | Path] = (),
        libraries: Sequence[str] = ("numpy",),
    ) -> None:
        given = dict(arguments or {})
        called = check_findable(factory)
        if not name or not isinstance(name, str):
            raise UsageError(f"name={name!r}: give the code a name, such as {called.rpartition('.')[2]!r}")
        self.name, self.factory, self.libraries = name, called, tuple(libraries)
        self.facts = Facts()
        content = [name, called, plain(given, "arguments"), [(Path(file).name, file_digest(file)) for file in files]]
        self._content = json.dumps(content)
        # Unpickled where it is opened: what that raises is a failure there, and does not end the process.
        self._call = pickle.dumps((factory, given))

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of all that is known to determine the gradient."""
        content = [self._content, self.facts.sources]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the gradient."""
        return self.facts.shape

    @property
    def dtype(self) -> str:
        """Of a level's numbers."""
        return self.facts.dtype

    @property
    def first(self) -> int:
        """The step at which a run begins."""
        return self.facts.first

    @property
    def steps(self) -> int | None:
        """How many steps are reversed."""
        return None if self.facts.last is None else self.facts.last - self.facts.first

    @property
    def in_buffers(self) -> int:
        """Levels that are at hand with a state."""
        return self.facts.in_buffers

    @property
    def level_bytes(self) -> int:
        """Bytes of one level."""
        return self.facts.level_bytes

    @property
    def state_bytes(self) -> int:
        """Bytes of one state."""
        return self.facts.state_bytes

    def levels_bytes(self, every: int = 1) -> int | None:
        """Return the bytes of all levels of which every k-th is imaged."""
        facts = self.facts
        return None if facts.last is None else len(imaged(facts.first, facts.last, every)) * facts.level_bytes

    def pinned(self) -> OwnCode:
        """Return itself: the sources are pinned by :meth:`looked_at`."""
        return self

    def looked_at(self, limits: Limits) -> OwnCode:
        """Return this problem with its facts, which a process of its own finds out within limits.

        Where that fails, in whatever way, the facts stay unknown; each case of a study then fails and says why.

        Raises
        ------
        WorkerStartError
            No process could be started.
        """
        worker: Worker[OwnCode, Facts] = Worker(_looking, lambda problem: problem.foreign)
        try:
            found = worker.ask(self, limits)
        finally:
            worker.stop()
        if isinstance(found, Failure):
            return self
        made = copy(self)
        made.facts = found
        return made

    def open(self) -> OwnBench:
        """Call the factory.

        Raises
        ------
        SourcesChanged
            A file is not as it was when the study began.
        UsageError
            The factory returned something else than a time-stepping code.
        Exception
            Whatever the factory raises.
        """
        code, facts = self._called()
        changed = [name for name, digest in self.facts.sources if dict(facts.sources).get(name, digest) != digest]
        if changed:
            raise SourcesChanged(self.name, changed)
        return OwnBench(code)

    def look(self) -> Facts:
        """Call the factory, and return what the code says; errors as in :meth:`open`."""
        return self._called()[1]

    def _called(self) -> tuple[TimeStepping[Any], Facts]:
        factory, arguments = pickle.loads(self._call)
        code = factory(**arguments)
        if not isinstance(code, TimeStepping):
            raise UsageError(
                f"{self.factory} returned an object of type {type(code).__name__}; it must return a time-stepping "
                "code, an instance of a subclass of wavecomp.adjoint.ArrayCode or TimeStepping"
            )
        if not all(isinstance(step, int) for step in (code.first, code.last)):
            raise UsageError(
                f"{self.factory}: first = {code.first!r} and last = {code.last!r} must be whole numbers (int)"
            )
        modules = (factory.__module__, *(kind.__module__ for kind in type(code).__mro__))
        code.rest()
        return code, Facts(
            np.shape(code.gradient),
            code.dtype.name,
            int(code.first),
            int(code.last),
            code.in_buffers,
            int(code.level_bytes),
            int(code.state_bytes),
            own_sources(modules),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnCode) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"OwnCode({self.factory}, name={self.name!r})"


class OwnBench:
    """A code of one's own that is open, with the memory that its runs share."""

    def __init__(self, code: TimeStepping[Any]) -> None:
        self.code = code
        self._reversal = Reversal(code)

    @property
    def steps(self) -> int:
        """How many steps are reversed."""
        return int(self.code.last - self.code.first)

    @property
    def threads(self) -> int:
        """What the code says in an attribute of this name; 1 where it says nothing."""
        return int(getattr(self.code, "threads", 1))

    @property
    def spare_bytes(self) -> int:
        """Memory of the last run's checkpoints: taken over by the same run, let go of by another."""
        return self._reversal.spare_bytes

    def give_back(self) -> None:
        """Give the memory that earlier runs left touched back to the system."""
        self._reversal.give_back()

    def with_step(self, strategy: Strategy) -> Strategy:
        """Return a strategy whose imaging step is a number; as :meth:`wavecomp.adjoint.reversal.Reversal.with_step`."""
        return self._reversal.with_step(strategy)

    def prepare(self, shot: int) -> None:
        """Nothing is shared by runs but the code."""

    def bare(self, shot: int) -> Bare:  # noqa: ARG002 (there is one)
        """Run the two sweeps with nothing stored."""
        return bare_sweeps(self.code)

    def run(
        self,
        strategy: Strategy,
        *,
        shot: int = 0,  # noqa: ARG002 (there is one)
        budget_bytes: int = UNLIMITED,
        disk_folder: Path | None = None,
        disk_budget_bytes: int = UNLIMITED,
        traced: bool = False,
    ) -> GradientRun:
        """Compute the gradient, as :meth:`wavecomp.adjoint.reversal.Reversal.run` does."""
        return self._reversal.run(
            strategy,
            budget_bytes=budget_bytes,
            disk_folder=disk_folder,
            disk_budget_bytes=disk_budget_bytes,
            traced=traced,
        )


def _looking() -> Callable[[OwnCode], Facts]:
    return _look


def _look(problem: OwnCode) -> Facts:
    return problem.look()
