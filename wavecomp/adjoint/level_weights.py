r"""What an error of each level weighs in the gradient: measured by two bare sweeps, before anything is stored.

The gradient is a sum over imaged steps of :math:`u_n \, w_n`, with :math:`w_n` of the adjoint alone. Its error is
:math:`\sum_n \delta u_n \, w_n`, and the weight of level n is the root mean square of :math:`w_n`. No level is needed
to find it: the forward run makes the record, and the way back is looked at where it would be imaged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.time_stepping import TimeStepping
from wavecomp.plans.actions import imaged

Weights = NDArray[np.float64]


def measured_weights(code: TimeStepping[Any], every: int) -> Weights:
    """Run a code forward and back, and return the weight of each level that is imaged at every k-th step.

    The code is left in any state; what its gradient holds is to be thrown away.

    Returns
    -------
    ndarray of float64, shape (imaged steps,)
        In ascending order of steps, in any unit.

    Raises
    ------
    UnsupportedStrategy
        The code does not tell its weights, or cannot leave levels out.
    """
    code.prepare(every, taped=False)
    steps = imaged(code.first, code.last, every)
    (nothing,) = code.slots(1)
    for array in nothing.stored:
        array[...] = 0
    sweep = code.sweep(every)
    code.rest()
    code.forward(code.first, code.last, record=True)
    code.begin_reversal()
    weights = np.empty(len(steps))
    reached = code.last
    for place in reversed(range(len(steps))):
        sweep.down_to_image(reached, steps[place])
        weights[place] = code.adjoint_weight(steps[place], every)
        sweep.image(steps[place], nothing)  # whatever a code leaves for it to do
        reached = steps[place]
    code.forget_slots()
    return weights
