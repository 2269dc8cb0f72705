"""Which libraries do the work of a compressor, and in which state: a part of every record's identity."""

from __future__ import annotations

from collections.abc import Iterable

from wavecomp.compressors import Registry
from wavecomp.records.provenance import library_version


def library_of(registry: Registry, compressor: str | None, beside: Iterable[str] = ()) -> str:
    """Return the libraries behind a record, separated by commas, each once.

    Parameters
    ----------
    registry : Registry
        Tells what does the work of a spec. Of a plug-in it is more than a version: one that was edited in its place is
        another one.
    compressor : str or None
        Spec of the compressor that took part.
    beside : iterable of str
        Distributions that took part whatever the compressor was, such as ``devito``.
    """
    names = [library_version(name) for name in beside]
    if compressor is not None:
        names.append(registry.library(compressor))
    return ", ".join(dict.fromkeys(names))
