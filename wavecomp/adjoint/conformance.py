"""Does a code keep its word? What :mod:`wavecomp.adjoint.time_stepping` asks for, tried out one promise at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from wavecomp.adjoint import conformance_forward as forward
from wavecomp.adjoint import conformance_reversal as reversal
from wavecomp.adjoint.complaint import Complaint
from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.plain_text import error_text

_CHECKS: tuple[tuple[Callable[[TimeStepping[Any]], Iterator[Complaint]], ...], ...] = (
    (forward.attributes,),
    (forward.state_arrays, forward.slot_arrays),
    (forward.rest_begins_anew, forward.pieces, forward.kept_levels, forward.restart),
    (reversal.turning, reversal.levels_left_alone, reversal.recomputation, reversal.left_out_levels),
    (reversal.strategies,),
)
"""In groups: what a group complains of would only be said again, in other words, by the groups behind it."""


@dataclass(frozen=True, slots=True)
class Conformance:
    """What :func:`check_code` found; printed, it says so.

    Attributes
    ----------
    code : str
        Name of the code's class.
    complaints : tuple of Complaint
        Each names a method, a step and what would be right.
    complete : bool
        Whether every check was made; what a first group complains of keeps the others from saying anything.
    """

    code: str
    complaints: tuple[Complaint, ...]
    complete: bool

    @property
    def ok(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.complaints

    def __str__(self) -> str:
        if self.ok:
            return f"{self.code} keeps its word."
        lines = [f"{self.code}: {len(self.complaints)} complaint{'s' if len(self.complaints) > 1 else ''}"]
        lines += [f"- {complaint}" for complaint in self.complaints]
        if not self.complete:
            lines.append("What comes after these was not checked.")
        return "\n".join(lines)


def check_code(code: TimeStepping[Any]) -> Conformance:
    """Try out what the reversal machine takes a time-stepping code's word for.

    It runs forward a dozen times and computes half a dozen gradients, one of them with every level stored: give it a
    code with few steps and a small grid. The code is left in any state. That the reversal is the adjoint of the forward
    run is not seen here: compare the gradient with finite differences of the misfit.

    Parameters
    ----------
    code : TimeStepping
        Ready to run.

    Returns
    -------
    Conformance
        Empty of complaints where nothing was found. What the code raises is a complaint, too.
    """
    complaints: list[Complaint] = []
    complete = True
    for group in _CHECKS:
        if complaints:
            complete = False
            break
        for check in group:
            try:
                complaints += check(code)
            except Exception as error:  # the code of others raises what it likes
                complaints.append(_raised(error, check.__name__))
    return Conformance(type(code).__name__, tuple(complaints), complete)


def _raised(error: Exception, check: str) -> Complaint:
    trace, method = error.__traceback__, check.replace("_", " ")
    while trace is not None:
        # The last frame outside of this package is nearest to what went wrong.
        if not str(trace.tb_frame.f_globals.get("__name__", "")).startswith(("wavecomp", "numpy")):
            method = trace.tb_frame.f_code.co_name
        trace = trace.tb_next
    return Complaint(method, None, f"raised {error_text(error)} ({check.replace('_', ' ')})", "it raises nothing")
