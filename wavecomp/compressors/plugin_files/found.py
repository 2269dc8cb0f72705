"""What compressors there are in a module: definitions, classes, or two functions."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence

from wavecomp.compressors.definition import Definition
from wavecomp.compressors.plugin_files import classes, functions
from wavecomp.compressors.plugin_files.keywords import Malformed
from wavecomp.compressors.spec import is_name

LOOKED_FOR = (
    "a Definition, a subclass of Compressor, or two functions compress(array) and decompress(data, out), the name of "
    "the file being the compressor's"
)


def listed_definitions(objects: Iterable[object], ours: Sequence[Definition] = ()) -> list[Definition]:
    """Return the definitions among objects, and in those of them that are lists, each once and in their order.

    Those of ``ours`` are somebody's imports, and are passed over.
    """
    found: dict[int, Definition] = {}
    for one in objects:
        inside = one if isinstance(one, list | tuple) else (one,)
        found |= {id(each): each for each in inside if isinstance(each, Definition)}
    return [one for one in found.values() if not any(one is known for known in ours)]


def definitions_in(
    attributes: Mapping[str, object], module: str, stem: str, shown: str, ours: Sequence[Definition] = ()
) -> list[Definition]:
    """Return what a module's attributes offer.

    Where it has definitions, those are all; else its own classes of compressors; else its two functions.

    Parameters
    ----------
    attributes : mapping
    module : str
        Its name.
    stem : str
        What two functions are called.
    shown : str
        Name of the file, for messages.
    ours : sequence of Definition
        Those that are not the module's, though it may have imported them.

    Raises
    ------
    Malformed
        There is none, or one cannot be used.
    """
    objects = list(attributes.values())
    if definitions := listed_definitions(objects, ours):
        return definitions
    if own := classes.classes_of(objects, module):
        return [classes.definition_of(one) for one in own]
    if attributes.get("compress") is None and attributes.get("decompress") is None:
        raise Malformed(f"no compressor was found in it; it needs {LOOKED_FOR}")
    if not is_name(stem):
        raise Malformed(
            f'its two functions are named by the file, and "{stem}" is no name of a compressor: rename {shown}, in '
            "small letters, digits and _, such as mine.py"
        )
    summary = (inspect.cleandoc(str(attributes.get("__doc__") or "")) or f"the functions of {shown}").partition("\n")[0]
    return [functions.definition_of(stem, summary, attributes, _texts(attributes, "examples"))]


def _texts(attributes: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = attributes.get(name, ())
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        raise Malformed(f"{name} = {value!r:.60}: must be a list of texts")
    return tuple(value)


def files_of(attributes: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of further files that a module says it works with; raises Malformed."""
    return _texts(attributes, "files")
