"""The reversal machine: it obeys a schedule, and knows no physics.

:class:`TimeStepping` says what it asks of a code, :class:`ArrayCode` has most of that for one in NumPy, and
:class:`StepCode` all of it for one whose steps are two functions. :func:`check_code` tells whether a code keeps its
word, and :class:`Reversal` computes its gradient by any strategy.
"""

from wavecomp.adjoint.array_code import ArrayCode
from wavecomp.adjoint.complaint import Complaint
from wavecomp.adjoint.conformance import Conformance, check_code
from wavecomp.adjoint.imaging_step import Signature
from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.reversal import Reversal
from wavecomp.adjoint.step_code import StepCode
from wavecomp.adjoint.time_stepping import Slot, Sweep, TimeStepping

__all__ = [
    "ArrayCode",
    "Complaint",
    "Conformance",
    "GradientRun",
    "Reversal",
    "Signature",
    "Slot",
    "StepCode",
    "Sweep",
    "TimeStepping",
    "check_code",
]
