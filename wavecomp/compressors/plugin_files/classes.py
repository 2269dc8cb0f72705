"""Classes of compressors as definitions: name, docstring, and the keywords of ``__init__``."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from wavecomp.compressors.base import Compressor
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.plugin_files.keywords import Malformed, parameters_of
from wavecomp.compressors.spec import canonical_part

INIT = "__init__(self, spec, tolerance: float = 1e-3)"


def classes_of(objects: Iterable[object], module: str) -> list[type[Compressor]]:
    """Return the compressors that a module defines itself, without those that others build on.

    Raises
    ------
    Malformed
        One is not finished, and nothing builds on it.
    """
    own = [
        one
        for one in objects
        if inspect.isclass(one)
        and issubclass(one, Compressor)
        and one.__module__ == module
        and not one.__name__.startswith("_")
    ]
    whole = [one for one in own if not inspect.isabstract(one)]
    for one in own:
        if inspect.isabstract(one) and not any(issubclass(other, one) for other in whole):
            lacks = ", ".join(sorted(one.__abstractmethods__))
            raise Malformed(f"its class {one.__name__} is no whole compressor: it lacks {lacks}")
    return whole


def definition_of(made: type[Compressor]) -> Definition:
    """Make a definition of a class; raises Malformed."""
    name = getattr(made, "name", made.__name__.lower())
    if not isinstance(name, str):
        raise Malformed(f"the name of its class {made.__name__} is {name!r:.60}, and no text")
    parameters = parameters_of(made.__init__, 2, f"{made.__name__}.__init__", INIT)
    summary = (inspect.getdoc(made) or "").partition("\n")[0]
    if made.__doc__ is None:
        summary = f"the class {made.__name__}"  # and not the docstring that it inherits
    defaults = {one.name: one.default for one in parameters if one.default is not None}
    examples = getattr(made, "examples", (str(canonical_part(name, defaults, parameters)),))

    def build(configuration: Configuration) -> Compressor:
        return made(configuration.spec, **configuration.values)

    return Definition(name, summary, parameters, build, examples)
