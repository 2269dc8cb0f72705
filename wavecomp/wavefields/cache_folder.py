"""Where compiled kernels lie: a folder of the user's own, which nobody else can write to."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavecomp.errors import EnvironmentRefused, KernelError, StorageError

CACHE_VARIABLE = "WAVECOMP_CACHE"
"""Names the folder; without it, the user's cache folder, or else a private one beside the temporary files."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_LITTLE_BYTES = 2**20  # a kernel takes some hundred kilobytes


def cache_root() -> Path:
    """Return the folder for everything that is compiled, made if need be; private to the user.

    Raises
    ------
    EnvironmentRefused
        WAVECOMP_CACHE names a folder that cannot be used.
    KernelError
        There is none: no candidate can be written to and run code from.
    """
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        try:
            return _usable(Path(named).expanduser().absolute() / "kernels")
        except (OSError, RuntimeError) as error:
            raise EnvironmentRefused(
                CACHE_VARIABLE,
                named,
                f"no folder for compiled kernels ({_reason(error)}); give one that can be "
                "written to, on a file system that runs programs",
            ) from None
    refused = []
    for make in (_of_user, _temporary):
        try:
            return _usable(make())
        except (OSError, RuntimeError) as error:  # no home folder: RuntimeError
            refused.append(_reason(error))
    raise KernelError(
        f"there is no folder for compiled kernels ({'; '.join(refused)}); name one in the environment variable "
        f"{CACHE_VARIABLE}"
    )


@contextmanager
def work_folder(parent: Path, prefix: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Make a folder for one compilation, which ends with the block, and the environment for its programs.

    The compiler's own temporary files go there too: TMPDIR may be full, or gone.

    Raises
    ------
    StorageError
        The disk is full.
    """
    with disk_words(parent):
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        yield folder, {**os.environ, "TMPDIR": str(folder), "LC_ALL": "C"}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def disk_words(folder: Path) -> Iterator[None]:
    """Turn an error of the system within the block into one that says which disk is full, or what else is wrong."""
    try:
        yield
    except OSError as error:
        reason = f"the disk is full: {_free(folder)} bytes are free" if error.errno in _FULL else _reason(error)
        raise StorageError(folder, 0, f"{reason}; {CACHE_VARIABLE} names another folder for compiled kernels") from None


def check_disk(folder: Path, said: str) -> None:
    """Raise StorageError where a compiler failed because of a full disk, whatever its own words for that are."""
    if "No space left" in said or "quota exceeded" in said or _free(folder) < _LITTLE_BYTES:
        with disk_words(folder):
            raise OSError(errno.ENOSPC, said)


def _of_user() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
    if not folder.is_dir() and not Path.home().is_dir():
        raise FileNotFoundError(errno.ENOENT, "no home folder", str(Path.home()))
    return folder / "wavecomp" / "kernels"


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"wavecomp-{os.getuid()}" / "kernels"


def _usable(folder: Path) -> Path:
    """Make a folder private to this user, if need be, and return it; OSError says why it cannot be used."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    for place in (folder, folder.parent):
        found = place.lstat()
        # In a folder for everybody's temporary files, another user may have been there first.
        if found.st_uid != os.geteuid() or (place is folder and not stat.S_ISDIR(found.st_mode)):
            raise PermissionError(errno.EPERM, "belongs to somebody else", str(place))
    if stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    flags = os.statvfs(folder).f_flag
    if flags & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(folder))
    if flags & getattr(os, "ST_NOEXEC", 0):
        raise OSError(errno.EPERM, "lies on a file system that runs no programs (noexec)", str(folder))
    return folder


def _reason(error: OSError | RuntimeError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
