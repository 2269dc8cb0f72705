"""The two sides of a comparison: which interpreter, which wavecomp, which plug-in files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import wavecomp
from wavecomp.plain_text import one_line
from wavecomp.side_by_side.errors import SideBroken, SideError
from wavecomp.side_by_side.revision import Revision, find_revision
from wavecomp.thread_settings import SPINS, check_thread_settings

_LOOK_S = 120
_LOOK = "import json, sys, wavecomp; print(json.dumps([wavecomp.__version__, wavecomp.__file__]))"


@dataclass(frozen=True, slots=True)
class Side:
    """One version of the code, and how it is started.

    Attributes
    ----------
    label : str
        What people call it: as it was asked for, or ``here``.
    python : Path
        Its interpreter.
    search : tuple of Path
        What comes first where modules are looked for.
    inherits : bool
        Whether this process's ``PYTHONPATH`` holds for it too; not for another environment.
    plugins : tuple of Path
        Its version of each plug-in file, in the order in which they were given.
    commit : str or None
        Of a revision its full name.
    version, package : str
        Version and place of its wavecomp, as it says itself.
    """

    label: str
    python: Path
    search: tuple[Path, ...] = ()
    inherits: bool = True
    plugins: tuple[Path, ...] = ()
    commit: str | None = None
    version: str = ""
    package: str = ""

    def environment(self) -> dict[str, str]:
        """Return the environment of its processes: this one's, but for where modules are looked for.

        Idle OpenMP threads sleep on both sides, as in the sweeps (:func:`wavecomp.thread_settings.passive_threads`),
        whatever an older wavecomp would do.
        """
        check_thread_settings()
        found = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": SPINS, **os.environ}
        inherited = found.pop("PYTHONPATH", "") if self.inherits else ""
        if not self.inherits:
            found.pop("PYTHONPATH", None)
            found.pop("PYTHONHOME", None)
        searched = [*map(str, self.search), *filter(None, inherited.split(os.pathsep))]
        return found | ({"PYTHONPATH": os.pathsep.join(searched)} if searched else {})

    def command(self, *words: str | Path) -> list[str]:
        """Return the command line of one of its processes. The folder of the program is not searched for modules."""
        return [str(self.python), "-P", *map(str, words)]


def this_side(plugins: Sequence[Path] = ()) -> Side:
    """Return the wavecomp that runs here."""
    parent = Path(wavecomp.__file__).resolve().parents[1]
    installed = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    # A working tree that was found through the current folder is found by a process elsewhere only if it is told.
    search = () if parent in installed else (parent,)
    side = Side("here", Path(sys.executable), search, plugins=tuple(path.resolve() for path in plugins))
    return _looked_at(side)


def other_side(against: str, plugins: Sequence[Path] = (), folder: Path | None = None) -> Side:
    """Return the side that a text means: an environment, or a revision of the repository here.

    Of an environment, everything is its own. Of a revision of wavecomp's own repository the package is built, and run
    with the interpreter and the libraries of here; of any other repository the plug-in files are taken that lie in it,
    and run with the wavecomp of here.

    Parameters
    ----------
    against : str
        A folder with ``bin/python``, or what ``git rev-parse`` resolves.
    plugins : sequence of Path
        Plug-in files of this side.
    folder : Path, optional
        Whose repository is meant; the current folder.

    Raises
    ------
    SideError
        There is no such environment and no such revision, or a plug-in file was not there yet.
    SideBroken
        wavecomp cannot be built or imported there.
    StorageError
        The disk is full, or cannot be written to.
    """
    place = Path(against).expanduser()
    python = place / "bin" / "python"
    if against and (python.exists() or (place / "pyvenv.cfg").exists()):
        if not os.access(python, os.X_OK):
            raise SideError(f'"{against}": its bin/python is missing or cannot be run; make the environment anew')
        # Not resolved: what the link bin/python points to is the interpreter without its environment.
        files = tuple(path.resolve() for path in plugins)
        return _looked_at(Side(against, python.absolute(), inherits=False, plugins=files))
    revision = find_revision(against, folder if folder is not None else Path.cwd())
    here = this_side(plugins)
    ours = replace(here, label=against, commit=revision.commit, plugins=_of(revision, against, here.plugins))
    if revision.is_wavecomp:
        return _looked_at(replace(ours, search=(revision.built(),)))
    if ours.plugins == here.plugins:
        raise SideError(
            f'"{against}" of {revision.repository} would be the same as here: that is not wavecomp\'s own repository, '
            "and no plug-in file (--plugin) lies in it"
        )
    return ours


def _of(revision: Revision, label: str, plugins: Sequence[Path]) -> tuple[Path, ...]:
    """Return the revision's version of each plug-in file; one that lies elsewhere is the same on both sides."""
    top = revision.repository.resolve()
    found = []
    for path in plugins:
        if not path.is_relative_to(top):
            found.append(path)
            continue
        there = revision.checked_out() / path.relative_to(top)
        if not there.is_file():
            raise SideError(f'"{label}" has no {path.relative_to(top)}: this plug-in file was not in that commit')
        found.append(there)
    return tuple(found)


def _looked_at(side: Side) -> Side:
    """Return a side with what its wavecomp says of itself."""
    try:
        done = subprocess.run(
            side.command("-c", _LOOK),
            env=side.environment(),
            capture_output=True,
            text=True,
            timeout=_LOOK_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        said: Any = json.loads(done.stdout.strip().splitlines()[-1]) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise SideBroken(f'"{side.label}": {side.python} does not answer: {one_line(str(error), 300)}') from None
    if said is None:
        words = one_line((done.stderr.strip().splitlines() or ["nothing"])[-1], 300)
        raise SideBroken(f'"{side.label}": wavecomp cannot be imported there; {side.python} says: {words}')
    version, package = said
    if side.search and not Path(package).resolve().is_relative_to(side.search[0].resolve()):
        raise SideBroken(f'"{side.label}": the wavecomp of {package} is imported there instead of {side.search[0]}')
    return replace(side, version=str(version), package=str(Path(package).parent))
