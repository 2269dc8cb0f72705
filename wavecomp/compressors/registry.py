"""Which compressors there are: the built-in ones and those of installed plug-ins."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version

from wavecomp.compressors import blockint, blosc, halffloat, identity, slabs, sz3, zfp
from wavecomp.compressors.base import Compressor
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.foreign import build, output_aside
from wavecomp.compressors.spec import Value, canonical_text, format_value, read_values, split_spec
from wavecomp.errors import CompressorUnavailable, PluginFailed, RegistrationError, SpecError, UnknownCompressor
from wavecomp.plain_text import error_text

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
        self._distributions: dict[str, str] = {}
        for definition in definitions:
            self.register(definition)

    def register(self, definition: Definition) -> None:
        """Add one definition; a name that is taken is a RegistrationError."""
        if not isinstance(definition, Definition):
            raise RegistrationError(f"expected a compressor Definition, got {definition!r}")
        self._refuse_taken(definition.name)
        self._definitions[definition.name] = definition

    def load_plugins(self, found: Iterable[EntryPoint]) -> None:
        """Add what installed packages publish; one that fails to import is kept as unavailable, with its reason."""
        for entry in found:
            self._refuse_taken(entry.name)  # before its import: a broken plug-in must not hide a sound compressor
            try:
                with output_aside():
                    definition = entry.load()
            except (Exception, SystemExit) as error:  # a plug-in may raise anything, and must not break the others
                self._broken[entry.name] = f"its import failed: {error_text(error)}"
                continue
            if isinstance(definition, Definition) and definition.name != entry.name:
                raise RegistrationError(
                    f'the entry point "{entry.name}" publishes a compressor named "{definition.name}"'
                )
            self.register(definition)
            if entry.dist is not None:
                self._distributions[entry.name] = entry.dist.name

    def distribution(self, text: str) -> str:
        """Return the name of the installed distribution that does the work of a spec (of the innermost compressor)."""
        name = split_spec(text.rpartition("/")[2]).name
        return self._distributions.get(name) or self.definition(name).requires or "wavecomp"

    def library(self, text: str) -> str:
        """Return what does the work of a spec, as ``name version``."""
        name = self.distribution(text)
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return name

    def _refuse_taken(self, name: str) -> None:
        if name in self._definitions or name in self._broken:
            raise RegistrationError(f'the compressor name "{name}" is taken')

    def definitions(self) -> tuple[Definition, ...]:
        """All definitions, in order of registration."""
        return tuple(self._definitions.values())

    def unavailable(self) -> dict[str, str]:
        """Names that cannot be used here, each with its reason."""
        missing = {name: definition.missing() for name, definition in self._definitions.items()}
        return self._broken | {name: reason for name, reason in missing.items() if reason is not None}

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
            reason = self._definitions[name].missing()
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
        """Return the canonical spec of the same compressor on so many threads, or None where it has no such setting."""
        parts = split_spec(text)
        definition = self.definition(parts.name)
        if not any(parameter.name == "threads" for parameter in definition.parameters):
            return self.canonical(text) if threads == 1 else None
        items = [f"{key}={value}" if value is not None else key for key, value in parts.items if key != "threads"]
        items.append(f"threads={format_value(threads)}")
        inner = f"/{parts.inner}" if parts.inner is not None else ""
        return self.canonical(f"{parts.name}:{','.join(items)}{inner}")


@cache
def default_registry() -> Registry:
    """Built-in compressors and all installed plug-ins; made once in a process."""
    registry = Registry()
    registry.load_plugins(entry_points(group=ENTRY_POINT_GROUP))
    return registry
