"""wavecomp: which compressor for a seismic wavefield, at which setting, and at what cost.

Importing this package is cheap: no compressor and no propagator is loaded before it is asked for.
"""

from wavecomp.thread_settings import settle_thread_settings

__version__ = "0.1.0"

settle_thread_settings()  # before a library reads them: some do so while they are imported
