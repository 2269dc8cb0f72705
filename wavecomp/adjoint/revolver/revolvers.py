"""pyrevolve's revolvers, with a strategy: the constructors and methods of its release 2.2.8.

``n_checkpoints`` says what it says there, unless a strategy or a budget says otherwise. What a run kept, and what it
cost, is returned by :meth:`BaseRevolver.apply_reverse`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from operator import index
from pathlib import Path
from typing import Any

from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import UNLIMITED, Reversal, finished
from wavecomp.adjoint.revolver.code import OperatorPair
from wavecomp.adjoint.revolver.interface import check_parts
from wavecomp.adjoint.revolver.storages import DiskStorage, NumpyStorage, split_storages
from wavecomp.adjoint.revolver.words import completed, compressor_of, usual_checkpoints
from wavecomp.compressors import Lossless, default_registry
from wavecomp.errors import UsageError
from wavecomp.plans.room import OVERHEAD_BYTES, PAGE_BYTES
from wavecomp.plans.strategies import read_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.spec_text import SpecText


class BaseRevolver:
    """Runs a forward and a reverse operator over some steps, and keeps of the forward states what a strategy says.

    Parameters
    ----------
    checkpoint : Checkpoint
        Lists the arrays of the forward state, which is that of step 0 when :meth:`apply_forward` is called.
    fwd_operator, rev_operator : Operator
        Both with a method ``apply(t_start, t_end)``. The reverse one is called for one step at a time, from the last
        down.
    n_checkpoints : int or None
        States that are held at most. None for as many as pyrevolve would take, or as the budget allows.
    n_timesteps : int
        Forward steps.
    strategy : str, optional
        As in :func:`~wavecomp.plans.strategies.parse_strategy`; ``revolve`` by default. ``n_checkpoints`` counts where
        it keeps a number of states that it does not name. A level is a whole state here, wherever it is stored;
        ``levels`` of ``mixed`` are two a state.
    budget_bytes : int, optional
        What checkpoints may take in memory, with all that waits to become one.
    disk_folder : path, optional
        Where a strategy with ``tier=disk`` or ``tier=two`` keeps its file.
    forward_before_reverse : bool
        Run the forward step n before the reversal of step n, as pyrevolve does. False for a reverse operator that gives
        the same whether the forward state is at n or at n + 1: it saves one forward step for each reversed one.
    timings, profiler : None
        pyrevolve's; the times are in what :meth:`apply_reverse` returns.

    Raises
    ------
    UsageError
        A number that makes no sense, a part without the methods that are called, contradictory arguments.
    SpecError
        The strategy does not parse.
    """

    _on_disk = False

    def __init__(
        self,
        checkpoint: Any,
        fwd_operator: Any,
        rev_operator: Any,
        n_checkpoints: int | None,
        n_timesteps: int,
        timings: None = None,
        profiler: None = None,
        compression_params: Mapping[str, Any] | None = None,
        *,
        strategy: str | None = None,
        budget_bytes: int | None = None,
        disk_folder: str | Path | None = None,
        forward_before_reverse: bool = True,
    ) -> None:
        check_parts(checkpoint, fwd_operator, rev_operator)
        self.n_timesteps = _count("n_timesteps", n_timesteps, "the number of forward steps")
        chosen = None if n_checkpoints is None else _count("n_checkpoints", n_checkpoints, "the states that are held")
        if timings is not None or profiler is not None:
            raise UsageError(
                "timings and profiler are not filled; leave them out, and read .seconds of what apply_reverse returns"
            )
        self.checkpoint, self.fwd_operator, self.rev_operator = checkpoint, fwd_operator, rev_operator
        self.n_checkpoints = usual_checkpoints(self.n_timesteps) if chosen is None else chosen
        self._budget = UNLIMITED if budget_bytes is None else _count("budget_bytes", budget_bytes, "a number of bytes")
        given = None if strategy is None else SpecText.parse(strategy)
        if given is not None:
            read_strategy(given, default_registry())  # what is wrong in it is said in the user's own words
        whole = completed(
            given,
            self.n_checkpoints,
            by_budget=chosen is None and budget_bytes is not None,
            on_disk=self._on_disk,
            two_a_state=not forward_before_reverse,
            compressor=compressor_of(compression_params),
        )
        self.strategy: Strategy = read_strategy(whole, default_registry())
        if disk_folder is not None and self.strategy.tier == "memory":
            raise UsageError(
                f'disk_folder="{disk_folder}": {self.strategy.spec} keeps nothing on disk; add tier=disk or tier=two '
                "to the strategy"
            )
        self._folder = None if disk_folder is None else Path(disk_folder)
        self._code = OperatorPair(
            checkpoint, fwd_operator, rev_operator, self.n_timesteps, forward_before_reverse=forward_before_reverse
        )
        self._reversal = Reversal(self._code)
        self._halves: Generator[None, None, GradientRun] | None = None

    def apply_forward(self) -> None:
        """Run all steps forward, from the state that the arrays hold, and keep what the strategy says.

        Raises
        ------
        BudgetExceeded, CheckpointTooLarge, SlotsTooLarge
            The budget does not hold it.
        UnsupportedField
            The arrays are none that can be kept, or others than at step 0.
        UnsupportedStrategy
            The reverse operator cannot do what the strategy asks for.
        """
        if self._halves is not None:
            self._halves.close()  # whoever begins anew has no use for the checkpoints of before
            self._halves = None
        self._code.begin(looked_at=bool(self.strategy.relative))
        if self._code.counts and not isinstance(self.strategy.compressor.bound, Lossless):
            raise UsageError(
                f'strategy="{self.strategy.spec}" keeps the state lossily, and an array of it holds integers; name a '
                "lossless compressor, such as blosc2"
            )
        self._reversal.forget_peaks()
        halves = self._reversal.halves(self.strategy, budget_bytes=self._budget, disk_folder=self._folder)
        next(halves)
        self._halves = halves

    def apply_reverse(self) -> GradientRun:
        """Reverse all steps, from the last down; return what was kept, and what it cost.

        The run's ``forward_steps`` are those that the forward operator was asked for, and what it took of them for a
        reversal stands under ``seconds.reverse``. Its ``gradient`` is empty: the reverse operator keeps its own.

        Raises
        ------
        UsageError
            :meth:`apply_forward` has not gone before.
        """
        if self._halves is None:
            raise UsageError("apply_reverse: nothing to reverse; call apply_forward first, once for each apply_reverse")
        halves, self._halves = self._halves, None
        run = finished(halves)
        return replace(run, forward_steps=self._code.forward_steps)


class SingleLevelRevolver(BaseRevolver):
    """Checkpoints in memory, or with ``diskstorage`` on disk, in ``filedir``. Arguments as in :class:`BaseRevolver`."""

    def __init__(
        self,
        checkpoint: Any,
        fwd_operator: Any,
        rev_operator: Any,
        n_checkpoints: int | None,
        n_timesteps: int,
        timings: None = None,
        profiler: None = None,
        compression_params: Mapping[str, Any] | None = None,
        diskstorage: bool = False,
        filedir: str | Path = "./",
        singlefile: bool = True,  # noqa: ARG002 (the file is one, and has no name)
        **more: Any,
    ) -> None:
        self._on_disk = diskstorage
        if diskstorage:
            more.setdefault("disk_folder", filedir)
        super().__init__(
            checkpoint,
            fwd_operator,
            rev_operator,
            n_checkpoints,
            n_timesteps,
            timings,
            profiler,
            compression_params,
            **more,
        )


class MemoryRevolver(BaseRevolver):
    """Checkpoints in memory, unless the strategy says otherwise."""


class DiskRevolver(SingleLevelRevolver):
    """Checkpoints in a file in ``filedir``, which is gone afterwards."""

    def __init__(
        self,
        checkpoint: Any,
        fwd_operator: Any,
        rev_operator: Any,
        n_checkpoints: int | None,
        n_timesteps: int,
        timings: None = None,
        profiler: None = None,
        filedir: str | Path = "./",
        singlefile: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(
            checkpoint,
            fwd_operator,
            rev_operator,
            n_checkpoints,
            n_timesteps,
            timings,
            profiler,
            None,
            True,
            filedir,
            singlefile,
            **more,
        )


class MultiLevelRevolver(BaseRevolver):
    """As many checkpoints as its storages hold together, those in memory first: the oldest move to the disk.

    pyrevolve plans such a run by the costs of its storages (H-Revolve); here it is one binomial schedule over all of
    them, whatever they cost, and ``wd``, ``rd``, ``uf``, ``ub`` and ``up`` change nothing.

    Parameters
    ----------
    storage_list : sequence of NumpyStorage or DiskStorage
        At least one.
    """

    def __init__(
        self,
        checkpoint: Any,
        fwd_operator: Any,
        rev_operator: Any,
        n_timesteps: int,
        storage_list: Sequence[NumpyStorage | DiskStorage],
        timings: None = None,
        profiler: None = None,
        uf: float = 1,  # noqa: ARG002
        ub: float = 1,  # noqa: ARG002
        up: float = 1,  # noqa: ARG002
        **more: Any,
    ) -> None:
        held = split_storages(storage_list)
        if "strategy" in more or "budget_bytes" in more:
            raise UsageError(
                "MultiLevelRevolver: the storages say what is kept where; with a strategy or a budget take Revolver, "
                "and tier=two"
            )
        if held.on_disk:
            more["strategy"] = "revolve:tier=two" if held.in_memory else "revolve:tier=disk"
            more["disk_folder"] = held.folder
        super().__init__(
            checkpoint,
            fwd_operator,
            rev_operator,
            held.in_memory + held.on_disk,
            n_timesteps,
            timings,
            profiler,
            **more,
        )
        self._in_memory = held.in_memory if held.in_memory and held.on_disk else None

    def apply_forward(self) -> None:
        """Run all steps forward; errors as in :meth:`BaseRevolver.apply_forward`."""
        if self._in_memory is not None:
            self._code.begin(looked_at=False)  # only now it is known how large a state is
            more = self.n_checkpoints * OVERHEAD_BYTES + PAGE_BYTES
            self._budget = self._in_memory * self._code.state_bytes + more
        super().apply_forward()


Revolver = MemoryRevolver


def _count(name: str, value: Any, what: str) -> int:
    try:
        number = index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise UsageError(f"{name}={value!r}: it is {what}; give a whole number from 1 on")
    return number
