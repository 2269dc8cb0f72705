"""Plug-ins as they are found: loaded one by one, so that a bad one is named with its reason and harms nothing else.

What they do to the process itself cannot be guarded here: a plug-in whose import calls ``os._exit`` or crashes ends the
process that lists compressors, too. Uninstall it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from types import ModuleType

from wavecomp.compressors.definition import Definition
from wavecomp.compressors.foreign import output_aside
from wavecomp.compressors.plugin_files.found import definitions_in
from wavecomp.compressors.plugin_files.keywords import Malformed
from wavecomp.compressors.spec import is_name
from wavecomp.compressors.well_formed import fault_of
from wavecomp.installed import distribution_text
from wavecomp.plain_text import error_text, one_line


@dataclass(frozen=True)
class Plugins:
    """What came of a set of entry points.

    Attributes
    ----------
    loaded : tuple of (EntryPoint, Definition)
        Sound ones.
    broken : dict
        Names that are plug-ins' own and cannot be used, each with its reason.
    refused : dict
        Those that claim a name which is in use and stays so, under that name and their distribution's.
    """

    loaded: tuple[tuple[EntryPoint, Definition], ...]
    broken: dict[str, str]
    refused: dict[str, str]


def load(found: Iterable[EntryPoint], taken: Collection[str], ours: Sequence[Definition] = ()) -> Plugins:
    """Import what entry points name: a definition of the same name; or several, in a list or in a module.

    Parameters
    ----------
    found : iterable of EntryPoint
        One that is given twice counts once.
    taken : collection of str
        Names that are in use.
    ours : sequence of Definition
        Those that a module may have imported from wavecomp.
    """
    loaded: list[tuple[EntryPoint, Definition]] = []
    broken: dict[str, str] = {}
    refused: dict[str, str] = {}
    claims: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    for entry in found:
        claims.setdefault(entry.name, {})[entry.value, distribution_text(entry)] = entry
    for name, claimants in claims.items():
        shown = one_line(name, 100)
        whose = " and ".join(_whose(entry) for entry in claimants.values())
        if name in taken:
            refused[f"{shown} of {whose}"] = f'the name "{name}" is taken, and whose it was keeps it'
        elif not is_name(name):
            broken[shown] = f"{whose} gives it a name that no spec can hold (small letters, digits and _)"
        elif len(claimants) > 1:
            # Neither is imported: which of them a record was about nobody could say.
            broken[name] = f"{whose} publish a compressor of this name; uninstall all but one of them"
        else:
            (entry,) = claimants.values()
            made = _imported(entry, ours)
            if isinstance(made, str):
                broken[name] = made
            else:
                loaded += [(entry, definition) for definition in made]
    return _without_clashes(loaded, Plugins((), broken, refused), taken)


def _without_clashes(loaded: list[tuple[EntryPoint, Definition]], others: Plugins, taken: Collection[str]) -> Plugins:
    """Leave out what bears a name of others; entry points that name several have shown their names only now."""
    kept: list[tuple[EntryPoint, Definition]] = []
    broken, refused = dict(others.broken), dict(others.refused)
    names = [definition.name for _, definition in loaded]
    for entry, definition in loaded:
        name = definition.name
        if name in taken:
            refused[f"{name} of {_whose(entry)}"] = f'the name "{name}" is taken, and whose it was keeps it'
        elif names.count(name) > 1 or name in others.broken:
            whose = dict.fromkeys(_whose(one) for one, other in loaded if other.name == name)
            broken[name] = f"{' and '.join(whose)} publish more than one compressor of this name"
        else:
            kept.append((entry, definition))
    return Plugins(tuple(kept), broken, refused)


def _imported(entry: EntryPoint, ours: Sequence[Definition]) -> Sequence[Definition] | str:
    try:
        with output_aside():
            found = entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plug-in may raise anything
        return f"its import failed: {error_text(error)}"
    if isinstance(found, list | tuple) and found:
        return _several(entry, found)
    if isinstance(found, ModuleType):
        try:
            return _several(entry, definitions_in(vars(found), found.__name__, entry.name, found.__name__, ours))
        except Malformed as reason:
            return f"what {_whose(entry)} publishes cannot be used: {reason}"
    return _one(entry, found)


def _several(entry: EntryPoint, found: Sequence[object]) -> Sequence[Definition] | str:
    for one in found:
        fault = fault_of(one)
        if fault is not None:
            return f"what {_whose(entry)} publishes cannot be used: {fault}"
    return [one for one in found if isinstance(one, Definition)]


def _one(entry: EntryPoint, definition: object) -> Sequence[Definition] | str:
    fault = fault_of(definition)
    if fault is not None:
        return f"what {_whose(entry)} publishes cannot be used: {fault}"
    assert isinstance(definition, Definition)
    if definition.name != entry.name:
        return f'{_whose(entry)} publishes a compressor named "{definition.name}" under this name'
    return (definition,)


def _whose(entry: EntryPoint) -> str:
    return distribution_text(entry) or one_line(entry.value, 100)
