"""One sentence about each experiment: what its figure shows, in numbers from the same result."""

from __future__ import annotations

from collections.abc import Callable

from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_experiments_error import distinct, number, rows_where
from wavecomp.report.names import family_label, family_of, join_words, setting_label, short_number, strategy_label

GOOD = 1e-3
"""Gradient error up to which the memory experiment asks for the least memory."""


def describe(result: ExperimentResult) -> str:
    """Return the sentence of an experiment; of one that is not known here, its name and problem."""
    if result.experiment in _WORDS and result.rows:
        return _WORDS[result.experiment](result)
    return f'Experiment "{result.experiment}" on {result.problem}.'


def _short(value: float, digits: int = 2) -> str:
    return f"{value:.0f}" if value >= 100 else short_number(f"{value:.{digits}g}")


def _tolerance(result: ExperimentResult) -> str:
    swept = [row for row in result.rows if row["tolerance"] is not None]
    parts = []
    for family in dict.fromkeys(family_of(str(row["compressor"])) for row in swept):
        mine = [row for row in swept if family_of(str(row["compressor"])) == family]
        line = sorted((number(row["tolerance"]), number(row["relative_l2"])) for row in mine)
        (low, least), (high, most) = line[0], line[-1]
        parts.append(
            f"from {_short(most)} to {_short(least)} with {family_label(family)} "
            f"(tolerances {_short(high)} to {_short(low)})"
        )
    amplitude = number(result.facts["peak_amplitude"])
    return (
        f"With every level stored compressed the relative error of the gradient falls {join_words(parts)}; "
        f"the wavefield reaches {_short(amplitude, 3)}."
    )


def _steps(result: ExperimentResult) -> str:
    counts = sorted(int(number(count)) for count in distinct(result, "steps"))
    factors = []
    for schedule in distinct(result, "schedule"):
        for tolerance in distinct(result, "tolerance"):
            pair = (
                rows_where(result, schedule=schedule, tolerance=tolerance, steps=n) for n in (counts[0], counts[-1])
            )
            short, long = (number(rows[0]["relative_l2"]) for rows in pair)
            factors.append(long / short)
    return (
        f"At one tolerance a run of {counts[-1]} steps has {min(factors):.2g} to {max(factors):.2g} times the relative "
        f"error of a run of {counts[0]} steps, with every level stored or with {result.settings['restarts']} "
        "checkpoints of Revolve."
    )


def _checkpoints(result: ExperimentResult) -> str:
    factors: list[float] = []
    for tolerance in distinct(result, "tolerance"):
        rows = rows_where(result, tolerance=tolerance)
        stored = next(number(row["relative_l2"]) for row in rows if row["slots"] is None)
        factors += [number(row["relative_l2"]) / stored for row in rows if row["slots"] is not None]
    slots = sorted(int(number(row["slots"])) for row in result.rows if row["slots"] is not None)
    return (
        f"Revolve with compressed states has {min(factors):.2g} to {max(factors):.2g} times the error of the stored "
        f"trajectory at the same tolerance, whether it has {slots[0]} checkpoints or {slots[-1]}."
    )


def _restart(result: ExperimentResult) -> str:
    growth = {}
    for spec in distinct(result, "compressor"):
        rows = rows_where(result, compressor=spec)
        at_once = number(rows[0]["relative_l2"])
        if at_once > 0:
            growth[setting_label(str(spec))] = max(number(row["relative_l2"]) for row in rows) / at_once
    if not growth:
        return f"A run that restarts at step {result.facts['begin']} from these states has no error."
    least, most = min(growth, key=growth.__getitem__), max(growth, key=growth.__getitem__)
    return (
        f"After a restart from a lossy state at step {result.facts['begin']} the error that the wavefield has at once "
        f"grows {_short(growth[least])}-fold ({least}) to {_short(growth[most])}-fold ({most})."
    )


def _stack(result: ExperimentResult) -> str:
    factors = {}
    for strategy in distinct(result, "strategy"):
        rows = rows_where(result, strategy=strategy)
        factors[strategy] = number(rows[0]["relative_l2"]) / number(rows[-1]["relative_l2"])
    shots = int(number(result.rows[-1]["shots"]))
    return (
        f"Stacking {shots} shots makes the relative error {min(factors.values()):.2g} to {max(factors.values()):.2g} "
        f"times smaller than one shot's; independent errors of equal gradients would give {shots**0.5:.2g}."
    )


