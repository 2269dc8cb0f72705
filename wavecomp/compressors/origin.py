"""Whose code a compressor runs: ours, or that of plug-ins, and how another process comes by it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from wavecomp.compressors.definition import Reading
from wavecomp.compressors.definitions import BUILT_IN
from wavecomp.compressors.plugin_files.probe import check_import
from wavecomp.compressors.registry import ENTRY_POINT_GROUP, Registry, default_registry
from wavecomp.compressors.source import InFile, Published, Source
from wavecomp.errors import CompressorUnavailable, PluginFileError, UnknownCompressor
from wavecomp.installed import entry_points_of


def with_plugins(*paths: str | Path) -> Registry:
    """Return the built-in compressors, those of installed plug-ins, and those of files.

    Each file is run in a process of its own first: one that crashes while it is imported is an error like any other.

    Parameters
    ----------
    *paths : path
        ``.py``: a ``Definition``, a subclass of ``Compressor``, or two functions ``compress(array)`` and
        ``decompress(data, out)``. ``.toml``: a program.

    Raises
    ------
    PluginFileError
        One of them cannot be used; the text says where and why.

    Examples
    --------
    >>> with_plugins("mine.py").parse("mine:tolerance=1e-2")  # doctest: +SKIP
    <FunctionPair mine:tolerance=0.01>
    """
    registry = Registry()
    registry.load_plugins(*entry_points_of(ENTRY_POINT_GROUP))
    for path in paths:
        check_import(Path(path))
        registry.add_file(path)
    return registry


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


def foreign_parts(reading: Reading, registry: Registry | None = None) -> str:
    """Return what :func:`foreign_code` does, of a spec that was read: wherever that was, it says whose the code is."""
    names = [part.name for part in reading if part.source is not None or foreign_code((part.name,), registry)]
    return "/".join(names)


def registry_for(reading: Reading) -> Registry:
    """Return a registry of the built-in compressors and those plug-ins alone that a spec names.

    The code of a plug-in that nobody asked for is not even imported: what it does while it is loaded could change what
    others measure.

    Raises
    ------
    PluginFileError
        A file is not what it was when the spec was read.
    """
    built_in = {definition.name for definition in BUILT_IN}
    # One that was registered by hand may be installed as well.
    sources = {part.source or Published(part.name) for part in reading if part.source or part.name not in built_in}
    return _with(frozenset(sources))


@cache
def _with(sources: frozenset[Source]) -> Registry:
    registry = Registry()
    entries = {source.entry for source in sources if isinstance(source, Published)}
    if entries:
        found, _ = entry_points_of(ENTRY_POINT_GROUP)
        registry.load_plugins(entry for entry in found if entry.name in entries)
    for source in sorted((one for one in sources if isinstance(one, InFile)), key=lambda one: one.path):
        names = registry.add_file(source.path)
        if any(registry.source(name) != source for name in names):
            raise PluginFileError(
                source.path, "it has changed since the command began (or what it imports, or runs); start it again"
            )
    return registry


def _is_foreign(name: str, registry: Registry) -> bool:
    try:
        return not any(registry.definition(name) is definition for definition in BUILT_IN)
    except UnknownCompressor:
        return False
    except CompressorUnavailable:  # its import failed; who knows how far it came
        return True
