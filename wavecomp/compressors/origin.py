"""Whose code a compressor runs: ours, or that of plug-ins."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from wavecomp.compressors.registry import BUILT_IN, ENTRY_POINT_GROUP, Registry, default_registry
from wavecomp.errors import CompressorUnavailable, UnknownCompressor
from wavecomp.installed import entry_points_of


def foreign_code(names: Iterable[str], registry: Registry | None = None) -> str:
    """Return the names of the plug-ins among those of a spec, wrapped ones too; "" where all of it is built in.

    Parameters
    ----------
    names : iterable of str
        Of compressors. One that nobody registered is nobody's code.
    registry : Registry, optional
        Where compressors are looked up.
    """
    known = registry if registry is not None else default_registry()
    return "/".join(name for name in names if _is_foreign(name, known))


def registry_for(names: Iterable[str]) -> Registry:
    """Return a registry of the built-in compressors and those plug-ins alone that are named.

    The code of a plug-in that nobody asked for is not even imported: what it does while it is loaded could change what
    others measure.
    """
    built_in = {definition.name for definition in BUILT_IN}
    return _with_plugins(tuple(sorted({*names} - built_in)))


@cache
def _with_plugins(names: tuple[str, ...]) -> Registry:
    registry = Registry()
    if names:
        found, _ = entry_points_of(ENTRY_POINT_GROUP)
        registry.load_plugins(entry for entry in found if entry.name in names)
    return registry


def _is_foreign(name: str, registry: Registry) -> bool:
    try:
        return not any(registry.definition(name) is definition for definition in BUILT_IN)
    except UnknownCompressor:
        return False
    except CompressorUnavailable:  # its import failed; who knows how far it came
        return True
