"""What the tasks of a gradient cost on one machine and grid: measured, kept, and scaled to other grids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any

from wavecomp.errors import DamagedArchive, UsageError
from wavecomp.planning.codecs import CodecCosts, ErrorSample
from wavecomp.planning.imaging import Imaging
from wavecomp.planning.tasks import OF_STATES, Line


@dataclass(frozen=True, slots=True)
class Costs:
    """A machine's prices on one grid.

    Attributes
    ----------
    problem : str
        The problem that they were measured on.
    dimensions : int
        Axes of its grid.
    level_bytes, state_bytes : int
        Sizes of its levels and states.
    first, last : int
        Steps of its run.
    threads, cores : int
        OpenMP threads of its operators, and cores of the machine.
    peak : float
        Greatest amplitude of its wavefield: what relative tolerances relate to.
    bare_s : float
        Its bare sweeps when the costs were measured. The speed of another moment is its bare sweeps then over these.
    run_s, span_s : float
        What a run takes beside its tasks: once, and for each task.
    after_store_s : float
        What the first task of the code takes besides after the store was at work: OpenMP's threads, which idled, are
        woken, in some 20 µs where they went to sleep (``GOMP_SPINCOUNT``); it depends on neither grid nor task.
    lines : mapping of str to Line
        By task.
    codecs : tuple of CodecCosts
        Of compressors, for levels and for states, at each calibrated tolerance.
    errors : tuple of ErrorSample
        Gradient errors of compressed runs.
    imaging : tuple of Imaging
        Of imaging at every k-th step.
    memory_bytes_s, disk_write_bytes_s, disk_read_bytes_s : float
        Bandwidth of copies in memory, and to and from the checkpoint file.
    ratios : tuple of float
        Measured over predicted wall times of the calibrating runs, ascending: what the interval of a prediction is.
    weights : tuple of (float, float)
        What an error of a level weighs in the gradient along the run: place, 0 at the first step and 1 at the last, and
        the RMS of what multiplies it there, in any unit; places ascend. Empty where the code does not tell.
    handoffs : mapping of str to float
        By a compressor's family, what a level takes besides, each way, that is handed to a thread beside the time
        steps, in s: what sharing the cores does not say.
    noise : (float, float) or None
        Relative errors of the gradient, whole and below the top tenth of the depth, by errors of all its levels that
        have the peak as their RMS (:mod:`wavecomp.physics.sampled_gradient`); None where nobody looked.
    digest : str
        Of the problem whose gradient ``errors``, ``imaging``, ``noise`` and ``weights`` are about; "" if unknown.
    scaled : float
        Bytes of a state over those of the calibrated problem; 1 where it is that.
    """

    problem: str
    dimensions: int
    level_bytes: int
    state_bytes: int
    first: int
    last: int
    threads: int
    cores: int
    peak: float
    bare_s: float
    run_s: float
    span_s: float
    lines: Mapping[str, Line]
    codecs: tuple[CodecCosts, ...] = ()
    errors: tuple[ErrorSample, ...] = ()
    imaging: tuple[Imaging, ...] = ()
    memory_bytes_s: float = float("inf")
    disk_write_bytes_s: float = float("inf")
    disk_read_bytes_s: float = float("inf")
    ratios: tuple[float, ...] = ()
    weights: tuple[tuple[float, float], ...] = ()
    handoffs: Mapping[str, float] = field(default_factory=dict)
    noise: tuple[float, float] | None = None
    digest: str = ""
    after_store_s: float = 0.0
    scaled: float = 1.0

    def line(self, task: str) -> Line:
        """Return a task's line; where it was not told apart, that of the task as such.

        Raises
        ------
        UsageError
            It was not calibrated.
        """
        if task not in self.lines:
            # Costs of earlier versions, and of runs too short to have one of each.
            plain = task.split(":")[0]
            if plain in self.lines:
                return self.lines[plain]
            raise UsageError(
                f'the costs measured on {self.problem} have no task "{task}", only {", ".join(sorted(self.lines))}; '
                "calibrate again with this version"
            )
        return self.lines[task]

    def handoff(self, family: str | None) -> float | None:
        """Return what handing a level over takes with a compressor; as with others where it was not run that way.

        None where none was.
        """
        if not self.handoffs:
            return None
        return self.handoffs.get(family or "", median(self.handoffs.values()))

    def about(self, problem: str) -> bool:
        """Return whether errors and imaging steps are those of the problem with this digest; "" is none."""
        return bool(problem) and problem == self.digest

    def at_speed(self, speed: float) -> Costs:
        """Return the costs of a moment at which everything takes ``speed`` times as long."""
        if not 0.0 < speed < float("inf"):
            raise UsageError(f"a speed of {speed:g}: must be above 0 and finite")
        lines = {
            task: replace(line, call_s=line.call_s * speed, step_s=line.step_s * speed)
            for task, line in self.lines.items()
        }
        return replace(
            self,
            lines=lines,
            bare_s=self.bare_s * speed,
            run_s=self.run_s * speed,
            span_s=self.span_s * speed,
            after_store_s=self.after_store_s * speed,
            handoffs={family: seconds * speed for family, seconds in self.handoffs.items()},
            codecs=tuple(codec.at_speed(speed) for codec in self.codecs),
            memory_bytes_s=self.memory_bytes_s / speed,
            disk_write_bytes_s=self.disk_write_bytes_s / speed,
            disk_read_bytes_s=self.disk_read_bytes_s / speed,
        )

    def scaled_to(self, level_bytes: int, state_bytes: int, dimensions: int, steps: int | None = None) -> Costs:
        """Return the costs of another grid of the same dimension, never calibrated.

        What sweeps and states take grows with the bytes of a state (the points of the whole grid), what levels take
        with those of a level; what a call takes stays. Ratios and the errors of gradients stay those of the calibrated
        problem, at the same part of the run, and so do the weights of levels.

        Parameters
        ----------
        level_bytes, state_bytes : int
            Of the other problem, in the same precision.
        dimensions : int
            Axes of its grid.
        steps : int, optional
            Steps that its run reverses; those of the calibrated one by default.

        Raises
        ------
        UsageError
            Another dimension, or a size that is not positive.
        """
        if dimensions != self.dimensions:
            raise UsageError(
                f"costs measured on {self.problem}, in {self.dimensions} dimensions, say nothing about {dimensions}; "
                f"calibrate on a problem in {dimensions} dimensions"
            )
        if level_bytes < 1 or state_bytes < 1 or (steps is not None and steps < 1):
            raise UsageError(
                f"levels of {level_bytes}, states of {state_bytes} bytes and {steps} steps: give 1 of each at least"
            )
        by_state, by_level = state_bytes / self.state_bytes, level_bytes / self.level_bytes
        lines = {task: line.scaled(by_state if task in OF_STATES else by_level) for task, line in self.lines.items()}
        last = self.last if steps is None else self.first + steps
        return replace(
            self,
            level_bytes=level_bytes,
            state_bytes=state_bytes,
            last=last,
            bare_s=self.bare_s * by_state * (last - self.first) / (self.last - self.first),
            run_s=self.run_s * by_state,
            lines=lines,
            codecs=tuple(one.scaled(by_level if one.kind == "level" else by_state) for one in self.codecs),
            scaled=self.scaled * by_state,
        )

    def to_json(self) -> str:
        """Return the costs as one canonical text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Costs:
        """Read what :meth:`to_json` gave.

        Raises
        ------
        DamagedArchive
            The text is nothing of the kind.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            values["lines"] = {task: Line(**line) for task, line in values["lines"].items()}
            values["codecs"] = tuple(CodecCosts.from_values(one) for one in values["codecs"])
            values["errors"] = tuple(ErrorSample(**one) for one in values["errors"])
            values["imaging"] = tuple(Imaging(**({"last": values["last"]} | one)) for one in values["imaging"])
            values["ratios"] = tuple(values["ratios"])
            # Costs of earlier versions have none.
            values["weights"] = tuple((float(place), float(rms)) for place, rms in values.get("weights", ()))
            noise = values.get("noise")
            values["noise"] = None if noise is None else (float(noise[0]), float(noise[1]))
            return cls(**values)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as reason:
            raise DamagedArchive(f"these are no costs: {reason}") from None
