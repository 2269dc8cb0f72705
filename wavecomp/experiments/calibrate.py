"""Costs of this machine on a problem: short traced runs for what tasks take, whole ones for compressors and errors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, median
from time import perf_counter, sleep

import numpy as np

from wavecomp.experiments.bandwidths import bandwidths
from wavecomp.experiments.bench import ExperimentBench, Row
from wavecomp.experiments.calibration_runs import CalibrateSettings, missing_codecs, whole_runs
from wavecomp.experiments.catalogue import Notice
from wavecomp.experiments.codec_samples import outline_of, sample_codecs
from wavecomp.experiments.cost_rows import cost_rows
from wavecomp.experiments.short_runs import short_trials, shortened
from wavecomp.metrics.gradient import deep_relative_l2, gradient_distance
from wavecomp.planning.codecs import CodecCosts, ErrorSample, Kind
from wavecomp.planning.costs import Costs
from wavecomp.planning.families import template_of
from wavecomp.planning.fit_codecs import fit_codec
from wavecomp.planning.fit_whole_runs import fit_handoffs, with_growth, with_ratios
from wavecomp.planning.fitting import STEADY, Trial, fit_overheads, fit_tasks, samples_of, store_speed
from wavecomp.planning.own_errors import with_own_errors
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.plans.strategy import Strategy
from wavecomp.records.experiment import ExperimentResult

_SHORT_S = 0.08
"""Seconds that the bare sweeps of a short run take, about: enough calls for a mean, and dozens of runs in a minute."""

_LARGE_S = 1.0
"""Seconds of bare sweeps from which on a problem's runs are long enough to tell more with fewer of them."""

_FEWEST = 32
_BESIDE = 3  # bare sweeps on either side of a whole run
_OVERLAPPED = 3  # runs with overlap, for their median
_TRIES = 3  # of a whole run, while bare sweeps beside it are slower than those of the short runs: something else runs
_PAUSE_S = 1.0  # between tries on a small problem, which has time to wait for the machine to be itself again
_FROM_THE_START = 2  # times that all is measured, if the machine turns out to have been slow during the short runs


def calibrate(bench: ExperimentBench, settings: CalibrateSettings, progress: Notice) -> ExperimentResult:
    """Measure what tasks cost, what compressors take and leave along the run, and what they do to the gradient.

    The rows say each cost with its spread; the fact ``costs`` holds all of them, as
    :meth:`wavecomp.planning.costs.Costs.from_json` reads them.
    """
    made = _Calibration(bench, settings, progress)
    costs = made.costs()
    return ExperimentResult(
        "calibrate",
        bench.problem.name,
        bench.problem.digest,
        dict(vars(settings)),
        {**made.facts(), "costs": costs.to_json()},
        tuple(cost_rows(costs)),
        arrays={"bare_s": np.array(made.bares), "short_wall_s": np.array([one.run.seconds.wall for one in made.short])},
    )


class _Faster(Exception):
    """The machine is faster than it was during the short runs."""


