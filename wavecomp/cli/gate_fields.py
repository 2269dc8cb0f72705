"""Where the fields and problems of a baseline's records are found, when its cases are measured again."""

from __future__ import annotations

from collections.abc import Sequence

from wavecomp.cli.fields import chosen, generated, references
from wavecomp.errors import NothingToCompare, UnknownRecipe
from wavecomp.gate.pinned_fields import pinned_references
from wavecomp.gate.pinned_problem import PinnedProblem
from wavecomp.impact.problem import Problem
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import GradientRecord, Record
from wavecomp.sweep import FieldRef


class FieldsOfRecords:
    """Finds a record's field: among the given ones, the pinned ones, and those of the recipe that it is named after.

    Parameters
    ----------
    given : sequence of str
        As of ``--field``.
    """

    def __init__(self, given: Sequence[str]) -> None:
        self._found = [one for words in given for one in references(chosen(words))] + pinned_references()
        self._asked: dict[str, str] = {}

    def __call__(self, record: Record) -> FieldRef:
        """Return the field of a record: that of the same values, or of the same name if there is none.

        Raises
        ------
        NothingToCompare
            It is nowhere.
        """
        name = record.field.partition("@")[0]
        if (found := self._best(record)) is not None:
            return found
        if name not in self._asked:
            self._asked[name] = ""
            try:
                self._found += references(generated(name))
            except UnknownRecipe:
                self._asked[name] = "no recipe has that name"
        if (found := self._best(record)) is not None:
            return found
        raise NothingToCompare(
            f"field {record.field} ({record.field_digest[:12]}…) is not here; name its recipe or file with --field"
        )

    def _best(self, record: Record) -> FieldRef | None:
        same = [one for one in self._found if one.digest == record.field_digest and one.shape == record.shape]
        named = [one for one in (*same, *self._found) if one.name == record.field]
        return next(iter(named), None)


def problem_of(record: GradientRecord) -> Problem:
    """Return the problem of a record by its name; raises UnknownProblem."""
    return PinnedProblem() if record.problem == PinnedProblem.name else find_problem(record.problem)
