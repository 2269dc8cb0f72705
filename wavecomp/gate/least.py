"""How much slower or larger something must be before a gate calls it so."""

from __future__ import annotations

from collections.abc import Mapping

from wavecomp.side_by_side.tasks import (
    BARE_PROCESSOR,
    BARE_TIME,
    COMPRESS_PEAK,
    COMPRESS_PROCESSOR,
    COMPRESS_TIME,
    DECOMPRESS_PEAK,
    DECOMPRESS_PROCESSOR,
    DECOMPRESS_TIME,
    FIRST_COMPRESS,
    FIRST_COMPRESS_PROCESSOR,
    FIRST_DECOMPRESS,
    FIRST_DECOMPRESS_PROCESSOR,
    GRADIENT_PROCESSOR,
    GRADIENT_TIME,
)

LEAST: Mapping[str, float] = {
    COMPRESS_TIME: 0.05,
    DECOMPRESS_TIME: 0.05,
    COMPRESS_PROCESSOR: 0.05,
    DECOMPRESS_PROCESSOR: 0.05,
    FIRST_COMPRESS: 0.5,
    FIRST_DECOMPRESS: 0.5,
    FIRST_COMPRESS_PROCESSOR: 0.5,
    FIRST_DECOMPRESS_PROCESSOR: 0.5,
    COMPRESS_PEAK: 0.05,
    DECOMPRESS_PEAK: 0.05,
    GRADIENT_TIME: 0.05,
    GRADIENT_PROCESSOR: 0.05,
    BARE_TIME: 0.05,
    BARE_PROCESSOR: 0.05,
}
"""Least change that is one, by quantity: 0.05 is five in a hundred. A first call has page faults and cold caches in it,
which no code of ours decides, and happens once a process: only a half more is one."""

PROCESSOR_TIME: Mapping[str, str] = {
    COMPRESS_TIME: COMPRESS_PROCESSOR,
    DECOMPRESS_TIME: DECOMPRESS_PROCESSOR,
    FIRST_COMPRESS: FIRST_COMPRESS_PROCESSOR,
    FIRST_DECOMPRESS: FIRST_DECOMPRESS_PROCESSOR,
    GRADIENT_TIME: GRADIENT_PROCESSOR,
    BARE_TIME: BARE_PROCESSOR,
}
"""For each wall time the time of the processor in it. Where others want the same processors, it is the one that can be
decided; both are judged, and what is worse in either is worse."""

TIME_FLOOR_S = 5e-6
"""Seconds of one call that are no change, however short it is: about what calling a library from Python costs."""

MEMORY_FLOOR = 1 << 20
"""Bytes of memory that are no change, however little there was: the same call on the same field took up to 0.6 MiB more
or less from process to process, by the steps in which allocators grow."""
