"""Which compressors there are: the built-in ones and those of installed plug-ins."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, PackageNotFoundError, version
from pathlib import Path

from wavecomp.compressors import (
    blockint,
    blosc,
    fpzip,
    halffloat,
    hdf5,
    identity,
    interp,
    lerc,
    numcodecs,
    pcodec,
    slabs,
    sperr,
    sz3,
    zfp,
)
from wavecomp.compressors.base import Compressor
from wavecomp.compressors.definition import Configuration, Definition, Reading
from wavecomp.compressors.foreign import build, failing_as, missing_from
from wavecomp.compressors.plugin_files.load import load_file
from wavecomp.compressors.plugins import load
from wavecomp.compressors.source import InFile, Published, Source
from wavecomp.compressors.spec import (
    THREADS,
    Value,
    canonical_part,
    changed_values,
    checked_head,
    format_value,
)
from wavecomp.compressors.well_formed import fault_of
from wavecomp.errors import (
    CompressorUnavailable,
    PluginFailed,
    PluginFileError,
    RegistrationError,
    SpecError,
    UnknownCompressor,
)
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
    interp.DEFINITION,
    halffloat.FLOAT16,
    halffloat.BFLOAT16,
    blockint.INT8,
    blockint.INT16,
    sperr.DEFINITION,
    lerc.DEFINITION,
    fpzip.DEFINITION,
    pcodec.DEFINITION,
    numcodecs.DEFINITION,
    hdf5.DEFINITION,
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
        self._files: dict[str, InFile] = {}
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
        plugins = load(found, {*self._definitions, *self._broken}, BUILT_IN)
        for entry, definition in plugins.loaded:
            self._definitions[definition.name] = definition
            self._published[definition.name] = entry
        self._broken |= plugins.broken
        self._refused |= plugins.refused | dict(unreadable or {})

    def add_file(self, path: str | Path) -> tuple[str, ...]:
        """Add the compressors of a plug-in that is one file (docs/howto-add-a-compressor.md); return their names.

        Its code is run in this process. Adding the same file once more changes nothing.

        Raises
        ------
        PluginFileError
            There is no such file, it holds no compressor, or a name in it is taken. Nothing of it is added.
        """
        loaded = load_file(Path(path), BUILT_IN)
        names = tuple(definition.name for definition in loaded.definitions)
        if names == tuple(name for name, source in self._files.items() if source == loaded.source):
            return names
        for number, name in enumerate(names):
            if name in names[:number]:
                raise PluginFileError(path, f'two of its compressors have the name "{name}"')
            if name in self._definitions or name in self._broken:
                raise PluginFileError(
                    path, f'the compressor name "{name}" is taken{self._by_whom(name)}; give it another name'
                )
        self._definitions |= {definition.name: definition for definition in loaded.definitions}
        self._files |= dict.fromkeys(names, loaded.source)
        return names

    def _by_whom(self, name: str) -> str:
        if name in self._files:
            return f" by {self._files[name].path}"
        if any(self._definitions.get(name) is one for one in BUILT_IN):
            return " by wavecomp's own"
        entry = self._published.get(name)
        return f" by {distribution_text(entry) or entry.value}" if entry is not None else ""

    def source(self, name: str) -> Source | None:
        """Return where another process finds the code of a plug-in; None of what is built in or registered by hand."""
        entry = self._published.get(name)
        return Published(entry.name) if entry is not None else self._files.get(name)

    def distribution(self, name: str) -> str:
        """Return the name of the installed distribution that does the work of a compressor of that name."""
        published = distribution_name(self._published[name]) if name in self._published else ""
        return published or self.definition(name).requires or "wavecomp"

    def library(self, names: Sequence[str]) -> str:
        """Return what does the work of compressors that wrap one another, the outermost first: ``name version``.

        A plug-in is told by its files as well, ``name version sha256:…``: its version stays while it is edited. Where
        plug-ins wrap other compressors, all of them are named, separated by commas, with what does the innermost work.
        """
        *around, innermost = names
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
        if name in self._files:
            return f"{name} {self._files[name].digest}"
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
        for name in reading.names:
            reason = missing_from(self.definition(name))
            if reason is not None:
                raise CompressorUnavailable(name, reason)
        return compressor

    def canonical(self, text: str) -> str:
        """Print a spec in its one canonical form, without importing the library behind it; raises as ``checked``."""
        return self.checked(SpecText.parse(text)).spec

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
        spec = self._respelled(spec)
        head, inner = checked_head(spec).head, spec.inner
        definition = self.definition(head.name)
        values = definition.read(str(spec), head.items)
        if definition.wraps and inner is None:
            raise SpecError(f'spec "{spec}": {head.name} wraps another compressor; write {spec}/zfp:accuracy=1e-3')
        if inner is not None and not definition.wraps:
            raise SpecError(f'spec "{spec}": {head.name} wraps nothing, drop "/{inner}"')
        named = any(THREADS in part.values for part in spec.parts)
        return self._reading(definition, values, self.read(inner) if inner is not None else None, named)

    def checked(self, spec: SpecText) -> Reading:
        """Read a spec, and see that its values do not contradict each other; raises SpecError as :meth:`parse` does."""
        reading = self.read(spec)
        with contextlib.suppress(PluginFailed):  # it cannot be built, and its words are right
            self._built(reading)
        return reading

    def with_value(self, reading: Reading, depth: int, key: str, value: int | float) -> Reading:
        """Return a reading with one number changed, ``depth`` compressors inwards; raises SpecError as :meth:`read`."""
        definition = self.definition(reading.name)
        values, inner = reading.values, reading.inner
        if depth and inner is not None:
            inner = self.with_value(inner, depth - 1, key, value)
        else:
            shown = reading.text.with_value(0, key, format_value(value))
            values = changed_values(shown, values, definition.parameters_for(values), key, value)
        return self._reading(definition, values, inner, reading.threads_named)

    def with_threads(self, reading: Reading, threads: int) -> tuple[Reading, int] | None:
        """Return a compressor on so many threads, with the threads that one call takes, or None where it cannot.

        Threads that its text named are what was asked for: they stand, whatever ``threads`` is. Where nothing in it can
        be set, one thread stands for what the compressor takes by itself.

        Raises
        ------
        SpecError
            Values contradict each other.
        """
        named = reading.threads_named
        if named or not any(parameter.name == THREADS for parameter in self.definition(reading.name).parameters):
            found = self.threads_of(reading)
            return (reading, found) if named or threads in (1, found) else None
        changed = self.with_value(reading, 0, THREADS, threads)
        return changed, self.threads_of(changed)

    def threads_of(self, reading: Reading) -> int:
        """Return the threads that one call takes, 1 where its code cannot tell; raises as :meth:`checked`."""
        try:
            compressor = self._built(reading)
            with failing_as(reading.spec):
                return max(1, operator.index(compressor.capabilities.threads))
        except PluginFailed:  # it cannot be built, and its words are right
            return 1

    def _reading(
        self, definition: Definition, values: Mapping[str, Value], inner: Reading | None, named: bool
    ) -> Reading:
        head = canonical_part(definition.name, values, definition.parameters_for(values))
        parts = (head, *(inner.text.parts if inner is not None else ()))
        return Reading(SpecText(parts), values, inner, named, self.source(definition.name))

    def _respelled(self, spec: SpecText) -> SpecText:
        for definition in self._definitions.values():
            if definition.respell is not None:
                with failing_as(str(spec)):
                    spec = definition.respell(spec)
        return spec

    def _built(self, reading: Reading) -> Compressor:
        try:
            inner = self._built(reading.inner) if reading.inner is not None else None
        except PluginFailed as failed:
            raise PluginFailed(reading.spec, str(failed)) from failed
        return build(self.definition(reading.name), Configuration(reading.spec, reading.values, inner))


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
