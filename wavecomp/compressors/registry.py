"""Which compressors there are: the built-in ones and those of installed plug-ins."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, PackageNotFoundError, version

from wavecomp.compressors import blockint, blosc, halffloat, identity, slabs, sz3, zfp
from wavecomp.compressors.base import Compressor
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.foreign import build, failing_as, missing_from
from wavecomp.compressors.plugins import load
from wavecomp.compressors.spec import Value, canonical_text, format_value, names_threads, read_values, split_spec
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

    def distribution(self, text: str) -> str:
        """Return the name of the installed distribution that does the work of a spec (of the innermost compressor)."""
        name = split_spec(text.rpartition("/")[2]).name
        published = distribution_name(self._published[name]) if name in self._published else ""
        return published or self.definition(name).requires or "wavecomp"

    def library(self, text: str) -> str:
        """Return what does the work of a spec: ``name version``.

        A plug-in is told by its files as well, ``name version sha256:…``: its version stays while it is edited. Where
        plug-ins wrap other compressors, all of them are named, separated by commas, with what does the innermost work.
        """
        *around, innermost = [split_spec(part).name for part in text.split("/")]
        foreign = [self._plugin_text(name) for name in around if self._is_foreign(name)]
        last = self._plugin_text(innermost) if self._is_foreign(innermost) else _with_version(self.distribution(text))
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
        compressor = self._configured(text)
        for name in [part.partition(":")[0] for part in compressor.spec.split("/")]:
            reason = missing_from(self._definitions[name])
            if reason is not None:
                raise CompressorUnavailable(name, reason)
        return compressor

    def canonical(self, text: str) -> str:
        """Print a spec in its one canonical form, without importing the library that it needs.

        Raises
        ------
        SpecError
            As :meth:`parse`.
        """
        try:
            return self._configured(text).spec
        except PluginFailed as failed:  # it cannot be built, and its words are right
            return failed.spec

    def values(self, text: str) -> dict[str, Value]:
        """Return the typed values of a spec; those of a wrapped compressor are under ``inner.key``."""
        parts = split_spec(text)
        values = read_values(text, parts.items, self.definition(parts.name).parameters)
        if parts.inner is not None:
            values["inner"] = split_spec(parts.inner).name
            values |= {f"inner.{key}": value for key, value in self.values(parts.inner).items()}
        return values

    def _configured(self, text: str) -> Compressor:
        parts = split_spec(text)
        definition = self.definition(parts.name)
        values = read_values(text, parts.items, definition.parameters)
        if definition.wraps and parts.inner is None:
            raise SpecError(f'spec "{text}": {parts.name} wraps another compressor; write {text}/zfp:accuracy=1e-3')
        if parts.inner is not None and not definition.wraps:
            raise SpecError(f'spec "{text}": {parts.name} wraps nothing, drop "/{parts.inner}"')
        try:
            inner = self._configured(parts.inner) if parts.inner is not None else None
        except PluginFailed as failed:
            whole = canonical_text(parts.name, values, definition.parameters, failed.spec)
            raise PluginFailed(whole, str(failed)) from failed
        spec = canonical_text(parts.name, values, definition.parameters, inner.spec if inner else None)
        return build(definition, Configuration(spec, values, inner))

    def with_threads(self, text: str, threads: int) -> str | None:
        """Return the canonical spec of a compressor on so many threads, or None where it cannot have so many.

        Threads that the text names, of a wrapped compressor too, are what was asked for: they stand, whatever
        ``threads`` is. Where nothing in it can be set, one thread stands for what the compressor takes by itself.
        """
        parts = split_spec(text)
        definition = self.definition(parts.name)
        if names_threads(text):
            return self.canonical(text)
        if not any(parameter.name == "threads" for parameter in definition.parameters):
            return self.canonical(text) if threads in (1, self.threads(text)) else None
        items = [f"{key}={value}" if value is not None else key for key, value in parts.items]
        items.append(f"threads={format_value(threads)}")
        inner = f"/{parts.inner}" if parts.inner is not None else ""
        return self.canonical(f"{parts.name}:{','.join(items)}{inner}")

    def threads(self, text: str) -> int:
        """Return how many threads one call of a spec's compressor takes; 1 where its code cannot tell."""
        try:
            compressor = self._configured(text)
            with failing_as(compressor.spec):
                return max(1, operator.index(compressor.capabilities.threads))
        except PluginFailed:
            return 1


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
