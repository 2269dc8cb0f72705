"""Which libraries do the work of a compressor, and in which state: a part of every record's identity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wavecomp.compressors import Registry
from wavecomp.records.provenance import library_version


def library_of(registry: Registry, compressors: Sequence[str], beside: Iterable[str] = ()) -> str:
    """Return the libraries behind a record, separated by commas, each once.

    Parameters
    ----------
    registry : Registry
        Tells what does the work. Of a plug-in it is more than a version: one that was edited in its place is another
        one.
    compressors : sequence of str
        Names of those that took part, each wrapped by the one before it; empty for none.
    beside : iterable of str
        Distributions that took part whatever the compressor was, such as ``devito``.
    """
    names = [library_version(name) for name in beside]
    if compressors:
        names.append(registry.library(compressors))
    return ", ".join(dict.fromkeys(names))
