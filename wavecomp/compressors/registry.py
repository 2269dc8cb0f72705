"""Which compressors there are: the built-in ones and those of installed plug-ins."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, PackageNotFoundError, version

from wavecomp.compressors import blockint, blosc, halffloat, identity, slabs, sz3, zfp
from wavecomp.compressors.base import Compressor
from wavecomp.compressors.definition import Configuration, Definition, Described, Reading
from wavecomp.compressors.foreign import build, failing_as, missing_from
from wavecomp.compressors.plugins import load
from wavecomp.compressors.spec import THREADS, Value, checked_head, format_value, names_threads, read_values, split_spec
from wavecomp.compressors.well_formed import fault_of
from wavecomp.errors import CompressorUnavailable, PluginFailed, RegistrationError, SpecError, UnknownCompressor
from wavecomp.installed import (
    digest_of,
    distribution_name,
    distribution_text,
    entry_points_of,
    fingerprint,
    module_files,
)
from wavecomp.spec_text import SpecText

ENTRY_POINT_GROUP = "wavecomp.compressors"

BUILT_IN: tuple[Definition, ...] = (
    identity.DEFINITION,
    blosc.DEFINITION,
    zfp.DEFINITION,
    sz3.DEFINITION,
    halffloat.FLOAT16,
    halffloat.BFLOAT16,
    blockint.INT8,
    blockint.INT16,
    slabs.DEFINITION,
)


class Registry:
    """An explicit set of compressor definitions.

    Parameters
    ----------
    definitions : iterable of Definition
        What it starts with.

    Raises
    ------
    RegistrationError
        Two definitions have one name.
    """

    def __init__(self, definitions: Iterable[Definition] = BUILT_IN) -> None:
        self._definitions: dict[str, Definition] = {}
        self._broken: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._published: dict[str, EntryPoint] = {}
        for definition in definitions:
            self.register(definition)

    def register(self, definition: Definition) -> None:
        """Add one definition; one that is none, or whose name is taken, is a RegistrationError."""
        fault = fault_of(definition)
        if fault is not None:
            raise RegistrationError(f"expected a compressor Definition: {fault}")
        if definition.name in self._definitions or definition.name in self._broken:
            raise RegistrationError(f'the compressor name "{definition.name}" is taken')
        self._definitions[definition.name] = definition

    def load_plugins(self, found: Iterable[EntryPoint], unreadable: Mapping[str, str] | None = None) -> None:
        """Add what installed packages publish; what cannot be used is kept as unavailable, with its reason.

        Parameters
        ----------
        found : iterable of EntryPoint
        unreadable : mapping, optional
            Names of distributions whose entry points cannot be read, each with its reason.
        """
        plugins = load(found, {*self._definitions, *self._broken})
        for entry, definition in plugins.loaded:
            self._definitions[definition.name] = definition
            self._published[definition.name] = entry
        self._broken |= plugins.broken
        self._refused |= plugins.refused | dict(unreadable or {})

    def distribution(self, name: str) -> str:
        """Return the name of the installed distribution that does the work of a compressor of that name."""
        published = distribution_name(self._published[name]) if name in self._published else ""
        return published or self.definition(name).requires or "wavecomp"

    def library(self, text: str) -> str:
        """Return what does the work of a spec: ``name version``.

        A plug-in is told by its files as well, ``name version sha256:…``: its version stays while it is edited. Where
        plug-ins wrap other compressors, all of them are named, separated by commas, with what does the innermost work.
        """
        *around, innermost = SpecText.parse(text).names
        foreign = [self._plugin_text(name) for name in around if self._is_foreign(name)]
        own = not self._is_foreign(innermost)
        last = _with_version(self.distribution(innermost)) if own else self._plugin_text(innermost)
        return ", ".join(dict.fromkeys([*foreign, last]))

    def _is_foreign(self, name: str) -> bool:
        definition = self.definition(name)
        return not any(definition is one for one in BUILT_IN)

    def _plugin_text(self, name: str) -> str:
        entry = self._published.get(name)
        if entry is not None:
            return f"{distribution_text(entry) or name} {fingerprint(entry)}"
        # Registered by hand: what is known of it is the module that it comes from.
        module = getattr(self.definition(name).build, "__module__", None) or ""
        return f"{name} {digest_of(module_files(module), [module])}"

    def definitions(self) -> tuple[Definition, ...]:
        """All definitions, in order of registration."""
        return tuple(self._definitions.values())

    def unavailable(self) -> dict[str, str]:
        """Names that cannot be used here, each with its reason; a claim to a taken name is ``NAME of WHOSE``."""
        missing = {name: missing_from(definition) for name, definition in self._definitions.items()}
        absent = {name: reason for name, reason in missing.items() if reason is not None}
        return self._broken | self._refused | absent

    def definition(self, name: str) -> Definition:
        """Find a definition.

        Raises
        ------
        UnknownCompressor
            Nobody registered that name.
        CompressorUnavailable
            It is a plug-in whose import failed.
        """
        if name in self._broken:
            raise CompressorUnavailable(name, self._broken[name])
        if name not in self._definitions:
            raise UnknownCompressor(name, [*self._definitions, *self._broken])
        return self._definitions[name]

    def parse(self, text: str) -> Compressor:
        """Build the one compressor that a spec means.

        Raises
        ------
        SpecError
            Unknown name or key, bad value, contradiction.
        CompressorUnavailable
            What it needs is missing on this machine.
        """
        return self.usable(self.read(SpecText.parse(text)))

    def usable(self, reading: Reading) -> Compressor:
        """Build what was read, and see that it can be used here; raises as :meth:`parse` does."""
        compressor = self._built(reading)
        for one in reading:
            reason = missing_from(one.definition)
            if reason is not None:
                raise CompressorUnavailable(one.definition.name, reason)
        return compressor

    def canonical(self, text: str) -> str:
        """Print a spec in its one canonical form, without importing the library that it needs.

        Raises
        ------
        SpecError
            As :meth:`parse`.
        """
        reading = self.read(SpecText.parse(text))
        with contextlib.suppress(PluginFailed):  # it cannot be built, and its words are right
            self._built(reading)
        return reading.spec

    def values(self, text: str) -> dict[str, Value]:
        """Return the typed values of a spec; those of a wrapped compressor are under ``inner.key``."""
        return self.read(SpecText.parse(text)).all_values

    def read(self, spec: SpecText) -> Reading:
        """Read a spec without building anything.

        Raises
        ------
        SpecError
            Unknown name or key, bad value.
        """
        head, inner = checked_head(spec).head, spec.inner
        definition = self.definition(head.name)
        values = read_values(str(spec), head.items, definition.parameters)
        if definition.wraps and inner is None:
            raise SpecError(f'spec "{spec}": {head.name} wraps another compressor; write {spec}/zfp:accuracy=1e-3')
        if inner is not None and not definition.wraps:
            raise SpecError(f'spec "{spec}": {head.name} wraps nothing, drop "/{inner}"')
        return Reading(definition, values, self.read(inner) if inner is not None else None)

    def _built(self, reading: Reading) -> Compressor:
        try:
            inner = self._built(reading.inner) if reading.inner is not None else None
        except PluginFailed as failed:
            raise PluginFailed(reading.spec, str(failed)) from failed
        return build(reading.definition, Configuration(reading.spec, reading.values, inner))

    def describe(self, reading: Reading) -> Described:
        """Return what was read in plain values, with the threads that one call takes; 1 where its code cannot tell.

        Raises
        ------
        SpecError
            Values contradict each other.
        """
        try:
            compressor = self._built(reading)
            with failing_as(reading.spec):
                return reading.described(max(1, operator.index(compressor.capabilities.threads)))
        except PluginFailed:  # it cannot be built, and its words are right
            return reading.described(1)

    def with_threads(self, text: str, threads: int) -> Described | None:
        """Return a spec's compressor on so many threads, or None where it cannot have so many.

        Threads that the text names, of a wrapped compressor too, are what was asked for: they stand, whatever
        ``threads`` is. Where nothing in it can be set, one thread stands for what the compressor takes by itself.
        """
        spec = split_spec(text)
        named = names_threads(spec)
        if named or not any(parameter.name == THREADS for parameter in self.definition(spec.head.name).parameters):
            found = self.describe(self.read(spec))
            return found if named or threads in (1, found.threads) else None
        return self.describe(self.read(spec.with_value(0, THREADS, format_value(threads))))


def _with_version(distribution: str) -> str:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution


@cache
def default_registry() -> Registry:
    """Built-in compressors and all installed plug-ins; made once in a process."""
    registry = Registry()
    registry.load_plugins(*entry_points_of(ENTRY_POINT_GROUP))
    return registry
