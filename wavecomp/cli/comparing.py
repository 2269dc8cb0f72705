"""What ``wavecomp compare`` makes of its words, and what it says at its end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.text import Text

from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.experimenting import was_given
from wavecomp.cli.plain_text import one_line
from wavecomp.comparison.step import Step
from wavecomp.comparison.target import Target, parse_targets
from wavecomp.errors import UsageError, WavecompError
from wavecomp.records import ComparisonRecord, ContestantAnswer
from wavecomp.records.comparison_record import OF_GRADIENTS, Measure
from wavecomp.sweep import FieldRef

_UNITS = {"searching": "searches"}


class ComparisonFellShort(WavecompError):
    """The comparison ran to its end, and not everybody met its targets."""


@dataclass(frozen=True, slots=True)
class ChosenStep:
    """A level of a field that was named by its step."""

    field: str
    step: int

    def of(self, found: Sequence[FieldRef]) -> FieldRef:
        """Return the level.

        Raises
        ------
        UsageError
            The field has no such step; the text names those that it has.
        """
        for one in found:
            if one.step == self.step:
                return one
        steps = ", ".join(str(one.step) for one in found if one.step is not None) or "none"
        raise UsageError(f"field {self.field} has no level at step {self.step}; there are: {steps}")


def choose_level(field: str) -> tuple[str, ChosenStep | None]:
    """Split ``quick@600`` into the field and the step; the last level is meant where none is named."""
    found = re.fullmatch(r"(.+)@(\d+)", field)
    if found is None or Path(field).exists():
        return field, None
    return found[1], ChosenStep(found[1], int(found[2]))


def parsed_targets(given: Mapping[Measure, str | None]) -> tuple[Target, ...]:
    """Read the one option that says what is equal for all.

    Raises
    ------
    UsageError
        None is given, or several.
    TargetError
        A value of it is none.
    """
    texts = {measure: text for measure, text in given.items() if text is not None}
    names = [f"--{measure}" for measure in (texts or given)]
    if len(texts) != 1:
        what = f"{' and '.join(names)} are given" if texts else f"give one of {', '.join(names)}"
        raise UsageError(f"{what}: one measure of the error is equal for all, with one value or several")
    ((measure, text),) = texts.items()
    return parse_targets(measure, text)


_OF_FIELDS, _OF_GRADIENTS = {"field": "--field"}, {"problem": "--problem", "every": "--every"}


def refuse_other_options(context: click.Context, measure: Measure) -> None:
    """Refuse what this measure would not listen to; raises UsageError, which names it."""
    gradient = measure in OF_GRADIENTS
    given = [option for name, option in (_OF_FIELDS if gradient else _OF_GRADIENTS).items() if was_given(context, name)]
    if given:
        takes = "a gradient problem (--problem)" if gradient else "a field (--field)"
        raise UsageError(f"--{measure} is about {takes}: leave out {' and '.join(given)}")


@contextmanager
def stages() -> Iterator[Callable[[Step], None]]:
    """Show the stages of a comparison, one bar after the other, while the block runs."""
    with ExitStack() as bars:
        shown: dict[str, Callable[[int, int, str], None]] = {}

        def advance(step: Step) -> None:
            if step.stage not in shown:
                bars.close()
                shown.clear()
                shown[step.stage] = bars.enter_context(progress_bar(step.stage, _UNITS.get(step.stage, "runs")))
            shown[step.stage](step.done, step.total, step.note)

        yield advance


def fell_short(record: ComparisonRecord, folder: Path, missed_in_rounds: Sequence[str] = ()) -> None:
    """Say who did not meet a target, if anybody did not who could turn a parameter, and raise."""
    for missed in missed_in_rounds[:10]:
        err.print(Text(one_line(f"met in the search and not in a round: {missed}"), style="red"))
    short = [one for one in record.answers if one.status in ("unmet", "failed")]
    for answer in short[:10]:
        err.print(Text(one_line(_words(record, answer)), style="red"))
    if short:
        raise ComparisonFellShort(
            f"{len(short)} of {len(record.answers)} answers fell short; {folder / 'comparisons.jsonl'} says more"
        )
    if missed_in_rounds:
        raise ComparisonFellShort(
            f"{len(missed_in_rounds)} answers did not hold in the rounds; {folder / 'rounds.jsonl'} says more"
        )


def _words(record: ComparisonRecord, answer: ContestantAnswer) -> str:
    where = f"{answer.contestant} at {record.measure} {answer.target}"
    if answer.status == "failed":
        return f"failed: {where}: {answer.message}"
    refused = f"; some were refused: {answer.message}" if answer.message else ""
    return (
        f"not met: {where}: the best of {answer.tried} settings is {answer.spec}, with an error of "
        f"{_number(answer.error)} where {_number(answer.limit)} is allowed{refused}"
    )


def _number(value: float | None) -> str:
    return "no finite size" if value is None else f"{value:.3g}"
