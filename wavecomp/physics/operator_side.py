"""An operator with the functions that it is given, by name and by identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devito import Operator

from wavecomp.errors import UsageError, did_you_mean
from wavecomp.physics.operator_accesses import Anatomy
from wavecomp.physics.time_offsets import Accesses


class Side:
    """One operator with the functions that it is given.

    Parameters
    ----------
    which : str
        ``forward`` or ``reverse``, for messages.
    operator : devito.Operator
    given : dict
        Its arguments; of the others the operator has functions of its own.

    Raises
    ------
    UsageError
        It has no loop over time, is given what is set for every call, or a function of another number of buffers.
    """

    def __init__(self, which: str, operator: Operator, given: Mapping[str, Any]) -> None:
        self._which = which
        self.anatomy = Anatomy(operator)
        parameters = {parameter.name for parameter in operator.parameters}
        if not {"time_m", "time_M"} <= parameters:
            raise UsageError(f"the {which} operator has no loop over time: must write a TimeFunction at another step")
        for name in given:
            if name in ("time", "time_m", "time_M"):
                raise UsageError(f"{which}_arguments: {name} is set for every call; give first and last instead")
        for name, function in given.items():
            own = self.anatomy.functions.get(name)
            if own is not None and getattr(own, "is_TimeFunction", False):
                self._check_alike(name, own, function)
        self.functions = {name: given.get(name, own) for name, own in self.anatomy.functions.items()}
        for name, accesses in self.anatomy.accesses.items():
            if accesses.saved and accesses.writes and accesses.read:
                raise UsageError(f"{name} is saved at every step; build the {which} operator with save=None")

    def check_direction(self, goes: bool) -> None:
        """Refuse an operator that goes the other way in time."""
        if not goes:
            right, wrong = ("forward", "backward") if self._which == "forward" else ("backward", "forward")
            raise UsageError(f"the {self._which} operator goes {wrong} in time, must go {right}")

    def find(self, function: Any) -> str | None:
        """Return the argument under which a function is taken, None where it is not."""
        return next((name for name, own in self.functions.items() if own is function), None)

    def name_of(self, function: Any) -> str:
        """Return the argument under which a function is taken."""
        name = self.find(function)
        if name is None:
            own = sorted(self.functions)
            label = getattr(function, "name", repr(function))
            raise UsageError(
                f"{label} is no part of the {self._which} operator{did_you_mean(label, own)} (it has: "
                f"{', '.join(own)}); where it stands for one of them, say so in {self._which}_arguments"
            )
        return name

    def accesses(self, function: Any) -> Accesses:
        """Return how a function is accessed."""
        return self.anatomy.accesses[self.name_of(function)]

    def written_functions(self) -> list[Any]:
        """Return the functions that are written."""
        return [function for name, function in self.functions.items() if self.anatomy.accesses[name].writes]

    def _check_alike(self, name: str, own: Any, function: Any) -> None:
        buffers = own.shape_allocated[0], getattr(function, "shape_allocated", (None,))[0]
        accesses = self.anatomy.accesses[name]
        if accesses.saved:
            if not isinstance(getattr(function, "save", None), int):
                raise UsageError(
                    f"{name} is saved at every step in the {self._which} operator, and what is given has buffers; "
                    "build the operator with save=None"
                )
            return
        if buffers[0] != buffers[1]:
            raise UsageError(
                f"{self._which}_arguments: {name} has {buffers[0]} buffers in the operator, and what is given has "
                f"{buffers[1]}; build both alike"
            )
