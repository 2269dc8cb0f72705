"""What is installed: the entry points of plug-ins, and what a plug-in is, by its files rather than by its version."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.machinery import all_suffixes
from importlib.metadata import Distribution, DistributionFinder, EntryPoint, PackageNotFoundError, version
from pathlib import Path

from wavecomp.plain_text import error_text, one_line

# What differs between two installations of the same files, or is made by running them.
_MADE_FOLDERS = ("__pycache__",)
_MADE_FILES = (".pyc", ".pyo", ".pth", "~")
_FINDER = "__editable__"
_PROGRAMS = ("bin", "Scripts")  # they begin with the path of the interpreter


def entry_points_of(group: str) -> tuple[list[EntryPoint], dict[str, str]]:
    """Return the entry points of a group, and why some cannot be read.

    :func:`importlib.metadata.entry_points` ends in an error where the metadata of any one distribution is broken. A
    distribution that is found twice on the path counts once, as for an import.

    Returns
    -------
    found : list of EntryPoint
    unreadable : dict
        Names of distributions, each with a reason.
    """
    found: list[EntryPoint] = []
    unreadable: dict[str, str] = {}
    seen: set[str] = set()
    for distribution in _distributions():
        try:
            text = distribution.read_text("entry_points.txt")
            if text is None or group not in text:
                continue
            name = re.sub(r"[-_.]+", "-", _name(distribution)).lower()
            if name not in seen:
                found += [entry for entry in distribution.entry_points if entry.group == group]
            seen.add(name)
        except Exception as error:  # whatever somebody's metadata holds
            unreadable[_name(distribution)] = f"its entry points cannot be read: {error_text(error)}"
    return found, unreadable


def distribution_text(entry: EntryPoint) -> str:
    """Return ``name version`` of the distribution that publishes an entry point; "" where it has none."""
    distribution = entry.dist
    if distribution is None:
        return ""
    return " ".join(word for word in (_name(distribution), _field(distribution, "Version")) if word)


def distribution_name(entry: EntryPoint) -> str:
    """Return the name of the distribution that publishes an entry point; "" where it has none."""
    return "" if entry.dist is None else _name(entry.dist)


def fingerprint(entry: EntryPoint, *others: EntryPoint) -> str:
    """Return ``sha256:`` and 16 digits that change with any file of a plug-in, and with what it requires.

    Several entry points are those of one distribution.

    Its files are those that its distribution installed, and the package of the module that its entry point names: that
    is where an editable installation has them, or one that left no record. The versions of the distributions that it
    requires count too. What running and installing leave behind does not (``__pycache__``, scripts, paths).
    """
    files = _installed_files(entry.dist) if entry.dist is not None else {}
    values = sorted({entry.value, *(other.value for other in others)})
    for value in values:
        files |= module_files(value.partition(":")[0].strip())
    required = sorted(_required(entry.dist)) if entry.dist is not None else []
    return digest_of(files, [*values, *required])


def fingerprints(group: str) -> dict[str, str]:
    """Return every distribution that publishes entry points of a group, with its version and fingerprint."""
    whose: dict[str, list[EntryPoint]] = {}
    for entry in entry_points_of(group)[0]:
        whose.setdefault(distribution_name(entry), []).append(entry)
    texts = {name: distribution_text(entries[0]).removeprefix(name).strip() for name, entries in whose.items()}
    return {name: f"{texts[name]} {fingerprint(*entries)}".strip() for name, entries in whose.items()}


def digest_of(files: dict[Path, str], words: Iterable[str] = ()) -> str:
    """Return ``sha256:`` and 16 digits of files, which are given with the names that count, and of words."""
    whole = hashlib.sha256()
    lines = sorted(f"{name} {_file_digest(path, *_state(path))}" for path, name in files.items())
    whole.update("\n".join([*words, *lines]).encode(errors="surrogateescape"))
    return f"sha256:{whole.hexdigest()[:16]}"


def module_files(module: str) -> dict[Path, str]:
    """Return the files of a module's top-level package, or of the module itself, each with its name from there."""
    first, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(first)
    except Exception:  # a finder of others', or a module that somebody put together by hand
        spec = None
    if spec is None:
        return {}
    if spec.origin is not None and spec.submodule_search_locations is None:
        path = Path(spec.origin)
        return {path: path.name} if path.is_file() else {}
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    # Other distributions may have packages in the same namespace: go down to the one that is meant.
    named = spec.origin is None
    while named and rest:
        part = rest.pop(0)
        for folder in folders:
            for path in (folder / f"{part}{suffix}" for suffix in all_suffixes()):
                if path.is_file():
                    return {path: path.name}
        folders = [folder / part for folder in folders if (folder / part).is_dir()]
        named = not any((folder / f"__init__{suffix}").is_file() for folder in folders for suffix in all_suffixes())
    return {path: str(path.relative_to(folder.parent)) for folder in folders for path in _walk(folder)}


def _distributions() -> Iterator[Distribution]:
    for finder in sys.meta_path:
        find = getattr(finder, "find_distributions", None)
        if find is not None:
            try:
                yield from find(DistributionFinder.Context())
            except Exception:  # a finder of others'; what the rest finds stays
                continue


def _name(distribution: Distribution) -> str:
    place = Path(str(getattr(distribution, "_path", "a distribution without a name"))).name
    return _field(distribution, "Name") or one_line(place, 200)


def _field(distribution: Distribution, key: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a missing key is a deprecation in some Pythons
            value: object = distribution.metadata[key]
    except Exception:  # no metadata, or none that can be read
        return ""
    return one_line(value, 200) if isinstance(value, str) else ""


def _installed_files(distribution: Distribution) -> dict[Path, str]:
    files: dict[Path, str] = {}
    try:
        recorded = distribution.files or []
        for one in recorded:
            own = one.parts[0].endswith((".dist-info", ".egg-info"))
            program = one.parts[0] == ".." and any(part in _PROGRAMS for part in one.parts)
            if not (own or program or one.name.startswith(_FINDER) or _is_made(one.parts)):
                files[Path(os.path.normpath(str(one.locate())))] = str(one)
    except Exception:  # a record that cannot be read: the module's own files remain
        return {}
    return files


def _required(distribution: Distribution) -> Iterator[str]:
    try:
        asked = distribution.requires or []
    except Exception:
        return
    for text in asked:
        name = re.match(r"[A-Za-z0-9._-]+", text)
        if name is None or "extra" in text.partition(";")[2] or name[0] == "wavecomp":
            continue
        try:
            yield f"{name[0]} {version(name[0])}"
        except PackageNotFoundError:
            yield name[0]


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one not in _MADE_FOLDERS and not one.startswith(".")]
        yield from (Path(place, name) for name in names if not name.startswith(".") and not _is_made((name,)))


def _is_made(parts: tuple[str, ...]) -> bool:
    return any(part in _MADE_FOLDERS for part in parts) or parts[-1].endswith(_MADE_FILES)


def _state(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return 0, 0, -1
    return state.st_mtime_ns, state.st_ctime_ns, state.st_size


@lru_cache(maxsize=1 << 14)
def _file_digest(path: Path, _modified_ns: int, _changed_ns: int, size: int) -> str:
    """Return the SHA-256 of a file; read again when its state has changed."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "missing" if size < 0 else "unreadable"
