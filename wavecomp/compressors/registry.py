"""The registry: reads the text of a compressor by a set of definitions, and builds what was read."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Mapping
from functools import cache

from wavecomp.compressors.base import Compressor
from wavecomp.compressors.definition import Configuration, Definition, Reading
from wavecomp.compressors.definitions import Definitions
from wavecomp.compressors.foreign import build, failing_as, missing_from
from wavecomp.compressors.spec import (
    THREADS,
    Value,
    canonical_part,
    changed_values,
    checked_head,
    format_value,
)
from wavecomp.errors import CompressorUnavailable, PluginFailed, SpecError
from wavecomp.installed import entry_points_of
from wavecomp.spec_text import SpecText

ENTRY_POINT_GROUP = "wavecomp.compressors"


class Registry(Definitions):
    """Definitions, by which texts are read and compressors are built.

    Parameters and errors are those of :class:`~wavecomp.compressors.definitions.Definitions`.
    """

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
        for definition in self.definitions():
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


@cache
def default_registry() -> Registry:
    """Built-in compressors and all installed plug-ins; made once in a process."""
    registry = Registry()
    registry.load_plugins(*entry_points_of(ENTRY_POINT_GROUP))
    return registry