def _memory(result: ExperimentResult) -> str:
    names = {"subsampled": "subsampling in time alone", "lossy": "compression alone", "both": "both together"}
    parts = []
    for family, name in names.items():
        rows = rows_where(result, family=family)
        good = [number(row["peak_checkpoint_bytes"]) for row in rows if 0 < number(row["relative_l2"]) <= GOOD]
        parts.append(f"{min(good) / 1e6:.3g} MB with {name}" if good else f"more than was tried with {name}")
    whole = number(result.facts["level_bytes"]) * (number(result.facts["steps"]) - 1) / 1e6
    return f"A gradient error of at most {GOOD:g} takes {join_words(parts)}; every level uncompressed, {whole:.3g} MB."


def _ratio(result: ExperimentResult) -> str:
    falls = {}
    for spec in distinct(result, "compressor"):
        ratios = [number(row["ratio"]) for row in rows_where(result, compressor=spec)]
        falls[setting_label(str(spec))] = (ratios[0], min(ratios))
    words = [f"{_short(first, 3)} to {_short(least, 3)} with {label}" for label, (first, least) in falls.items()]
    return f"From the first step to the least ratio of the run: {join_words(words)}."


def _fwi(result: ExperimentResult) -> str:
    words = []
    for place, strategy in enumerate(distinct(result, "strategy")):
        last = rows_where(result, strategy=strategy)[-1]
        label = "exact gradients" if place == 0 else strategy_label(str(strategy))
        memory = number(last["peak_checkpoint_bytes"]) / 1e6
        words.append(f"{100 * number(last['relative_misfit']):.3g} % with {label} ({memory:.3g} MB a shot)")
    iterations, shots = max(int(number(row["iteration"])) for row in result.rows), result.facts["shots"]
    return f"Misfit left after {iterations} iterations of an inversion of {shots} shots: {join_words(words)}."


def _actions(result: ExperimentResult) -> str:
    words = []
    for row in result.rows:
        wall = number(row["wall_s"])
        parts = [
            f"{100 * number(row[f'{work}_s']) / wall:.0f} % {name}"
            for work, name in (
                ("advance", "forward"),
                ("reverse", "back"),
                ("compress", "saving"),
                ("decompress", "loading"),
            )
        ]
        words.append(f"{row['kind']}, {row['slots']} checkpoints: {_short(wall)} s, {', '.join(parts)}")
    return f"Where the wall time of Revolve goes: {'; '.join(words)}."


def _calibrate(result: ExperimentResult) -> str:
    tasks = {str(row["name"]): number(row["step_s"]) for row in rows_where(result, what="task")}
    settings = len(rows_where(result, what="compressor"))
    return (
        f"A step ahead takes {1e3 * tasks['forward']:.3g} ms on this machine and one back "
        f"{1e3 * tasks['down:apart']:.3g} ms; {settings} settings of compressors were measured with them, all of it in "
        f"{_short(number(result.facts['measured_s']), 3)} s."
    )


def _look(result: ExperimentResult) -> str:
    errors = {int(number(row["every"])): number(row["relative_l2"]) for row in rows_where(result, what="imaging")}
    said = [f"{_short(errors[k])} for every {'2nd' if k == 2 else f'{k}th'}" for k in (2, 4, 8) if k in errors]
    return (
        f"If not every step is imaged, the gradient of {result.problem} is off by {join_words(said)}; with its own "
        f"sizes and errors the costs of {result.facts['calibrated_on']} are costs of it."
    )


_WORDS: dict[str, Callable[[ExperimentResult], str]] = {
    "tolerance": _tolerance,
    "steps": _steps,
    "checkpoints": _checkpoints,
    "restart": _restart,
    "stack": _stack,
    "memory": _memory,
    "ratio": _ratio,
    "fwi": _fwi,
    "actions": _actions,
    "calibrate": _calibrate,
    "look": _look,
}