class _Calibration:
    """One calibration on its way."""

    def __init__(self, bench: ExperimentBench, settings: CalibrateSettings, progress: Notice) -> None:
        self._begun = perf_counter()
        self._bench, self._settings, self._progress = bench, settings, progress
        self._workbench, self._code = bench.workbench, bench.operators
        self._shot = bench.middle_shot
        self._workbench.observed(self._shot)
        self._sizes = ProblemSizes.of(self._code)
        self.bares: list[float] = []
        self.short: list[Trial] = []
        self._errors: list[ErrorSample] = []
        self._imaged: dict[int, np.ndarray] = {}
        self._large = False
        self._whole: list[Trial] = []

    def facts(self) -> Row:
        """Return what holds for all rows."""
        operators = self._code
        return {
            "shot": self._shot,
            "steps": operators.last,
            "dt_s": operators.dt_s,
            "level_bytes": operators.level_bytes,
            "state_bytes": operators.state_bytes,
            "threads": operators.threads,
            "cores": _cores(),
            "measured_s": perf_counter() - self._begun,
        }

    def costs(self) -> Costs:
        """Measure everything; from the start where the short runs were made on a machine that was slower than later."""
        for again in range(_FROM_THE_START):
            self._started, self._patient = perf_counter(), again + 1 < _FROM_THE_START
            try:
                return self._costs()
            except _Faster:
                for found in (self.bares, self.short, self._errors, self._whole):
                    found.clear()
        raise AssertionError("the last time counts")

    def _costs(self) -> Costs:
        self._progress(0, 4, "bare sweeps")
        few = min(self._sizes.steps, _FEWEST)
        with shortened(self._code, few):
            self._bare()
            whole = self._bare() * self._sizes.steps / few
        self._large = whole > _LARGE_S
        short = self._short_steps(whole)
        self._short_runs(short)
        reference = median(self.bares)
        # The bare sweeps of the whole run at the speed for which the lines are: that of all short ones.
        bare_s = median(self._bare() for _ in range(1 if self._large else 3)) / self._speed(short, reference)
        lines, after_store_s = fit_tasks([samples_of(trial) for trial in self.short])
        run_s, span_s = fit_overheads(self.short)
        self._progress(1, 4, "what the gradient is sensitive to")
        peak = self._workbench.peak(self._shot)
        sampled = self._workbench.sampled(self._shot)
        codecs: list[CodecCosts] = []
        beside: dict[str, list[Trial]] = {}
        for strategy, needed in whole_runs(self._settings, large=self._large):
            if not needed and self._late():
                continue
            self._progress(2, 4, strategy.spec)
            trial = self._whole_run(strategy, peak, short, reference)
            family, fraction = template_of(strategy)
            if strategy.overlap:
                again = 0 if self._large else _OVERLAPPED - 1
                beside[family] = [trial, *(self._whole_run(strategy, peak, short, reference) for _ in range(again))]
                continue
            if fraction is not None:
                self._compare(trial, family, fraction)
            kind: Kind = "level" if strategy.name == "trajectory" else "state"
            outline = outline_of(trial.strategy.compressor, self._arrays(kind))
            codecs.append(fit_codec(trial, kind, family, fraction, lines, outline, after_store_s))
        codecs = _one_each(codecs)
        self._progress(3, 4, "compressors along a forward sweep")
        missing = missing_codecs(self._settings, codecs, peak)
        speed = store_speed(self._speed(short, reference))
        codecs += [one.at_speed(1 / speed) for one in sample_codecs(self._code, missing)]
        memory, write, read = bandwidths(self._sizes.state_bytes)
        made = Costs(
            problem=self._bench.problem.name,
            dimensions=self._sizes.dimensions,
            level_bytes=self._sizes.level_bytes,
            state_bytes=self._sizes.state_bytes,
            first=self._sizes.first,
            last=self._sizes.last,
            threads=self._code.threads,
            cores=_cores(),
            peak=peak,
            bare_s=bare_s,
            run_s=run_s,
            span_s=span_s,
            after_store_s=after_store_s,
            lines=lines,
            codecs=tuple(with_growth(codecs)),
            errors=tuple(self._errors),
            memory_bytes_s=memory * speed,
            disk_write_bytes_s=write * speed,
            disk_read_bytes_s=read * speed,
        )
        signature, digest = self._code.signature, self._bench.problem.digest
        made = with_own_errors(made, sampled, peak, self._sizes, signature, digest)
        made = replace(made, handoffs=fit_handoffs(beside, made))
        return with_ratios(made, [*self.short, *self._whole])

    def _arrays(self, kind: str) -> tuple[np.ndarray, ...]:
        if kind == "level":
            (slot,) = self._code.slots(1)
            return slot.stored
        return self._code.state(self._code.first)

    def _bare(self) -> float:
        return self._workbench.bare(self._shot).run.seconds.wall

    def _short_steps(self, whole_s: float) -> int:
        steps = self._sizes.steps
        return min(steps, max(_FEWEST, round(_SHORT_S * steps / whole_s)))

    def _short_runs(self, steps: int) -> None:
        with shortened(self._code, steps):
            self.short, self.bares = short_trials(
                lambda one: self._workbench.run(one, shot=self._shot, traced=True),
                self._bare,
                self._sizes,
                steps,
                max(1, self._settings.rounds - self._large),
            )

    def _speed(self, steps: int, reference: float) -> float:
        """Return the speed of this moment: its short bare sweeps over those that the costs are for.

        Of three the median: a stall in a tenth of a second would be taken for the speed of a run of seconds.
        """
        with shortened(self._code, steps):
            speed = median(self._bare() for _ in range(_BESIDE)) / reference
        if speed < 1 / STEADY and self._patient:
            raise _Faster
        return speed

    def _late(self) -> bool:
        return perf_counter() - self._started > self._settings.seconds

    def _whole_run(self, strategy: Strategy, peak: float, short: int, reference: float) -> Trial:
        settled = strategy.at(peak) if strategy.relative else strategy
        self._workbench.run(settled, shot=self._shot) if short == self._sizes.steps else None  # its memory touched
        tries: list[Trial] = []
        while not tries or (tries[-1].speed > STEADY and (len(tries) < _TRIES or not self._large)):
            if tries and not self._large:
                sleep(_PAUSE_S)
            before = self._speed(short, reference)
            run = self._workbench.run(settled, shot=self._shot, traced=True)
            tries.append(Trial(settled, self._sizes, run, fmean((before, self._speed(short, reference)))))
            if self._late():
                break
        trial = min(tries, key=lambda one: one.speed)
        self._whole.append(trial)
        return trial

    def _compare(self, trial: Trial, family: str, fraction: float) -> None:
        """Note the compressor's own part of the error: against the gradient that has the same imaging step."""
        strategy, gradient = trial.strategy, trial.run.gradient
        reference = self._imaged_at(strategy.every)
        relative = gradient_distance(reference, gradient).relative_l2
        deep = deep_relative_l2(reference, gradient)
        kind: Kind = "level" if strategy.name == "trajectory" else "state"
        slots = int(strategy.values["slots"]) if "slots" in strategy.values else None
        below = relative if deep is None else deep
        self._errors.append(ErrorSample(family, fraction, kind, strategy.every, relative, below, slots, apart=True))

    def _imaged_at(self, every: int) -> np.ndarray:
        """Return the gradient that images every k-th step, uncompressed.

        Storing the levels of all steps touches memory that nothing else here needs: of large problems no run does.
        """
        if every not in self._imaged:
            self._imaged[every] = self._bench.run(f"store-all:every={every}", self._shot).gradient
        return self._imaged[every]


def _one_each(codecs: Sequence[CodecCosts]) -> list[CodecCosts]:
    """Return the first found of each compressor, tolerance and kind: that with the most levels."""
    kept: dict[tuple[str, float | None, str], CodecCosts] = {}
    for one in codecs:
        kept.setdefault((one.family, one.fraction, one.kind), one)
    return list(kept.values())


def _cores() -> int:
    return len(os.sched_getaffinity(0))
