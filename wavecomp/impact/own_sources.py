"""What a code of one's own is known by: the name of its factory, its arguments, and the files that it comes from."""

from __future__ import annotations

import hashlib
import math
import os
import pickle
import site
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import wavecomp
from wavecomp.errors import UsageError

_MAIN = ("__main__", "__mp_main__")  # the second is what a spawned process calls its parent's script


def check_findable(factory: Callable[..., object]) -> str:
    """Return the name by which another process finds a factory; raises UsageError where it does not."""
    module, name = getattr(factory, "__module__", None), getattr(factory, "__qualname__", None)
    advice = "give a function or a class that stands at the top level of a module, or of the script that is run"
    if not callable(factory) or module is None or name is None:
        raise UsageError(f"the factory {factory!r} is no function and no class; {advice}")
    if module in _MAIN and not hasattr(sys.modules["__main__"], "__file__"):
        raise UsageError(
            f"{name} was defined in an interactive session, and the measuring process, which imports it by its name, "
            "finds it in no file; write it to a module and import it from there"
        )
    try:
        pickle.dumps(factory)
    except Exception as error:  # pickle raises what it likes
        raise UsageError(
            f"the factory {name} is not found by its name in another process ({error}); {advice}"
        ) from None
    return name if module in _MAIN else f"{module}.{name}"


def plain(value: Any, where: str) -> Any:
    """Return an argument as JSON that is equal for equal arguments only.

    Raises
    ------
    UsageError
        It is, or holds, something whose contents nobody knows.
    """
    match value:
        case None | bool() | str():
            return value
        case np.generic():
            return plain(value.item(), where)
        case int():
            return value
        case float():
            return value if math.isfinite(value) else ["float", repr(value)]
        case complex():
            return ["complex", repr(value)]
        case bytes():
            return ["bytes", hashlib.sha256(value).hexdigest()]
        case os.PathLike():
            return ["path", os.fspath(value)]
        case np.ndarray() if value.dtype != object:
            content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
            return ["array", value.dtype.str, value.shape, content]
        case list() | tuple():
            return [type(value).__name__, [plain(item, f"{where}[{i}]") for i, item in enumerate(value)]]
        case Mapping():
            return ["mapping", [[plain(key, where), plain(item, f"{where}[{key!r}]")] for key, item in value.items()]]
    raise UsageError(
        f"{where} is of type {type(value).__name__}, and nobody can tell whether two of them are equal; give numbers, "
        "texts, None, NumPy arrays, or lists, tuples and mappings of these, and make the rest in the factory"
    )


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file's contents; raises UsageError where it cannot be read."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"files={str(path)!r}: it cannot be read: {error.strerror or error}") from None


def own_sources(modules: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the files of some modules, and of all that are loaded and not installed, each with its SHA-256.

    Parameters
    ----------
    modules : iterable of str
        Names of those that count wherever they lie, and those that count though they are the script that is run.
    """
    needed = set(modules)
    found: dict[str, str] = {}
    for name, module in list(sys.modules.items()):
        file = _file_of(module)
        if file is None or name.partition(".")[0] == "wavecomp":
            continue
        wanted = name in needed or (name in _MAIN and needed & {*_MAIN})
        if not wanted and (name in _MAIN or _installed(file)):
            continue
        if name.partition(".")[0] in ("builtins", "numpy", "abc", "typing", "collections"):
            continue
        found[file.stem if name in _MAIN else name] = file_digest(file)
    return tuple(sorted(found.items()))


def _file_of(module: ModuleType) -> Path | None:
    try:
        file = Path(module.__file__ or "").resolve()
        return file if file.is_file() else None
    except (AttributeError, TypeError, OSError):  # a module is whatever somebody puts there
        return None


def _installed(file: Path) -> bool:
    return any(folder in file.parents for folder in _installed_folders())


def _installed_folders() -> set[Path]:
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {*site.getsitepackages(), site.getusersitepackages(), str(Path(wavecomp.__file__).parent)}
    return {Path(path).resolve() for path in paths if path}
