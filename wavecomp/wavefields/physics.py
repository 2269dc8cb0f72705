"""The door to the propagators: a wave equation's name, and the module that solves it.

A module in this dictionary offers ``plan(recipe, velocity_m_s)``, which returns a
:class:`wavecomp.wavefields.propagation.Propagation`. It is imported only when a wavefield is asked for, since it brings
Devito with it; recipes need the names alone.
"""

from __future__ import annotations

PROPAGATORS: dict[str, str] = {
    "acoustic": "wavecomp.wavefields.propagation_acoustic",
    "elastic": "wavecomp.wavefields.propagation_elastic",
    "tti": "wavecomp.wavefields.propagation_tti",
    "viscoacoustic": "wavecomp.wavefields.propagation_viscoacoustic",
    "viscoelastic": "wavecomp.wavefields.propagation_viscoelastic",
}
