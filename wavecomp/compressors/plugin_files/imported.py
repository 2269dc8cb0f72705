"""What a Python file brings along: the code that it imports, as far as that can change without a word."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from wavecomp.installed import module_files

_INSTALLED = {"site-packages", "dist-packages"}
_OURS = "wavecomp"


def imported_code(file: Path, source: bytes) -> tuple[dict[Path, str], list[str]]:
    """Return what the imports of a file, anywhere in it, stand for.

    What is installed counts by its version. Other code, beside the file or somewhere else on the path, counts by its
    files, and so does what those import.

    Parameters
    ----------
    file : pathlib.Path
    source : bytes
        What is in it.

    Returns
    -------
    files : dict
        Each with a name that says nothing about this machine.
    words : list of str
        Names with versions.
    """
    files: dict[Path, str] = {}
    words: set[str] = set()
    waiting, seen = [(file, source)], {_OURS, *sys.stdlib_module_names}
    while waiting:
        path, text = waiting.pop()
        for name in sorted(set(_imports(path, text)) - seen):
            seen.add(name)
            place = _place(name)
            if place is None or _INSTALLED & set(place.parts):
                words.add(name if place is None else _with_version(name))
                continue
            found = module_files(name)
            files |= found
            waiting += [(one, one.read_bytes()) for one in found if one.suffix == ".py"]
    return files, sorted(words)


def _place(module: str) -> Path | None:
    try:
        spec = find_spec(module)
    except Exception:  # a finder of others', or a module that somebody put together by hand
        spec = None
    if spec is None:
        return None
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or ())
    return next((Path(place) for place in places if place), None)


def _imports(path: Path, source: bytes) -> Iterator[str]:
    try:
        tree = ast.parse(source, str(path))
    except (SyntaxError, ValueError):  # a file of a package that nobody loads
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _with_version(module: str) -> str:
    try:
        return f"{module} {version(module)}"
    except PackageNotFoundError:
        pass
    # Another name than the module's; looking through all that is installed takes a moment.
    names = sorted(packages_distributions().get(module, ()))
    return " ".join([module, *(f"{name} {version(name)}" for name in names)])
