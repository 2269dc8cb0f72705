"""wavecomp: which compressor for a seismic wavefield, at which setting, and at what cost.

Importing this package is cheap: no compressor and no propagator is loaded before it is asked for.
"""

__version__ = "0.1.0"
